import { SparrowError } from "../../catalog/errors.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import { castInvalidInput, castOverflow } from "../../catalog/runtime-errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { isStringLike, sqlTypeName } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import { dayOfMicros, MICROS_PER_DAY, MICROS_PER_SECOND, NANOS_PER_DAY } from "./calendar.ts";
import { castToDecimal, castToFloating, castToIntegral } from "./cast-numeric.ts";
import { castToText } from "./cast-text.ts";
import { dataError } from "./data-errors.ts";
import { MAX_LONG, MIN_LONG, parseDate, parseTime, parseTimestamp, parseTimestampNtz, trimAll, truncateTime } from "./datetime-text.ts";
import { pow10 } from "./decimal-arithmetic.ts";
import { parseCalendarInterval, parseDayTime, parseYearMonth } from "./interval-text.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";
import { castVariant } from "./variant-cast.ts";

const TRUE_TEXTS = new Set(["t", "true", "y", "yes", "1"]);
const FALSE_TEXTS = new Set(["f", "false", "n", "no", "0"]);

/**
 * A value as another type. `ansi` raises CAST_INVALID_INPUT, CAST_OVERFLOW or NUMERIC_VALUE_OUT_OF_RANGE for what does not fit, `legacy`
 * wraps or gives NULL as Spark does, `try` gives NULL. `zone` is the session's time zone. Pairs of types that Spark does not cast are the
 * analyzer's to refuse; met here they raise DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION. Source: Spark's `Cast`.
 */
export function castValue(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string): Value {
  if (value === null) return null;
  if (mode !== "try") return convert(value, from, to, mode, zone);
  try {
    return convert(value, from, to, mode, zone);
  } catch (error) {
    if (error instanceof SparrowError && error.origin === "data") return null;
    throw error;
  }
}

function convert(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string): Value {
  if (value === null) return null;
  if (from.kind === "variant" || to.kind === "variant") return castVariant(value, from, to, mode, zone, castValue);
  switch (to.kind) {
    case "null":
      return null;
    case "boolean":
      return castToBoolean(value, from, to, mode);
    case "byte":
    case "short":
    case "int":
    case "long":
      return castToIntegral(value, from, to, mode);
    case "float":
    case "double":
      return castToFloating(value, from, to, mode);
    case "decimal":
      return castToDecimal(value, from, to, mode);
    case "string":
      return castToText(value, from, mode, zone);
    case "char":
    case "varchar":
      return limitedText(castToText(value, from, mode, zone), to, mode);
    case "binary":
      return castToBinary(value, from);
    case "date":
      return castToDate(value, from, to, mode, zone);
    case "time":
      return castToTime(value, from, to, mode, zone);
    case "timestamp":
      return castToTimestamp(value, from, to, mode, zone);
    case "timestamp_ntz":
      return castToTimestampNtz(value, from, to, mode, zone);
    case "interval_ym":
      return castToYearMonth(value, from, to, mode);
    case "interval_dt":
      return castToDayTime(value, from, to, mode);
    case "calendar_interval":
      return castToCalendarInterval(value, from, to);
    case "array":
      if (from.kind !== "array") throw unsupportedCast(from, to);
      return (value as readonly Value[]).map((element) => convert(element, from.element, to.element, mode, zone));
    case "map": {
      if (from.kind !== "map") throw unsupportedCast(from, to);
      const map = value as MapValue;
      return { keys: map.keys.map((key) => convert(key, from.key, to.key, mode, zone)), values: map.values.map((v) => convert(v, from.value, to.value, mode, zone)) };
    }
    case "struct":
      if (from.kind !== "struct") throw unsupportedCast(from, to);
      return { fields: (value as StructValue).fields.map((field, i) => convert(field, from.fields[i].type, to.fields[i].type, mode, zone)) };
  }
}

function unsupportedCast(from: DataType, to: DataType): SparrowError {
  const parameters = { srcType: `"${sqlTypeName(from)}"`, targetType: `"${sqlTypeName(to)}"` };
  return new SparrowError("DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION", "42K09", `${parameters.srcType} cannot be cast to ${parameters.targetType}.`, parameters);
}

function malformed(value: Value, from: DataType, to: DataType, mode: EvalMode): null {
  if (mode === "legacy") return null;
  throw castInvalidInput(value, from, to);
}

function castToBoolean(value: Value, from: DataType, to: DataType, mode: EvalMode): Value {
  if (isStringLike(from)) {
    const text = trimAll(value as string).toLowerCase();
    if (TRUE_TEXTS.has(text)) return true;
    return FALSE_TEXTS.has(text) ? false : malformed(value, from, to, mode);
  }
  switch (from.kind) {
    case "boolean":
      return value;
    case "byte":
    case "short":
    case "int":
    case "long":
    case "float":
    case "double":
    case "decimal":
    case "timestamp":
      return typeof value === "bigint" ? value !== 0n : value !== 0;
    default:
      throw unsupportedCast(from, to);
  }
}

/** CHAR(n) is padded; text longer than n loses trailing blanks, and raises when it is still too long. */
function limitedText(text: Value, to: DataType & { kind: "char" | "varchar" }, mode: EvalMode): Value {
  if (text === null) return null;
  const points = Array.from(text as string);
  if (points.length > to.length) {
    const cut = points.slice(0, to.length).join("");
    if (points.slice(to.length).every((c) => c === " ") || mode === "legacy") return cut;
    throw dataError("EXCEED_LIMIT_LENGTH", "54006", `The text has more than ${to.length} characters.`, { limit: String(to.length) });
  }
  return to.kind === "char" ? (text as string) + " ".repeat(to.length - points.length) : text;
}

const UTF8 = new TextEncoder();

function castToBinary(value: Value, from: DataType): Value {
  if (isStringLike(from)) return UTF8.encode(value as string);
  switch (from.kind) {
    case "binary":
      return value;
    case "byte":
      return bigEndian(BigInt(value as number), 1);
    case "short":
      return bigEndian(BigInt(value as number), 2);
    case "int":
      return bigEndian(BigInt(value as number), 4);
    case "long":
      return bigEndian(value as bigint, 8);
    default:
      throw unsupportedCast(from, { kind: "binary" });
  }
}

function bigEndian(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

/** Today in the zone, for texts that hold a time of day alone. */
function today(zone: string): number {
  return dayOfMicros(toLocalMicros(BigInt(Date.now()) * 1000n, timeZone(zone)));
}

function castToDate(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string): Value {
  if (isStringLike(from)) return parseDate(value as string) ?? malformed(value, from, to, mode);
  switch (from.kind) {
    case "date":
      return value;
    case "timestamp":
      return dayOfMicros(toLocalMicros(value as bigint, timeZone(zone)));
    case "timestamp_ntz":
      return dayOfMicros(value as bigint);
    default:
      throw unsupportedCast(from, to);
  }
}

function castToTime(value: Value, from: DataType, to: DataType & { kind: "time" }, mode: EvalMode, zone: string): Value {
  if (isStringLike(from)) return parseTime(value as string, to) ?? malformed(value, from, to, mode);
  const local = (micros: bigint): bigint => truncateTime((((micros * 1000n) % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY, to.precision);
  switch (from.kind) {
    case "time":
      return truncateTime(value as bigint, to.precision);
    case "timestamp":
      return local(toLocalMicros(value as bigint, timeZone(zone)));
    case "timestamp_ntz":
      return local(value as bigint);
    default:
      throw unsupportedCast(from, to);
  }
}

function saturate(micros: bigint): bigint {
  return micros > MAX_LONG ? MAX_LONG : micros < MIN_LONG ? MIN_LONG : micros;
}

function castToTimestamp(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string): Value {
  if (isStringLike(from)) return parseTimestamp(value as string, zone, today(zone)) ?? malformed(value, from, to, mode);
  switch (from.kind) {
    case "timestamp":
      return value;
    case "timestamp_ntz":
      return toInstantMicros(value as bigint, timeZone(zone));
    case "date":
      return toInstantMicros(BigInt(value as number) * MICROS_PER_DAY, timeZone(zone));
    case "boolean":
      return value === true ? 1n : 0n;
    case "byte":
    case "short":
    case "int":
    case "long":
      return saturate(BigInt(value as number | bigint) * MICROS_PER_SECOND);
    case "decimal":
      return BigInt.asIntN(64, ((value as bigint) * MICROS_PER_SECOND) / pow10(from.scale));
    case "float":
    case "double": {
      const number = value as number;
      if (!Number.isFinite(number)) {
        if (mode === "legacy") return null;
        throw castInvalidInput(value, from, to);
      }
      const micros = BigInt(Math.trunc(number * 1e6));
      if (mode !== "legacy" && saturate(micros) !== micros) throw castOverflow(value, from, to);
      return saturate(micros);
    }
    default:
      throw unsupportedCast(from, to);
  }
}

function castToTimestampNtz(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string): Value {
  if (isStringLike(from)) return parseTimestampNtz(value as string) ?? malformed(value, from, to, mode);
  switch (from.kind) {
    case "timestamp_ntz":
      return value;
    case "timestamp":
      return toLocalMicros(value as bigint, timeZone(zone));
    case "date":
      return BigInt(value as number) * MICROS_PER_DAY;
    default:
      throw unsupportedCast(from, to);
  }
}

function castToYearMonth(value: Value, from: DataType, to: DataType & { kind: "interval_ym" }, mode: EvalMode): Value {
  if (isStringLike(from)) return parseYearMonth(value as string, to) ?? malformed(value, from, to, mode);
  switch (from.kind) {
    case "interval_ym": {
      const months = value as number;
      return to.to === "year" ? months - (months % 12) : months;
    }
    case "byte":
    case "short":
    case "int":
    case "long":
    case "decimal": {
      const whole = from.kind === "decimal" ? scaledInterval(value as bigint, from.scale, to.to === "year" ? 12n : 1n) : BigInt(value as number | bigint) * (to.to === "year" ? 12n : 1n);
      if (BigInt.asIntN(32, whole) !== whole) throw castOverflow(value, from, to);
      return Number(whole);
    }
    default:
      throw unsupportedCast(from, to);
  }
}

const UNIT_MICROS = { day: MICROS_PER_DAY, hour: 3_600_000_000n, minute: 60_000_000n, second: MICROS_PER_SECOND } as const;

/** unscaled x unit / 10^scale, HALF_UP. */
function scaledInterval(unscaled: bigint, scale: number, unit: bigint): bigint {
  const product = unscaled * unit;
  const divisor = pow10(scale);
  const half = divisor / 2n;
  return (product < 0n ? product - half : product + half) / divisor;
}

function castToDayTime(value: Value, from: DataType, to: DataType & { kind: "interval_dt" }, mode: EvalMode): Value {
  if (isStringLike(from)) return parseDayTime(value as string, to) ?? malformed(value, from, to, mode);
  switch (from.kind) {
    case "interval_dt": {
      const micros = value as bigint;
      return to.to === "second" ? micros : micros - (micros % UNIT_MICROS[to.to]);
    }
    case "byte":
    case "short":
    case "int":
    case "long":
    case "decimal": {
      const micros = from.kind === "decimal" ? scaledInterval(value as bigint, from.scale, UNIT_MICROS[to.to]) : BigInt(value as number | bigint) * UNIT_MICROS[to.to];
      if (micros > MAX_LONG || micros < MIN_LONG) throw castOverflow(value, from, to);
      return micros;
    }
    default:
      throw unsupportedCast(from, to);
  }
}

/** Text that is no interval is NULL in every mode. */
function castToCalendarInterval(value: Value, from: DataType, to: DataType): Value {
  if (isStringLike(from)) return parseCalendarInterval(value as string) ?? null;
  switch (from.kind) {
    case "calendar_interval":
      return value as CalendarInterval;
    case "interval_ym":
      return { months: value as number, days: 0, micros: 0n };
    case "interval_dt":
      return { months: 0, days: Number((value as bigint) / MICROS_PER_DAY), micros: (value as bigint) % MICROS_PER_DAY };
    default:
      throw unsupportedCast(from, to);
  }
}
