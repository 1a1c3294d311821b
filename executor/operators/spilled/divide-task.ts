import type { Arena } from "../../memory/arena.ts";
import { ReusedMemory } from "../../memory/reused-memory.ts";
import type { Pool } from "../../memory/pool.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import { PAGE_BYTES } from "../../spill/page.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import { PARTITION_BITS, PARTITIONS, runsOf } from "../row-store.ts";
import { forEachRecord } from "../rows/sort-records.ts";
import type { StoredPartition } from "../spilling-rows.ts";
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

/** Pages by the number that the next bits make. */
export function runDivide({ partition, layout, hash }: DivideTask, pool: Pool, work: Arena, spill: SpillStore): readonly (readonly SpilledPage[])[] {
  const { u32 } = pool;
  const bits = sharedBits(partition);
  return divided(partition, layout, PARTITIONS, (record) => (u32[(record + hash + 4) >>> 2] << bits) >>> (32 - PARTITION_BITS), pool, work, spill);
}

/** Pages by number: below `parts`, as `numberOf` has it of a record. One page at a time is in memory, and one that is being filled for each number. */
export function divided({ chunks, pages }: StoredPartition, layout: SpillLayout, parts: number, numberOf: (record: number) => number, { u32 }: Pool, work: Arena, spill: SpillStore): readonly (readonly SpilledPage[])[] {
  const filling = spill.openPartitions(layout, parts);
  forEachRecord(u32, runsOf(chunks, layout.recordBytes), (record) => filling.add(numberOf(record), record));
  const memory = new ReusedMemory(work, PAGE_BYTES);
  for (const page of pages) {
    memory.beginRound();
    forEachRecord(u32, [spill.read(page, layout, memory)], (record) => filling.add(numberOf(record), record));
  }
  return filling.finish();
}
