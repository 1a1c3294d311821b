import { InternalError } from "../../catalog/errors.ts";
import type { EvalContext } from "../functions/scalar-function.ts";
import type { Arena } from "../memory/arena.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import { RowError } from "../pipeline/pipeline-job.ts";
import { HEADER, initializeState, STATUS } from "../pipeline/state-layout.ts";
import type { ThreadContext } from "../thread-context.ts";
import { copiedRecords } from "../spill/copied-records.ts";
import type { SpillLayout } from "../spill/spill-layout.ts";
import type { SpillStore } from "../spill/spill-store.ts";
import { aggregateSpillLayout } from "./aggregate/aggregate-spill.ts";
import { completeCollected } from "./aggregate/collected.ts";
import type { DiskTask, FinishTask, GroupsTask, LinkTask, MarkTask, PartTask, TaskResult } from "./finish-task.ts";
import { runDivide } from "./spilled/divide-task.ts";
import { runIsolate } from "./spilled/isolate-task.ts";
import { sortPages } from "./spilled/sort-pages-task.ts";
import { Directory } from "./group-directory.ts";
import { NEED, RowChunks, runsOf } from "./row-store.ts";
import { mergedRecords, writeMerged } from "./rows/merge-task.ts";
import { rowSpillLayout } from "./rows/row-sink-instance.ts";
import type { StoredPartition } from "./spilling-rows.ts";
import { addressesInOrder, addressesOf, distributeRecords, RecordSorter } from "./rows/sort-records.ts";
import { wantingRows, whyWholePartition } from "./window/rows-at-once.ts";
import { streamedRecords } from "./window/stream-task.ts";
import { completeWindow } from "./window/window-task.ts";

/** Groups that a merge in memory is ready for at first: few, for it is when a directory grows that it is seen whether its entries are spread. */
const FIRST_GROUPS = 512;

/** Where a task puts what it has. */
export interface TaskStores {
  /** What the records that it gives need. */
  readonly arena: Arena;
  /** What it needs itself; may be the same. */
  readonly work: Arena;
  /** Absent in the main thread. */
  readonly spill: SpillStore | undefined;
}

/** Runs one task. */
export function runFinishTask(task: FinishTask, context: ThreadContext, stores: TaskStores, evaluation: EvalContext): TaskResult {
  switch (task.kind) {
    case "divide":
    case "isolate":
    case "sortPages":
    case "merge":
      return { runs: [], pages: writtenPages(task, context, stores.work, diskOf(stores)) };
    case "groups":
    case "mark":
    case "link":
    case "sort":
    case "distribute":
    case "sortBucket":
    case "limit":
    case "window":
    case "addresses":
      return { runs: completed(task, context, stores, evaluation), pages: [] };
  }
}

/** The records of a part, batch by batch: a batch is valid until the next one is asked for. */
export function partRecords(task: PartTask, context: ThreadContext, stores: TaskStores, evaluation: EvalContext): Iterable<RecordRun> {
  switch (task.kind) {
    case "merge":
      return mergedRecords(task, context, stores.work, diskOf(stores));
    case "stream":
      return streamedRecords(task, context, stores.work, diskOf(stores));
    case "groups":
    case "window":
      return completed(task, context, stores, evaluation);
  }
}

function diskOf({ spill }: TaskStores): SpillStore {
  if (spill === undefined) throw new InternalError("what is on disk is read and written by workers");
  return spill;
}

function writtenPages(task: DiskTask, context: ThreadContext, work: Arena, spill: SpillStore): TaskResult["pages"] {
  switch (task.kind) {
    case "divide":
      return runDivide(task, context.pool, work, spill);
    case "isolate":
      return runIsolate(task, context, work, spill);
    case "sortPages":
      return [sortPages(task, context, work, spill)];
    case "merge":
      return [writeMerged(task, context, work, spill)];
  }
}

function completed(task: Exclude<FinishTask, DiskTask>, context: ThreadContext, stores: TaskStores, evaluation: EvalContext): readonly RecordRun[] {
  const { arena, work } = stores;
  switch (task.kind) {
    case "groups": {
      const runs = completeGroups(task, context, stores);
      completeCollected(task.shape, runs, context, arena, work, evaluation);
      return runs;
    }
    case "mark":
      markKeys(task, context);
      return [];
    case "link":
      linkRows(task, context);
      return [];
    case "sort": {
      const sorted = new RecordSorter(context, work, work, task.shape, task.sorting).sort(task.runs, work);
      return [slice(addressesInOrder(context, arena, sorted), task.offset, task.limit)];
    }
    case "distribute":
      return distributeRecords(context, arena, task.runs, task.bounds, task.boundCount);
    case "sortBucket": {
      const sorted = new RecordSorter(context, work, work, task.shape, task.sorting).sortSlices(task.slices, work);
      return [addressesInOrder(context, arena, sorted)];
    }
    case "limit":
      return [slice(inMorselOrder(task.runs, context, arena), task.offset, task.limit)];
    case "window": {
      const complete = (): RecordRun => completeWindow(task, storedRuns(task.rows, rowSpillLayout(task.shape), arena, stores.spill), context, arena, work, evaluation);
      const { interpreted } = task.window;
      return [interpreted.length === 0 ? complete() : wantingRows(whyWholePartition(interpreted), complete)];
    }
    case "addresses":
      return [addressesOf(task.runs, arena)];
  }
}

function completeGroups(task: GroupsTask, context: ThreadContext, { arena, work, spill }: TaskStores): readonly RecordRun[] {
  const { shape, groups: stored, merge } = task;
  const { pool } = context;
  const layout = aggregateSpillLayout(shape);
  const chunks = runsOf(stored.chunks, layout.recordBytes);
  const runs = [...(task.copies ? copiedRecords(pool, layout, chunks, arena) : chunks), ...pagesRead(stored, layout, arena, spill)];
  const isEmptyTotal = shape.keys.length === 0 && runs.length === 0;
  if (!task.needsMerge && !isEmptyTotal) return runs;
  const state = work.allocate(merge.state.bytes);
  initializeState(pool, state, merge.state);
  const store = new RowChunks(pool, arena, state, merge.words.store);
  const records = runs.reduce((sum, run) => sum + run.count, 0);
  const directory = new Directory(pool, work, state, merge.words.directory, task.sharedBits, stored.pages.length > 0 ? records : Math.min(records, FIRST_GROUPS));
  const instance = new WebAssembly.Instance(merge.module, {
    env: { memory: pool.memory },
    kernels: context.kernels,
    host: { allocate: (bytes: number) => arena.allocate(bytes >>> 0) },
  });
  if (isEmptyTotal) {
    const row = arena.allocate(shape.layout.bytes);
    (instance.exports["empty"] as (state: number, row: number, unused: number) => number)(state, row, 0);
    return [{ base: row, count: 1, stride: shape.layout.bytes }];
  }
  const run = instance.exports["merge"] as (state: number, from: number, to: number) => number;
  for (const { base, count } of runs) {
    pool.u32[(state + merge.base) >>> 2] = base;
    let at = 0;
    for (;;) {
      const status = run(state, at, count);
      if (status === STATUS.done) break;
      if (status === STATUS.error) throw new RowError(task.firstSite + pool.u32[(state + HEADER.errorSite) >>> 2], []);
      if (status !== STATUS.need) throw new InternalError(`merging answered ${status}`);
      at = pool.u32[(state + HEADER.position) >>> 2];
      const kind = pool.u32[(state + HEADER.needKind) >>> 2];
      if (kind === NEED.directory) directory.grow();
      else if (!store.supply(kind, pool.u32[(state + HEADER.needArgument) >>> 2])) throw new InternalError(`nothing supplies need ${kind}`);
    }
  }
  const groups = directory.count;
  const base = arena.allocate(Math.max(1, groups) * 4);
  directory.writeRows(base);
  return [{ base, count: groups, stride: 0 }];
}

/** The records of a partition, those on disk read to the arena. */
function storedRuns(stored: StoredPartition, layout: SpillLayout, arena: Arena, spill: SpillStore | undefined): readonly RecordRun[] {
  return [...runsOf(stored.chunks, layout.recordBytes), ...pagesRead(stored, layout, arena, spill)];
}

function pagesRead({ pages }: StoredPartition, layout: SpillLayout, arena: Arena, spill: SpillStore | undefined): readonly RecordRun[] {
  if (pages.length === 0) return [];
  if (spill === undefined) throw new InternalError("pages are read by workers");
  return pages.map((page) => spill.read(page, layout, arena));
}

/** Partitions never meet in a slot: equal keys are in one partition, and a hash directory's slots are cut by partition. */
function linkRows({ module, directory, chunks, rowBytes, slots, sharedBits, key }: LinkTask, context: ThreadContext): void {
  const { pool } = context;
  const { exports } = context.instanceOf(module);
  switch (directory.kind) {
    case "hash": {
      if (slots === undefined) throw new InternalError("a hash directory has slots");
      pool.zero(slots.address, slots.bytes);
      const link = exports["link"] as (start: number, end: number, rowBytes: number, directory: number, shift: number, left: number) => void;
      for (const { start, end } of chunks) link(start, end, rowBytes, directory.address, 32 - directory.bits, sharedBits);
      return;
    }
    case "direct":
    case "ranked": {
      if (key === undefined) throw new InternalError("a keyed directory has a key");
      const link = exports[`${directory.kind === "direct" ? "linkDirect" : "linkRanked"}${key.width}`] as (start: number, end: number, rowBytes: number, address: number, offset: number, repeated: number, min: bigint, ...ranked: readonly number[]) => void;
      const ranked = directory.kind === "ranked" ? [directory.bits, directory.ranks] : [];
      for (const { start, end } of chunks) link(start, end, rowBytes, directory.address, key.offset, key.repeated, directory.min, ...ranked);
    }
  }
}

function markKeys({ module, directory, chunks, rowBytes, key }: MarkTask, context: ThreadContext): void {
  const { exports } = context.instanceOf(module);
  const mark = exports[`mark${key.width}`] as (start: number, end: number, rowBytes: number, bits: number, offset: number, min: bigint) => void;
  for (const { start, end } of chunks) mark(start, end, rowBytes, directory.bits, key.offset, directory.min);
}

function slice(run: RecordRun, offset: number, limit: number | undefined): RecordRun {
  const from = Math.min(offset, run.count);
  const count = Math.min(run.count - from, limit ?? run.count);
  return { base: run.base + 4 * from, count, stride: run.stride };
}

/** Each instance has its morsels' rows in order; records carry their morsel. */
function inMorselOrder(runs: readonly RecordRun[], context: ThreadContext, arena: Arena): RecordRun {
  const { u32 } = context.pool;
  const all = addressesOf(runs, arena);
  const records = u32.slice(all.base >>> 2, (all.base >>> 2) + all.count);
  // A stable sort: rows of one morsel stay as they came.
  const sorted = Uint32Array.from([...records].sort((a, b) => u32[a >>> 2] - u32[b >>> 2]));
  u32.set(sorted, all.base >>> 2);
  return all;
}
