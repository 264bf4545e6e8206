// What a condition is about: an attribute or a thing that happened, searched in one list, and what fits it then.
import type { Desk, Scope } from "./desk";
import type { Choice } from "./dom";
import {
  type Chain, type Chosen, chosen, figureOf, fresh, type Item, type Measure, type Measured, type Operator, type Value,
} from "./model";
import { picker } from "./picker";
import { arity, bare, constantOf, isOfPerson, operators, type Words } from "./words";

const GROUPS = ["person", "contact", "consent", "own"];

const made = new WeakMap<Words, Choice[]>();

/** Everything a condition may be about, here. */
export function subjects(desk: Desk, scope: Scope): Choice[] {
  const asText = { value: "line:", label: desk.t("line"), group: desk.t("group more") };
  const known = made.get(desk.words) ?? everything(desk);
  made.set(desk.words, known);
  if (!scope.within) return known;
  const fields = desk.words.fields(scope.within).map((one) => ({ value: `name:${one.name}`, label: one.label }));
  const persons = known.filter((one) => one.value.startsWith("name:")).map((one) => ({ ...one, value: `person:${one.value}` }));
  return [...fields, ...persons, asText];
}

function everything(desk: Desk): Choice[] {
  const { all } = desk.words;
  const attributes = GROUPS.flatMap((group) => all.attributes.filter((one) => one.group === group).map((one) => ({
    value: `name:${bare(one.parts)}`, label: group === "own" ? one.label : capital(one.label), group: desk.t(`group ${group}`),
  })));
  const [collections, others] = happened(desk);
  return [
    ...collections.map((one) => ({ ...one, label: capital(one.label) })), ...attributes, ...others,
    { value: "member:", label: desk.t("member"), group: desk.t("group more") },
    { value: "chain:", label: desk.t("chain"), group: desk.t("group more") },
    { value: "line:", label: desk.t("line"), group: desk.t("group more") },
  ];
}

/** Things that happened, for the steps of a sequence too: those that every shop has, and those of this one. */
export function happened(desk: Desk): [Choice[], Choice[]] {
  const { all } = desk.words;
  return [
    all.collections.map((one) => ({ value: `of:${one.name}`, label: one.label, group: desk.t("group happened") })),
    [
      ...all.records.map((one) => ({ value: `record:${one.name}`, label: one.name, group: desk.t("group records") })),
      ...all.events.map((one) => ({ value: `event:${one}`, label: one, group: desk.t("group events") })),
    ],
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What a condition or a step is about, as one searches it among the choices; `named` are all that have a name here. */
export function pickSubject(
  desk: Desk, at: string, key: string, named: () => Choice[], changed: (key: string) => void, choices = named,
): HTMLElement {
  const shown = named().find((one) => one.value === key)?.label ?? key.slice(key.indexOf(":") + 1);
  const texts = { label: desk.t("subject"), search: desk.t("search"), nothing: desk.t("nothing_found") };
  return picker({ at, shown, value: key, choices, changed, ...texts });
}

export function keyOf(item: Exclude<Item, { kind: "group" | "line" }>, scope: Scope): string {
  return item.kind === "test" ? keyOfMeasured(item.of, scope) : `${item.kind}:`;
}

export function keyOfMeasured(of: Measured, scope: Scope): string {
  if (of.kind !== "name") return keyOfChosen(of.of);
  if (scope.within && !isOfPerson(of.parts)) return `name:${of.parts.join(".")}`;
  return `${scope.within ? "person:" : ""}name:${bare(of.parts)}`;
}

export const keyOfChosen = (of: Chosen): string =>
  of.event ? `event:${of.event}` : of.record ? `record:${of.record}` : `of:${of.collection}`;

export function chosenOf(key: string): Chosen {
  const [kind, name] = parted(key);
  return kind === "event" ? chosen("event", name) : kind === "record" ? chosen("record", "", name) : chosen(name);
}

function parted(key: string): [string, string] {
  const at = key.indexOf(":");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** A condition about something, as it is when it is chosen first. */
export function about(desk: Desk, key: string, scope: Scope): Item {
  const [kind] = parted(key);
  const base = { id: fresh(), isDenied: false };
  if (kind === "member") return { ...base, kind: "member", segment: "", isEntered: false, window: null };
  if (kind === "line") return { ...base, kind: "line", text: "", good: null, fault: "" };
  if (kind === "chain") {
    const step = (collection: string): Chain["steps"][0] => ({ of: chosen(collection), isAbsent: false, within: null });
    return {
      ...base, kind: "chain", window: { type: "in last", amount: 7, unit: "days" },
      steps: [step("cart_adds"), { ...step("orders"), isAbsent: true, within: { amount: 24, unit: "hours" } }],
    };
  }
  const of = measuredOf(desk, key, scope);
  if (of?.kind !== "name") return figureOf(chosenOf(key));
  const test: Measure = { ...base, kind: "test", of, operator: "=", values: [], other: null };
  settle(desk, test, scope);
  return test;
}

/** The figure that a subject is first: an attribute itself, of what happened how many; null for what has none. */
export function measuredOf(desk: Desk, key: string, scope: Scope): Measured | null {
  const [kind, name] = parted(key);
  if (["member", "chain", "line"].includes(kind)) return null;
  if (kind !== "name" && kind !== "person") return figureOf(chosenOf(key)).of;
  const parts = kind === "name" && scope.within ? [name] : partsOf(desk, kind === "person" ? parted(name)[1] : name, kind);
  return { kind: "name", parts, age: "" };
}

/** How a rule names an attribute; in a `where` with the person in front. */
function partsOf(desk: Desk, name: string, kind: string): string[] {
  const known = desk.words.attribute(name);
  return [...(kind === "person" ? ["person"] : []), ...(known?.parts ?? name.split("."))];
}

/** After a change of what is asked: an operator and values that fit it, the old ones where they do. Another figure at the
 * other side stays as long as it can stand there. */
export function settle(desk: Desk, test: Measure, scope: Scope, wanted: Operator = test.operator): void {
  const beside = desk.words.beside(test.of, scope.within);
  if (test.other && beside.length && desk.words.fitsBeside(test.of, test.other, scope.within)) {
    test.operator = beside.includes(wanted) ? wanted : (beside[0] ?? "=");
    test.values = [];
    return;
  }
  test.other = null;
  const subject = desk.words.subject(test.of, scope.within);
  const allowed = operators(subject);
  test.operator = allowed.includes(wanted) ? wanted : (allowed[0] ?? "=");
  if (test.operator !== "holds" && subject.kind === "boolean") test.isDenied = false;
  const type = constantOf(subject.kind);
  const kept = test.values.filter((one) => one.type === type || (subject.kind === "any" && one.value !== null));
  const many = arity(test.operator);
  const first = subject.values[0]?.value ?? null;
  const empty = (): Value => ({ type, value: type === "boolean" ? "true" : many > 0 ? first : null });
  if (many < 0) test.values = kept.filter((one) => one.value !== null);
  else test.values = Array.from({ length: many }, (_, at) => kept[at] ?? empty());
}
