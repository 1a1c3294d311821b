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

/** Neighbours together up to the target; a rest of fewer than `minBytes` goes to the group before. */
export function groupNeighbours(partitions: readonly SizedPartition[], target: number, minBytes: number): readonly (readonly number[])[] {
  const groups: { partitions: number[]; isAlone: boolean }[] = [];
  let open: { partitions: number[]; bytes: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const before = groups.at(-1);
    if (open.bytes < minBytes && before?.isAlone === false) before.partitions.push(...open.partitions);
    else groups.push({ partitions: open.partitions, isAlone: false });
    open = undefined;
  };
  for (const { partition, bytes, isAlone } of partitions) {
    if (isAlone || (open !== undefined && open.bytes + bytes > target)) close();
    if (isAlone) {
      groups.push({ partitions: [partition], isAlone });
      continue;
    }
    open ??= { partitions: [], bytes: 0 };
    open.partitions.push(partition);
    open.bytes += bytes;
  }
  close();
  return groups.map((group) => group.partitions);
}
