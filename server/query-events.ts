import type { OneQueryEvent, QueryEvent } from "../executor/events.ts";

/** Who is told what happens in an engine's queries. */
export class QueryEvents {
  readonly #listeners = new Set<(event: QueryEvent) => void>();
  #queries = 0;

  /** `listener` must not raise; it hears of queries that begin from now on. Answers what ends it. */
  listen(listener: (event: QueryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where one more query tells what happens; undefined where nobody listens. */
  newQuery(): ((event: OneQueryEvent) => void) | undefined {
    if (this.#listeners.size === 0) return undefined;
    const query = ++this.#queries;
    return (event) => {
      for (const listener of this.#listeners) listener({ query, at: Date.now(), ...event });
    };
  }
}
