import type { SpilledPage } from "../../spill/spill-store.ts";
import { PARTITION_BITS } from "../row-store.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { RunDivision } from "./run-division.ts";

/** Rows of a breaker whose hashes begin alike: `path[i]` is the number that their i-th four bits, from the uppermost on, make. */
export interface HashPartition extends StoredPartition {
  readonly path: readonly number[];
}

/** Upper hash bits that the rows of a partition have in common. */
export function sharedBits({ path }: HashPartition): number {
  return path.length * PARTITION_BITS;
}

/** What the records of a partition take when they are used. */
export interface RecordCost {
  readonly recordBytes: number;
  /** Beside the record and its strings: entries of a directory, addresses. */
  readonly besideBytes: number;
}

export function bytesInMemory({ chunks }: StoredPartition): number {
  return chunks.reduce((sum, c) => sum + c.end - c.start, 0);
}

export function recordsOf({ chunks, pages }: StoredPartition, recordBytes: number): number {
  return bytesInMemory({ chunks, pages }) / recordBytes + pages.reduce((sum, page) => sum + page.records, 0);
}

/** Bytes of memory that it takes to use a partition, beyond the chunks that are there already. */
export function bytesToUse(partition: StoredPartition, { recordBytes, besideBytes }: RecordCost): number {
  return partition.pages.reduce((sum, page) => sum + page.bytes, 0) + recordsOf(partition, recordBytes) * besideBytes;
}

/** The upper half of the hash, which rows meet by, has no more bits than these. */
const MAX_PATH = 32 / PARTITION_BITS;
/** A partition of which so much stays together has one key for the most part, and cannot be divided. */
const UNDIVIDED = 0.9;

/** Whether dividing a partition has left nearly all of it in one part: it would go on so. */
export function hardlyDivides(recordBytes: number): (partition: HashPartition, part: HashPartition) => boolean {
  return (partition, part) => recordsOf(part, recordBytes) > recordsOf(partition, recordBytes) * UNDIVIDED;
}

/**
 * Divides partitions by further bits of the hash until each fits. `divide`: rows of each partition to disk, by the sixteen numbers that the next four bits
 * can be. `isFinal`: a part is not divided again, whether it fits or not.
 */
export async function divideUntil(
  partitions: readonly HashPartition[],
  fits: (partition: HashPartition) => boolean,
  divide: (large: readonly HashPartition[]) => ReturnType<RunDivision>,
  isFinal: (partition: HashPartition, part: HashPartition) => boolean = () => false,
): Promise<readonly HashPartition[]> {
  let current = partitions;
  const final = new Set<HashPartition>();
  for (;;) {
    const large = current.filter((p) => !fits(p) && !final.has(p) && p.path.length < MAX_PATH);
    if (large.length === 0) return current;
    const parts = await divide(large);
    const divided = new Map(large.map((p, i) => [p, partsOf(p, parts[i])]));
    for (const [partition, made] of divided) {
      for (const part of made) if (isFinal(partition, part)) final.add(part);
    }
    current = current.flatMap((p) => divided.get(p) ?? [p]);
  }
}

function partsOf({ path }: HashPartition, parts: readonly (readonly SpilledPage[])[]): readonly HashPartition[] {
  return parts.flatMap((pages, number) => (pages.length === 0 ? [] : [{ path: [...path, number], chunks: [], pages }]));
}
