import { InternalError } from "../../catalog/errors.ts";
import type { EvalContext } from "../functions/scalar-function.ts";
import type { Arena } from "../memory/arena.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import { RowError } from "../pipeline/pipeline-job.ts";
import { HEADER, initializeState, STATUS } from "../pipeline/state-layout.ts";
import type { ThreadContext } from "../thread-context.ts";
import { completeCollected } from "./aggregate/collected.ts";
import type { FinishTask } from "./finish-task.ts";
import { Directory } from "./group-directory.ts";
import { clearPartition } from "./join/join-directory.ts";
import { NEED, RowChunks, runsOf } from "./row-store.ts";
import { addressesInOrder, distributeRecords, forEachRecord, RecordSorter } from "./rows/sort-records.ts";
import { completeWindow } from "./window/window-task.ts";

/** Runs one task. Gives the records that later pipelines read; what they need lies in `arena`, what only the task needs in `work`. */
export function runFinishTask(task: FinishTask, context: ThreadContext, arena: Arena, work: Arena, evaluation: EvalContext): readonly RecordRun[] {
  switch (task.kind) {
    case "groups": {
      const runs = completeGroups(task, context, arena, work);
      completeCollected(task.shape, runs, context, arena, work, evaluation);
      return runs;
    }
    case "link":
      linkPartition(task, context);
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
    case "window":
      return [completeWindow(task.runs, task.shape, task.window, context, arena, work, evaluation)];
    case "addresses":
      return [addressesOf(task.runs, context, arena)];
  }
}

type GroupsTask = Extract<FinishTask, { kind: "groups" }>;

function completeGroups(task: GroupsTask, context: ThreadContext, arena: Arena, work: Arena): readonly RecordRun[] {
  const { shape, chunks, merge } = task;
  const { pool } = context;
  const runs = runsOf(chunks, shape.layout.bytes);
  const isEmptyTotal = shape.keys.length === 0 && runs.length === 0;
  if (!task.needsMerge && !isEmptyTotal) return runs;
  const state = work.allocate(merge.state.bytes);
  initializeState(pool, state, merge.state);
  const store = new RowChunks(pool, arena, state, merge.words.store);
  const records = runs.reduce((sum, run) => sum + run.count, 0);
  const directory = new Directory(pool, work, state, merge.words.directory, task.sharedBits, Math.min(records, 4096));
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
      if (status === STATUS.error) throw new RowError(pool.u32[(state + HEADER.errorSite) >>> 2], []);
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

/** Partitions never meet in a slot: equal keys are in one partition, and a hash directory's slots are cut by partition. */
function linkPartition(task: Extract<FinishTask, { kind: "link" }>, context: ThreadContext): void {
  const { pool } = context;
  const { directory, chunks, rowBytes, key } = task;
  const { exports } = new WebAssembly.Instance(task.module, { env: { memory: pool.memory } });
  switch (directory.kind) {
    case "hash": {
      clearPartition(pool, directory.address, directory.bits, task.partition);
      const link = exports["link"] as (start: number, end: number, rowBytes: number, directory: number, shift: number) => void;
      for (const { start, end } of chunks) link(start, end, rowBytes, directory.address, 32 - directory.bits);
      return;
    }
    case "direct": {
      if (key === undefined) throw new InternalError("a direct directory has a key");
      const link = exports[`linkDirect${key.width}`] as (start: number, end: number, rowBytes: number, directory: number, offset: number, repeated: number, min: bigint) => void;
      for (const { start, end } of chunks) link(start, end, rowBytes, directory.address, key.offset, key.repeated, directory.min);
    }
  }
}

function slice(run: RecordRun, offset: number, limit: number | undefined): RecordRun {
  const from = Math.min(offset, run.count);
  const count = Math.min(run.count - from, limit ?? run.count);
  return { base: run.base + 4 * from, count, stride: run.stride };
}

function addressesOf(runs: readonly RecordRun[], context: ThreadContext, arena: Arena): RecordRun {
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const base = arena.allocate(Math.max(1, count) * 4);
  let at = base >>> 2;
  forEachRecord(context.pool.u32, runs, (record) => {
    context.pool.u32[at++] = record;
  });
  return { base, count, stride: 0 };
}

/** Each instance has its morsels' rows in order; records carry their morsel. */
function inMorselOrder(runs: readonly RecordRun[], context: ThreadContext, arena: Arena): RecordRun {
  const { u32 } = context.pool;
  const all = addressesOf(runs, context, arena);
  const records = u32.slice(all.base >>> 2, (all.base >>> 2) + all.count);
  // A stable sort: rows of one morsel stay as they came.
  const sorted = Uint32Array.from([...records].sort((a, b) => u32[a >>> 2] - u32[b >>> 2]));
  u32.set(sorted, all.base >>> 2);
  return all;
}
