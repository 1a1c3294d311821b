import type { Split } from "../../catalog/table.ts";
import type { PartTask } from "../operators/finish-task.ts";
import type { JoinParts } from "../operators/join/join-part.ts";
import type { SpilledPage } from "../spill/spill-store.ts";
import type { SpillLayout } from "../spill/spill-layout.ts";
import type { Value } from "../../catalog/values.ts";

/**
 * What a pipeline runs over, cut into morsels that workers take one by one from an atomic counter. Plain data; edges do not depend on the number of
 * workers, so that results do not either.
 */
export type Morsels =
  | { readonly kind: "splits"; readonly splits: readonly Split[] }
  | { readonly kind: "values"; readonly rows: readonly (readonly Value[])[] }
  | { readonly kind: "range"; readonly rows: bigint; readonly morsels: number }
  | { readonly kind: "records"; readonly runs: readonly RecordRun[] }
  /** Parts of a breaker, completed as they are read. */
  | { readonly kind: "parts"; readonly tasks: readonly PartTask[] }
  /** Records in memory and, each a morsel, pages on disk. */
  | { readonly kind: "stored"; readonly runs: readonly RecordRun[]; readonly pages: readonly SpilledPage[]; readonly layout: SpillLayout; readonly flag?: RecordFlag }
  /** Parts of both sides of a join. */
  | { readonly kind: "joinParts"; readonly join: JoinParts };

/** Of records on disk only those whose byte at `offset` has the value. */
export interface RecordFlag {
  readonly offset: number;
  readonly value: number;
}

/** Records: one after the other with a stride in bytes, or behind an array of addresses (stride 0). */
export interface RecordRun {
  readonly base: number;
  readonly count: number;
  readonly stride: number;
}

export const RANGE_MORSEL_ROWS = 65_536;
const RECORD_MORSEL_ROWS = 16_384;

export function morselCount(morsels: Morsels): number {
  switch (morsels.kind) {
    case "splits":
      return morsels.splits.length;
    case "values":
      return 1;
    case "range":
      return morsels.morsels;
    case "records":
      return morsels.runs.length;
    case "parts":
      return morsels.tasks.length;
    case "joinParts":
      return morsels.join.tasks.length;
    case "stored":
      return morsels.runs.length + morsels.pages.length;
  }
}

/** Long runs cut to morsel size; short ones stay, each a morsel. */
export function recordMorsels(runs: readonly RecordRun[], rows = RECORD_MORSEL_ROWS): Morsels & { readonly kind: "records" } {
  const cut: RecordRun[] = [];
  for (const run of runs) {
    for (let from = 0; from < run.count; from += rows) {
      const count = Math.min(rows, run.count - from);
      cut.push({ base: run.base + from * (run.stride === 0 ? 4 : run.stride), count, stride: run.stride });
    }
  }
  return { kind: "records", runs: cut };
}

export function rangeMorsels(start: bigint, end: bigint, step: bigint): Morsels {
  const span = step > 0n ? end - start : start - end;
  const size = step > 0n ? step : -step;
  const rows = span <= 0n ? 0n : (span + size - 1n) / size;
  return { kind: "range", rows, morsels: Number((rows + BigInt(RANGE_MORSEL_ROWS) - 1n) / BigInt(RANGE_MORSEL_ROWS)) };
}
