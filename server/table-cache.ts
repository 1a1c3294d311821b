import type { TableSnapshot } from "../catalog/table.ts";

/**
 * Tables whose columns lie in the pool (CACHE TABLE), by the name that plans show. As in Spark a cached table is what it was when it was cached, until it is
 * refreshed, uncached, or written by this engine.
 */
export class TableCache {
  readonly #cached = new Map<string, TableSnapshot>();

  get(name: string): TableSnapshot | undefined {
    return this.#cached.get(name);
  }

  names(): readonly string[] {
    return [...this.#cached.keys()];
  }

  put(cached: TableSnapshot): void {
    this.#cached.set(cached.name, cached);
  }

  /** Forgets a table; what it held is the caller's to free. */
  drop(name: string): TableSnapshot | undefined {
    const cached = this.#cached.get(name);
    this.#cached.delete(name);
    return cached;
  }
}
