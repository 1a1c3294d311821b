import { aggregateSpillLayout } from "../aggregate/aggregate-spill.ts";
import type { AggregateShape } from "../aggregate/aggregate-sink.ts";
import { mergeCode } from "../aggregate/merge-module.ts";
import type { GroupsTask, SpilledParts } from "../finish-task.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { DivideTask } from "./divide-task.ts";
import type { HashPartition } from "./hash-partitions.ts";
import { bytesInMemory, bytesToUse, divideUntil, hardlyDivides, sharedBits } from "./hash-partitions.ts";
import type { RunDivision } from "./run-division.ts";

/** Beside each record: its entry in a directory that is at most half full, and at least a quarter; its address. */
const BESIDE_BYTES = 36;

/** Parts of groups of which some are on disk. `bytes`: what a worker may take for one part. A group has all its records in one part. */
export async function divideGroups(
  shape: AggregateShape,
  timeZone: string,
  stored: readonly StoredPartition[],
  bytes: number,
  run: RunDivision,
): Promise<SpilledParts> {
  const { merge, sites } = mergeCode(shape, timeZone);
  const layout = aggregateSpillLayout(shape);
  const cost = { recordBytes: layout.recordBytes, besideBytes: BESIDE_BYTES };
  const isTotal = shape.keys.length === 0;
  const partitions = stored.map((partition, number): HashPartition => ({ ...partition, path: isTotal ? [] : [number] }));
  // What is in memory is copied before it is merged.
  const fits = (partition: HashPartition): boolean => isTotal || bytesToUse(partition, cost) + bytesInMemory(partition) <= bytes;
  const parts = await divideUntil(partitions, fits, (large) => run(large.map((partition): DivideTask => ({ kind: "divide", partition, layout, hash: 0 }))), hardlyDivides(layout.recordBytes));
  const tasks = parts
    .filter(({ chunks, pages }) => pages.length > 0 || chunks.some((c) => c.end > c.start))
    .map((part): GroupsTask => ({ kind: "groups", shape, groups: part, merge, needsMerge: true, copies: true, sharedBits: shape.collide ? 0 : sharedBits(part), firstSite: 0 }));
  return { tasks, sites };
}
