import type { ColumnLayout, Split } from "../catalog/table.ts";
import type { Source } from "../planner/stages.ts";
import { lazily } from "./lazily.ts";
import type { SpilledParts } from "./operators/finish-task.ts";
import type { Morsels } from "./pipeline/morsels.ts";
import { morselCount } from "./pipeline/morsels.ts";

/** What the workers of a pipeline share out among themselves. */

const splitsModule = lazily(() => import("./scan/row-group-splits.ts"));
const layoutsModule = lazily(() => import("./scan/layouts.ts"));

/** Rows below which a pipeline over records or literals runs in the main thread: starting or waking workers would take longer. */
const INLINE_ROWS = 4096;

/** Splits that workers take one by one; none but of a scan. */
export async function scanSplits(source: Source): Promise<readonly Split[]> {
  if (source.kind !== "scan") return [];
  const { rowGroupSplits } = await splitsModule();
  return rowGroupSplits(source.node.splits);
}

/** `firstSite`: number of the merge's first error site among the pipeline's. */
export function partMorsels({ tasks }: SpilledParts, firstSite: number): Morsels {
  return { kind: "parts", tasks: tasks.map((task) => ({ ...task, firstSite })) };
}

/** How a scan's columns arrive; empty for other sources, and for cached tables, which say it themselves. */
export async function scanLayouts(source: Source, splits: readonly Split[]): Promise<readonly ColumnLayout[]> {
  if (source.kind !== "scan" || source.node.cached !== undefined) return [];
  const { chooseLayouts } = await layoutsModule();
  return chooseLayouts(splits, source.node.columns.map(({ column, field }) => ({ field, type: column.type })));
}

/** Piece `index` of `of` about equal ones. */
export function sliceOf<T>(items: readonly T[], slice: { readonly index: number; readonly of: number } | undefined): readonly T[] {
  if (slice === undefined) return items;
  const edge = (index: number): number => Math.floor((items.length * index) / slice.of);
  return items.slice(edge(slice.index), edge(slice.index + 1));
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

