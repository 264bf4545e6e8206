// One condition as one line of controls that reads as the sentence, with its `where` as a card below.
import { operator } from "./compared";
import type { Desk, Scope } from "./desk";
import { button, h, icon, phrase, select } from "./dom";
import { drawGroup } from "./groups";
import {
  type Chain, type Chosen, chosen, type Group, group, type Item, type Line, type Measure, type Measured, type Member,
  placeOf, type Step,
} from "./model";
import { readItem } from "./read";
import type { Unit } from "./stored";
import { aspects, isOfAnything, otherSide, pickOther, type Side, sideOf, windowOfSide } from "./sides";
import { about, chosenOf, happened, keyOf, keyOfChosen, pickSubject, settle, subjects } from "./subjects";
import { values } from "./values";
import { amount, unit, windowOf } from "./windows";
import { arity } from "./words";

const EXACT: Unit[] = ["minutes", "hours", "days", "weeks"];
const STEPS_MAX = 8;
const UP = "m3.5 9.5 4.5-5 4.5 5";
const CLOSE = "m4 4 8 8M12 4l-8 8";

/** The controls of a condition, and what lies below them. */
interface Row {
  line: (HTMLElement | null)[];
  below: (HTMLElement | null)[];
}

export function drawRow(desk: Desk, item: Exclude<Item, Group>, scope: Scope): Row {
  switch (item.kind) {
    case "test":
      return item.other ? besideRow(desk, item, item.other, scope) : testRow(desk, item, scope);
    case "member":
      return { line: memberLine(desk, item, scope), below: [] };
    case "chain":
      return {
        line: [subject(desk, item, scope), phrase(...windowOf(desk, item, String(item.id)))],
        below: [steps(desk, item, scope)],
      };
    case "line":
      return {
        line: [textLine(desk, item, scope)],
        below: [item.fault ? h("p", { class: "fault", role: "alert" }, item.fault) : null],
      };
  }
}

function subject(desk: Desk, item: Exclude<Item, Group | Line>, scope: Scope): HTMLElement {
  const at = `${item.id}:subject`;
  const turn = (wanted: string): void => desk.change("", () => {
    const place = placeOf(desk.root, item.id);
    if (place) place.parent.items[place.at] = changed(desk, item, wanted, scope);
  }, at);
  return pickSubject(desk, at, keyOf(item, scope), () => subjects(desk, scope), turn);
}

/** A condition about something else; figure, window and values stay where they fit the new thing. */
function changed(desk: Desk, item: Exclude<Item, Group | Line>, key: string, scope: Scope): Item {
  const isOfThings = item.kind === "test" && item.of.kind !== "name" && /^(of|event|record):/.test(key);
  if (!isOfThings) return { ...about(desk, key, scope), id: item.id };
  const of = item.of as Exclude<Measure["of"], { kind: "name" }>;
  const taken = { ...chosenOf(key), window: desk.words.isTimed(chosenOf(key)) ? of.of.window : null };
  if (!isOfAnything(of)) return { ...about(desk, key, scope), id: item.id };
  const next: Measure = { ...item, of: { ...of, of: taken } };
  settle(desk, next, scope);
  return next;
}

function testRow(desk: Desk, item: Measure, scope: Scope): Row {
  const side = sideOf(desk, item, scope);
  const compared = [operator(desk, item, scope), ...values(desk, item, scope)];
  return {
    line: [
      phrase(subject(desk, item, scope), ...aspects(desk, side, scope)),
      ...(arity(item.operator) < 0 ? compared : [phrase(...compared)]), // a list goes on over as many lines as it needs
      rangeOf(desk, side),
    ],
    below: [whereBelow(desk, side, scope)],
  };
}

/** Two figures beside one another: each a line of its own, the second led by how they are compared. What begins with an
 * attribute, which has no time and no `where`, stays one line. */
function besideRow(desk: Desk, item: Measure, other: Measured, scope: Scope): Row {
  const [side, against] = [sideOf(desk, item, scope), otherSide(desk, item, other, scope)];
  const second = [
    operator(desk, item, scope), phrase(pickOther(desk, item, against, scope), ...aspects(desk, against, scope)),
    rangeOf(desk, against),
  ];
  const first = phrase(subject(desk, item, scope), ...aspects(desk, side, scope));
  if (item.of.kind === "name") return { line: [first, ...second], below: [whereBelow(desk, against, scope)] };
  return {
    line: [first, rangeOf(desk, side)],
    below: [
      whereBelow(desk, side, scope), h("div", { class: "builder-controls builder-beside" }, ...second),
      whereBelow(desk, against, scope),
    ],
  };
}

/** Which of them are counted: when they happened, and the way to a `where`. */
const rangeOf = (desk: Desk, side: Side): HTMLElement | null =>
  side.of.kind === "name" ? null : phrase(...windowOfSide(desk, side), whereButton(desk, side.of.of, `${side.at}:where`));

const whereBelow = (desk: Desk, side: Side, scope: Scope): HTMLElement | null =>
  side.of.kind === "name" ? null : where(desk, side.of.of, scope);

function whereButton(desk: Desk, of: Chosen, at: string): HTMLElement | null {
  return of.where ? null : button("link builder-add", desk.t("add_where"), () => addWhere(desk, of), { "data-at": at });
}

function addWhere(desk: Desk, of: Chosen): void {
  const field = desk.words.fields(of)[0];
  const within = { within: of, depth: 1 };
  const item = field ? about(desk, `name:${field.name}`, within) : null;
  desk.change("", () => (of.where = group("and", item ? [item] : [])), item ? `${item.id}:subject` : "");
}

function where(desk: Desk, of: Chosen, scope: Scope): HTMLElement | null {
  if (!of.where) return null;
  const all = (): void => desk.change("", () => (of.where = null));
  const drop = button("btn quiet", icon(CLOSE), all, { "aria-label": desk.t("remove_where") });
  const head = h("div", { class: "builder-head" }, h("span", { class: "muted small grow" }, desk.t("where")), drop);
  return h("div", { class: "builder-where" }, head, drawGroup(desk, of.where, { within: of, depth: scope.depth + 1 }));
}

function memberLine(desk: Desk, item: Member, scope: Scope): HTMLElement[] {
  const at = String(item.id);
  const ways = ["in", "entered"].map((value) => ({ value, label: desk.t(`member ${value}`) }));
  const turn = (value: string): void => desk.change("", () => {
    item.isEntered = value === "entered";
    item.window = item.isEntered ? (item.window ?? { type: "in last", amount: 7, unit: "days" }) : null;
  });
  const known = desk.words.all.segments.map((one) => ({ value: one.name, label: one.label }));
  const choices = item.segment ? known : [{ value: "", label: desk.t("choose") }, ...known];
  const taken = (value: string): void => desk.change("", () => (item.segment = value));
  return [
    phrase(
      subject(desk, item, scope), select(`${at}:how`, desk.t("figure"), ways, item.isEntered ? "entered" : "in", turn),
    ),
    select(`${at}:segment`, desk.t("member"), choices, item.segment, taken),
    ...(item.isEntered ? [phrase(...windowOf(desk, item, at))] : []),
  ];
}

function steps(desk: Desk, item: Chain, scope: Scope): HTMLElement {
  const add = (): void => desk.change("", () => item.steps.push({ of: chosen("orders"), isAbsent: false, within: null }));
  const more = button("link builder-add", desk.t("add_step"), add, { "data-at": `${item.id}:addstep` });
  const drawn = item.steps.map((one, at) => step(desk, item, one, at, scope));
  return h("ol", { class: "builder-steps" }, ...drawn, item.steps.length < STEPS_MAX && h("li", {}, more));
}

function step(desk: Desk, item: Chain, one: Step, at: number, scope: Scope): HTMLElement {
  const name = `${item.id}:step${at}`;
  const act = (label: string, path: string, by: () => void): HTMLElement =>
    button("btn quiet", icon(path), () => desk.change("", by), { "aria-label": desk.t(label), title: desk.t(label) });
  const taken = (key: string): void => desk.change("", () => (one.of = chosenOf(key)), `${name}of`);
  const line = [
    phrase(
      at ? stepKind(desk, one, name) : h("span", { class: "builder-word" }, desk.t("did")),
      pickSubject(desk, `${name}of`, keyOfChosen(one.of), () => happened(desk).flat(), taken),
    ),
    phrase(...(at ? within(desk, one, name) : []), whereButton(desk, one.of, `${name}where`)),
    h(
      "span", { class: "builder-acts" },
      at > 1 && act("move_up", UP, () => item.steps.splice(at - 1, 0, ...item.steps.splice(at, 1))),
      item.steps.length > 1 && act("remove_step", CLOSE, () => dropStep(item, at)),
    ),
  ];
  return h("li", {}, h("div", { class: "builder-controls" }, ...line), where(desk, one.of, scope));
}

function stepKind(desk: Desk, one: Step, name: string): HTMLElement {
  const choices = ["did", "absent"].map((value) => ({ value, label: desk.t(`then ${value}`) }));
  const turn = (value: string): void => desk.change("", () => (one.isAbsent = value === "absent"));
  return select(`${name}how`, desk.t("step"), choices, one.isAbsent ? "absent" : "did", turn);
}

/** Without its first step a sequence begins with the next, which has none before it to be absent after. */
function dropStep(item: Chain, at: number): void {
  item.steps.splice(at, 1);
  if (item.steps[0]) Object.assign(item.steps[0], { isAbsent: false, within: null });
}

function within(desk: Desk, one: Step, name: string): HTMLElement[] {
  const choices = ["any", "within"].map((value) => ({ value, label: desk.t(`within ${value}`) }));
  const turn = (value: string): void =>
    desk.change("", () => (one.within = value === "within" ? { amount: 24, unit: "hours" } : null));
  const kind = select(`${name}within`, desk.t("window"), choices, one.within ? "within" : "any", turn);
  if (!one.within) return [kind];
  const { within } = one;
  return [
    kind, amount(desk, within, "amount", `${name}amount`), unit(desk, within, within.amount, `${name}unit`, EXACT),
  ];
}

/** What has no controls is written as text; once it can be read it takes its place in the rule. */
function textLine(desk: Desk, item: Line, scope: Scope): HTMLElement {
  const at = `${item.id}:text`;
  const input = h(
    "input",
    {
      class: "form-control builder-line", "data-at": at, "aria-label": desk.t("line"), value: item.text, spellcheck: "false",
      autocapitalize: "off", autocomplete: "off", "aria-invalid": item.fault ? "true" : undefined,
    },
  );
  input.addEventListener("input", () => (item.text = input.value));
  input.addEventListener("change", () => {
    void desk.words.server.line(input.value, scope.within !== null).then((found) => {
      if (!found || item.text !== input.value) return;
      desk.change("", () => {
        const place = placeOf(desk.root, item.id);
        if (found.fault || !found.tree) item.fault = found.fault?.message ?? "";
        else if (place) place.parent.items[place.at] = asRead(readItem(found.tree, scope.within !== null), item);
      });
    });
  });
  return input;
}

function asRead(read: Item, line: Line): Item {
  if (!line.isDenied) return { ...read, id: line.id };
  return read.isDenied ? group("and", [read], true) : { ...read, id: line.id, isDenied: true };
}
