import type { AdaptiveSettings } from "./rule.ts";

/** Tasks of a partitioned join for each worker, so that all are at work to the end. */
const TASKS_PER_WORKER = 8;

/** Bytes that a task of a join should have, of which these are all. Source: Spark's advisory size, and its wish for at least as many tasks as there are threads. */
export function taskBytes(bytes: readonly number[], settings: AdaptiveSettings): number {
  const total = bytes.reduce((sum, size) => sum + size, 0);
  return Math.max(settings.minPartitionBytes, Math.min(settings.advisoryPartitionBytes, Math.ceil(total / (TASKS_PER_WORKER * settings.workers))));
}

/** Into how many pieces of about `target` bytes a partition is cut. */
export function piecesOf(bytes: number, target: number, { smallPartitionFactor }: AdaptiveSettings): number {
  return Math.max(1, Math.ceil(bytes / target - smallPartitionFactor));
}

/** What stays by itself is told apart: it is cut, or must not be read with others. */
export interface SizedPartition {
  readonly partition: number;
  readonly bytes: number;
  readonly isAlone: boolean;
}

/**
 * Neighbours together up to the target. A group of fewer than `minBytes` goes to the one before it where that is smaller than what comes, and else takes in what
 * comes. Source: Spark's `CoalesceShufflePartitions`.
 */
export function groupNeighbours(partitions: readonly SizedPartition[], target: number, minBytes: number): readonly (readonly number[])[] {
  const groups: { partitions: number[]; bytes: number; isAlone: boolean }[] = [];
  let open: { partitions: number[]; bytes: number } | undefined;
  const close = (isSmall: boolean): void => {
    if (open === undefined) return;
    const before = groups.at(-1);
    if (isSmall && before?.isAlone === false) {
      before.partitions.push(...open.partitions);
      before.bytes += open.bytes;
    } else groups.push({ ...open, isAlone: false });
    open = undefined;
  };
  for (const { partition, bytes, isAlone } of partitions) {
    const isSmall = open !== undefined && open.bytes < minBytes;
    if (isAlone) {
      close(isSmall);
      groups.push({ partitions: [partition], bytes, isAlone });
      continue;
    }
    if (open !== undefined && open.bytes + bytes > target && (!isSmall || (groups.at(-1)?.bytes ?? Infinity) < bytes)) close(isSmall);
    open ??= { partitions: [], bytes: 0 };
    open.partitions.push(partition);
    open.bytes += bytes;
  }
  close(open !== undefined && open.bytes < minBytes);
  return groups.map((group) => group.partitions);
}
