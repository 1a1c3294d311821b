import type { EvalMode } from "../../catalog/expression.ts";
import { decimalText } from "../../catalog/number-text.ts";
import { castInvalidInput, castOverflow, decimalOverflow } from "../../catalog/runtime-errors.ts";
import type { DataType, DecimalType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { floorDiv, MICROS_PER_SECOND } from "./calendar.ts";
import { trimAll } from "./datetime-text.ts";
import { decimalFromDouble, decimalToDouble, divideHalfUp, fits, parseDecimal, pow10, rescale } from "./decimal-arithmetic.ts";

export type IntegralKind = "byte" | "short" | "int" | "long";

const BITS: Readonly<Record<IntegralKind, number>> = { byte: 8, short: 16, int: 32, long: 64 };

/** An integer as the value of an integral type: `bigint` for long, else `number`. It must fit. */
export function integralValue(value: bigint, kind: IntegralKind): Value {
  return kind === "long" ? value : Number(value);
}

export function fitsIntegral(value: bigint, kind: IntegralKind): boolean {
  return BigInt.asIntN(BITS[kind], value) === value;
}

/** Keeps the low bits, as Java's narrowing does. */
export function wrapIntegral(value: bigint, kind: IntegralKind): Value {
  return integralValue(BigInt.asIntN(BITS[kind], value), kind);
}

/** Java's saturating conversion of a floating number: to long for long, else to int and then wrapped. */
function saturated(value: number, kind: IntegralKind): Value {
  if (Number.isNaN(value)) return integralValue(0n, kind);
  const bits = kind === "long" ? 64n : 32n;
  const limit = 1n << (bits - 1n);
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : value > 0 ? limit : -limit;
  return wrapIntegral(whole >= limit ? limit - 1n : whole < -limit ? -limit : whole, kind);
}

/** To byte, short, int or long. */
export function castToIntegral(value: Value, from: DataType, to: DataType & { kind: IntegralKind }, mode: EvalMode): Value {
  switch (from.kind) {
    case "boolean":
      return integralValue(value === true ? 1n : 0n, to.kind);
    case "byte":
    case "short":
    case "int":
    case "long":
    case "date":
      return narrowed(BigInt(value as number | bigint), value, from, to, mode);
    case "interval_ym":
      return narrowed(BigInt(value as number) / (from.to === "year" ? 12n : 1n), value, from, to, mode);
    case "float":
    case "double": {
      const number = value as number;
      if (mode === "legacy") return saturated(number, to.kind);
      if (!Number.isFinite(number)) throw castOverflow(value, from, to);
      const whole = BigInt(Math.trunc(number));
      // Spark compares with the largest bigint as a double, which is 2^63, and then saturates.
      if (to.kind === "long" && whole === 1n << 63n) return whole - 1n;
      if (!fitsIntegral(whole, to.kind)) throw castOverflow(value, from, to);
      return integralValue(whole, to.kind);
    }
    case "decimal":
      return narrowed((value as bigint) / pow10(from.scale), value, from, to, mode);
    case "timestamp":
      return narrowed(floorDiv(value as bigint, MICROS_PER_SECOND), value, from, to, mode);
    case "time":
      return narrowed((value as bigint) / 1_000_000_000n, value, from, to, mode);
    case "string":
    case "char":
    case "varchar": {
      const whole = parseIntegral(value as string, mode);
      if (whole !== undefined && fitsIntegral(whole, to.kind)) return integralValue(whole, to.kind);
      if (mode === "legacy") return null;
      throw castInvalidInput(value, from, to);
    }
    case "interval_dt":
      return narrowed((value as bigint) / INTERVAL_UNIT[from.to], value, from, to, mode);
    default:
      return null;
  }
}

const INTERVAL_UNIT = { day: 86_400_000_000n, hour: 3_600_000_000n, minute: 60_000_000n, second: 1_000_000n } as const;

function narrowed(whole: bigint, value: Value, from: DataType, to: DataType & { kind: IntegralKind }, mode: EvalMode): Value {
  if (fitsIntegral(whole, to.kind)) return integralValue(whole, to.kind);
  if (mode === "legacy") return wrapIntegral(whole, to.kind);
  throw castOverflow(value, from, to);
}

/** Digits with a sign; outside of ANSI mode a fraction is cut off. Source: Spark's `UTF8String.toLong` and `toLongExact`. */
function parseIntegral(text: string, mode: EvalMode): bigint | undefined {
  const trimmed = trimAll(text);
  const match = (mode === "legacy" ? /^([+-]?)(\d*)(?:\.\d*)?$/ : /^([+-]?)(\d+)$/).exec(trimmed);
  if (match === null || (match[2] === "" && !/\d|\./.test(trimmed))) return undefined;
  const digits = BigInt(match[2] === "" ? "0" : match[2]);
  return match[1] === "-" ? -digits : digits;
}

const JAVA_DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;
const SPECIAL_DOUBLES: Readonly<Record<string, number>> = { inf: Infinity, "+inf": Infinity, infinity: Infinity, "+infinity": Infinity, "-inf": -Infinity, "-infinity": -Infinity, nan: NaN };

/** As Java's `Double.parseDouble`, and `inf`, `infinity`, `nan` in any letter case. */
export function parseDouble(text: string): number | undefined {
  const trimmed = trimAll(text);
  if (JAVA_DOUBLE.test(trimmed)) return Number(trimmed.replace(/[dDfF]$/, ""));
  return SPECIAL_DOUBLES[trimmed.toLowerCase()];
}

/** To float or double. Source: Spark's `Cast.castToFloat`, `castToDouble`. */
export function castToFloating(value: Value, from: DataType, to: DataType & { kind: "float" | "double" }, mode: EvalMode): Value {
  const rounded = (number: number): number => (to.kind === "float" ? Math.fround(number) : number);
  switch (from.kind) {
    case "boolean":
      return value === true ? 1 : 0;
    case "byte":
    case "short":
    case "int":
    case "long":
    case "float":
    case "double":
      return rounded(Number(value));
    case "decimal":
      return rounded(decimalToDouble(value as bigint, from.scale));
    case "timestamp":
      return rounded(Number(value as bigint) / 1e6);
    case "string":
    case "char":
    case "varchar": {
      const number = parseDouble(value as string);
      if (number !== undefined) return rounded(number);
      if (mode === "legacy") return null;
      throw castInvalidInput(value, from, to);
    }
    default:
      return null;
  }
}

/** A number at the type's scale, HALF_UP; NULL or NUMERIC_VALUE_OUT_OF_RANGE when it has too many digits. */
export function toDecimalType(unscaled: bigint, scale: number, to: DecimalType, mode: EvalMode): Value {
  const result = rescale(unscaled, scale, to.scale);
  if (fits(result, to.precision)) return result;
  if (mode === "legacy") return null;
  throw decimalOverflow(decimalText(unscaled, scale), to);
}

export function castToDecimal(value: Value, from: DataType, to: DecimalType, mode: EvalMode): Value {
  switch (from.kind) {
    case "boolean":
      return toDecimalType(value === true ? 1n : 0n, 0, to, mode);
    case "byte":
    case "short":
    case "int":
    case "long":
      return toDecimalType(BigInt(value as number | bigint), 0, to, mode);
    case "interval_ym":
      return toDecimalType(divideHalfUp(BigInt(value as number) * pow10(to.scale), from.to === "year" ? 12n : 1n), to.scale, to, mode);
    case "interval_dt":
      return toDecimalType(divideHalfUp((value as bigint) * pow10(to.scale), INTERVAL_UNIT[from.to]), to.scale, to, mode);
    case "decimal":
      return toDecimalType(value as bigint, from.scale, to, mode);
    case "float":
    case "double": {
      const parsed = decimalFromDouble(value as number);
      return parsed === undefined ? null : toDecimalType(parsed.unscaled, parsed.scale, to, mode);
    }
    case "timestamp":
      return toDecimalType(value as bigint, 6, to, mode);
    case "time":
      return toDecimalType(value as bigint, 9, to, mode);
    case "string":
    case "char":
    case "varchar": {
      const parsed = parseDecimal(trimAll(value as string));
      if (parsed !== undefined) return toDecimalType(parsed.unscaled, parsed.scale, to, mode);
      if (mode === "legacy") return null;
      throw castInvalidInput(value, from, to);
    }
    default:
      return null;
  }
}
