// Controls of a window: ever, the last so many days, between, before, since, from and to, a month.
import type { Desk } from "./desk";
import { h, select } from "./dom";
import type { Unit, Window } from "./stored";

const UNITS: Unit[] = ["minutes", "hours", "days", "weeks", "months", "years"];
const DAY_MS = 86_400_000;

interface Windowed {
  window: Window | null;
}

const day = (before: number): string => new Date(Date.now() - before * DAY_MS).toISOString().slice(0, 10);

/** What each kind of window is when it is chosen first. */
const FIRST: Record<string, () => Window | null> = {
  ever: () => null,
  "in last": () => ({ type: "in last", amount: 30, unit: "days" }),
  "before ago": () => ({ type: "before ago", amount: 30, unit: "days" }),
  "between ago": () => ({ type: "between ago", from_amount: 60, to_amount: 30, unit: "days" }),
  since: () => ({ type: "since", first: day(30) }),
  "from to": () => ({ type: "from to", first: day(30), last: day(0) }),
  this: () => ({ type: "month", which: "this" }),
  previous: () => ({ type: "month", which: "previous" }),
};

/** The controls of the window of `of`; `at` names them. */
export function windowOf(desk: Desk, of: Windowed, at: string): HTMLElement[] {
  const name = of.window === null ? "ever" : of.window.type === "month" ? of.window.which : of.window.type;
  const choices = Object.keys(FIRST).map((value) => ({ value, label: desk.t(`window ${value}`) }));
  const kind = select(
    `${at}:window`, desk.t("window"), choices, name,
    (chosen) => desk.change(`${at}:window`, () => (of.window = FIRST[chosen]?.() ?? null)),
  );
  return [kind, ...(of.window ? figures(desk, of.window, at) : [])];
}

function figures(desk: Desk, window: Window, at: string): HTMLElement[] {
  const word = (name: string): HTMLElement => h("span", { class: "builder-word" }, desk.t(name));
  switch (window.type) {
    case "in last":
      return [amount(desk, window, "amount", `${at}:amount`), unit(desk, window, window.amount, `${at}:unit`)];
    case "before ago":
      return [amount(desk, window, "amount", `${at}:amount`), unit(desk, window, window.amount, `${at}:unit`), word("ago")];
    case "between ago":
      return [
        amount(
          desk, window, "from_amount", `${at}:amount`,
        ), h("span", { class: "builder-word" }, "–"), amount(desk, window, "to_amount", `${at}:to`),
        unit(desk, window, window.to_amount, `${at}:unit`), word("ago"),
      ];
    case "since":
      return [date(desk, window, "first", `${at}:first`)];
    case "from to":
      return [
        date(desk, window, "first", `${at}:first`), h("span", { class: "builder-word" }, "–"),
        date(desk, window, "last", `${at}:last`),
      ];
    case "month":
      return [];
  }
}

/** A whole number that is part of something. */
export function amount<K extends string>(desk: Desk, of: Record<K, number>, name: K, at: string): HTMLElement {
  const input = h(
    "input",
    {
      class: "form-control builder-amount", "data-at": at, "aria-label": desk.t("amount"), inputmode: "numeric",
      autocomplete: "off", value: Number.isNaN(of[name]) ? "" : of[name],
    },
  );
  input.addEventListener("input", () => {
    const is = /^\d+$/.test(input.value.trim());
    input.setAttribute("aria-invalid", String(!is));
    desk.touch(at, () => (of[name] = is ? Number(input.value) : NaN));
  });
  return input;
}

/** The unit of a number of them. */
export function unit(desk: Desk, of: { unit: Unit }, count: number, at: string, units = UNITS): HTMLElement {
  const choices = units.map((value) => ({ value, label: desk.words.unit(value, count || 0, desk.language) }));
  return select(at, desk.t("unit"), choices, of.unit, (chosen) => desk.change(at, () => (of.unit = chosen as Unit)));
}

function date<K extends string>(desk: Desk, of: Record<K, string>, name: K, at: string): HTMLElement {
  const input = h(
    "input", { class: "form-control builder-date", type: "date", "data-at": at, "aria-label": desk.t("date"), value: of[name] },
  );
  input.addEventListener("input", () => desk.touch(at, () => (of[name] = input.value)));
  return input;
}
