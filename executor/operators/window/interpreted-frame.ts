import { SparrowError } from "../../../catalog/errors.ts";
import type { FrameBound, LiteralExpr, WindowFrame } from "../../../catalog/expression.ts";
import type { Value } from "../../../catalog/values.ts";
import { compareValues } from "../../functions/compare.ts";
import type { Pool } from "../../memory/pool.ts";
import { readField } from "../../pipeline/record-values.ts";
import type { OrderField } from "../rows/sort-prefix.ts";
import { addToOrderKey } from "./order-key.ts";

export type FrameFunction = (row: number) => readonly [start: number, end: number];

/** A sorted partition: its records, where its peer groups begin (and, last, the number of rows), and what it is sorted by. */
export interface SortedPartition {
  readonly records: Uint32Array;
  readonly peers: Int32Array;
  readonly order: readonly OrderField[];
  readonly pool: Pool;
  readonly zone: string;
}

/** The frame of each row of a sorted partition, as [start, end). */
export function frameOf(frame: WindowFrame, partition: SortedPartition): FrameFunction {
  const rows = partition.records.length;
  const group = groupOfRow(partition.peers, rows);
  const start = boundOf(frame.unit, frame.start, "start", partition, group);
  const end = boundOf(frame.unit, frame.end, "end", partition, group);
  return (row) => [Math.max(0, start(row)), Math.min(rows, end(row))];
}

/** The peer group of each row. */
function groupOfRow(peers: Int32Array, rows: number): Int32Array {
  const group = new Int32Array(rows);
  for (let g = 0; g + 1 < peers.length; g++) group.fill(g, peers[g], peers[g + 1]);
  return group;
}

function boundOf(unit: "rows" | "range", bound: FrameBound, side: "start" | "end", partition: SortedPartition, group: Int32Array): (row: number) => number {
  const { peers } = partition;
  const rows = partition.records.length;
  const beyond = side === "start" ? 0 : 1;
  switch (bound.kind) {
    case "unboundedPreceding":
      return () => 0;
    case "unboundedFollowing":
      return () => rows;
    case "currentRow":
      return unit === "rows" ? (row) => row + beyond : (row) => peers[group[row] + beyond];
    case "preceding":
    case "following": {
      const direction = bound.kind === "preceding" ? -1 : 1;
      if (unit === "range") return rangeBound(bound.offset, direction, side, partition, group);
      const distance = Number(bound.offset.value) * direction;
      return (row) => Math.min(rows, Math.max(0, row + distance + beyond));
    }
  }
}

/** RANGE with an offset: the first row (start), or the one behind the last (end), whose key is within the distance. Rows with a NULL key have their peers. */
function rangeBound(offset: LiteralExpr, direction: 1 | -1, side: "start" | "end", { records, peers, order, pool, zone }: SortedPartition, group: Int32Array): (row: number) => number {
  if (order.length !== 1) throw new SparrowError("DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER", "42K09", "A range window frame with value boundaries cannot be used in a window specification with multiple order by expressions.", {});
  const [{ field, ascending }] = order;
  const keys = Array.from(records, (record) => readField(pool, field, record));
  const bounds = new Map<number, number>();
  const before = (a: Exclude<Value, null>, b: Exclude<Value, null>): boolean => {
    const comparison = compareValues(field.type, a, b);
    return ascending ? comparison < 0 : comparison > 0;
  };
  return (row) => {
    const known = bounds.get(group[row]);
    if (known !== undefined) return known;
    const key = keys[row];
    let at: number;
    if (key === null) {
      at = peers[group[row] + (side === "start" ? 0 : 1)];
    } else {
      const limit = addToOrderKey(key, field.type, offset, ascending ? direction : direction === 1 ? -1 : 1, zone);
      let high: number;
      [at, high] = nonNullRange(keys);
      // Binary search: the first row that is not before the limit (start), or the first one behind it (end).
      while (at < high) {
        const middle = (at + high) >>> 1;
        const candidate = keys[middle]!;
        const goOn = side === "start" ? before(candidate, limit) : !before(limit, candidate);
        if (goOn) at = middle + 1;
        else high = middle;
      }
    }
    bounds.set(group[row], at);
    return at;
  };
}

/** NULL keys lie together at one end. */
function nonNullRange(keys: readonly Value[]): readonly [number, number] {
  let first = 0;
  let last = keys.length;
  while (first < last && keys[first] === null) first++;
  while (last > first && keys[last - 1] === null) last--;
  return [first, last];
}
