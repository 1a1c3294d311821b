import { InternalError } from "../catalog/errors.ts";
import type { ColumnLayout, ColumnStatistics, Split, TableSnapshot } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import { Arena } from "./memory/arena.ts";
import type { ColumnBatch } from "./memory/column-buffers.ts";
import type { Owner, Pool } from "./memory/pool.ts";
import { fileField } from "./pipeline/sources.ts";
import { CONTROL, CancelledError, controlBytes } from "./pipeline/pipeline-job.ts";
import type { CachedDictionary } from "./scan/cache-encoder.ts";
import { CacheEncoder, writeCachedDictionaries } from "./scan/cache-encoder.ts";
import type { CacheColumn, ColumnSummary } from "./scan/cache-layout.ts";
import { CacheCollector, chooseCacheColumn, mergeSummaries } from "./scan/cache-layout.ts";
import { chooseLayouts } from "./scan/layouts.ts";
import { rowGroupSplits } from "./scan/row-group-splits.ts";
import type { WantedColumn } from "./scan/scan-context.ts";
import type { ThreadContext } from "./thread-context.ts";

/**
 * CACHE TABLE: two passes of all workers over the table's splits. The first finds what each column holds, then one narrow layout is chosen for the
 * whole column, and the second pass writes it into the pool.
 */
export interface CacheJob {
  readonly splits: readonly Split[];
  readonly types: readonly DataType[];
  readonly layouts: readonly ColumnLayout[];
  readonly control: number;
  /** Absent in the first pass. */
  readonly encode?: { readonly columns: readonly CacheColumn[]; readonly dictionaries: readonly CachedDictionary[] };
}

/** One encoded batch of a split: addresses per column, as cached splits have them. */
export interface CachedBatch {
  readonly split: number;
  readonly batch: number;
  readonly rows: number;
  readonly columns: readonly (readonly [number, number, number, number])[];
}

export interface CacheResult {
  readonly summaries: readonly ColumnSummary[];
  readonly batches: readonly CachedBatch[];
}

export type RunCacheJob = typeof runCacheJob;

/** A thread's share of a pass. What the second one writes belongs to `owner`. */
export function runCacheJob(job: CacheJob, context: ThreadContext, owner: Owner, scratchOwner: Owner): CacheResult {
  const { pool } = context;
  const collector = new CacheCollector(job.types);
  const encoder = job.encode && new CacheEncoder(job.encode.columns, job.encode.dictionaries, pool);
  const arena = new Arena(pool, owner);
  const scratch = new Arena(pool, scratchOwner);
  const batches: CachedBatch[] = [];
  try {
    for (;;) {
      const index = Atomics.add(pool.i32, (job.control + CONTROL.next) >>> 2, 1);
      if (index >= job.splits.length) return { summaries: encoder === undefined ? collector.summaries() : [], batches };
      if (Atomics.load(pool.i32, (job.control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
      let count = 0;
      forEachBatch(job, job.splits[index], context, scratch, (batch) => {
        if (encoder === undefined) {
          collector.add(batch, pool);
          return;
        }
        const encoded = encoder.encode(batch, arena);
        const columns = encoded.columns.map((c) => [c.data, c.validity, c.offsets, c.bytes] as const);
        batches.push({ split: index, batch: count++, rows: encoded.rows, columns });
      });
    }
  } finally {
    pool.release(scratchOwner);
  }
}

function forEachBatch(job: CacheJob, split: Split, context: ThreadContext, scratch: Arena, visit: (batch: ColumnBatch) => void): void {
  const wanted: WantedColumn[] = job.types.map((type, field) => ({ field: fileField(split, field), type, layout: job.layouts[field] }));
  const reader = context.openSplit(split, wanted);
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

/** The table with its columns in the pool, in memory of `owner`. */
export async function cacheTable(snapshot: TableSnapshot, pool: Pool, owner: Owner, runPass: RunCachePass): Promise<TableSnapshot> {
  if (snapshot.cached !== undefined) throw new InternalError(`${snapshot.name} is cached already`);
  const arena = new Arena(pool, owner);
  const types = snapshot.columns.map((c) => c.type);
  const stored = await rowGroupSplits(snapshot.splits);
  const layouts = await chooseLayouts(stored, types.map((type, field) => ({ field, type })));
  const job = { splits: stored, types, layouts };
  const found = await runPass({ ...job, control: arena.allocateZeroed(controlBytes(0)) });
  const summaries = found.map((f) => f.summaries).reduce((a, b) => a.map((summary, i) => mergeSummaries(summary, b[i])));
  const columns = types.map((type, i) => chooseCacheColumn(type, summaries[i]));
  const dictionaries = writeCachedDictionaries(columns, pool, arena);
  const encode = { columns: columns.map((column) => column), dictionaries };
  const encoded = await runPass({ ...job, control: arena.allocateZeroed(controlBytes(0)), encode });
  const batches = encoded.flatMap((e) => e.batches).sort((a, b) => a.split - b.split || a.batch - b.batch);
  const splits = batches.map(({ split, rows, columns: addresses }): Split => {
    const original = stored[split];
    const bytes = Math.ceil((original.bytes * rows) / Math.max(1, original.rows ?? rows));
    return { ...original, rows, bytes, columns: statisticsOfPart(original, rows), source: { kind: "cached", columns: addresses } };
  });
  return {
    ...snapshot,
    // Another content than the files', for the plan cache: its addresses differ each time.
    version: `${snapshot.version} cached by ${owner}`,
    splits,
    cached: columns.map(({ layout, nullable }) => ({ layout, nullable })),
    statistics: { ...snapshot.statistics, rows: splits.reduce((sum, s) => sum + (s.rows ?? 0), 0), columns: withDistinct(snapshot, columns) },
  };
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
