import type { WindowTask, SpilledParts } from "../finish-task.ts";
import { rowSpillLayout } from "../rows/row-sink-instance.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import { SORT_RECORD } from "../rows/sort-module.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { WindowResult } from "../window/window-module.ts";
import { compileWindow } from "../window/window-module.ts";
import type { DivideTask } from "./divide-task.ts";
import type { HashPartition } from "./hash-partitions.ts";
import { bytesToUse, divideUntil, hardlyDivides, sharedBits } from "./hash-partitions.ts";
import type { RunDivision } from "./run-division.ts";

/** Beside each record: its entry and a copy for sorting, its place in a directory of partitions, its address. */
const BESIDE_BYTES = 64;

/** Parts of a window's rows of which some are on disk. `bytes`: what a worker may take for one part. A partition has all its rows in one part. */
export async function divideWindow(
  calls: readonly WindowResult[],
  shape: RowSinkShape,
  { emit, timeZone }: { readonly emit: boolean; readonly timeZone: string },
  stored: readonly StoredPartition[],
  bytes: number,
  run: RunDivision,
): Promise<SpilledParts> {
  const { window, sites } = compileWindow(calls, shape, emit, timeZone);
  const layout = rowSpillLayout(shape);
  const cost = { recordBytes: layout.recordBytes, besideBytes: BESIDE_BYTES };
  const isWhole = shape.partitionBy.length === 0;
  const partitions = stored.map((partition, number): HashPartition => ({ ...partition, path: isWhole ? [] : [number] }));
  const fits = (partition: HashPartition): boolean => isWhole || bytesToUse(partition, cost) <= bytes;
  const parts = await divideUntil(partitions, fits, (large) => run(large.map((partition): DivideTask => ({ kind: "divide", partition, layout, hash: SORT_RECORD.partition }))), hardlyDivides(layout.recordBytes));
  const tasks = parts
    .filter(({ chunks, pages }) => pages.length > 0 || chunks.some((c) => c.end > c.start))
    .map((part): WindowTask => ({ kind: "window", shape, window, rows: part, sharedBits: sharedBits(part), firstSite: 0 }));
  return { tasks, sites };
}
