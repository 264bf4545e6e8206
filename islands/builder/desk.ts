// What every part of the drawing has at hand.
import type { Chosen, Group } from "./model";
import type { Words } from "./words";

export interface Desk {
  root: Group;
  words: Words;
  language: string;
  unfinished: ReadonlySet<number>;
  /** A text of the page in the reader's language. */
  t(name: string): string;
  /** Change the rule and draw it anew; `focus` is the control that has the focus then. */
  change(what: string, by: () => void, focus?: string): void;
  /** Change the rule as one types: the drawing stays. */
  touch(what: string, by: () => void): void;
  say(text: string): void;
}

/** Where a condition stands: the collection of the `where` around it, none outside. */
export interface Scope {
  within: Chosen | null;
  depth: number;
}
