// A group as a card: its conditions one below another, with the word between them as the switch of the whole group.
import type { Desk, Scope } from "./desk";
import { h, icon } from "./dom";
import { type Group, group, type Item, placeOf } from "./model";
import { duplicate, groupAbove, into, isInner, out, remove, step, ungroup, wrap } from "./moves";
import { drawRow } from "./rows";
import { about, subjects } from "./subjects";
import { write } from "./write";

const GRIP = "M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01";
const MORE = "M3.5 8h.01M8 8h.01M12.5 8h.01";

export function drawGroup(desk: Desk, of: Group, scope: Scope): HTMLElement {
  const rows = of.items.map((item, at) => drawItem(desk, of, item, at, scope));
  const empty = !of.items.length && h("p", { class: "builder-empty muted" }, desk.t(scope.depth ? "empty_group" : "empty_rule"));
  return h("div", { class: "builder-group", "data-group": of.id, "data-scope": scope.within ? "where" : "", role: "group", "aria-label": desk.t(of.join === "and" ? "all" : "any") },
    of.isDenied && h("p", { class: "builder-not" }, denial(desk, of)), ...rows, empty, adders(desk, of, scope));
}

function drawItem(desk: Desk, of: Group, item: Item, at: number, scope: Scope): HTMLElement {
  const inner = { within: scope.within, depth: scope.depth + 1 };
  const drawn = item.kind === "group" ? { line: [], below: [drawGroup(desk, item, inner)] } : drawRow(desk, item, scope);
  const isDenied = item.kind !== "group" && item.isDenied && !(item.kind === "test" && item.operator === "holds");
  return h("div", { class: `builder-item${item.kind === "group" ? " is-group" : ""}`, "data-item": item.id },
    h("div", { class: "builder-side" }, handle(desk, item), at > 0 ? joint(desk, of, item) : null),
    h("div", { class: "builder-what" },
      item.kind !== "group" && h("div", { class: "builder-controls" }, isDenied && denial(desk, item), ...drawn.line),
      ...drawn.below,
      item.kind !== "group" && !(item.kind === "line" && item.fault) && h("p", { class: "builder-unfinished small", "data-unfinished": item.id, hidden: !desk.unfinished.has(item.id) }, desk.t("unfinished"))),
    menu(desk, of, item, at, scope));
}

/** The word between two conditions: pressing it turns all of the group. */
function joint(desk: Desk, of: Group, item: Item): HTMLElement {
  const turn = (): void => desk.change("", () => (of.join = of.join === "and" ? "or" : "and"), `${item.id}:join`);
  return h("button", { type: "button", class: "builder-join", "data-at": `${item.id}:join`, title: desk.t(of.join === "and" ? "turn_or" : "turn_and"), onclick: turn }, desk.t(of.join));
}

function denial(desk: Desk, item: Item): HTMLElement {
  return h("button", { type: "button", class: "builder-denied", "data-at": `${item.id}:not`, title: desk.t("turn_not"), onclick: () => desk.change("", () => (item.isDenied = false)) }, desk.t("not"));
}

/** Dragged by a pointer; arrows move by keyboard: up and down, into the group above, out of the group. */
function handle(desk: Desk, item: Item): HTMLElement {
  const moves: Record<string, () => boolean> = {
    ArrowUp: () => step(desk.root, item.id, -1),
    ArrowDown: () => step(desk.root, item.id, 1),
    ArrowRight: () => into(desk.root, item.id),
    ArrowLeft: () => out(desk.root, item.id, 1),
  };
  const pressed = (event: Event): void => {
    const { key } = event as KeyboardEvent;
    const move = moves[key];
    if (!move) return;
    event.preventDefault();
    moved(desk, item.id, move);
  };
  return h("button", { type: "button", class: "builder-handle", "data-at": `${item.id}:handle`, "data-handle": item.id, "aria-label": desk.t("move"), title: desk.t("move_help"), onkeydown: pressed }, icon(GRIP));
}

export function moved(desk: Desk, id: number, move: () => boolean): void {
  let done = false;
  desk.change("", () => (done = move()), `${id}:handle`);
  desk.say(desk.t(done ? "moved" : "no_further"));
}

function menu(desk: Desk, of: Group, item: Item, at: number, scope: Scope): HTMLElement {
  const { root } = desk;
  const act = (name: string, by: () => void, focus = `${item.id}:more`): HTMLElement => h("button", { type: "button", class: "btn quiet", "data-do": name, onclick: () => desk.change("", by, focus) }, desk.t(name));
  const inner = isInner(root, item.id);
  const canBeText = item.kind !== "group" && item.kind !== "line" && !scope.within;
  return h("details", { class: "more builder-more" },
    h("summary", { class: "btn quiet", "aria-label": desk.t("more"), "data-at": `${item.id}:more` }, icon(MORE)),
    h("div", { class: "popover builder-menu" },
      act(item.isDenied ? "say_not_not" : "say_not", () => (item.isDenied = !item.isDenied)),
      (at > 0 || inner) && act("move_up", () => step(root, item.id, -1)),
      (at < of.items.length - 1 || inner) && act("move_down", () => step(root, item.id, 1)),
      groupAbove(root, item.id) && act("move_in", () => into(root, item.id)),
      inner && act("move_out", () => out(root, item.id, 1)),
      item.kind === "group" ? !item.isDenied && act("ungroup", () => ungroup(root, item.id), `${of.id}:add`) : act("wrap", () => wrap(root, item.id)),
      canBeText && h("button", { type: "button", class: "btn quiet", "data-do": "as_text", onclick: () => void asText(desk, item) }, desk.t("as_text")),
      act("duplicate", () => duplicate(root, item.id)),
      act("remove", () => remove(root, item.id), `${of.id}:add`)));
}

/** A condition as the line that it is in the text. */
async function asText(desk: Desk, item: Item): Promise<void> {
  const { tree } = write(group("and", [{ ...item, isDenied: false }]));
  const text = tree && (await desk.words.server.print(tree));
  const place = placeOf(desk.root, item.id);
  if (!tree || !text || !place) return;
  desk.change("", () => (place.parent.items[place.at] = { id: item.id, kind: "line", isDenied: item.isDenied, text, good: tree, fault: "" }), `${item.id}:text`);
}

function adders(desk: Desk, of: Group, scope: Scope): HTMLElement {
  const condition = (): void => {
    const first = subjects(desk, scope)[0];
    if (!first) return;
    const item = about(desk, first.value, scope);
    desk.change("", () => of.items.push(item), `${item.id}:subject`);
  };
  const nested = (): void => {
    const inner = group(of.join === "and" ? "or" : "and");
    desk.change("", () => of.items.push(inner), `${inner.id}:add`);
  };
  return h("div", { class: "builder-adders" },
    h("button", { type: "button", class: "link builder-add", "data-at": `${of.id}:add`, onclick: condition }, desk.t("add_condition")),
    h("button", { type: "button", class: "link builder-add", "data-at": `${of.id}:addgroup`, onclick: nested }, desk.t("add_group")));
}
