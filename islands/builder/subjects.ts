// Controls of what a condition is about: an attribute or a thing that happened, which figure of it, which field.
import type { Desk, Scope } from "./desk";
import { type Choice, h, select } from "./dom";
import {
  type Chain, type Chosen, chosen, figureOf, fresh, type Item, type Measure, type Measured, type Operator, type Value,
} from "./model";
import { AGES, arity, bare, constantOf, fits, isOfPerson, OF_VALUES, operators, SPANS, type Words } from "./words";
import { picker } from "./picker";
import { amount } from "./windows";

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

/** What a condition or a step is about, as one searches it among all there is. */
export function pickSubject(
  desk: Desk, at: string, key: string, choices: () => Choice[], changed: (key: string) => void,
): HTMLElement {
  const shown = choices().find((one) => one.value === key)?.label ?? key.slice(key.indexOf(":") + 1);
  const texts = { label: desk.t("subject"), search: desk.t("search"), nothing: desk.t("nothing_found") };
  return picker({ at, shown, value: key, choices, changed, ...texts });
}

export function keyOf(item: Exclude<Item, { kind: "group" | "line" }>, scope: Scope): string {
  if (item.kind !== "test") return `${item.kind}:`;
  if (item.of.kind !== "name") return keyOfChosen(item.of.of);
  if (scope.within && !isOfPerson(item.of.parts)) return `name:${item.of.parts.join(".")}`;
  return `${scope.within ? "person:" : ""}name:${bare(item.of.parts)}`;
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
  const [kind, name] = parted(key);
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
  if (kind !== "name" && kind !== "person") return figureOf(chosenOf(key));
  const parts = kind === "name" && scope.within ? [name] : partsOf(desk, kind === "person" ? parted(name)[1] : name, kind);
  const test: Measure = { ...base, kind: "test", of: { kind: "name", parts, age: "" }, operator: "=", values: [] };
  settle(desk, test, scope);
  return test;
}

/** How a rule names an attribute; in a `where` with the person in front. */
function partsOf(desk: Desk, name: string, kind: string): string[] {
  const known = desk.words.all.attributes.find((one) => bare(one.parts) === name);
  return [...(kind === "person" ? ["person"] : []), ...(known?.parts ?? name.split("."))];
}

/** After a change of what is asked: an operator and values that fit it, the old ones where they do. */
export function settle(desk: Desk, test: Measure, scope: Scope, wanted: Operator = test.operator): void {
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

/** The controls between "what" and the operator. */
export function aspects(desk: Desk, test: Measure, scope: Scope): (HTMLElement | null)[] {
  return test.of.kind === "name" ? [ageOfName(desk, test, scope)] : figure(desk, test, test.of, scope);
}

/** A date is asked itself or by the days to it. */
function ageOfName(desk: Desk, test: Measure, scope: Scope): HTMLElement | null {
  const of = test.of;
  if (of.kind !== "name") return null;
  const { kind } = desk.words.subject({ ...of, age: "" }, scope.within);
  if (!of.age && kind !== "date" && kind !== "moment") return null;
  const ages = ["", "days_since", "days_until", ...(kind === "moment" ? [] : ["days_until_anniversary"])];
  const choices = ages.map((value) => ({ value, label: desk.t(`age ${value || "itself"}`) }));
  return select(`${test.id}:age`, desk.t("figure"), choices, of.age, (age) => desk.change("", () => {
    of.age = age;
    settle(desk, test, scope);
  }));
}

function figure(desk: Desk, test: Measure, of: Exclude<Measured, { kind: "name" }>, scope: Scope): (HTMLElement | null)[] {
  const name = of.kind === "age" ? `${of.function} ${of.which}` : of.function;
  const choices = desk.words.functions(of.of).map((value) => ({ value, label: desk.t(`figure ${value}`) }));
  const at = `${test.id}:figure`;
  const found: (HTMLElement | null)[] = [select(at, desk.t("figure"), choices, name, (wanted) => desk.change("", () => {
    test.of = figured(desk, wanted, of);
    settle(desk, test, scope);
  }), desk.t(`figure ${name}`))];
  if (of.kind !== "figure") return found;
  if (OF_VALUES.includes(of.function)) found.push(field(desk, test, of, scope));
  if (of.span !== null) {
    const word = (text: string): HTMLElement => h("span", { class: "builder-word" }, text);
    const days = word(desk.words.unit("days", of.span, desk.language));
    found.push(word(desk.t("span")), amount(desk, of as { span: number }, "span", `${test.id}:span`), days);
  }
  return found;
}

function field(desk: Desk, test: Measure, of: Extract<Measured, { kind: "figure" }>, scope: Scope): HTMLElement {
  const choices = desk.words.fields(of.of).filter((one) => fits(of.function, one.kind)).map(
    (one) => ({ value: one.name, label: one.label }),
  );
  return select(`${test.id}:field`, desk.t("field"), choices, of.field?.join(".") ?? "", (name) => desk.change("", () => {
    of.field = [name];
    settle(desk, test, scope);
  }));
}

/** The figure of another name over the same things. */
function figured(desk: Desk, name: string, before: Exclude<Measured, { kind: "name" }>): Measured {
  if (AGES.includes(name)) {
    const [age, which] = name.split(" ") as ["days_since" | "hours_since", "first" | "last"];
    return { kind: "age", function: age, which, of: before.of };
  }
  const usable = desk.words.fields(before.of).filter((one) => fits(name, one.kind));
  const kept = before.kind === "figure" && before.field && usable.some(
    (one) => one.name === before.field?.join("."),
  ) ? before.field : null;
  const field = OF_VALUES.includes(name) ? (kept ?? (usable[0] ? [usable[0].name] : null)) : null;
  return { kind: "figure", function: name, of: before.of, field, span: SPANS.includes(name) ? 14 : null };
}
