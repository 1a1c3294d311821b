import type { LiteralExpr } from "../../catalog/expression.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";

export const INT64_RANGE: ValueRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** 10^exponent. */
export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Bounds of what a type holds, for types of integer lanes. */
export function typeRange(type: DataType): ValueRange {
  switch (type.kind) {
    case "boolean":
      return { min: 0n, max: 1n };
    case "byte":
      return { min: -128n, max: 127n };
    case "short":
      return { min: -32768n, max: 32767n };
    case "int":
    case "date":
    case "interval_ym":
      return { min: -(2n ** 31n), max: 2n ** 31n - 1n };
    case "decimal":
      return { min: 1n - powerOfTen(type.precision), max: powerOfTen(type.precision) - 1n };
    default:
      return INT64_RANGE;
  }
}

/**
 * Bounds of what a column of this layout can hold, where its stored width says more than its type: for whoever makes an EmittedValue from a buffer.
 * Undefined for types whose lanes are not integers.
 */
export function storedRange(type: DataType, layout: ColumnLayout): ValueRange | undefined {
  const lanes = laneKind(type);
  if (layout.kind !== "fixed" || layout.width === 16 || (lanes !== "i32" && lanes !== "i64" && type.kind !== "decimal")) return undefined;
  const bits = BigInt(8 * layout.width);
  const stored = layout.base === undefined ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n } : { min: layout.base, max: layout.base + 2n ** bits - 1n };
  return intersect(stored, typeRange(type));
}

export function rangeOf(value: EmittedValue): ValueRange {
  return value.range ?? typeRange(value.type);
}

/** The common part; `a` where they exclude each other, for then no row has a value. */
export function intersect(a: ValueRange, b: ValueRange): ValueRange {
  const min = a.min > b.min ? a.min : b.min;
  const max = a.max < b.max ? a.max : b.max;
  return min <= max ? { min, max } : a;
}

export function contains(outer: ValueRange, inner: ValueRange): boolean {
  return outer.min <= inner.min && inner.max <= outer.max;
}

export function fitsInt64(range: ValueRange): boolean {
  return contains(INT64_RANGE, range);
}

export function sumRange(a: ValueRange, b: ValueRange): ValueRange {
  return { min: a.min + b.min, max: a.max + b.max };
}

export function differenceRange(a: ValueRange, b: ValueRange): ValueRange {
  return { min: a.min - b.max, max: a.max - b.min };
}

export function productRange(a: ValueRange, b: ValueRange): ValueRange {
  const products = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  return { min: products.reduce((x, y) => (x < y ? x : y)), max: products.reduce((x, y) => (x > y ? x : y)) };
}

export function scaledRange(range: ValueRange, factor: bigint): ValueRange {
  return { min: range.min * factor, max: range.max * factor };
}

/** Bounds of a literal by its size in bytes only: code must not depend on more of a literal, or the module cache would miss for each new one. */
export function literalRange(literal: LiteralExpr): ValueRange | undefined {
  if (typeof literal.value !== "number" && typeof literal.value !== "bigint") return undefined;
  if (literal.type.kind === "float" || literal.type.kind === "double") return undefined;
  const value = BigInt(literal.value);
  const magnitude = value < 0n ? -value : value;
  for (const bits of [8n, 16n, 32n]) if (magnitude < 2n ** bits) return intersect({ min: -(2n ** bits), max: 2n ** bits }, typeRange(literal.type));
  return undefined;
}
