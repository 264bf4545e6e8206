// From what one edits to the stored form. What is not filled in yet is left out and told.
import type { Chosen, Group, Item, Measure, Measured, Value } from "./model";
import { type Constant, type Operand, plain, type Selection, type Stored, type Window } from "./stored";
import { isOfPerson } from "./words";

export interface Written {
  tree: Stored | null;
  unfinished: number[];
}

const NUMBER = /^-?\d+(\.\d{1,4})?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

export function write(root: Group): Written {
  const unfinished: number[] = [];
  const tree = written(root, false, unfinished);
  return { tree: tree && plain(tree), unfinished };
}

function written(item: Item, isWithin: boolean, unfinished: number[]): Stored | null {
  const found = item.kind === "group" ? writtenGroup(item, isWithin, unfinished) : writtenTest(item, isWithin, unfinished);
  if (!found && item.kind !== "group") unfinished.push(item.id);
  if (item.kind === "line" && item.fault) unfinished.push(item.id);
  return found && item.isDenied ? { type: "not", item: found } : found;
}

function writtenGroup(group: Group, isWithin: boolean, unfinished: number[]): Stored | null {
  const items = group.items.map((one) => written(one, isWithin, unfinished)).filter((one) => one !== null);
  return items.length > 1 ? { type: group.join, items } : (items[0] ?? null);
}

function writtenTest(item: Exclude<Item, Group>, isWithin: boolean, unfinished: number[]): Stored | null {
  switch (item.kind) {
    case "line":
      return item.good;
    case "member":
      if (!item.segment || !isWhole(item.window)) return null;
      if (!item.isEntered) return { type: "in segment", segment: item.segment };
      return { type: "entered segment", segment: item.segment, ...windowed(item.window) };
    case "chain": {
      if (!isWhole(item.window) || item.steps.some((one) => one.within && !(one.within.amount > 0))) return null;
      const steps = item.steps.map((one) => ({
        type: "step" as const, of: selection(one.of, unfinished), is_absent: one.isAbsent,
        within: one.within && { ...one.within, type: "within" as const },
      }));
      return { type: "sequence", steps, ...windowed(item.window) };
    }
    case "test":
      return writtenMeasure(item, isWithin, unfinished);
  }
}

function writtenMeasure(test: Measure, isWithin: boolean, unfinished: number[]): Stored | null {
  const values = test.values.map(constant);
  if (values.includes(null) || !isFilled(test.of) || (test.other && !isFilled(test.other))) return null;
  const [first, second] = values as Constant[];
  const operand = measured(test.of, isWithin, unfinished);
  if (test.other) {
    const right = measured(test.other, isWithin, unfinished);
    return { type: "compare", left: operand, operator: test.operator, right };
  }
  switch (test.operator) {
    case "known":
    case "unknown":
      return { type: "known", operand, is_known: test.operator === "known" };
    case "holds":
      return { type: "holds", operand };
    case "one of":
    case "none of":
      return first ? {
        type: "one of", operand, values: values as Constant[], ...(test.operator === "none of" ? { is_negated: true } : {}),
      } : null;
    case "between":
    case "not between":
      return first && second ? {
        type: "between", operand, low: first, high: second, ...(test.operator === "not between" ? { is_negated: true } : {}),
      } : null;
    case "contains":
    case "starts with":
    case "ends with":
      return first ? { type: "text match", operand, operator: test.operator, text: first } : null;
    default:
      return first ? { type: "compare", left: operand, operator: test.operator, right: first } : null;
  }
}

/** Whether the numbers and days of a figure are all there. */
function isFilled(of: Measured): boolean {
  if (of.kind === "name") return true;
  return isWhole(of.of.window) && (of.kind !== "figure" || of.span === null || of.span > 0);
}

/** The stored constant of a value, null while it is not one. */
export function constant(one: Value): Constant | null {
  if (one.value === null) return null;
  if (one.type === "boolean") return { type: "boolean", value: one.value === "true" };
  if (one.type === "number") return NUMBER.test(one.value) ? { type: "number", value: one.value } : null;
  return one.type === "date" && !DATE.test(one.value) ? null : { type: one.type, value: one.value };
}

function measured(of: Measured, isWithin: boolean, unfinished: number[]): Operand {
  switch (of.kind) {
    case "name": {
      const isField = isWithin && !isOfPerson(of.parts);
      const name = { type: isField ? ("field" as const) : ("attribute" as const), parts: of.parts };
      return of.age ? { type: "age of attribute", function: of.age, of: name } : name;
    }
    case "figure":
      return {
        type: "aggregate", function: of.function, of: selection(of.of, unfinished), field: of.field, span_days: of.span,
      };
    case "age":
      return { type: "age of event", function: of.function, which: of.which, of: selection(of.of, unfinished) };
  }
}

function selection(of: Chosen, unfinished: number[]): Selection {
  const where = of.where && written(of.where, true, unfinished);
  return {
    type: "selection", collection: of.collection, event: of.event || null, record: of.record || null, where,
    ...windowed(of.window),
  };
}

const windowed = (window: Window | null): { window?: Window } => (window ? { window } : {});

function isWhole(window: Window | null): boolean {
  if (!window) return true;
  const figures = Object.entries(window).filter(([name]) => name.endsWith("amount")).map(([, value]) => value as number);
  const days = Object.entries(window).filter(
    ([name]) => name === "first" || name === "last",
  ).map(([, value]) => value as string);
  return figures.every((one) => Number.isInteger(one) && one >= 0) && days.every((one) => DATE.test(one));
}
