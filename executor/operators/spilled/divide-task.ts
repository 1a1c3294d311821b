import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import { PARTITION_BITS, PARTITIONS, runsOf } from "../row-store.ts";
import { forEachRecord } from "../rows/sort-records.ts";
import type { HashPartition } from "./hash-partitions.ts";
import { sharedBits } from "./hash-partitions.ts";

/** Writes the rows of one partition to disk, by the next bits of their hashes. */
export interface DivideTask {
  readonly kind: "divide";
  readonly partition: HashPartition;
  readonly layout: SpillLayout;
  /** Offset of the int64 hash in a record. */
  readonly hash: number;
}

/** Pages by the number that the next bits make. One page at a time is in memory, and one that is being filled for each number. */
export function runDivide({ partition, layout, hash }: DivideTask, pool: Pool, work: Arena, spill: SpillStore): readonly (readonly SpilledPage[])[] {
  const { u32 } = pool;
  const parts = spill.openPartitions(layout, PARTITIONS);
  const bits = sharedBits(partition);
  const divide = (runs: readonly RecordRun[]): void =>
    forEachRecord(u32, runs, (record) => parts.add((u32[(record + hash + 4) >>> 2] << bits) >>> (32 - PARTITION_BITS), record));
  divide(runsOf(partition.chunks, layout.recordBytes));
  for (const page of partition.pages) {
    divide([spill.read(page, layout, work)]);
    work.reset();
  }
  return parts.finish();
}
