import type { ColumnLayout, Split, SplitSource } from "../catalog/table.ts";
import type { Slice } from "../planner/partitioning.ts";
import type { PhysicalScan } from "../planner/physical.ts";
import type { BreakerSource, Pipeline, Source, StagePlan } from "../planner/stages.ts";
import { lazily } from "./lazily.ts";
import type { Arena } from "./memory/arena.ts";
import type { Pool } from "./memory/pool.ts";
import type { BreakerState } from "./operators/breaker-state.ts";
import type { SpilledParts } from "./operators/finish-task.ts";
import { BUILD_RECORD } from "./operators/join/join-build.ts";
import type { BuildInParts } from "./operators/join/build-in-parts.ts";
import { runsOf } from "./operators/row-store.ts";
import type { Morsels } from "./pipeline/morsels.ts";
import { morselCount, recordMorsels } from "./pipeline/morsels.ts";
import type { RowLayout } from "./pipeline/row-layout.ts";
import type { LocateFile } from "./scan/row-group-splits.ts";
import { spillLayout } from "./spill/spill-layout.ts";

/** What the workers of a pipeline share out among themselves. */

const splitsModule = lazily(() => import("./scan/row-group-splits.ts"));
const layoutsModule = lazily(() => import("./scan/layouts.ts"));

/** Rows below which a pipeline over records or literals runs in the main thread: starting or waking workers would take longer. */
const INLINE_ROWS = 4096;

/** Splits that workers take one by one; none but of a scan. */
export async function scanSplits(source: Source, locate: LocateFile): Promise<readonly Split[]> {
  if (source.kind !== "scan") return [];
  const { rowGroupSplits } = await splitsModule();
  return rowGroupSplits(source.node.splits, locate);
}

/** Splits as workers are sent them: of what is known of their rows, and of the places of cached columns, no more than a reader needs. */
export function splitMorsels(splits: readonly Split[], { columns }: PhysicalScan): Morsels {
  const wanted = new Set(columns.map(({ field }) => field));
  const read = (source: SplitSource): SplitSource => (source.kind === "cached" ? { ...source, columns: source.columns.map((place, i) => (wanted.has(i) ? place : NO_PLACE)) } : source);
  return { kind: "splits", splits: splits.map(({ source, rows, bytes, file }) => ({ source: read(source), rows, bytes, file })) };
}

const NO_PLACE = [0, 0, 0, 0] as const;

/** Rows of a breaker as they lie, in memory and on disk. `inParts`: of a hash table that is made part by part. */
export function storedMorsels(source: BreakerSource, state: BreakerState, { bytes, fields }: RowLayout, inParts: BuildInParts | undefined, pool: Pool, arena: Arena): Morsels {
  const stored = inParts === undefined ? state.records(source.rows, pool, arena, source.partitions) : state.flagged(source.rows, runsOf(inParts.chunks, bytes), pool, arena);
  const runs = sliceOf(recordMorsels(stored).runs, source.slice);
  const pages = inParts?.pages ?? sliceOf(state.pages(source.partitions), source.slice);
  if (pages.length === 0) return { kind: "records", runs };
  const flag = source.rows === "all" ? undefined : { offset: BUILD_RECORD.matched, value: source.rows === "matched" ? 1 : 0 };
  return { kind: "stored", runs, pages, layout: spillLayout(bytes, fields), flag };
}

/** `firstSite`: number of the merge's first error site among the pipeline's. */
export function partMorsels({ tasks }: SpilledParts, firstSite: number): Morsels {
  return { kind: "parts", tasks: tasks.map((task) => (task.kind === "merge" ? task : { ...task, firstSite: firstSite + task.firstSite })) };
}

/** How a scan's columns arrive; empty for other sources, and for cached tables, which say it themselves. */
export async function scanLayouts(source: Source, splits: readonly Split[]): Promise<readonly ColumnLayout[]> {
  if (source.kind !== "scan" || source.node.cached !== undefined) return [];
  const { chooseLayouts } = await layoutsModule();
  return chooseLayouts(splits, source.node.columns.map(({ column, field }) => ({ field, type: column.type })));
}

/** Piece `index` of `of` about equal ones. */
export function sliceOf<T>(items: readonly T[], slice: Slice | undefined): readonly T[] {
  return slice === undefined ? items : items.slice(...edgesOf(items.length, slice));
}

/** Where a piece of so many begins, and where it ends. */
export function edgesOf(count: number, { index, of }: Slice): readonly [number, number] {
  return [Math.floor((count * index) / of), Math.floor((count * (index + 1)) / of)];
}

/** Whether there is so little to do that the main thread does it. */
export function isSmall(morsels: Morsels): boolean {
  switch (morsels.kind) {
    case "splits":
      return morsels.splits.length === 0 || (morsels.splits.length === 1 && morsels.splits[0].source.kind === "cached" && (morsels.splits[0].rows ?? Infinity) <= INLINE_ROWS);
    case "values":
      return morsels.rows.length <= INLINE_ROWS;
    case "range":
      return morsels.rows <= BigInt(INLINE_ROWS);
    case "parts":
    case "joinParts":
      return false;
    case "stored":
      return morsels.pages.length === 0 && isSmall({ kind: "records", runs: morsels.runs });
    case "records":
      return morselCount(morsels) <= 64 && morsels.runs.reduce((sum, r) => sum + r.count, 0) <= INLINE_ROWS;
  }
}

/**
 * Whether some of a pipeline's morsels may be done by two threads at a time. Not where rows of one thread count for all (LIMIT), and not where morsels change what
 * they read (parts that are completed or joined in place).
 */
export function mayRunTwice({ sink }: Pipeline, { breakers }: StagePlan, morsels: Morsels): boolean {
  if (sink.kind === "breaker" && breakers[sink.breaker].kind === "limit") return false;
  switch (morsels.kind) {
    case "splits":
    case "range":
    case "records":
    case "stored":
      return true;
    // One morsel.
    case "values":
    case "parts":
    case "joinParts":
      return false;
  }
}
