import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { CachedSource, ColumnLayout, ColumnStatistics, Split, TableSnapshot } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { CACHE_ACCOUNT } from "../memory/accounts.ts";
import { Arena } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import type { Owner, Pool } from "../memory/pool.ts";
import { BLOCK_BYTES } from "../memory/pool.ts";
import { CONTROL, CancelledError, controlBytes } from "../pipeline/pipeline-job.ts";
import { chooseLayouts } from "../scan/layouts.ts";
import { type LocateFile, rowGroupSplits } from "../scan/row-group-splits.ts";
import type { ThreadContext } from "../thread-context.ts";
import type { CachedDictionary } from "./cache-encoder.ts";
import { CacheEncoder, writeCachedDictionaries } from "./cache-encoder.ts";
import type { CacheColumn, ColumnSummary } from "./cache-layout.ts";
import { CacheCollector, cachedBytes, chooseCacheColumn, mergeSummaries } from "./cache-layout.ts";
import { CachedFileWriter } from "./cached-file.ts";

/** A batch that is read to be cached takes such a part of the pool: every worker holds one, and what it makes of it. */
const BATCHES_OF_POOL = 64;

/**
 * Caching takes two passes of all workers over a table's splits. The first finds what each column holds, then one narrow layout is chosen for the whole
 * column, and the second pass writes it into the pool, or into files.
 */
export interface CacheJob {
  readonly splits: readonly Split[];
  readonly types: readonly DataType[];
  readonly layouts: readonly ColumnLayout[];
  readonly control: number;
  readonly pass: CachePass;
}

/** `folder`: for files, of which each thread writes one; absent: into the pool. */
export type CachePass =
  | { readonly kind: "summarize" }
  | { readonly kind: "encode"; readonly columns: readonly CacheColumn[]; readonly dictionaries: readonly CachedDictionary[]; readonly folder: string | undefined }
  /** Batches in the pool go to files as they are. */
  | { readonly kind: "copy"; readonly folder: string };

/** One encoded batch of a split. */
export interface CachedBatch {
  readonly split: number;
  readonly batch: number;
  readonly rows: number;
  readonly source: CachedSource;
}

export interface CacheResult {
  readonly summaries: readonly ColumnSummary[];
  readonly batches: readonly CachedBatch[];
}

export type RunCacheJob = typeof runCacheJob;

/** A thread's share of a pass. What is written to memory belongs to `owner`. */
export function runCacheJob(job: CacheJob, context: ThreadContext, owner: Owner, scratchOwner: Owner): CacheResult {
  const { pool } = context;
  const { pass } = job;
  const collector = new CacheCollector(job.types);
  const encoder = pass.kind === "encode" ? new CacheEncoder(pass.columns, pass.dictionaries, pool) : undefined;
  const folder = pass.kind === "summarize" ? undefined : pass.folder;
  const file = folder === undefined ? undefined : new CachedFileWriter(join(folder, `${job.control}-${threadId}.cache`), pool);
  const arena = new Arena(pool, owner, CACHE_ACCOUNT);
  const scratch = new Arena(pool, scratchOwner);
  const batches: CachedBatch[] = [];
  try {
    for (;;) {
      const index = Atomics.add(pool.i32, (job.control + CONTROL.next) >>> 2, 1);
      if (index >= job.splits.length) return { summaries: pass.kind === "summarize" ? collector.summaries() : [], batches };
      if (Atomics.load(pool.i32, (job.control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
      let count = 0;
      forEachBatch(job, job.splits[index], context, scratch, (batch) => {
        if (pass.kind === "summarize") {
          collector.add(batch, pool);
          return;
        }
        const encoded = encoder === undefined ? batch : encoder.encode(batch, file === undefined ? arena : scratch);
        batches.push({ split: index, batch: count++, rows: batch.rows, source: file === undefined ? inPool(encoded) : file.write(encoded) });
      });
    }
  } finally {
    file?.close();
    pool.release(scratchOwner);
  }
}

function inPool({ columns }: ColumnBatch): CachedSource {
  return { kind: "cached", columns: columns.map((c) => [c.data, c.validity, c.offsets, c.bytes] as const) };
}

function forEachBatch(job: CacheJob, split: Split, context: ThreadContext, scratch: Arena, visit: (batch: ColumnBatch) => void): void {
  const reader = context.openSplit(split, job.types.map((type, field) => ({ field, type, layout: job.layouts[field] })), (context.pool.blocks * BLOCK_BYTES) / BATCHES_OF_POOL);
  try {
    for (let batch = reader.next(scratch); batch !== undefined; batch = reader.next(scratch)) {
      if (batch.rows > 0) visit(batch);
      scratch.reset();
    }
  } finally {
    reader.close();
  }
}

/** Runs a pass on all threads. */
export type RunCachePass = (job: CacheJob) => Promise<readonly CacheResult[]>;

/** Where columns go that take so many bytes: into the pool, into files in a folder, or nowhere. */
export type ChoosePlace = (bytes: number) => Promise<{ readonly folder: string | undefined } | undefined>;

/** Owners of a cached table's memory: of its columns, and of its dictionaries, which files need too. */
export interface CacheOwners {
  readonly columns: Owner;
  readonly dictionaries: Owner;
}

/** The table with its columns cached, in memory of `owners` or in files; undefined where there is no place for them. */
export async function cacheTable(snapshot: TableSnapshot, pool: Pool, owners: CacheOwners, runPass: RunCachePass, choosePlace: ChoosePlace, locate: LocateFile): Promise<TableSnapshot | undefined> {
  const arena = new Arena(pool, owners.dictionaries, CACHE_ACCOUNT);
  const types = snapshot.columns.map((c) => c.type);
  const stored = await rowGroupSplits(snapshot.splits, locate);
  const layouts = snapshot.cached?.map(({ layout }) => layout) ?? (await chooseLayouts(stored, types.map((type, field) => ({ field, type }))));
  const control = arena.allocate(controlBytes(0));
  const run = (pass: CachePass): Promise<readonly CacheResult[]> => {
    pool.zero(control, controlBytes(0));
    return runPass({ splits: stored, types, layouts, control, pass });
  };
  const found = await run({ kind: "summarize" });
  const summaries = found.map((f) => f.summaries).reduce((a, b) => a.map((summary, i) => mergeSummaries(summary, b[i])));
  const columns = types.map((type, i) => chooseCacheColumn(type, summaries[i]));
  const place = await choosePlace(columns.reduce((sum, column, i) => sum + cachedBytes(column, summaries[i]), 0));
  if (place === undefined) return undefined;
  const encoded = await run({ kind: "encode", columns, dictionaries: writeCachedDictionaries(columns, pool, arena), folder: place.folder });
  const batches = encoded.flatMap((e) => e.batches).sort((a, b) => a.split - b.split || a.batch - b.batch);
  const splits = batches.map(({ split, rows, source }): Split => {
    const original = stored[split];
    const bytes = Math.ceil((original.bytes * rows) / Math.max(1, original.rows ?? rows));
    return { ...original, rows, bytes, columns: statisticsOfPart(original, rows), source };
  });
  return {
    ...snapshot,
    // Another content than the files', for the plan cache: its addresses differ each time.
    version: `${snapshot.version} cached by ${owners.columns}`,
    splits,
    cached: columns.map(({ layout, nullable }) => ({ layout, nullable })),
    statistics: { ...snapshot.statistics, rows: splits.reduce((sum, s) => sum + (s.rows ?? 0), 0), columns: withDistinct(snapshot, columns) },
  };
}

/** A table in the pool with its columns in files; their dictionaries stay where they are. */
export async function copyToFiles(snapshot: TableSnapshot, pool: Pool, owners: CacheOwners, runPass: RunCachePass, folder: string): Promise<TableSnapshot> {
  const control = new Arena(pool, owners.dictionaries, CACHE_ACCOUNT).allocateZeroed(controlBytes(0));
  const types = snapshot.columns.map((c) => c.type);
  const layouts = (snapshot.cached ?? []).map(({ layout }) => layout);
  const copied = await runPass({ splits: snapshot.splits, types, layouts, control, pass: { kind: "copy", folder } });
  const splits = [...snapshot.splits];
  for (const { split, source } of copied.flatMap((result) => result.batches)) splits[split] = { ...splits[split], source };
  return { ...snapshot, version: `${snapshot.version} on disk`, splits };
}

/** What is known of so many of a split's rows: bounds hold for any part, a number of NULLs only where it is none, all, or that of the whole. */
function statisticsOfPart(whole: Split, rows: number): Split["columns"] {
  if (whole.columns === undefined || whole.rows === rows) return whole.columns;
  const ofPart = (column: ColumnStatistics): ColumnStatistics => {
    const nulls = column.nulls === 0 ? 0 : column.nulls !== undefined && column.nulls === whole.rows ? rows : undefined;
    return { ...column, nulls, distinct: undefined };
  };
  return new Map([...whole.columns].map(([field, column]) => [field, ofPart(column)]));
}

/** A dictionary says how many distinct values there are. */
function withDistinct(snapshot: TableSnapshot, columns: readonly CacheColumn[]): TableSnapshot["statistics"]["columns"] {
  const statistics = new Map(snapshot.statistics.columns);
  columns.forEach(({ dictionary }, i) => {
    if (dictionary === undefined) return;
    const known = statistics.get(i) ?? { min: null, max: null, nulls: undefined, distinct: undefined };
    statistics.set(i, { ...known, distinct: dictionary.ends.length });
  });
  return statistics;
}
