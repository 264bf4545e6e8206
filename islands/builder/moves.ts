// Where things go: one step up or down, into a group and out of it. Every move leaves the rule whole.
import { copyOf, group, type Group, type Item, itemOf, placeOf } from "./model";

/** Whether a group lies in an item, or is it. */
function holds(item: Item, id: number): boolean {
  return item.id === id || (item.kind === "group" && item.items.some((one) => holds(one, id)));
}

/** Put an item at a place of a group of the same scope; false where it cannot lie. */
export function put(root: Group, id: number, target: Group, at: number): boolean {
  const place = placeOf(root, id);
  const item = itemOf(root, id);
  if (!place || !item || holds(item, target.id)) return false;
  const isBelow = place.parent === target && place.at < at;
  if (place.parent === target && (at === place.at || at === place.at + 1)) return false;
  place.parent.items.splice(place.at, 1);
  target.items.splice(isBelow ? at - 1 : at, 0, item);
  if (!place.parent.items.length) removeEmpty(root, place.parent);
  return true;
}

/** A group whose last item went elsewhere goes too; the outermost stays, and that of a `where`. */
function removeEmpty(root: Group, empty: Group): void {
  const around = placeOf(root, empty.id);
  if (around?.parent.items[around.at] === empty) around.parent.items.splice(around.at, 1);
}

/** One step: past a neighbour, into the group that the neighbour is, or out at the end of its own. */
export function step(root: Group, id: number, by: -1 | 1): boolean {
  const place = placeOf(root, id);
  if (!place) return false;
  const neighbour = place.parent.items[place.at + by];
  if (!neighbour) return out(root, id, by);
  if (neighbour.kind === "group") return put(root, id, neighbour, by > 0 ? 0 : neighbour.items.length);
  return put(root, id, place.parent, by > 0 ? place.at + 2 : place.at - 1);
}

/** Out of its group, before it or after it. */
export function out(root: Group, id: number, by: -1 | 1): boolean {
  const place = placeOf(root, id);
  const around = place && placeOf(root, place.parent.id);
  if (!around || !isInner(root, id)) return false;
  return put(root, id, around.parent, by > 0 ? around.at + 1 : around.at);
}

/** Whether there is a group around its own to move out to; a `where` is a scope of its own. */
export function isInner(root: Group, id: number): boolean {
  const place = placeOf(root, id);
  const around = place && placeOf(root, place.parent.id);
  return !!around && around.parent.items[around.at] === place.parent;
}

/** The item above it, if that is a group. */
export function groupAbove(root: Group, id: number): Group | null {
  const place = placeOf(root, id);
  const above = place?.parent.items[place.at - 1];
  return above?.kind === "group" ? above : null;
}

/** Into a group of its own, or into the group above it. */
export function wrap(root: Group, id: number): boolean {
  const place = placeOf(root, id);
  const item = itemOf(root, id);
  if (!place || !item) return false;
  place.parent.items[place.at] = group(place.parent.join === "and" ? "or" : "and", [item]);
  return true;
}

export function into(root: Group, id: number): boolean {
  const above = groupAbove(root, id);
  return above ? put(root, id, above, above.items.length) : wrap(root, id);
}

export function remove(root: Group, id: number): boolean {
  const place = placeOf(root, id);
  place?.parent.items.splice(place.at, 1);
  return place !== null;
}

/** A copy below it; its id. */
export function duplicate(root: Group, id: number): number | null {
  const place = placeOf(root, id);
  const item = itemOf(root, id);
  if (!place || !item) return null;
  const copy = copyOf(item);
  place.parent.items.splice(place.at + 1, 0, copy);
  return copy.id;
}

/** The parts of a group in its place; a denied one stays, since its parts would mean something else. */
export function ungroup(root: Group, id: number): boolean {
  const place = placeOf(root, id);
  const item = itemOf(root, id);
  if (!place || item?.kind !== "group" || item.isDenied) return false;
  place.parent.items.splice(place.at, 1, ...item.items);
  return true;
}
