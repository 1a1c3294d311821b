import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { StorageLevel } from "../../catalog/storage-level.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { CACHE_ACCOUNT, NO_ACCOUNT } from "../memory/accounts.ts";
import type { Owner, Pool } from "../memory/pool.ts";
import { BLOCK_BYTES } from "../memory/pool.ts";
import type { ResultBatch } from "../result-batch.ts";
import type { SpillFolder } from "../spill/spill-folder.ts";
import { makeSpillFolder } from "../spill/disk-file.ts";
import { DEFAULT_MAX_FAILURES, WorkerLostError } from "../worker-lost.ts";
import type { CacheJob, CacheOwners, CacheResult } from "./cache-table.ts";
import type { LocateFile } from "../scan/row-group-splits.ts";
import { cacheTable, copyToFiles } from "./cache-table.ts";
import { storedBytes } from "./cached-file.ts";
import { RowFile, rowTable } from "./row-file.ts";

/** Cached rows. Moving them to disk gives another one. */
export interface CachedRelation {
  /** What is read instead of what was cached: the same columns, splits that are cached batches. */
  readonly snapshot: TableSnapshot;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly isInMemory: boolean;
}

export interface CacheRequest {
  readonly level: StorageLevel;
  readonly signal: AbortSignal;
  /** Asked to have so many bytes of the pool free, by moving other relations out of it, as far as that is possible. */
  readonly makeRoom: (bytes: number) => Promise<unknown>;
}

/** What belongs to a relation beside its snapshot. */
interface Held {
  readonly owners: CacheOwners;
  /** Where its files are. */
  readonly folder: string;
}

/** Rows that are kept beyond queries, in the pool or in files of the spill folder. */
export class CachedRelations {
  readonly #pool: Pool;
  readonly #spill: SpillFolder;
  readonly #locate: LocateFile;
  readonly #runPass: (job: CacheJob, owner: Owner, signal: AbortSignal) => Promise<readonly CacheResult[]>;
  readonly #held = new Map<TableSnapshot, Held>();
  readonly #removals = new Set<Promise<void>>();

  constructor(pool: Pool, spill: SpillFolder, locate: LocateFile, runPass: (job: CacheJob, owner: Owner, signal: AbortSignal) => Promise<readonly CacheResult[]>) {
    this.#pool = pool;
    this.#spill = spill;
    this.#locate = locate;
    this.#runPass = runPass;
  }

  /** Caches a table until `drop`. Undefined when it does not fit into memory and may not be on disk. */
  async cacheTable(snapshot: TableSnapshot, request: CacheRequest): Promise<CachedRelation | undefined> {
    await request.makeRoom(this.#forQueries);
    for (let failures = 1, { level } = request; ; ) {
      const held: Held = { owners: { columns: this.#pool.newOwner(), dictionaries: this.#pool.newOwner() }, folder: this.#spill.newQuery() };
      try {
        const cached = await cacheTable(snapshot, this.#pool, held.owners, (job) => this.#runPass(job, held.owners.columns, request.signal), (bytes) => this.#place(bytes, held, { ...request, level }), this.#locate);
        if (cached !== undefined) return this.#hold(cached, held);
        await this.#free(held);
        return undefined;
      } catch (error) {
        await this.#free(held);
        if (error instanceof WorkerLostError && failures < DEFAULT_MAX_FAILURES) failures++;
        // Queries have taken what was free a moment ago.
        else if (isMemoryLimit(error) && level.memory) {
          if (!level.disk) return undefined;
          level = { memory: false, disk: true };
        } else throw error;
      }
    }
  }

  /** Caches the rows of a query, which go to a file first: only when all are there it is known how they are best kept. */
  async cacheRows(name: string, columns: readonly StructField[], batches: AsyncIterable<ResultBatch>, request: CacheRequest): Promise<CachedRelation | undefined> {
    const file = this.newRowFile();
    try {
      return await this.cacheTable(rowTable(name, columns, await file.append(batches)), request);
    } finally {
      await file.remove();
    }
  }

  /** For rows that a query makes on its way, and that whoever asks removes. */
  newRowFile(): RowFile {
    return new RowFile(this.#spill);
  }

  /** The same rows in files; undefined when the disk or the workers fail. The relation given is no more, whichever way this ends: nothing may read it. */
  async moveToDisk({ snapshot }: CachedRelation): Promise<CachedRelation | undefined> {
    const held = this.#held.get(snapshot);
    if (held === undefined) throw new InternalError(`${snapshot.name} is not cached`);
    this.#held.delete(snapshot);
    try {
      await makeSpillFolder(held.folder);
      const moved = await copyToFiles(snapshot, this.#pool, held.owners, (job) => this.#runPass(job, held.owners.columns, new AbortController().signal), held.folder);
      this.#pool.release(held.owners.columns);
      return this.#hold(moved, held);
    } catch (error) {
      await this.#free(held);
      if (error instanceof SparrowError || error instanceof WorkerLostError) return undefined;
      throw error;
    }
  }

  /** Frees memory at once, and files soon. Nothing may read the relation. */
  drop(snapshot: TableSnapshot): void {
    const held = this.#held.get(snapshot);
    if (held === undefined) throw new InternalError(`${snapshot.name} is not cached`);
    this.#held.delete(snapshot);
    const removal = this.#free(held).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Waits for files that are being removed. */
  async close(): Promise<void> {
    await Promise.all(this.#removals);
  }

  /** Of the pool, by anyone. */
  get freeBytes(): number {
    return this.#pool.freeBlocks(NO_ACCOUNT) * BLOCK_BYTES;
  }

  /** Of the pool, by all cached rows. */
  get usedBytes(): number {
    return this.#pool.accounts.used(CACHE_ACCOUNT) * BLOCK_BYTES;
  }

  /** What all cached rows may have of the pool. */
  get limitBytes(): number {
    return this.#pool.accounts.limit(CACHE_ACCOUNT) * BLOCK_BYTES;
  }

  get poolBytes(): number {
    return this.#pool.blocks * BLOCK_BYTES;
  }

  /** What is left free for queries when more is cached. */
  get #forQueries(): number {
    return this.poolBytes - this.limitBytes;
  }

  async #place(bytes: number, held: Held, { level, makeRoom }: CacheRequest): Promise<{ readonly folder: string | undefined } | undefined> {
    if (level.memory) {
      await makeRoom(bytes + this.#forQueries);
      if (bytes + this.#forQueries <= this.freeBytes) return { folder: undefined };
    }
    if (!level.disk) return undefined;
    await makeSpillFolder(held.folder);
    return { folder: held.folder };
  }

  #hold(snapshot: TableSnapshot, held: Held): CachedRelation {
    this.#held.set(snapshot, held);
    const memoryBytes = this.#pool.ownedBytes(held.owners.columns) + this.#pool.ownedBytes(held.owners.dictionaries);
    const diskBytes = snapshot.splits.reduce((sum, { source }) => sum + (source.kind === "cachedFile" ? storedBytes(source) : 0), 0);
    return { snapshot, memoryBytes, diskBytes, isInMemory: snapshot.splits.some((split) => split.source.kind === "cached") };
  }

  async #free({ owners, folder }: Held): Promise<void> {
    this.#pool.release(owners.columns, owners.dictionaries);
    await this.#spill.removeQuery(folder);
  }
}

function isMemoryLimit(error: unknown): boolean {
  return error instanceof SparrowError && error.condition === "MEMORY_LIMIT_EXCEEDED";
}
