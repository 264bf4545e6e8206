// Controls of constants: numbers with what they count, days, texts with suggestions, lists as chips.
import type { Desk, Scope } from "./desk";
import { button, type Choice, h, select } from "./dom";
import type { Chosen, Measure, Measured, Value } from "./model";
import { arity, bare, constantOf, isOfPerson, type Subject } from "./words";
import { constant } from "./write";

/** All controls of a test's values. */
export function values(desk: Desk, test: Measure, scope: Scope): HTMLElement[] {
  const subject = desk.words.subject(test.of, scope.within);
  const many = arity(test.operator);
  if (many === 0) return [];
  if (many < 0) return [list(desk, test, subject, scope)];
  const [first, second] = test.values;
  if (!first) return [];
  const found = [one(desk, test, first, 0, subject, scope)];
  if (many === 2 && second) {
    found.push(h("span", { class: "builder-word" }, desk.t("and")), one(desk, test, second, 1, subject, scope));
  }
  const unit = unitOf(desk, subject, test.values.at(-1));
  return unit ? [...found, h("span", { class: "builder-word", "data-unit": "" }, unit)] : found;
}

function unitOf(desk: Desk, subject: Subject, last: Value | undefined): string {
  if (!subject.unit || last?.type !== "number") return "";
  return desk.words.unit(subject.unit, Number(last.value ?? 0) || 0, desk.language);
}

function one(desk: Desk, test: Measure, value: Value, at: number, subject: Subject, scope: Scope): HTMLElement {
  const name = `${test.id}:value${at}`;
  const label = desk.t("value");
  if (subject.values.length) {
    const choices = [...(value.value === null ? [{ value: "", label: desk.t("choose") }] : []), ...subject.values];
    return select(name, label, choices, value.value ?? "", (chosen) => desk.change(name, () => (value.value = chosen || null)));
  }
  if (value.type === "boolean") {
    const choices: Choice[] = ["true", "false"].map((each) => ({ value: each, label: desk.t(each) }));
    return select(name, label, choices, value.value ?? "true", (chosen) => desk.change(name, () => (value.value = chosen)));
  }
  const input = h("input", {
    class: `form-control builder-${value.type}`, "data-at": name, "aria-label": label, value: shown(desk, value),
    type: value.type === "date" ? "date" : "text", inputmode: value.type === "number" ? "decimal" : undefined,
    autocomplete: "off", spellcheck: "false",
  });
  input.addEventListener("input", () => {
    desk.touch(name, () => (value.value = typed(desk, input.value, value.type)));
    input.setAttribute("aria-invalid", String(constant(value) === null));
    const unit = input.parentElement?.querySelector("[data-unit]");
    if (unit) unit.textContent = unitOf(desk, subject, test.values.at(-1));
  });
  if (value.type === "text") suggest(desk, input, test.of, scope.within);
  if (desk.unfinished.has(test.id) && constant(value) === null) input.setAttribute("aria-invalid", "true");
  return input;
}

/** What somebody wrote as a value; nothing is a value that is not there yet. Numbers are written as the language does. */
function typed(desk: Desk, text: string, type: Value["type"]): string | null {
  if (type === "text") return text === "" ? null : text;
  if (type !== "number") return text;
  const whole = desk.language === "en" ? text.replaceAll(/,(?=\d{3}(?!\d))/g, "") : text;
  return whole.replace(",", ".").replaceAll(/[\s\u00a0_]/g, "").replace("−", "-");
}

function shown(desk: Desk, value: Value): string {
  return value.type === "number" && desk.language !== "en" ? (value.value ?? "").replace(".", ",") : (value.value ?? "");
}

function chip(desk: Desk, test: Measure, at: number, subject: Subject): HTMLElement {
  const name = `${test.id}:list`;
  const value = test.values[at] as Value;
  const called = subject.values.find((each) => each.value === value.value)?.label ?? shown(desk, value);
  const drop = (): void => desk.change("", () => test.values.splice(at, 1), name);
  const names = { "data-at": `${name}${at}`, "aria-label": `${desk.t("remove_value")}: ${called}` };
  return h("span", { class: "chip" }, called, button("builder-x", "×", drop, names));
}

/** A list: chips, and a place for the next one. */
function list(desk: Desk, test: Measure, subject: Subject, scope: Scope): HTMLElement {
  const name = `${test.id}:list`;
  const chips = test.values.map((_, at) => chip(desk, test, at, subject));
  const type = test.values[0]?.type ?? constantOf(subject.kind);
  const add = (text: string): void => {
    const value: Value = { type, value: typed(desk, text.trim(), type) };
    if (constant(value) === null || test.values.some((each) => each.value === value.value)) return;
    desk.change("", () => test.values.push(value), name);
  };
  if (subject.values.length) {
    const left = subject.values.filter((each) => !test.values.some((value) => value.value === each.value));
    const more = [{ value: "", label: desk.t("add_value") }, ...left];
    return h("span", { class: "builder-list" }, ...chips, left.length > 0 && select(name, desk.t("add_value"), more, "", add));
  }
  const input = h("input", {
    class: "form-control builder-text", "data-at": name, "aria-label": desk.t("add_value"), autocomplete: "off",
    placeholder: desk.t("add_value"), type: type === "date" ? "date" : "text",
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !input.value && test.values.length) desk.change("", () => test.values.pop(), name);
    if (event.key !== "Enter" && (event.key !== "," || type === "number")) return;
    event.preventDefault();
    add(input.value);
  });
  input.addEventListener("change", () => add(input.value));
  if (type === "text") suggest(desk, input, test.of, scope.within);
  return h("span", { class: "builder-list" }, ...chips, input);
}

let lists = 0;

/** Known values under an input, asked when it first has the focus. */
function suggest(desk: Desk, input: HTMLInputElement, of: Measured, within: Chosen | null): void {
  const asked = askedValues(of, within);
  if (!asked) return;
  input.addEventListener("focus", () => {
    void desk.words.server.values(asked).then((found) => {
      if (!found.length || !input.isConnected) return;
      const id = `builder-values-${++lists}`;
      input.after(h("datalist", { id }, ...found.map((each) => h("option", { value: each }))));
      input.setAttribute("list", id);
    });
  }, { once: true });
}

function askedValues(of: Measured, within: Chosen | null): Record<string, string> | null {
  if (of.kind === "age") return null;
  const source = of.kind === "figure" ? of.of : within;
  const parts = of.kind === "figure" ? of.field : of.parts;
  if (!parts) return null;
  if (!source || (of.kind === "name" && isOfPerson(parts))) return { field: bare(parts) };
  const field = parts.join(".");
  if (source.event) return { event: source.event, field };
  return source.record ? { record: source.record, field } : { collection: source.collection, field };
}
