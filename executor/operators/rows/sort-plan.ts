import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { recordMorsels } from "../../pipeline/morsels.ts";
import type { FinishTask, FinishTasks } from "../finish-task.ts";
import type { RowSinkShape } from "./row-sink.ts";
import { sortCode, SORT_ENTRY, SORT_RECORD } from "./sort-module.ts";

/** Rows that are sorted at a time: entries and their copy stay in the second-level cache. */
const BUCKET_ROWS = 32_768;
const MAX_BUCKETS = 1024;
/** Prefixes that are looked at to find where buckets part, for each bucket. */
const SAMPLES = 16;
/** Morsels of records that a distributing task takes. */
const DISTRIBUTED_MORSELS = 8;

/**
 * A sort on all workers: rows go to buckets by their prefixes, and each bucket is sorted by itself. Between the buckets stand prefixes of a sample, so that
 * they are of about one size; rows with equal prefixes are in one bucket. Source: sample sort (Frazer and McKellar, 1970).
 */
export function sortTasks(shape: RowSinkShape, runs: readonly RecordRun[], pool: Pool, arena: Arena): FinishTasks {
  const rows = runs.reduce((sum, run) => sum + run.count, 0);
  const sorting = sortCode(shape);
  const buckets = Math.min(MAX_BUCKETS, Math.ceil(rows / BUCKET_ROWS));
  if (buckets <= 2) return { tasks: [{ kind: "sort", shape, sorting, runs, offset: 0, limit: undefined }], sites: [] };
  const bounds = sampleBounds(pool, runs, rows, buckets);
  const address = arena.allocate(8 * bounds.length);
  pool.u32.set(new Uint32Array(bounds.buffer), address >>> 2);
  const morsels = recordMorsels(runs).runs;
  const tasks = Array.from({ length: Math.ceil(morsels.length / DISTRIBUTED_MORSELS) }, (_, i): FinishTask => ({
    kind: "distribute",
    runs: morsels.slice(i * DISTRIBUTED_MORSELS, (i + 1) * DISTRIBUTED_MORSELS),
    bounds: address,
    boundCount: bounds.length,
  }));
  const then = (made: readonly (readonly RecordRun[])[]): FinishTasks => {
    const sort = (bucket: number): FinishTask => ({ kind: "sortBucket", shape, sorting, slices: made.flatMap(([entries, ends]) => sliceOf(pool, entries, ends, bucket)) });
    return { tasks: Array.from({ length: bounds.length + 1 }, (_, bucket) => sort(bucket)), sites: [] };
  };
  return { tasks, sites: [], then };
}

/** Ascending, without repetition. */
function sampleBounds(pool: Pool, runs: readonly RecordRun[], rows: number, buckets: number): BigUint64Array {
  const sample = new BigUint64Array(buckets * SAMPLES);
  const step = rows / sample.length;
  let before = 0;
  let at = 0;
  for (const { base, count, stride } of runs) {
    for (; at < sample.length && Math.floor(at * step) < before + count; at++) {
      const row = Math.floor(at * step) - before;
      const record = stride === 0 ? pool.u32[(base >>> 2) + row] : base + row * stride;
      sample[at] = pool.view.getBigUint64(record + SORT_RECORD.prefix, true);
    }
    before += count;
  }
  sample.sort();
  const bounds = Array.from({ length: buckets - 1 }, (_, i) => sample[(i + 1) * SAMPLES]);
  return BigUint64Array.from(bounds.filter((bound, i) => bound !== bounds[i - 1]));
}

/** The entries of one bucket that a task has left: `ends` are addresses. */
function sliceOf({ u32 }: Pool, entries: RecordRun, ends: RecordRun, bucket: number): readonly RecordRun[] {
  const at = ends.base >>> 2;
  const start = bucket === 0 ? entries.base : u32[at + bucket - 1];
  const count = (u32[at + bucket] - start) / SORT_ENTRY.bytes;
  return count === 0 ? [] : [{ base: start, count, stride: SORT_ENTRY.bytes }];
}
