// What the server is asked: a rule in its other form, words, fields and values. A newer question cancels the one before.
import type { Stored } from "./stored";
import type { FieldWord, Vocabulary } from "./words";

export interface Fault {
  message: string;
  line: number | null;
  column: number | null;
  suggestions: string[];
}
export interface Translated {
  text: string;
  tree?: Stored;
  said?: string;
  fault?: Fault;
}

export class Server {
  #asking: AbortController | undefined;
  readonly #lists = new Map<string, Promise<unknown>>();

  constructor(readonly base: string) {}

  /** Null when nobody answered; "late" when a newer question came between. */
  async translate(asked: { text: string } | { tree: Stored }): Promise<Translated | null | "late"> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const found = await this.#post<Translated>(asked, asking.signal);
    return asking.signal.aborted ? "late" : found;
  }

  /** Forget a question on its way. */
  cancel(): void {
    this.#asking?.abort();
  }

  async line(line: string, isWithin: boolean): Promise<{ tree?: Stored; fault?: Fault } | null> {
    return this.#post({ line, is_within: isWithin });
  }

  /** The text of a tree, whether its names are known or not. */
  async print(tree: Stored): Promise<string | undefined> {
    return (await this.#post<Translated>({ tree }))?.text;
  }

  async words(): Promise<Vocabulary | null> {
    return this.#get<Vocabulary>("words", {});
  }

  async fields(source: Record<string, string>): Promise<FieldWord[]> {
    return (await this.#once<{ fields: FieldWord[] }>("fields", source))?.fields ?? [];
  }

  async values(asked: Record<string, string>): Promise<string[]> {
    return (await this.#once<{ values: string[] }>("values", asked))?.values ?? [];
  }

  #once<T>(path: string, params: Record<string, string>): Promise<T | null> {
    const key = `${path}?${new URLSearchParams(params).toString()}`;
    const known = this.#lists.get(key) ?? this.#get<T>(path, params);
    this.#lists.set(key, known);
    return known as Promise<T | null>;
  }

  async #get<T>(path: string, params: Record<string, string>): Promise<T | null> {
    return this.#fetched<T>(`${this.base}${path}?${new URLSearchParams(params).toString()}`, {});
  }

  async #post<T>(body: unknown, signal?: AbortSignal): Promise<T | null> {
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token ?? "" };
    return this.#fetched<T>(
      `${this.base}translate`, { method: "POST", body: JSON.stringify(body), headers, signal: signal ?? null },
    );
  }

  async #fetched<T>(address: string, init: RequestInit): Promise<T | null> {
    try {
      const answer = await fetch(address, init);
      return answer.ok ? ((await answer.json()) as T) : null;
    } catch {
      return null;
    }
  }
}
