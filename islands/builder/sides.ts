// The sides of a test: what it looks at and, where that is compared with another figure, the figure beside it. A side is a
// subject, what is asked of it, when, and which ones; the same controls draw both.
import type { Desk, Scope } from "./desk";
import { type Choice, h, select } from "./dom";
import type { Measure, Measured } from "./model";
import type { Window } from "./stored";
import { keyOfMeasured, measuredOf, pickSubject, settle, subjects } from "./subjects";
import { amount, windowOf } from "./windows";
import { AGES, fits, OF_VALUES, SPANS, type Words } from "./words";

type Figure = Exclude<Measured, { kind: "name" }>;

/** A figure as the list of figures names it; nothing for an attribute. */
function nameOf(of: Measured): string {
  if (of.kind === "age") return `${of.function} ${of.which}`;
  return of.kind === "figure" ? of.function : "";
}

/** Whether a figure can be asked of whatever happened, for it reads no field. */
export const isOfAnything = (of: Measured): boolean =>
  of.kind === "age" || (of.kind === "figure" && ["count", "days", "gap"].includes(of.function));

/** One side: its figure, the names of its controls, and what it becomes. */
export interface Side {
  of: Measured;
  at: string;
  put: (of: Measured) => void;
}

export const sideOf = (desk: Desk, test: Measure, scope: Scope): Side => ({
  of: test.of, at: String(test.id), put: (of) => {
    test.of = of;
    settle(desk, test, scope);
  },
});

export const otherSide = (desk: Desk, test: Measure, other: Measured, scope: Scope): Side => ({
  of: other, at: `${test.id}:other`, put: (of) => {
    test.other = of;
    settle(desk, test, scope);
  },
});

/** The subject of the other side, searched among what can stand there. */
export function pickOther(desk: Desk, test: Measure, side: Side, scope: Scope): HTMLElement {
  const at = `${side.at}:subject`;
  const choices = (): Choice[] => subjects(desk, scope).filter((one) => besideOf(desk, test, one.value, scope) !== null);
  const turn = (key: string): void => desk.change("", () => {
    const next = besideOf(desk, test, key, scope, side.of);
    if (next) side.put(next);
  }, at);
  return pickSubject(desk, at, keyOfMeasured(side.of, scope), () => subjects(desk, scope), turn, choices);
}

/** What of a subject can stand beside a test's figure, null where nothing can; `kept` lends its window, and its figure where
 * that fits too. Fields of events and records are not known before they are chosen: of these it is how many. */
function besideOf(desk: Desk, test: Measure, key: string, scope: Scope, kept: Measured | null = null): Measured | null {
  const first = measuredOf(desk, key, scope);
  if (!first) return null;
  const isFitting = (one: Measured): boolean => desk.words.fitsBeside(test.of, one, scope.within);
  if (first.kind === "name") return isFitting(first) ? first : null;
  const isKept = kept && kept.kind !== "name" && desk.words.isTimed(first.of);
  const counted: Figure = { ...first, of: { ...first.of, window: isKept ? kept.of.window : null } };
  const names = kept || key.startsWith("of:") ? desk.words.functions(first.of) : [];
  const figures = names.map((name) => figured(desk.words, name, counted));
  const same = kept && isOfAnything(kept) ? figures.filter((one) => nameOf(one) === nameOf(kept)) : [];
  return [...same, counted, ...figures].find(isFitting) ?? null;
}

/** What a figure is compared with first: itself in the time before, or another attribute of its kind. */
export function firstOther(desk: Desk, test: Measure, scope: Scope): Measured | null {
  const { of } = test;
  if (of.kind !== "name") {
    const window = desk.words.isTimed(of.of) ? before(of.of.window) : null;
    return { ...structuredClone(of), of: { ...structuredClone(of.of), window } };
  }
  const own = keyOfMeasured(of, scope);
  const isName = (key: string): boolean => /^(name|person):/.test(key);
  const keys = subjects(desk, scope).map((one) => one.value).filter((key) => key !== own);
  for (const key of [...keys.filter(isName), ...keys.filter((one) => !isName(one))]) {
    const found = besideOf(desk, test, key, scope);
    if (found) return found;
  }
  return null;
}

/** A stretch as long as the window, before it. */
function before(window: Window | null): Window | null {
  if (!window) return { type: "in last", amount: 30, unit: "days" };
  if (window.type === "month" && window.which === "this") return { type: "month", which: "previous" };
  if (window.type !== "in last") return structuredClone(window);
  const isDays = ["days", "weeks"].includes(window.unit);
  const days = window.unit === "weeks" ? window.amount * 7 : window.amount;
  if (!isDays) return { type: "between ago", from_amount: window.amount * 2, to_amount: window.amount, unit: window.unit };
  return { type: "between ago", from_amount: days * 2 + 1, to_amount: days + 1, unit: "days" }; // both ends are whole days
}

/** The controls between "what" and the operator. */
export function aspects(desk: Desk, side: Side, scope: Scope): (HTMLElement | null)[] {
  return side.of.kind === "name" ? [ageOfName(desk, side, side.of, scope)] : figure(desk, side, side.of);
}

/** When it happened; nothing for an attribute and for what has no time. */
export const windowOfSide = (desk: Desk, side: Side): HTMLElement[] =>
  side.of.kind === "name" || !desk.words.isTimed(side.of.of) ? [] : windowOf(desk, side.of.of, side.at);

/** A date is asked itself or by the days to it. */
function ageOfName(desk: Desk, side: Side, of: Extract<Measured, { kind: "name" }>, scope: Scope): HTMLElement | null {
  const { kind } = desk.words.subject({ ...of, age: "" }, scope.within);
  if (!of.age && kind !== "date" && kind !== "moment") return null;
  const ages = ["", "days_since", "days_until", ...(kind === "moment" ? [] : ["days_until_anniversary"])];
  const choices = ages.map((value) => ({ value, label: desk.t(`age ${value || "itself"}`) }));
  const turn = (age: string): void => desk.change("", () => side.put({ ...of, age }));
  return select(`${side.at}:age`, desk.t("figure"), choices, of.age, turn);
}

function figure(desk: Desk, side: Side, of: Figure): (HTMLElement | null)[] {
  const name = nameOf(of);
  const choices = desk.words.functions(of.of).map((value) => ({ value, label: desk.t(`figure ${value}`) }));
  const turn = (wanted: string): void => desk.change("", () => side.put(figured(desk.words, wanted, of)));
  const kind = select(`${side.at}:figure`, desk.t("figure"), choices, name, turn, desk.t(`figure ${name}`));
  if (of.kind !== "figure") return [kind];
  return [kind, OF_VALUES.includes(of.function) ? field(desk, side, of) : null, ...span(desk, side, of)];
}

function span(desk: Desk, side: Side, of: Extract<Measured, { kind: "figure" }>): HTMLElement[] {
  if (of.span === null) return [];
  const word = (text: string): HTMLElement => h("span", { class: "builder-word" }, text);
  const days = word(desk.words.unit("days", of.span, desk.language));
  return [word(desk.t("span")), amount(desk, of as { span: number }, "span", `${side.at}:span`), days];
}

function field(desk: Desk, side: Side, of: Extract<Measured, { kind: "figure" }>): HTMLElement {
  const choices = desk.words.fields(of.of).filter((one) => fits(of.function, one.kind)).map(
    (one) => ({ value: one.name, label: one.label }),
  );
  const turn = (name: string): void => desk.change("", () => side.put({ ...of, field: [name] }));
  return select(`${side.at}:field`, desk.t("field"), choices, of.field?.join(".") ?? "", turn);
}

/** The figure of another name over the same things. */
function figured(words: Words, name: string, before: Figure): Measured {
  if (AGES.includes(name)) {
    const [age, which] = name.split(" ") as ["days_since" | "hours_since", "first" | "last"];
    return { kind: "age", function: age, which, of: before.of };
  }
  const usable = words.fields(before.of).filter((one) => fits(name, one.kind));
  const kept = before.kind === "figure" && before.field && usable.some(
    (one) => one.name === before.field?.join("."),
  ) ? before.field : null;
  const field = OF_VALUES.includes(name) ? (kept ?? (usable[0] ? [usable[0].name] : null)) : null;
  return { kind: "figure", function: name, of: before.of, field, span: SPANS.includes(name) ? 14 : null };
}
