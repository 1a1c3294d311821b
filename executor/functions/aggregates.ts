import type { DataType } from "../../catalog/types.ts";
import { arithmeticOverflow, decimalOverflow, intervalOverflow } from "../../catalog/runtime-errors.ts";
import { decimalText } from "../../catalog/number-text.ts";
import type { Value } from "../../catalog/values.ts";
import type { AggregateFunction, AggregateRows, AggregateSite } from "./aggregate-function.ts";
import { defineAggregate, present } from "./aggregate-function.ts";
import { compareValues, groupKey } from "./compare.ts";
import { divideHalfUp, fits, rescale } from "./decimal-arithmetic.ts";

const TRY_NAMES: Readonly<Record<string, string>> = { sum: "try_sum", avg: "try_avg" };

/** A sum of exact values as the result type, or what overflow means in the mode. */
export function finishSum(total: bigint, site: AggregateSite): Value {
  const { type, mode } = site;
  switch (type.kind) {
    case "decimal":
      if (fits(total, type.precision)) return total;
      if (mode !== "ansi") return null;
      throw decimalOverflow(decimalText(total, type.scale), type, site.span);
    case "interval_ym":
    case "interval_dt": {
      const bits = type.kind === "interval_ym" ? 32 : 64;
      if (BigInt.asIntN(bits, total) === total) return type.kind === "interval_ym" ? Number(total) : total;
      if (mode === "try") return null;
      throw intervalOverflow(TRY_NAMES[site.name], site.span);
    }
    default:
      if (BigInt.asIntN(64, total) === total) return total;
      if (mode === "legacy") return BigInt.asIntN(64, total);
      if (mode === "try") return null;
      throw arithmeticOverflow(TRY_NAMES[site.name], site.span);
  }
}

/** Sums of integers, decimals and intervals are exact; those of floats and doubles run from left to right. */
function sum(rows: AggregateRows, site: AggregateSite): Value {
  const values = present(rows);
  if (values.length === 0) return null;
  if (site.type.kind === "double") return values.reduce((total: number, value) => total + Number(value), 0);
  return finishSum(
    values.reduce((total: bigint, value) => total + BigInt(value as number | bigint), 0n),
    site,
  );
}

/** An average from an exact sum (or a double one) and a count. */
export function finishAverage(total: bigint | number, count: number, site: AggregateSite): Value {
  const { type, mode } = site;
  const input = site.argTypes[0];
  switch (type.kind) {
    case "decimal": {
      const scale = input.kind === "decimal" ? input.scale : 0;
      const sumPrecision = Math.min(38, (input.kind === "decimal" ? input.precision : 20) + 10);
      const quotient = divideHalfUp(rescale(total as bigint, scale, type.scale), BigInt(count));
      if (fits(total as bigint, sumPrecision) && fits(quotient, type.precision)) return quotient;
      if (mode !== "ansi") return null;
      throw decimalOverflow(decimalText(quotient, type.scale), type, site.span);
    }
    case "interval_ym":
    case "interval_dt": {
      const sumOfAll = finishSum(total as bigint, { ...site, type: input });
      if (sumOfAll === null) return null;
      const quotient = divideHalfUp(BigInt(sumOfAll as number | bigint), BigInt(count));
      return type.kind === "interval_ym" ? Number(quotient) : quotient;
    }
    default:
      return Number(total) / count;
  }
}

/** Whether the sum inside an average or a sum is exact. */
function sumsExactly(type: DataType): boolean {
  return type.kind === "decimal" || type.kind === "interval_ym" || type.kind === "interval_dt";
}

function average(rows: AggregateRows, site: AggregateSite): Value {
  const values = present(rows);
  if (values.length === 0) return null;
  if (sumsExactly(site.type)) {
    return finishAverage(
      values.reduce((total: bigint, value) => total + BigInt(value as number | bigint), 0n),
      values.length,
      site,
    );
  }
  return values.reduce((total: number, value) => total + Number(value), 0) / values.length;
}

function extremum(name: string, sign: 1 | -1): AggregateFunction {
  return defineAggregate(name, (rows, site) => {
    let best: Value = null;
    for (const [value] of rows) if (value !== null && (best === null || sign * compareValues(site.argTypes[0], value, best) > 0)) best = value;
    return best;
  });
}

/** Of equal keys the last row wins. Source: Spark's `MaxMinBy`. */
function extremumBy(name: string, sign: 1 | -1): AggregateFunction {
  return defineAggregate(name, (rows, site) => {
    let best: readonly Value[] | undefined;
    for (const row of rows) if (row[1] !== null && (best === undefined || sign * compareValues(site.argTypes[1], row[1], best[1]) >= 0)) best = row;
    return best === undefined ? null : best[0];
  });
}

/** NULLs count unless IGNORE NULLS or a second argument says otherwise. */
function positional(name: string, last: boolean): AggregateFunction {
  return defineAggregate(name, (rows, site) => {
    const skip = site.ignoreNulls === true || rows[0]?.[1] === true;
    for (let i = 0; i < rows.length; i++) {
      const [value] = rows[last ? rows.length - 1 - i : i];
      if (!skip || value !== null) return value;
    }
    return null;
  });
}

function bitwise(name: string, of: (a: bigint, b: bigint) => bigint): AggregateFunction {
  return defineAggregate(name, (rows, site) => {
    const values = present(rows);
    if (values.length === 0) return null;
    const result = values.map((value) => BigInt(value as number | bigint)).reduce(of);
    return site.type.kind === "long" ? result : Number(result);
  });
}

function logical(name: string, decisive: boolean): AggregateFunction {
  return defineAggregate(name, (rows) => {
    const values = present(rows);
    return values.length === 0 ? null : values.includes(decisive) ? decisive : !decisive;
  });
}

function distinctValues(values: readonly Value[], type: DataType): Value[] {
  const seen = new Set<unknown>();
  return values.filter((value) => {
    const key = groupKey(type, value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The most frequent value; of several the smallest, or the first in WITHIN GROUP order. */
function mode(rows: AggregateRows, site: AggregateSite): Value {
  const type = site.argTypes[0];
  const counts = new Map<unknown, { value: Value; count: number }>();
  for (const value of present(rows)) {
    const key = groupKey(type, value);
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { value, count: 1 });
    else entry.count++;
  }
  let best: { value: Value; count: number } | undefined;
  const sign = site.descending === true ? -1 : 1;
  for (const entry of counts.values()) {
    if (best === undefined || entry.count > best.count || (entry.count === best.count && sign * compareValues(type, entry.value, best.value) < 0)) best = entry;
  }
  return best?.value ?? null;
}

function joinValues(rows: AggregateRows, site: AggregateSite): Value {
  const values = present(rows);
  if (values.length === 0) return null;
  const separator = rows[0][1] ?? null;
  if (site.type.kind !== "binary") return values.join(separator === null ? "" : (separator as string));
  const parts: Uint8Array[] = [];
  values.forEach((value, i) => {
    if (i > 0 && separator !== null) parts.push(separator as Uint8Array);
    parts.push(value as Uint8Array);
  });
  return new Uint8Array(Buffer.concat(parts));
}

const BITMAP_BYTES = 4096;

function combineBitmaps(name: string, start: number, of: (a: number, b: number) => number): AggregateFunction {
  return defineAggregate(name, (rows) => {
    const result = new Uint8Array(BITMAP_BYTES).fill(start);
    for (const value of present(rows)) {
      const bytes = value as Uint8Array;
      for (let i = 0; i < BITMAP_BYTES; i++) result[i] = of(result[i], bytes[i] ?? 0);
    }
    return result;
  });
}

export const basicAggregates: readonly AggregateFunction[] = [
  defineAggregate("count", (rows) => BigInt(rows.reduce((count, row) => (row.includes(null) ? count : count + 1), 0))),
  defineAggregate("count_if", (rows) => BigInt(rows.reduce((count, [condition]) => (condition === true ? count + 1 : count), 0))),
  defineAggregate("sum", sum),
  defineAggregate("try_sum", sum),
  defineAggregate("avg", average),
  defineAggregate("try_avg", average),
  extremum("max", 1),
  extremum("min", -1),
  extremumBy("max_by", 1),
  extremumBy("min_by", -1),
  positional("first", false),
  positional("last", true),
  positional("any_value", false),
  defineAggregate("collect_list", (rows) => present(rows)),
  defineAggregate("collect_set", (rows, site) => distinctValues(present(rows), site.argTypes[0])),
  logical("bool_and", false),
  logical("bool_or", true),
  bitwise("bit_and", (a, b) => a & b),
  bitwise("bit_or", (a, b) => a | b),
  bitwise("bit_xor", (a, b) => a ^ b),
  defineAggregate("approx_count_distinct", (rows, site) => BigInt(distinctValues(present(rows), site.argTypes[0]).length)),
  defineAggregate("mode", mode),
  defineAggregate("listagg", joinValues),
  defineAggregate("bitmap_construct_agg", (rows) => {
    const bitmap = new Uint8Array(BITMAP_BYTES);
    for (const value of present(rows)) {
      const bit = Number(value);
      if (bit >= 0 && bit < BITMAP_BYTES * 8) bitmap[bit >> 3] |= 1 << (bit & 7);
    }
    return bitmap;
  }),
  combineBitmaps("bitmap_or_agg", 0, (a, b) => a | b),
  combineBitmaps("bitmap_and_agg", 0xff, (a, b) => a & b),
];
