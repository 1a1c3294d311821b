import type { CacheEvent, EngineEvent, OneQueryEvent } from "../executor/events.ts";

/** Who is told what happens in an engine. */
export class EngineEvents {
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #queries = 0;

  /** `listener` must not raise; it hears of queries that begin from now on. Answers what ends it. */
  listen(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where one more query tells what happens; undefined where nobody listens. */
  newQuery(): ((event: OneQueryEvent) => void) | undefined {
    if (this.#listeners.size === 0) return undefined;
    const query = ++this.#queries;
    return (event) => this.#tell({ query, at: Date.now(), ...event });
  }

  cacheChanged(event: CacheEvent): void {
    this.#tell({ at: Date.now(), ...event });
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
