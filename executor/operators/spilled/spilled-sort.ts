import { PAGE_BYTES } from "../../spill/page.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { FinishTask } from "../finish-task.ts";
import { runsOf } from "../row-store.ts";
import type { MergeTask, RowSlice } from "../rows/merge-task.ts";
import { rowSpillLayout } from "../rows/row-sink-instance.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import { sortCode } from "../rows/sort-module.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { SpilledPartsOptions } from "./spilled-parts.ts";

/** Parts of the merge for each worker, so that all have work to the end. */
const PARTS_PER_WORKER = 3;
/** Pages of a part for each run: one of them is read for the part before it too. */
const MIN_PAGES = 4;
/** Runs of which a page is in memory at a time, at least. */
const MIN_FAN_IN = 3;

type Sort = Omit<MergeTask, "low" | "high">;

/**
 * The parts in which a sort on disk is merged, one after the other in order. First, groups of runs are merged into longer ones, until few enough are left for a page of
 * each to be in memory. `sorted`: runs of pages; a page's `first` is the prefix of its first record. `stored`: what instances had that needed no disk. `slice`: of these rows no
 * others are wanted; the prefixes of rows without an order are their morsels.
 */
export async function mergeTasks(shape: RowSinkShape, stored: readonly StoredPartition[], sorted: readonly (readonly SpilledPage[])[], { workers, partBytes, runTasks }: SpilledPartsOptions, slice?: RowSlice): Promise<readonly MergeTask[]> {
  const layout = rowSpillLayout(shape);
  const sorting = sortCode(shape);
  const fanIn = Math.max(MIN_FAN_IN, Math.floor(partBytes / PAGE_BYTES) - 1);
  // Rows behind those of a slice are in no merged run.
  const first: RowSlice | undefined = slice?.limit === undefined ? undefined : { offset: 0, limit: slice.offset + slice.limit };
  let runs = sorted;
  while (runs.length > fanIn) {
    const groups = Math.ceil(runs.length / fanIn);
    const tasks = Array.from({ length: groups }, (_, g): MergeTask => ({ kind: "merge", shape, sorting, layout, runs: runs.filter((_run, i) => i % groups === g), inMemory: [], low: undefined, high: undefined, slice: first, pageBytes: PAGE_BYTES }));
    runs = (await runTasks(tasks)).map(({ pages }) => pages[0]);
  }
  const rest = runsOf(stored.flatMap((p) => p.chunks), layout.recordBytes);
  const inOrder: FinishTask = shape.order.length > 0 ? { kind: "sort", shape, sorting, runs: rest, offset: 0, limit: undefined } : { kind: "limit", runs: rest, offset: 0, limit: undefined };
  const inMemory = rest.length === 0 ? [] : (await runTasks([inOrder]))[0].runs;
  const sort: Sort = { kind: "merge", shape, sorting, layout, runs, inMemory, slice, pageBytes: PAGE_BYTES };
  return slice === undefined ? mergeParts(sort, workers) : [{ ...sort, low: undefined, high: undefined }];
}

/** Parts of the order between prefixes, each of about as many pages. Records with equal prefixes are in one part. */
function mergeParts(sort: Sort, workers: number): readonly MergeTask[] {
  const firsts = BigUint64Array.from(sort.runs.flat().map((page) => page.first)).sort();
  const parts = Math.max(1, Math.min(PARTS_PER_WORKER * workers, Math.floor(firsts.length / (MIN_PAGES * sort.runs.length))));
  const quantiles = Array.from({ length: parts - 1 }, (_, i) => firsts[Math.floor(((i + 1) * firsts.length) / parts)]);
  const bounds = quantiles.filter((bound, i) => bound !== quantiles[i - 1]);
  return [...bounds, undefined].map((high, i): MergeTask => {
    const low = i === 0 ? undefined : bounds[i - 1];
    return { ...sort, runs: sort.runs.map((pages) => pagesWithin(pages, low, high)), low, high };
  });
}

/** Pages that can have records within the bounds. Records of `low` can begin in the page before the first one that begins with it. */
function pagesWithin(pages: readonly SpilledPage[], low: bigint | undefined, high: bigint | undefined): readonly SpilledPage[] {
  const firstFrom = (bound: bigint): number => {
    const found = pages.findIndex((page) => page.first >= bound);
    return found < 0 ? pages.length : found;
  };
  return pages.slice(low === undefined ? 0 : Math.max(0, firstFrom(low) - 1), high === undefined ? pages.length : firstFrom(high));
}
