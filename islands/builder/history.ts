// Undo and redo: the rule as it was before each change. Changes of one control in a row are one.

const CHANGES_MAX = 200;
const TOGETHER_MS = 1500;

export class History<T> {
  #before: T[] = [];
  #after: T[] = [];
  #last = "";
  #at = 0;

  /** Keep the state before a change; `what` names the control that makes it. */
  keep(state: T, what: string, now: number): void {
    const together = what !== "" && what === this.#last && now - this.#at < TOGETHER_MS;
    this.#last = what;
    this.#at = now;
    this.#after = [];
    if (together) return;
    this.#before.push(structuredClone(state));
    if (this.#before.length > CHANGES_MAX) this.#before.shift();
  }

  undo(state: T): T | null {
    return this.#step(this.#before, this.#after, state);
  }

  redo(state: T): T | null {
    return this.#step(this.#after, this.#before, state);
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  #step(from: T[], to: T[], state: T): T | null {
    const found = from.pop();
    if (found === undefined) return null;
    to.push(structuredClone(state));
    this.#last = "";
    return found;
  }
}
