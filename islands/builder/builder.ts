// <samovar-builder>: the rule of a form's text area as a tree of controls. Both are live: the server reads the one and prints
// the other. The text area stays what the form sends, and what the page counts.
import type { Desk } from "./desk";
import { button, h, redraw } from "./dom";
import { dragging } from "./drag";
import { drawFault } from "./fault";
import { drawGroup } from "./groups";
import { History } from "./history";
import { type Group, group } from "./model";
import { readGroup } from "./read";
import { Server, type Translated } from "./server";
import type { Stored } from "./stored";
import { Words } from "./words";
import { write } from "./write";

const PAUSE_MS = 200;

class SamovarBuilder extends HTMLElement implements Desk {
  root: Group = group();
  words!: Words;
  unfinished: ReadonlySet<number> = new Set();
  readonly language = document.documentElement.lang;
  readonly #history = new History<Group>();
  #texts: Record<string, string> = {};
  #server!: Server;
  #text!: HTMLTextAreaElement;
  #place!: HTMLElement;
  #fault!: HTMLElement;
  #heard!: HTMLElement;
  #timer = 0;
  #isWriting = false;
  #waiting = false;
  #mustSend = false;

  connectedCallback(): void {
    const kept = this.querySelector("template")?.content.querySelector("script")?.textContent;
    const text = document.querySelector<HTMLTextAreaElement>(`#${this.getAttribute("for") ?? ""}`);
    if (!kept || !text || this.#text) return;
    const { texts, tree, base } = JSON.parse(kept) as { texts: Record<string, string>; tree: Stored | null; base: string };
    this.#texts = texts;
    this.#text = text;
    this.#server = new Server(base);
    this.#frame();
    this.root = readGroup(tree);
    void this.#start(tree === null && text.value.trim() !== "");
  }

  t(name: string): string {
    return this.#texts[name] ?? name;
  }

  change(what: string, by: () => void, focus = ""): void {
    this.#history.keep(this.root, what, Date.now());
    by();
    this.#written();
    this.#draw(focus);
  }

  touch(what: string, by: () => void): void {
    this.#history.keep(this.root, what, Date.now());
    by();
    this.#written();
    this.#tools();
    for (const note of this.querySelectorAll<HTMLElement>("[data-unfinished]")) {
      note.hidden = !this.unfinished.has(Number(note.dataset["unfinished"]));
    }
  }

  say(text: string): void {
    this.#heard.textContent = text;
  }

  async #start(mustRead: boolean): Promise<void> {
    this.#place.append(h("p", { class: "pad muted" }, this.t("loading")));
    const all = await this.#server.words();
    if (!all) {
      this.#place.replaceChildren(h("p", { class: "notice error" }, this.t("no_words")));
      return;
    }
    this.words = new Words(all, this.#server, () => this.#draw());
    dragging(this.#place, () => this);
    this.#text.addEventListener("input", () => this.#isWriting || this.#typed());
    this.#text.form?.addEventListener("submit", (event) => this.#submitted(event));
    if (mustRead) await this.#read();
    this.#draw();
    if (!all.is_whole) this.append(h("p", { class: "builder-empty muted small" }, this.t("words_missing")));
    this.classList.add("is-ready");
  }

  #frame(): void {
    this.#place = h("div", { class: "builder-place" });
    this.#fault = h("div", { class: "builder-fault", "aria-live": "polite" });
    this.#heard = h("p", { class: "visually-hidden", "aria-live": "polite" });
    const step = (name: string, by: () => void): HTMLElement =>
      button("btn quiet", this.t(name), by, { "data-step": name });
    const undo = (): void => this.#step(this.#history.undo(this.root));
    const redo = (): void => this.#step(this.#history.redo(this.root));
    const tools = h("span", { class: "builder-tools" }, step("undo", undo), step("redo", redo));
    this.append(h("h2", {}, h("span", {}, this.t("rule")), tools), this.#place, this.#heard);
    this.#text.after(this.#fault);
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) this.#entered(event);
      if (!(event.metaKey || event.ctrlKey) || !["KeyZ", "KeyY"].includes(event.code)) return;
      event.preventDefault();
      if (event.shiftKey || event.code === "KeyY") redo();
      else undo();
    });
    this.#tools();
  }

  /** Enter takes what is written and leaves the form where it is. */
  #entered(event: KeyboardEvent): void {
    event.preventDefault();
    (event.target as HTMLInputElement).blur();
  }

  #step(found: Group | null): void {
    if (!found) return;
    this.root = found;
    this.#written();
    this.#draw();
  }

  #draw(focus = ""): void {
    redraw(this.#place, () => this.#place.replaceChildren(drawGroup(this, this.root, { within: null, depth: 0 })), focus);
    this.#tools();
  }

  #tools(): void {
    for (const [name, can] of Object.entries({ undo: this.#history.canUndo, redo: this.#history.canRedo })) {
      const button = this.querySelector<HTMLButtonElement>(`[data-step="${name}"]`);
      if (button) button.disabled = !can;
    }
  }

  /** The tree was changed: its text follows after a pause. */
  #written(): void {
    const { tree, unfinished } = write(this.root);
    this.unfinished = new Set(unfinished);
    this.#later(async () => {
      const found = tree ? await this.#server.translate({ tree }) : { text: "" };
      if (found === "late") return;
      if (found) this.#print(found.text || (tree ? this.#text.value : ""));
      this.#show(found);
    });
  }

  /** The text, for the form and for the page's count, which hears it as typed. */
  #print(text: string): void {
    this.#isWriting = true;
    this.#text.value = text;
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
    this.#isWriting = false;
  }

  /** The text was changed: the tree follows, unless it is none. */
  #typed(): void {
    this.#place.inert = true; // a change of the tree as it was would take back what is being written
    this.#later(() => this.#read());
  }

  async #read(): Promise<void> {
    const text = this.#text.value;
    const found = text.trim() ? await this.#server.translate({ text }) : { text };
    if (found === "late" || text !== this.#text.value) return;
    this.#show(found);
    if (!found || found.fault) return;
    this.#history.keep(this.root, "text", Date.now());
    this.root = readGroup(found.tree ?? null);
    this.unfinished = new Set();
    this.#draw();
  }

  #later(by: () => Promise<void>): void {
    this.#server.cancel();
    window.clearTimeout(this.#timer);
    this.#waiting = true;
    this.#timer = window.setTimeout(() => void by().finally(() => this.#settled()), PAUSE_MS);
  }

  /** Text and tree say the same again; a form that waited for it goes now. */
  #settled(): void {
    this.#waiting = false;
    if (!this.#mustSend) return;
    this.#mustSend = false;
    this.#text.form?.requestSubmit();
  }

  /** The sentence of the whole rule on top of the page, or the fault under its text. */
  #show(found: Translated | null): void {
    const place = document.querySelector("#said");
    if (place && found?.said) place.textContent = `${found.said.charAt(0).toUpperCase()}${found.said.slice(1)}.`;
    this.#place.inert = false;
    const silence = { message: this.t("no_answer"), line: null, column: null, suggestions: [] };
    drawFault(this.#fault, this.#text, found ? found.fault : silence, (name) => this.t(name));
  }

  /** A form with something not filled in goes nowhere: the reader is led to it. */
  #submitted(event: SubmitEvent): void {
    if (this.#waiting || this.unfinished.size) event.preventDefault();
    this.#mustSend = this.#waiting;
    if (this.#waiting || !this.unfinished.size) return;
    this.#draw();
    const [first] = this.unfinished;
    const item = this.querySelector<HTMLElement>(`[data-item="${first}"]`);
    item?.querySelector<HTMLElement>('[aria-invalid="true"], .builder-list input, select, input')?.focus();
    this.say(this.t("unfinished"));
  }
}

customElements.define("samovar-builder", SamovarBuilder);
