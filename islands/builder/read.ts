// From the stored form to what one edits. A test whose parts have no controls becomes a line of text.
import { type Chosen, fresh, group, type Group, type Item, type Measured, type Operator, type Value } from "./model";
import type { Operand, Selection, Stored, Test } from "./stored";

/** The group of a condition; `isWithin` for that of a `where`. */
export function readGroup(stored: Stored | null, isWithin = false): Group {
  if (!stored) return group();
  const item = readItem(stored, isWithin);
  return item.kind === "group" ? item : group("and", [item]);
}

export function readItem(stored: Stored, isWithin = false): Item {
  switch (stored.type) {
    case "and":
    case "or":
      return group(stored.type, stored.items.map((one) => readItem(one, isWithin)));
    case "not": {
      const item = readItem(stored.item, isWithin);
      return item.isDenied ? group("and", [item], true) : { ...item, isDenied: true };
    }
    default:
      return readTest(stored) ?? {
        id: fresh(), kind: "line", isDenied: false, text: stored.line ?? "", good: stored, fault: "",
      };
  }
}

function readTest(test: Test): Item | null {
  const base = { id: fresh(), isDenied: false };
  switch (test.type) {
    case "in segment":
      return { ...base, kind: "member", segment: test.segment, isEntered: false, window: null };
    case "entered segment":
      return { ...base, kind: "member", segment: test.segment, isEntered: true, window: test.window ?? null };
    case "sequence":
      return {
        ...base, kind: "chain", window: test.window ?? null,
        steps: test.steps.map(
          (one) => ({ of: readSelection(one.of), isAbsent: one.is_absent ?? false, within: one.within ?? null }),
        ),
      };
    default: {
      const asked = readAsked(test);
      const of = asked && readOperand(asked.operand);
      const values = asked?.values.map(readValue) ?? [];
      if (!asked || !of) return null;
      const other = test.type === "compare" && values[0] === null ? readOperand(test.right) : null;
      if (other) return { ...base, kind: "test", of, operator: asked.operator, values: [], other };
      if (values.includes(null)) return null;
      return { ...base, kind: "test", of, operator: asked.operator, values: values as Value[], other };
    }
  }
}

interface Asked {
  operand: Operand;
  operator: Operator;
  values: Operand[];
}

function readAsked(test: Test): Asked | null {
  switch (test.type) {
    case "compare":
      return { operand: test.left, operator: test.operator as Operator, values: [test.right] };
    case "one of":
      return { operand: test.operand, operator: test.is_negated ? "none of" : "one of", values: test.values };
    case "between":
      return { operand: test.operand, operator: test.is_negated ? "not between" : "between", values: [test.low, test.high] };
    case "text match":
      return { operand: test.operand, operator: test.operator as Operator, values: [test.text] };
    case "known":
      return { operand: test.operand, operator: test.is_known ? "known" : "unknown", values: [] };
    case "holds":
      return { operand: test.operand, operator: "holds", values: [] };
    default:
      return null;
  }
}

/** Null for what is no constant. */
function readValue(value: Operand): Value | null {
  switch (value.type) {
    case "text":
    case "number":
    case "date":
      return { type: value.type, value: value.value };
    case "boolean":
      return { type: "boolean", value: String(value.value) };
    default:
      return null;
  }
}

function readOperand(operand: Operand): Measured | null {
  switch (operand.type) {
    case "attribute":
    case "field":
      return { kind: "name", parts: operand.parts, age: "" };
    case "age of attribute":
      return { kind: "name", parts: operand.of.parts, age: operand.function };
    case "aggregate":
      return {
        kind: "figure", function: operand.function, of: readSelection(operand.of), field: operand.field ?? null,
        span: operand.span_days ?? null,
      };
    case "age of event":
      return { kind: "age", function: operand.function, which: operand.which, of: readSelection(operand.of) };
    default:
      return null;
  }
}

function readSelection(selection: Selection): Chosen {
  return {
    collection: selection.collection,
    event: selection.event ?? "",
    record: selection.record ?? "",
    where: selection.where ? readGroup(selection.where, true) : null,
    window: selection.window ?? null,
  };
}
