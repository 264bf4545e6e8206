// The stored form of a rule, as the server reads and writes it (samovar/rules/tree.py). What is absent has its default.

export type Unit = "minutes" | "hours" | "days" | "weeks" | "months" | "years";
export type Window =
  | { type: "in last" | "before ago"; amount: number; unit: Unit }
  | { type: "between ago"; from_amount: number; to_amount: number; unit: Unit }
  | { type: "since"; first: string }
  | { type: "from to"; first: string; last: string }
  | { type: "month"; which: "this" | "previous" };
export type Constant =
  | { type: "text" | "number" | "date"; value: string }
  | { type: "boolean"; value: boolean };
export interface Name {
  type: "attribute" | "field";
  parts: string[];
}
export interface Selection {
  type: "selection";
  collection: string;
  event?: string | null;
  record?: string | null;
  where?: Stored | null;
  window?: Window | null;
}
export interface Aggregate {
  type: "aggregate";
  function: string;
  of: Selection;
  field?: string[] | null;
  span_days?: number | null;
}
export interface AgeOfEvent {
  type: "age of event";
  function: "days_since" | "hours_since";
  which: "first" | "last";
  of: Selection;
}
export interface AgeOfAttribute {
  type: "age of attribute";
  function: string;
  of: Name;
}
export interface Arithmetic {
  type: "arithmetic";
}
export type Operand = Constant | Name | Aggregate | AgeOfEvent | AgeOfAttribute | Arithmetic;
export interface Within {
  type: "within";
  amount: number;
  unit: Unit;
}
export interface StoredStep {
  type: "step";
  of: Selection;
  is_absent?: boolean;
  within?: Within | null;
}

/** Any test; `line` is its text, which the server adds and does not take back. */
export type Test =
  | { type: "compare"; left: Operand; operator: string; right: Operand }
  | { type: "one of"; operand: Operand; values: Constant[]; is_negated?: boolean }
  | { type: "between"; operand: Operand; low: Operand; high: Operand; is_negated?: boolean }
  | { type: "text match"; operand: Operand; operator: string; text: Constant }
  | { type: "known"; operand: Operand; is_known: boolean }
  | { type: "holds"; operand: Operand }
  | { type: "sequence"; steps: StoredStep[]; window?: Window | null }
  | { type: "in segment"; segment: string }
  | { type: "entered segment"; segment: string; window?: Window | null };
export type Stored = (Test & { line?: string }) | { type: "and" | "or"; items: Stored[] } | { type: "not"; item: Stored };

/** A stored form without the lines, as the server takes it. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (name, one: unknown) => (name === "line" ? undefined : one))) as T;
}
