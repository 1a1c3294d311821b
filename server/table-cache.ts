import type { TableSnapshot } from "../catalog/table.ts";

/** Tables whose columns lie in the pool (CACHE TABLE), by the name that plans show. */
export class TableCache {
  readonly #cached = new Map<string, TableSnapshot>();

  /** The cached form of a snapshot; the snapshot itself when it is not cached, or was cached in another state. */
  replace(snapshot: TableSnapshot): TableSnapshot {
    const cached = this.#cached.get(snapshot.name);
    return cached !== undefined && cached.version === snapshot.version ? cached : snapshot;
  }

  drop(name: string): void {
    this.#cached.delete(name);
  }
}
