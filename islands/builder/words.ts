// The vocabulary: names with what the reader calls them, kinds of figures, and the operators that fit a kind.
import type { Chosen, Kind, Measured, Operator, Value } from "./model";
import type { Server } from "./server";

export interface FieldWord {
  name: string;
  label: string;
  kind: Kind;
  searchable: boolean;
}
export interface AttributeWord {
  parts: string[];
  label: string;
  kind: Kind;
  searchable: boolean;
  group: "person" | "contact" | "consent" | "own";
  values?: { value: string; label: string }[];
}
export interface CollectionWord {
  name: string;
  label: string;
  timed: boolean;
  fields: FieldWord[];
}
export interface Vocabulary {
  attributes: AttributeWord[];
  collections: CollectionWord[];
  events: string[];
  records: { name: string; timed: boolean }[];
  segments: { name: string; label: string }[];
  units: Record<string, Record<string, string>>;
  currency: string;
  is_whole: boolean;
}

const COUNTING = ["count", "days", "gap", "streak", "last_streak"];
const TIMED = ["days", "gap", "streak", "last_streak", "first", "last"];
export const SPANS = ["streak", "last_streak"];
export const OF_VALUES = ["sum", "avg", "median", "min", "max", "distinct", "first", "last"];
export const AGES = ["days_since last", "days_since first", "hours_since last", "hours_since first"];
const LENGTHS = ["gap", "streak", "last_streak"];
const ORDER: Operator[] = [">=", "<=", "=", ">", "<", "!=", "between", "not between"];
const ASKED: Operator[] = ["known", "unknown"];
const BESIDE: Operator[] = [">", "<", ">=", "<=", "=", "!="];

/** What a test looks at, as far as the words know it. */
export interface Subject {
  kind: Kind;
  searchable: boolean;
  values: { value: string; label: string }[];
  unit: string;
}

export class Words {
  readonly #fields = new Map<string, FieldWord[]>();
  readonly #attributes = new Map<string, AttributeWord>();

  constructor(readonly all: Vocabulary, readonly server: Server, readonly changed: () => void) {
    for (const one of [...all.attributes].reverse()) this.#attributes.set(bare(one.parts), one);
  }

  /** The attribute of a bare name; a built-in one comes before a trait that is called the same. */
  attribute(name: string): AttributeWord | undefined {
    return this.#attributes.get(name);
  }

  collection(name: string): CollectionWord | undefined {
    return this.all.collections.find((one) => one.name === name);
  }

  isTimed(of: Chosen): boolean {
    return of.record ? (this.all.records.find((one) => one.name === of.record)?.timed ?? true) : true;
  }

  /** Fields of what is chosen; those that data taught come later, and then `changed` is called. */
  fields(of: Chosen): FieldWord[] {
    if (!of.event && !of.record) return this.collection(of.collection)?.fields ?? [];
    const source: Record<string, string> = of.event ? { event: of.event } : { record: of.record };
    const key = JSON.stringify(source);
    const known = this.#fields.get(key);
    if (known) return known;
    this.#fields.set(key, []);
    void this.server.fields(source).then((found) => {
      this.#fields.set(key, found);
      if (found.length) this.changed();
    });
    return [];
  }

  field(of: Chosen, parts: string[]): FieldWord | undefined {
    const name = parts.join(".");
    return this.fields(of).find((one) => one.name === name);
  }

  /** The functions that can be asked of something, in the order of the list. */
  functions(of: Chosen): string[] {
    const fields = this.fields(of);
    const timed = this.isTimed(of);
    const counting = COUNTING.filter((one) => timed || !TIMED.includes(one));
    const valued = OF_VALUES.filter((one) => (timed || !TIMED.includes(one)) && fields.some((field) => fits(one, field.kind)));
    return [...counting.slice(0, 2), ...valued, ...(timed ? AGES : []), ...counting.slice(2)];
  }

  /** What a test is of; `within` is the collection whose `where` it stands in. */
  subject(of: Measured, within: Chosen | null): Subject {
    if (of.kind === "age") return plainly("number", "");
    if (of.kind === "figure") return this.#figure(of);
    if (of.age) return plainly("number", "");
    const known = within && !isOfPerson(of.parts) ? this.field(within, of.parts) : this.attribute(bare(of.parts));
    const kind = known?.kind ?? "any";
    const values = known && "values" in known ? (known.values ?? []) : [];
    return { kind, searchable: known?.searchable ?? true, values, unit: kind === "money" ? this.all.currency : "" };
  }

  #figure(of: Extract<Measured, { kind: "figure" }>): Subject {
    if (LENGTHS.includes(of.function)) return plainly("number", "days");
    if (COUNTING.includes(of.function) || of.function === "distinct") return plainly("number", "");
    const field = of.field ? this.field(of.of, of.field) : undefined;
    const kind = field?.kind ?? "any";
    return { kind, searchable: field?.searchable ?? false, values: [], unit: kind === "money" ? this.all.currency : "" };
  }

  /** The operators by which it can be compared with another figure: none for what only a constant stands beside. */
  beside(of: Measured, within: Chosen | null): Operator[] {
    const { kind } = this.subject(of, within);
    if (kind === "boolean" || kind === "moment" || this.#isExact(of, within)) return [];
    return kind === "text" ? ["=", "!="] : BESIDE;
  }

  /** Whether it can stand at the other side of a test of `of`. */
  fitsBeside(of: Measured, other: Measured, within: Chosen | null): boolean {
    if (!this.beside(other, within).length) return false;
    const [kind, another] = [of, other].map((one) => this.subject(one, within).kind).map(
      (one) => (one === "money" ? "number" : one),
    );
    return kind === another || kind === "any" || another === "any";
  }

  /** Ages of exact moments, whose local day is known only for a moment that is fixed. */
  #isExact(of: Measured, within: Chosen | null): boolean {
    if (of.kind !== "name") return of.kind === "age" && of.function === "hours_since";
    return of.age !== "" && this.subject({ ...of, age: "" }, within).kind === "moment";
  }

  /** A unit of time as it stands after a number, or the sign of the currency. */
  unit(name: string, amount: number, language: string): string {
    const forms = this.all.units[name];
    if (forms) return forms[new Intl.PluralRules(language).select(amount)] ?? forms["other"] ?? name;
    const money = new Intl.NumberFormat(language, { style: "currency", currency: name, currencyDisplay: "narrowSymbol" });
    return money.formatToParts(0).find((one) => one.type === "currency")?.value ?? name;
  }
}

const plainly = (kind: Kind, unit: string): Subject => ({ kind, unit, searchable: false, values: [] });

/** A name without what may stand in front of it. */
export function bare(parts: string[]): string {
  let from = isOfPerson(parts) ? 1 : 0;
  if (parts[from] === "trait" && parts.length > from + 1) from += 1;
  return parts.slice(from).join(".");
}

/** Whether a name in a `where` is the person's, not the row's. */
export const isOfPerson = (parts: string[]): boolean => parts[0] === "person" && parts.length > 1;

/** Whether a function takes fields of a kind. */
export function fits(name: string, kind: Kind): boolean {
  if (["sum", "avg", "median"].includes(name)) return ["number", "money", "any"].includes(kind);
  if (["min", "max"].includes(name)) return ["number", "money", "date", "moment", "any"].includes(kind);
  return true;
}

export function operators(subject: Subject): Operator[] {
  const searches: Operator[] = subject.searchable ? ["contains", "starts with", "ends with"] : [];
  switch (subject.kind) {
    case "boolean":
      return ["holds", ...ASKED];
    case "text":
      return ["=", "!=", "one of", "none of", ...searches, ...ASKED];
    case "any":
      return ["=", "!=", "one of", "none of", ...searches, ">=", "<=", ">", "<", "between", ...ASKED];
    default:
      return [...ORDER, ...(["date", "moment"].includes(subject.kind) ? [] : (["one of", "none of"] as Operator[])), ...ASKED];
  }
}

/** The type of the constants that a kind is compared with. */
export function constantOf(kind: Kind): Value["type"] {
  if (kind === "money" || kind === "number") return "number";
  if (kind === "moment" || kind === "date") return "date";
  return kind === "boolean" ? "boolean" : "text";
}

/** How many values an operator takes; -1 for a list. */
export function arity(operator: Operator): number {
  if (operator === "known" || operator === "unknown" || operator === "holds") return 0;
  if (operator === "one of" || operator === "none of") return -1;
  return operator.endsWith("between") ? 2 : 1;
}
