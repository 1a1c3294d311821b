import type { StorageLevel } from "../../catalog/storage-level.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { CachedRelation, CachedRelations } from "../../executor/cache/cached-relations.ts";
import type { CacheEvent } from "../../executor/events.ts";
import type { LogicalPlan } from "../../planner/logical.ts";

export interface RelationCacheOptions {
  /** Where cached rows are, once there are some. */
  readonly open: () => Promise<CachedRelations>;
  /** Part of the pool that cached rows keep when queries need memory. Source: spark.memory.storageFraction. */
  readonly protectedShare: () => number;
  readonly onChange: (event: CacheEvent) => void;
}

/** What an entry is made for. */
export interface CachedPlan {
  /** Of the analyzed plan; see `planIdentity`. */
  readonly identity: string;
  /** As EXPLAIN shows it. */
  readonly name: string;
  readonly root: LogicalPlan["kind"];
  /** Identities of the plans that it is made of. */
  readonly parts: ReadonlySet<string>;
  /** Folders of the tables that it reads. */
  readonly locations: ReadonlySet<string>;
}

/** A relation that is to be cached: a table, a view, a query's result. */
export interface CacheEntry extends CachedPlan {
  readonly level: StorageLevel;
  /** Its rows, once they have been cached. */
  content: CacheContent | undefined;
  /** Its rows do not fit into memory, and may not be on disk: it is computed each time. */
  tooLarge: boolean;
  /** While its rows are being cached or moved. */
  busy: Promise<void> | undefined;
  /** How often what it reads has changed. */
  changes: number;
}

interface CacheContent {
  /** The entry's. */
  readonly name: string;
  /** Of the tables that were read. */
  readonly versions: string;
  readonly relation: CachedRelation;
  /** Of plain files: the table as it was, where it is the whole entry. */
  readonly pin: string | undefined;
  readers: number;
  dropped: boolean;
  lastUse: number;
}

/** What rows have that are no more. */
const NOTHING = { memoryBytes: 0, diskBytes: 0 };

/** Rows that are to be cached. */
export interface FillRequest {
  readonly entry: CacheEntry;
  readonly versions: string;
  /** The entry's when the versions were looked up: rows of what has changed since are not kept. */
  readonly changes: number;
  /** A table of plain files that is the whole entry. */
  readonly pin: { readonly key: string; readonly snapshot: TableSnapshot } | undefined;
}

/**
 * What CACHE TABLE and `persist` have asked for. An entry stays until it is uncached; its rows come when it is first read, and go when what they were read from
 * changes. Rows that are dropped while queries read them are freed after the last of these. Source: Spark's CacheManager.
 */
export class RelationCache {
  readonly #options: RelationCacheOptions;
  readonly #entries = new Map<string, CacheEntry>();
  readonly #byVersion = new Map<string, CacheContent>();
  /** States of tables of plain files, which stay what they were when they were cached. */
  readonly #pinned = new Map<string, TableSnapshot>();
  #store: CachedRelations | undefined;
  #generation = 0;
  #uses = 0;

  constructor(options: RelationCacheOptions) {
    this.#options = options;
  }

  /** Changes whenever a plan may find other cached rows than before: part of the plan cache's key. */
  get generation(): number {
    return this.#generation;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether an entry's plan begins with such a node. */
  hasRoot(kind: LogicalPlan["kind"]): boolean {
    for (const entry of this.#entries.values()) if (entry.root === kind) return true;
    return false;
  }

  find(identity: string): CacheEntry | undefined {
    return this.#entries.get(identity);
  }

  /** The entry of a plan; made if there is none. */
  add(plan: CachedPlan, level: StorageLevel): CacheEntry {
    const known = this.#entries.get(plan.identity);
    if (known !== undefined) return known;
    const entry: CacheEntry = { ...plan, level, content: undefined, tooLarge: false, busy: undefined, changes: 0 };
    this.#entries.set(plan.identity, entry);
    this.#generation++;
    return entry;
  }

  /** `cascade`: with everything that is made of it. */
  remove(identity: string, cascade: boolean): void {
    for (const entry of this.#entries.values()) if (entry.identity === identity || (cascade && entry.parts.has(identity))) this.#remove(entry);
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
  }

  /** Rows of a plan, and of everything that is made of it, are cached anew when they are next read. */
  refresh(identity: string): void {
    for (const entry of this.#entries.values()) if (entry.identity === identity || entry.parts.has(identity)) this.#invalidate(entry);
  }

  /** Rows that were read from a location which has been written are cached anew when they are next read. */
  locationChanged(location: string): void {
    for (const entry of this.#entries.values()) if (entry.locations.has(location)) this.#invalidate(entry);
  }

  /** Relations over a location that is no more. */
  locationDropped(location: string): void {
    for (const entry of this.#entries.values()) if (entry.locations.has(location)) this.#remove(entry);
  }

  /** Cached rows of an entry, read from tables in these versions; older ones are dropped. */
  rows(entry: CacheEntry, versions: string): TableSnapshot | undefined {
    if (entry.content !== undefined && entry.content.versions !== versions) this.#invalidate(entry);
    return entry.content?.relation.snapshot;
  }

  /** The table as it was when it was cached; for tables whose format does not number its states. */
  pinned(key: string): TableSnapshot | undefined {
    return this.#pinned.get(key);
  }

  /** Caches an entry's rows, unless somebody else has. `make`: undefined for rows that do not fit. */
  async fill({ entry, versions, changes, pin }: FillRequest, make: (store: CachedRelations) => Promise<CachedRelation | undefined>): Promise<void> {
    while (entry.busy !== undefined) await entry.busy;
    if (entry.content !== undefined || entry.tooLarge || !this.#isCurrent(entry, changes)) return;
    await this.#occupy(entry, async () => {
      const store = (this.#store ??= await this.#options.open());
      const relation = await make(store);
      this.#generation++;
      if (relation === undefined) entry.tooLarge = true;
      else if (!this.#isCurrent(entry, changes)) store.drop(relation.snapshot);
      else {
        this.#hold(entry, { versions, relation, pin: pin?.key });
        this.#tell("cached", entry.name, relation, store);
        if (pin !== undefined) this.#pinned.set(pin.key, pin.snapshot);
      }
    });
  }

  /** Keeps cached rows, named by their snapshots' versions, until the answer is called; undefined when some have been dropped. */
  acquire(versions: readonly string[]): (() => void) | undefined {
    const contents = versions.map((version) => this.#byVersion.get(version)).filter((content) => content !== undefined);
    if (contents.length < versions.length) return undefined;
    for (const content of contents) {
      content.readers++;
      content.lastUse = ++this.#uses;
    }
    return () => {
      for (const content of contents) {
        content.readers--;
        this.#freeUnused(content);
      }
    };
  }

  /** A query needs so much of the pool, and could else go to disk: what nobody reads makes room, but for the part that cached rows keep. */
  async yieldToQuery(bytes: number): Promise<void> {
    if (this.#store !== undefined) await this.makeRoom(bytes, this.#store.poolBytes * this.#options.protectedShare());
  }

  /**
   * Moves rows that nobody reads out of the pool, least recently used ones first, until so many bytes of it are free or cached rows have no more than they `keep`: to
   * disk, or nowhere where their level says so. Answers whether it has freed any.
   */
  async makeRoom(bytes: number, keep = 0): Promise<boolean> {
    const store = this.#store;
    let hasFreed = false;
    while (store !== undefined && store.freeBytes < bytes && store.usedBytes > keep) {
      const unused = [...this.#entries.values()].filter(({ content, busy }) => busy === undefined && content?.readers === 0 && content.relation.isInMemory);
      const [entry] = unused.sort((a, b) => (a.content?.lastUse ?? 0) - (b.content?.lastUse ?? 0));
      if (entry === undefined) break;
      await this.#evict(entry, store);
      hasFreed = true;
    }
    return hasFreed;
  }

  async #evict(entry: CacheEntry, store: CachedRelations): Promise<void> {
    const { content, changes } = entry;
    if (content === undefined) return;
    if (!entry.level.disk) {
      this.#empty(entry);
      return;
    }
    // Nobody may begin to read it.
    this.#byVersion.delete(content.relation.snapshot.version);
    entry.content = undefined;
    await this.#occupy(entry, async () => {
      this.#generation++;
      const moved = await store.moveToDisk(content.relation);
      if (moved === undefined) {
        // The disk has failed: they are computed again when they are next read.
        this.#tell("dropped", entry.name, NOTHING, store);
      } else if (this.#isCurrent(entry, changes)) {
        this.#hold(entry, { ...content, relation: moved });
        this.#tell("movedToDisk", entry.name, moved, store);
      } else {
        store.drop(moved.snapshot);
        this.#tell("dropped", entry.name, NOTHING, store);
      }
    });
  }

  /** Others wait for the action, and then look again, whichever way it has ended. */
  async #occupy(entry: CacheEntry, action: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    entry.busy = promise;
    try {
      await action();
    } finally {
      entry.busy = undefined;
      resolve();
    }
  }

  #hold(entry: CacheEntry, given: Pick<CacheContent, "versions" | "relation" | "pin">): void {
    entry.content = { ...given, name: entry.name, readers: 0, dropped: false, lastUse: ++this.#uses };
    this.#byVersion.set(given.relation.snapshot.version, entry.content);
  }

  #isCurrent(entry: CacheEntry, changes: number): boolean {
    return entry.changes === changes && this.#entries.get(entry.identity) === entry;
  }

  #remove(entry: CacheEntry): void {
    this.#entries.delete(entry.identity);
    this.#invalidate(entry);
  }

  #invalidate(entry: CacheEntry): void {
    entry.changes++;
    entry.tooLarge = false;
    this.#empty(entry);
  }

  /** Drops rows, not the entry. */
  #empty(entry: CacheEntry): void {
    const { content } = entry;
    this.#generation++;
    if (content === undefined) return;
    entry.content = undefined;
    if (content.pin !== undefined) this.#pinned.delete(content.pin);
    this.#byVersion.delete(content.relation.snapshot.version);
    content.dropped = true;
    this.#freeUnused(content);
  }

  #freeUnused({ name, dropped, readers, relation }: CacheContent): void {
    const store = this.#store;
    if (!dropped || readers > 0 || store === undefined) return;
    store.drop(relation.snapshot);
    this.#tell("dropped", name, NOTHING, store);
  }

  #tell(change: CacheEvent["change"], name: string, { memoryBytes, diskBytes }: Pick<CachedRelation, "memoryBytes" | "diskBytes">, { usedBytes, limitBytes }: CachedRelations): void {
    this.#options.onChange({ kind: "cacheChanged", change, name, memoryBytes, diskBytes, usedBytes, limitBytes });
  }
}
