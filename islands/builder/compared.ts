// The control that says how a test compares, and what a change of it makes of the other side.
import type { Desk, Scope } from "./desk";
import { type Choice, select } from "./dom";
import type { Measure, Operator } from "./model";
import { firstOther } from "./sides";
import { settle } from "./subjects";
import { operators } from "./words";

const BESIDE = "beside ";

/** How a test compares: with constants, or with another figure. */
export function operator(desk: Desk, item: Measure, scope: Scope): HTMLElement {
  const found = desk.words.subject(item.of, scope.within);
  const at = `${item.id}:operator`;
  if (found.kind === "boolean" || item.operator === "holds") return yesOrNo(desk, item, scope);
  const family = { date: "date ", moment: "date ", text: "text ", any: "text " }[found.kind as string] ?? "";
  const named = (value: string): string => {
    const other = value.startsWith(BESIDE) ? BESIDE : "";
    return desk.t(`${other || "operator "}${family}${value.slice(other.length)}`);
  };
  const plain = operators(found).map((value) => ({ value: value as string, label: named(value) }));
  const turn = (wanted: string): void => desk.change("", () => compare(desk, item, scope, wanted));
  const value = `${item.other ? BESIDE : ""}${item.operator}`;
  return select(at, desk.t("operator"), [...plain, ...beside(desk, item, scope, named)], value, turn, named(value));
}

/** The operators that compare with another figure, where there is any. */
function beside(desk: Desk, item: Measure, scope: Scope, named: (value: string) => string): Choice[] {
  const operators = desk.words.beside(item.of, scope.within);
  const found = operators.length && (item.other || firstOther(desk, item, scope)) ? operators : [];
  return found.map((one) => `${BESIDE}${one}`).map((value) => ({ value, label: named(value), group: desk.t("beside") }));
}

function compare(desk: Desk, item: Measure, scope: Scope, wanted: string): void {
  const isBeside = wanted.startsWith(BESIDE);
  item.other = isBeside ? (item.other ?? firstOther(desk, item, scope)) : null;
  settle(desk, item, scope, (isBeside ? wanted.slice(BESIDE.length) : wanted) as Operator);
}

/** Yes and no of a boolean are one list: no is the opposite of yes. */
function yesOrNo(desk: Desk, item: Measure, scope: Scope): HTMLElement {
  const choices = ["holds", "fails", "known", "unknown"].map((value) => ({ value, label: desk.t(`operator ${value}`) }));
  const value = item.operator === "holds" && item.isDenied ? "fails" : item.operator;
  const turn = (wanted: string): void => desk.change("", () => {
    settle(desk, item, scope, wanted === "fails" ? "holds" : (wanted as Operator));
    item.isDenied = wanted === "fails";
  });
  return select(`${item.id}:operator`, desk.t("operator"), choices, value, turn, desk.t(`operator ${value}`));
}
