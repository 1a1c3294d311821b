import type { DataType } from "../../catalog/types.ts";
import { isIntegral } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { aggregateFunction } from "./aggregate-implementations.ts";
import { finishAverage, finishSum } from "./aggregates.ts";
import { compareValues } from "./compare.ts";
import type { WindowFunction, WindowPartition, WindowSite } from "./window.ts";

/** What moves with a frame: rows enter at its end and leave at its start, never the other way. */
interface Sliding {
  readonly enter: (row: number) => void;
  readonly leave: (row: number) => void;
  readonly value: () => Value;
}

type MakeSliding = (partition: WindowPartition, site: WindowSite) => Sliding | undefined;

/** Sums and counts of exact values: what leaves is subtracted. */
function slidingSum(partition: WindowPartition, finish: (total: bigint, count: number) => Value): Sliding {
  let total = 0n;
  let count = 0;
  const change = (row: number, sign: 1n | -1n): void => {
    const value = partition.arg(0, row);
    if (value === null) return;
    total += sign * BigInt(value as number | bigint);
    count += Number(sign);
  };
  return { enter: (row) => change(row, 1n), leave: (row) => change(row, -1n), value: () => (count === 0 ? null : finish(total, count)) };
}

function isExact(type: DataType): boolean {
  return isIntegral(type) || type.kind === "decimal" || type.kind === "interval_ym" || type.kind === "interval_dt";
}

/** Sums of doubles cannot be subtracted from without error: a tree of partial sums answers any frame in logarithmic time. */
function doubleSums(partition: WindowPartition, finish: (total: number, count: number) => Value): Sliding {
  const leaves = 1 << Math.ceil(Math.log2(Math.max(1, partition.rows)));
  const totals = new Float64Array(2 * leaves);
  const counts = new Int32Array(2 * leaves);
  for (let row = 0; row < partition.rows; row++) {
    const value = partition.arg(0, row);
    if (value === null || partition.included?.(row) === false) continue;
    totals[leaves + row] = Number(value);
    counts[leaves + row] = 1;
  }
  for (let node = leaves - 1; node > 0; node--) {
    totals[node] = totals[2 * node] + totals[2 * node + 1];
    counts[node] = counts[2 * node] + counts[2 * node + 1];
  }
  let start = 0;
  let end = 0;
  const value = (): Value => {
    let total = 0;
    let count = 0;
    let right = 0;
    for (let low = leaves + start, high = leaves + end; low < high; low >>= 1, high >>= 1) {
      if ((low & 1) === 1) {
        count += counts[low];
        total += totals[low++];
      }
      if ((high & 1) === 1) {
        count += counts[--high];
        right = totals[high] + right;
      }
    }
    return count === 0 ? null : finish(total + right, count);
  };
  return {
    enter: (row) => {
      end = row + 1;
    },
    leave: (row) => {
      start = row + 1;
    },
    value,
  };
}

/** A queue of candidates in which the best stands first: each row enters and leaves once. */
function slidingExtremum(partition: WindowPartition, type: DataType, sign: 1 | -1): Sliding {
  const queue: number[] = [];
  let head = 0;
  return {
    enter: (row) => {
      const value = partition.arg(0, row);
      if (value === null) return;
      while (queue.length > head && sign * compareValues(type, partition.arg(0, queue[queue.length - 1]), value) <= 0) queue.pop();
      queue.push(row);
    },
    leave: (row) => {
      if (queue.length > head && queue[head] === row) head++;
    },
    value: () => (queue.length > head ? partition.arg(0, queue[head]) : null),
  };
}

function slidingCount(counts: (row: number) => boolean): Sliding {
  let count = 0n;
  return {
    enter: (row) => {
      if (counts(row)) count++;
    },
    leave: (row) => {
      if (counts(row)) count--;
    },
    value: () => count,
  };
}

const SLIDING: Readonly<Record<string, MakeSliding>> = {
  sum: slidingTotal,
  try_sum: slidingTotal,
  avg: slidingAverage,
  try_avg: slidingAverage,
  min: (partition, site) => slidingExtremum(partition, site.argTypes[0], -1),
  max: (partition, site) => slidingExtremum(partition, site.argTypes[0], 1),
  count: (partition, site) => slidingCount((row) => site.argTypes.every((_, i) => partition.arg(i, row) !== null)),
  count_if: (partition) => slidingCount((row) => partition.arg(0, row) === true),
};

function slidingTotal(partition: WindowPartition, site: WindowSite): Sliding {
  if (isExact(site.argTypes[0])) return slidingSum(partition, (total) => finishSum(total, site));
  return doubleSums(partition, (total) => total);
}

function slidingAverage(partition: WindowPartition, site: WindowSite): Sliding {
  if (isExact(site.argTypes[0])) return slidingSum(partition, (total, count) => finishAverage(total, count, site));
  return doubleSums(partition, (total, count) => total / count);
}

/** Moves the window's ends along the rows' frames. */
function slide(partition: WindowPartition, sliding: Sliding): Value[] {
  const result: Value[] = [];
  let start = 0;
  let end = 0;
  const counts = (row: number): boolean => partition.included?.(row) !== false;
  for (let row = 0; row < partition.rows; row++) {
    const [from, to] = partition.frame(row);
    for (; end < to; end++) if (counts(end)) sliding.enter(end);
    for (; start < from && start < end; start++) if (counts(start)) sliding.leave(start);
    result.push(sliding.value());
  }
  return result;
}

/** FIRST, LAST and ANY_VALUE look only at the ends of the frame. */
function atFrameEnd(partition: WindowPartition, site: WindowSite, last: boolean): Value[] {
  const result: Value[] = [];
  for (let row = 0; row < partition.rows; row++) {
    const [from, to] = partition.frame(row);
    const skip = site.ignoreNulls === true || (site.argTypes.length > 1 && partition.arg(1, row) === true);
    let value: Value = null;
    for (let i = 0; i < to - from; i++) {
      const at = last ? to - 1 - i : from + i;
      if (partition.included?.(at) === false) continue;
      value = partition.arg(0, at);
      if (!skip || value !== null) break;
    }
    result.push(value);
  }
  return result;
}

/** An aggregate as a window function: incremental where it can be, else from the rows of each frame that differs from the last. */
export function overFrames(name: string): WindowFunction | undefined {
  const aggregate = aggregateFunction(name);
  if (aggregate === undefined) return undefined;
  return {
    name,
    evaluate: (partition, site) => {
      if (name === "first" || name === "last" || name === "any_value") return atFrameEnd(partition, site, name === "last");
      const sliding = SLIDING[name]?.(partition, site);
      if (sliding !== undefined) return slide(partition, sliding);
      const result: Value[] = [];
      let previous: readonly [number, number] | undefined;
      for (let row = 0; row < partition.rows; row++) {
        const [from, to] = partition.frame(row);
        if (previous !== undefined && previous[0] === from && previous[1] === to) {
          result.push(result[row - 1]);
          continue;
        }
        previous = [from, to];
        const rows: Value[][] = [];
        for (let at = from; at < to; at++) if (partition.included?.(at) !== false) rows.push(site.argTypes.map((_, i) => partition.arg(i, at)));
        result.push(aggregate.finish(rows, site));
      }
      return result;
    },
  };
}
