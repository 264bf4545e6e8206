// A group as a card: its conditions one below another, with the word between them as the switch of the whole group.
import type { Desk, Scope } from "./desk";
import { button, h, icon } from "./dom";
import { type Group, group, type Item, type Line, placeOf } from "./model";
import { duplicate, groupAbove, into, isInner, out, remove, step, ungroup, wrap } from "./moves";
import { drawRow } from "./rows";
import { about, subjects } from "./subjects";
import { write } from "./write";

const GRIP = "M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01";
const MORE = "M3.5 8h.01M8 8h.01M12.5 8h.01";

export function drawGroup(desk: Desk, of: Group, scope: Scope): HTMLElement {
  const label = desk.t(of.join === "and" ? "all" : "any");
  const empty = h("p", { class: "builder-empty muted" }, desk.t(scope.depth ? "empty_group" : "empty_rule"));
  return h(
    "div", { class: "builder-group", "data-group": of.id, role: "group", "aria-label": label },
    of.isDenied && h("p", { class: "builder-not" }, denial(desk, of)),
    ...of.items.map((item, at) => drawItem(desk, of, item, at, scope)),
    !of.items.length && empty,
    adders(desk, of, scope),
  );
}

function drawItem(desk: Desk, of: Group, item: Item, at: number, scope: Scope): HTMLElement {
  const inner = { within: scope.within, depth: scope.depth + 1 };
  const what = item.kind === "group" ? [drawGroup(desk, item, inner)] : condition(desk, item, scope);
  return h(
    "div", { class: `builder-item${item.kind === "group" ? " is-group" : ""}`, "data-item": item.id },
    h("div", { class: "builder-side" }, handle(desk, item), at > 0 && joint(desk, of, item)),
    h("div", { class: "builder-what" }, ...what),
    menu(desk, of, item, at, scope),
  );
}

function condition(desk: Desk, item: Exclude<Item, Group>, scope: Scope): (HTMLElement | null)[] {
  const { line, below } = drawRow(desk, item, scope);
  const isDenied = item.isDenied && !(item.kind === "test" && item.operator === "holds");
  const note = { class: "builder-unfinished small", "data-unfinished": item.id, hidden: !desk.unfinished.has(item.id) };
  const unfinished = item.kind === "line" && item.fault ? null : h("p", note, desk.t("unfinished"));
  const first = line[0]?.classList.contains("builder-phrase") ? line[0] : null;
  if (isDenied) first?.prepend(denial(desk, item));
  const lead = isDenied && !first && denial(desk, item);
  return [h("div", { class: "builder-controls" }, lead, ...line), ...below, unfinished];
}

/** The word between two conditions: pressing it turns all of the group. */
function joint(desk: Desk, of: Group, item: Item): HTMLElement {
  const at = `${item.id}:join`;
  const turn = (): void => desk.change("", () => (of.join = of.join === "and" ? "or" : "and"), at);
  const title = desk.t(of.join === "and" ? "turn_or" : "turn_and");
  return button("builder-join", desk.t(of.join), turn, { "data-at": at, title });
}

function denial(desk: Desk, item: Item): HTMLElement {
  const drop = (): void => desk.change("", () => (item.isDenied = false));
  return button("builder-denied", desk.t("not"), drop, { "data-at": `${item.id}:not`, title: desk.t("turn_not") });
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
    const move = moves[(event as KeyboardEvent).key];
    if (!move) return;
    event.preventDefault();
    moved(desk, item.id, move);
  };
  const names = { "aria-label": desk.t("move"), title: desk.t("move_help") };
  const at = { "data-at": `${item.id}:handle`, "data-handle": item.id };
  return h("button", { type: "button", class: "builder-handle", ...at, ...names, onkeydown: pressed }, icon(GRIP));
}

export function moved(desk: Desk, id: number, move: () => boolean): void {
  let done = false;
  desk.change("", () => (done = move()), `${id}:handle`);
  desk.say(desk.t(done ? "moved" : "no_further"));
}

/** What can be done with an item where it is. */
function menu(desk: Desk, of: Group, item: Item, at: number, scope: Scope): HTMLElement {
  const { root } = desk;
  const more = `${item.id}:more`;
  const did = (name: string, by: () => void): HTMLElement => button("btn quiet", desk.t(name), by, { "data-do": name });
  const act = (name: string, by: () => void, focus = more): HTMLElement => did(name, () => desk.change("", by, focus));
  const inner = isInner(root, item.id);
  const isGroup = item.kind === "group";
  const actions = [
    act(item.isDenied ? "say_not_not" : "say_not", () => (item.isDenied = !item.isDenied)),
    (at > 0 || inner) && act("move_up", () => step(root, item.id, -1)),
    (at < of.items.length - 1 || inner) && act("move_down", () => step(root, item.id, 1)),
    groupAbove(root, item.id) && act("move_in", () => into(root, item.id)),
    inner && act("move_out", () => out(root, item.id, 1)),
    isGroup && !item.isDenied && act("ungroup", () => ungroup(root, item.id), `${of.id}:add`),
    !isGroup && act("wrap", () => wrap(root, item.id)),
    !isGroup && item.kind !== "line" && !scope.within && did("as_text", () => void asText(desk, item)),
    act("duplicate", () => duplicate(root, item.id)),
    act("remove", () => remove(root, item.id), `${of.id}:add`),
  ];
  const summary = h("summary", { class: "btn quiet", "aria-label": desk.t("more"), "data-at": more }, icon(MORE));
  return h("details", { class: "more builder-more" }, summary, h("div", { class: "popover builder-menu" }, ...actions));
}

/** A condition as the line that it is in the text. */
async function asText(desk: Desk, item: Item): Promise<void> {
  const { tree } = write(group("and", [{ ...item, isDenied: false }]));
  const text = tree && (await desk.words.server.print(tree));
  const place = placeOf(desk.root, item.id);
  if (!tree || !text || !place) return;
  const line: Line = { id: item.id, kind: "line", isDenied: item.isDenied, text, good: tree, fault: "" };
  desk.change("", () => (place.parent.items[place.at] = line), `${item.id}:text`);
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
  return h(
    "div", { class: "builder-adders" },
    button("link builder-add", desk.t("add_condition"), condition, { "data-at": `${of.id}:add` }),
    button("link builder-add", desk.t("add_group"), nested, { "data-at": `${of.id}:addgroup` }),
  );
}
