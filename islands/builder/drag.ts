// Dragging a condition by its handle, with a mouse, a pen or a finger: a line shows where it would lie.
import type { Desk } from "./desk";
import { groupOf, placeOf } from "./model";
import { moved } from "./groups";
import { put } from "./moves";

interface Drop {
  group: number;
  at: number;
  before: Element | null;
  inside: Element;
}

const START_PX = 4;
const EDGE_PX = 60;

/** Listen on the place where the builder is drawn; drawing it anew changes nothing of it. */
export function dragging(place: HTMLElement, desk: () => Desk): void {
  place.addEventListener("pointerdown", (down) => {
    const handle = (down.target as Element).closest<HTMLElement>("[data-handle]");
    const item = handle?.closest<HTMLElement>("[data-item]");
    if (!handle || !item || down.button !== 0) return;
    follow(place, desk, handle, item, down);
  });
}

function follow(place: HTMLElement, desk: () => Desk, handle: HTMLElement, item: HTMLElement, down: PointerEvent): void {
  const mark = document.createElement("div");
  mark.className = "builder-mark";
  let drop: Drop | null = null;
  handle.setPointerCapture(down.pointerId);
  const move = (event: PointerEvent): void => {
    const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
    if (!item.classList.contains("is-dragged") && far < START_PX) return;
    item.classList.add("is-dragged");
    drop = dropAt(place, item, event.clientX, event.clientY);
    if (drop) drop.inside.insertBefore(mark, drop.before);
    else mark.remove();
    if (event.clientY < EDGE_PX) window.scrollBy(0, -12);
    if (event.clientY > window.innerHeight - EDGE_PX) window.scrollBy(0, 12);
  };
  const end = (event: Event): void => {
    handle.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) handle.removeEventListener(name, end);
    document.removeEventListener("keydown", escape, true);
    mark.remove();
    item.classList.remove("is-dragged");
    if (event.type === "pointerup" && drop) land(desk(), Number(item.dataset["item"]), drop);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") end(event);
  };
  handle.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, end);
  document.addEventListener("keydown", escape, true);
}

/** The nearest gap of the deepest group under the pointer that has the scope of what is dragged. */
function dropAt(place: HTMLElement, item: HTMLElement, x: number, y: number): Drop | null {
  const scope = item.closest("[data-group]")?.closest(".builder-where") ?? null;
  const under = document.elementsFromPoint(x, y).map((one) => one.closest<HTMLElement>("[data-group]")).find(
    (one) => one && place.contains(one) && !item.contains(one) && one.closest(".builder-where") === scope,
  );
  const inside = under ?? (scope ? null : nearestOf(place, y));
  if (!inside) return null;
  const rows = [...inside.children].filter(
    (one): one is HTMLElement => one instanceof HTMLElement && one.dataset["item"] !== undefined,
  );
  const found = rows.findIndex((one) => {
    const box = one.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  const at = found < 0 ? rows.length : found;
  return {
    group: Number(inside.dataset["group"]), at, before: rows[at] ?? inside.querySelector(":scope > .builder-adders"), inside,
  };
}

/** Beside the builder the outermost group takes it, as long as the pointer is at its height. */
function nearestOf(place: HTMLElement, y: number): HTMLElement | null {
  const box = place.getBoundingClientRect();
  return y >= box.top - EDGE_PX && y <= box.bottom + EDGE_PX ? place.querySelector<HTMLElement>("[data-group]") : null;
}

function land(desk: Desk, id: number, drop: Drop): void {
  const target = groupOf(desk.root, drop.group);
  if (target && placeOf(desk.root, id)) moved(desk, id, () => put(desk.root, id, target, drop.at));
}
