import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { AggregateSite } from "./aggregate-function.ts";
import { castToText } from "./cast-text.ts";
import { compareValues } from "./compare.ts";
import { dataError } from "./data-errors.ts";
import { overFrames } from "./window-frames.ts";

/** One partition of a window, its rows in window order. Rows count from 0. */
export interface WindowPartition {
  readonly rows: number;
  /** The i-th argument of the call at a row. */
  readonly arg: (index: number, row: number) => Value;
  /** Start of each group of rows that are equal under the window's order, and the number of rows at the end. */
  readonly peers: Int32Array;
  /** The row's frame: [start, end); empty when start >= end. Both ends never go down from one row to the next. */
  readonly frame: (row: number) => readonly [start: number, end: number];
  /** FILTER (WHERE ...): rows that the call counts. Absent: all. */
  readonly included?: (row: number) => boolean;
}

export type WindowSite = AggregateSite;

/** A window function over one sorted partition: a value for each row. */
export interface WindowFunction {
  readonly name: string;
  readonly evaluate: (partition: WindowPartition, site: WindowSite) => Value[];
}

/** Calls `visit` for every group of peers. */
function eachPeerGroup(partition: WindowPartition, visit: (start: number, end: number, group: number) => void): void {
  for (let group = 0; group + 1 < partition.peers.length; group++) visit(partition.peers[group], partition.peers[group + 1], group);
}

/** The same value for all peers. */
function byPeers(name: string, of: (start: number, end: number, group: number, rows: number) => Value): WindowFunction {
  return {
    name,
    evaluate: (partition) => {
      const result: Value[] = [];
      eachPeerGroup(partition, (start, end, group) => {
        const value = of(start, end, group, partition.rows);
        for (let row = start; row < end; row++) result.push(value);
      });
      return result;
    },
  };
}

/** The first `rows % n` buckets have one row more. */
function ntile(partition: WindowPartition, site: WindowSite): Value[] {
  if (partition.rows === 0) return [];
  const buckets = site.argTypes.length === 0 ? 1 : (partition.arg(0, 0) as number | null);
  if (buckets === null || buckets < 1) {
    throw dataError("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "42K09", `ntile: the number of buckets ${String(buckets)} is not positive.`, { exprName: "buckets", valueRange: "(0, 2147483647]", currentValue: String(buckets), sqlExpr: `"ntile(${String(buckets)})"` }, site);
  }
  const size = Math.floor(partition.rows / buckets);
  const larger = partition.rows % buckets;
  const edge = larger * (size + 1);
  return Array.from({ length: partition.rows }, (_, row) => (row < edge ? Math.floor(row / (size + 1)) : larger + Math.floor((row - edge) / size)) + 1);
}

/** LAG and LEAD: `direction` -1 and 1. With IGNORE NULLS the offset counts rows that are not NULL. */
function neighbour(name: string, direction: 1 | -1): WindowFunction {
  return {
    name,
    evaluate: (partition, site) => {
      const result: Value[] = [];
      for (let row = 0; row < partition.rows; row++) {
        const offset = site.argTypes.length > 1 ? (partition.arg(1, row) as number | null) : 1;
        const fallback = site.argTypes.length > 2 ? partition.arg(2, row) : null;
        const found = offset === null ? -1 : site.ignoreNulls === true ? skipNulls(partition, row, offset * direction) : row + offset * direction;
        result.push(found >= 0 && found < partition.rows ? partition.arg(0, found) : fallback);
      }
      return result;
    },
  };
}

function skipNulls(partition: WindowPartition, row: number, offset: number): number {
  const step = Math.sign(offset);
  let left = Math.abs(offset);
  let at = row;
  while (left > 0) {
    at += step;
    if (at < 0 || at >= partition.rows) return -1;
    if (partition.arg(0, at) !== null) left--;
  }
  return at;
}

function nthValue(partition: WindowPartition, site: WindowSite): Value[] {
  const result: Value[] = [];
  for (let row = 0; row < partition.rows; row++) {
    const nth = partition.arg(1, row) as number | null;
    if (nth === null || nth < 1) {
      throw dataError("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "42K09", `nth_value: the offset ${String(nth)} is not positive.`, { exprName: "offset", valueRange: "(0, 9223372036854775807]", currentValue: `${String(nth)}L`, sqlExpr: '"nth_value"' }, site);
    }
    const [start, end] = partition.frame(row);
    result.push(nthIn(partition, start, end, nth, site.ignoreNulls === true));
  }
  return result;
}

function nthIn(partition: WindowPartition, start: number, end: number, nth: number, ignoreNulls: boolean): Value {
  if (!ignoreNulls) return start + nth - 1 < end ? partition.arg(0, start + nth - 1) : null;
  let left = nth;
  for (let row = start; row < end; row++) {
    const value = partition.arg(0, row);
    if (value !== null && --left === 0) return value;
  }
  return null;
}

/**
 * Growth of a counter since the row before that has a value; NULL for the first and after a reset: a smaller value, or a later start time.
 * Source: Spark's `counter_diff`.
 */
function counterDiff(partition: WindowPartition, site: WindowSite): Value[] {
  const [type, startType] = site.argTypes;
  const result: Value[] = [];
  let previous: { readonly value: Value; readonly start: Value } | undefined;
  for (let row = 0; row < partition.rows; row++) {
    const value = partition.arg(0, row);
    if (value === null) {
      result.push(null);
      continue;
    }
    const start = startType === undefined ? null : partition.arg(1, row);
    if (typeof value === "bigint" ? value < 0n : (value as number) < 0) {
      const text = castToText(value, type, site.mode, site.timeZone) ?? "";
      throw dataError("COUNTER_DIFF_NEGATIVE_COUNTER_VALUE", "22003", `counter_diff: the counter has the negative value ${text}.`, { function: "`counter_diff`", value: text }, site);
    }
    result.push(previous === undefined || isReset(previous, value, start, site) ? null : difference(value, previous.value, type));
    previous = { value, start };
  }
  return result;
}

function isReset(previous: { readonly value: Value; readonly start: Value }, value: Value, start: Value, site: WindowSite): boolean {
  const [type, startType] = site.argTypes;
  if (start !== null && previous.start !== null) {
    const order = compareValues(startType, start, previous.start);
    if (order < 0) {
      const [current, before] = [start, previous.start].map((time) => castToText(time, startType, site.mode, site.timeZone) ?? "");
      throw dataError("COUNTER_DIFF_START_TIME_DECREASED", "22023", `counter_diff: the start time goes back from ${before} to ${current}.`, { function: "`counter_diff`", currentStartTime: current, previousStartTime: before }, site);
    }
    if (order > 0) return true;
  }
  return compareValues(type, value, previous.value) < 0;
}

function difference(value: Value, previous: Value, type: DataType): Value {
  if (typeof value === "bigint") return value - (previous as bigint);
  const result = (value as number) - (previous as number);
  return type.kind === "float" ? Math.fround(result) : result;
}

const ALL: readonly WindowFunction[] = [
  { name: "row_number", evaluate: (partition) => Array.from({ length: partition.rows }, (_, row) => row + 1) },
  byPeers("rank", (start) => start + 1),
  byPeers("dense_rank", (_start, _end, group) => group + 1),
  byPeers("percent_rank", (start, _end, _group, rows) => (rows > 1 ? start / (rows - 1) : 0)),
  byPeers("cume_dist", (_start, end, _group, rows) => end / rows),
  { name: "ntile", evaluate: ntile },
  neighbour("lag", -1),
  neighbour("lead", 1),
  { name: "nth_value", evaluate: nthValue },
  { name: "counter_diff", evaluate: counterDiff },
];

const BY_NAME = new Map(ALL.map((fn) => [fn.name, fn]));

/** A window function by the registry's name, or an aggregate made to run over frames; undefined when there is neither. */
export function windowFunction(name: string): WindowFunction | undefined {
  return BY_NAME.get(name) ?? overFrames(name);
}

/** Names of all implemented functions that are only window functions. */
export function implementedWindowFunctions(): readonly string[] {
  return ALL.map((fn) => fn.name);
}
