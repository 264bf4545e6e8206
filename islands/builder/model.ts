// A rule as one edits it: groups may be empty or hold one thing, and values may not be filled in yet. Changed in place.
import type { Constant, Stored, Unit, Window } from "./stored";

export type Join = "and" | "or";
export type Kind = "text" | "number" | "money" | "boolean" | "date" | "moment" | "any";
export type Operator =
  | "=" | "!=" | "<" | "<=" | ">" | ">=" | "one of" | "none of" | "between" | "not between"
  | "contains" | "starts with" | "ends with" | "known" | "unknown" | "holds";

/** A constant of a test; null where nobody filled it in yet. */
export interface Value {
  type: Constant["type"];
  value: string | null;
}
export interface Chosen {
  collection: string;
  event: string;
  record: string;
  where: Group | null;
  window: Window | null;
}
export type Measured =
  | { kind: "name"; parts: string[]; age: string }
  | { kind: "figure"; function: string; of: Chosen; field: string[] | null; span: number | null }
  | { kind: "age"; function: "days_since" | "hours_since"; which: "first" | "last"; of: Chosen };

interface Base {
  id: number;
  isDenied: boolean;
}
export interface Group extends Base {
  kind: "group";
  join: Join;
  items: Item[];
}
/** Compared with constants, or with another figure in place of them. */
export interface Measure extends Base {
  kind: "test";
  of: Measured;
  operator: Operator;
  values: Value[];
  other: Measured | null;
}
export interface Member extends Base {
  kind: "member";
  segment: string;
  isEntered: boolean;
  window: Window | null;
}
export interface Step {
  of: Chosen;
  isAbsent: boolean;
  within: { amount: number; unit: Unit } | null;
}
export interface Chain extends Base {
  kind: "chain";
  steps: Step[];
  window: Window | null;
}
/** What has no controls: its text, and the last of it that could be read, if any. */
export interface Line extends Base {
  kind: "line";
  text: string;
  good: Stored | null;
  fault: string;
}
export type Item = Group | Measure | Member | Chain | Line;

let last = 0;
export const fresh = (): number => ++last;

export function group(join: Join = "and", items: Item[] = [], isDenied = false): Group {
  return { id: fresh(), kind: "group", join, items, isDenied };
}

export const chosen = (collection: string, event = "", record = ""): Chosen =>
  ({ collection, event, record, where: null, window: null });

/** What of a thing is counted when it is chosen first: how many. */
export function figureOf(of: Chosen): Measure {
  const values: Value[] = [{ type: "number", value: "1" }];
  return {
    id: fresh(), kind: "test", isDenied: false, of: { kind: "figure", function: "count", of, field: null, span: null },
    operator: ">=", values, other: null,
  };
}

/** The groups directly inside an item: those of its `where`s, which have a scope of their own. */
export function wheres(item: Item): Group[] {
  return selected(item).flatMap((one) => (one.where ? [one.where] : []));
}

/** What an item counts: what its figures are of, or its steps. */
function selected(item: Item): Chosen[] {
  if (item.kind === "chain") return item.steps.map((one) => one.of);
  if (item.kind !== "test") return [];
  return [item.of, item.other].flatMap((one) => (one && one.kind !== "name" ? [one.of] : []));
}

export interface Place {
  parent: Group;
  at: number;
}

/** Where an item lies below a group, inside `where`s too. */
export function placeOf(root: Group, id: number): Place | null {
  for (const [at, item] of root.items.entries()) {
    if (item.id === id) return { parent: root, at };
    for (const inner of item.kind === "group" ? [item] : wheres(item)) {
      const found = placeOf(inner, id);
      if (found) return found;
    }
  }
  return null;
}

export function itemOf(root: Group, id: number): Item | null {
  const place = placeOf(root, id);
  return place ? (place.parent.items[place.at] ?? null) : null;
}

/** The group of this id, the root too. */
export function groupOf(root: Group, id: number): Group | null {
  if (root.id === id) return root;
  for (const item of root.items) {
    for (const inner of item.kind === "group" ? [item] : wheres(item)) {
      const found = groupOf(inner, id);
      if (found) return found;
    }
  }
  return null;
}

/** A copy with ids of its own. */
export function copyOf(item: Item): Item {
  const copy = structuredClone(item);
  renumber(copy);
  return copy;
}

function renumber(item: Item): void {
  item.id = fresh();
  for (const inner of item.kind === "group" ? item.items : wheres(item)) renumber(inner);
}
