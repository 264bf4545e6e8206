// The fault of a text under it: the sentence, the line it is in and a mark at its column.
import { button, h } from "./dom";
import type { Fault } from "./server";

export function drawFault(
  place: HTMLElement, text: HTMLTextAreaElement, fault: Fault | undefined, t: (name: string) => string,
): void {
  place.replaceChildren();
  text.setAttribute("aria-invalid", String(fault !== undefined));
  if (!fault) return;
  const at = fault.line && fault.column ? { line: fault.line, column: fault.column } : null;
  const where = at && `${t("line_at")} ${at.line}, ${t("column_at")} ${at.column}`;
  const way = at && button("link", where, () => go(text, at));
  place.append(h("p", { class: "fault" }, fault.message, " ", way));
  const line = at && text.value.split("\n")[at.line - 1];
  if (at && line !== undefined && line !== null) place.append(excerpt(line, at.column));
  const names = fault.suggestions.flatMap((one, n) => [n ? ", " : "", h("code", {}, one)]);
  if (names.length) place.append(h("p", { class: "small" }, t("did_you_mean"), " ", ...names));
}

const AROUND = 40;

/** A stretch of the line with the letter in question marked. */
function excerpt(line: string, column: number): HTMLElement {
  const from = Math.max(0, column - 1 - AROUND);
  const mark = line.slice(column - 1).match(/^[\p{L}\p{N}_]+|^./u)?.[0] ?? " ";
  return h(
    "pre", { class: "builder-excerpt" }, from ? "…" : "", line.slice(from, column - 1), h("mark", {}, mark),
    line.slice(column - 1 + mark.length, column + AROUND),
  );
}

function go(text: HTMLTextAreaElement, at: { line: number; column: number }): void {
  const before = text.value.split("\n").slice(0, at.line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const place = Math.min(before + at.column - 1, text.value.length);
  text.focus();
  text.setSelectionRange(place, Math.min(place + 1, text.value.length));
}
