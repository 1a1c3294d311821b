import type { OpenTable } from "../catalog/ports.ts";
import type { TableSnapshot } from "../catalog/table.ts";

interface CachedTable {
  readonly snapshot: TableSnapshot;
  readonly key: string;
  readonly location: string;
  /** Frees the memory. */
  readonly release: () => void;
  readers: number;
  dropped: boolean;
}

/**
 * Tables whose columns lie in the pool (CACHE TABLE). As in Spark a cached table is what it was when it was cached, until it is refreshed, uncached, or
 * written by this engine. One that is dropped while queries read it is freed after the last of them.
 */
export class TableCache {
  /** By what was opened, for temporary views of several sessions may have one name. */
  readonly #byKey = new Map<string, CachedTable>();
  /** By the snapshot's version, which no other snapshot has. */
  readonly #byVersion = new Map<string, CachedTable>();
  #count = 0;

  get(format: string, request: OpenTable): TableSnapshot | undefined {
    return this.#byKey.get(keyOf(format, request))?.snapshot;
  }

  put(format: string, request: OpenTable, pooled: TableSnapshot, release: () => void): void {
    const key = keyOf(format, request);
    const before = this.#byKey.get(key);
    if (before !== undefined) this.#drop(before);
    const snapshot = { ...pooled, version: `${pooled.version} cached ${++this.#count}` };
    const table = { snapshot, key, location: request.location, release, readers: 0, dropped: false };
    this.#byKey.set(key, table);
    this.#byVersion.set(snapshot.version, table);
  }

  /** Forgets one table, by the snapshot that `get` gave. */
  drop(snapshot: TableSnapshot): void {
    const table = this.#byVersion.get(snapshot.version);
    if (table !== undefined) this.#drop(table);
  }

  /** Forgets what was read from a location that is written, moved or deleted. */
  dropLocation(location: string): void {
    for (const table of this.#byKey.values()) if (table.location === location) this.#drop(table);
  }

  clear(): void {
    for (const table of this.#byKey.values()) this.#drop(table);
  }

  /** Keeps cached tables, named by their snapshots' versions, until the answer is called; undefined when one of them has been dropped. */
  acquire(versions: readonly string[]): (() => void) | undefined {
    const tables = versions.map((version) => this.#byVersion.get(version)).filter((table) => table !== undefined);
    if (tables.length < versions.length) return undefined;
    for (const table of tables) table.readers++;
    return () => {
      for (const table of tables) {
        table.readers--;
        releaseIfUnused(table);
      }
    };
  }

  #drop(table: CachedTable): void {
    this.#byKey.delete(table.key);
    this.#byVersion.delete(table.snapshot.version);
    table.dropped = true;
    releaseIfUnused(table);
  }
}

function keyOf(format: string, { name, location, schema, options, asOf }: OpenTable): string {
  return JSON.stringify([format.toLowerCase(), name, location, schema, options, asOf], (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function releaseIfUnused(table: CachedTable): void {
  if (table.dropped && table.readers === 0) table.release();
}
