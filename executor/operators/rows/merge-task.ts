import type { Arena } from "../../memory/arena.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { addressesWithin, addressSource, PageSource, RecordMerge } from "./record-merge.ts";
import type { SortModule, SortShape } from "./sort-module.ts";
import { RecordSorter } from "./sort-records.ts";

/** Sorted runs on disk, in part or whole, made into one. */
export interface MergeTask {
  readonly kind: "merge";
  readonly shape: SortShape;
  readonly sorting: SortModule;
  readonly layout: SpillLayout;
  /** Pages of each run that can have records within the bounds, in order. */
  readonly runs: readonly (readonly SpilledPage[])[];
  /** Arrays of addresses of sorted records. */
  readonly inMemory: readonly RecordRun[];
  /** Sort prefixes, uint64: `low` belongs to the part, `high` does not; undefined: none. */
  readonly low: bigint | undefined;
  readonly high: bigint | undefined;
  /** Rows that are left out, and how many are wanted at most; undefined: all are. */
  readonly slice: RowSlice | undefined;
  /** Of the pages that are written, if they are. */
  readonly pageBytes: number;
}

export interface RowSlice {
  readonly offset: number;
  readonly limit?: number;
}

const BATCH_ROWS = 4096;

/** The records in order, batch by batch. A batch is valid until the next one is asked for. One page of each run is in memory. */
export function* mergedRecords(task: MergeTask, context: ThreadContext, work: Arena, spill: SpillStore): Generator<RecordRun> {
  const { pool } = context;
  const sorter = new RecordSorter(context, work, work, task.shape, task.sorting);
  const { low, high } = task;
  const sources = [
    ...task.runs.map((pages) => new PageSource(pool, spill, task.layout, pages, work, low, high)),
    ...task.inMemory.map((run) => addressSource(pool, addressesWithin(pool, run, low, high))),
  ];
  const merge = new RecordMerge(pool, sorter, sources);
  const base = work.allocate(BATCH_ROWS * 4);
  let count = 0;
  let skip = task.slice?.offset ?? 0;
  let wanted = task.slice?.limit ?? Number.POSITIVE_INFINITY;
  for (let source = merge.first; source !== undefined && wanted > 0; source = merge.first) {
    if (skip > 0) skip--;
    else {
      pool.u32[(base >>> 2) + count++] = source.record;
      wanted--;
    }
    if (count === BATCH_ROWS || (source.isAtPageEnd && count > 0)) {
      yield { base, count, stride: 0 };
      count = 0;
    }
    source.advance();
    merge.settle();
  }
  if (count > 0) yield { base, count, stride: 0 };
}

/** The records in order as pages of one run. */
export function writeMerged(task: MergeTask, context: ThreadContext, work: Arena, spill: SpillStore): readonly SpilledPage[] {
  const writer = spill.openPartitions(task.layout, 1, task.pageBytes);
  for (const { base, count } of mergedRecords(task, context, work, spill)) {
    for (let i = 0; i < count; i++) writer.add(0, context.pool.u32[(base >>> 2) + i]);
  }
  return writer.finish()[0];
}
