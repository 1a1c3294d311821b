import { SparrowError } from "../catalog/errors.ts";
import type { DataType } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { unscaledDecimal } from "./exact-json.ts";

const DAY_MS = 86_400_000;

/** Microseconds of a timestamp's text in the zone, or of a text that names its own; undefined for what is no timestamp. */
export type ParseLocalTimestamp = (text: string) => bigint | undefined;

/**
 * The value that a partition text stands for; undefined when it is none of the type. Empty and null texts are NULL. `parseTimestamp` reads timestamps, which are
 * written in the writer's zone unless they end in one.
 * Source: the protocol's section on partition value serialization.
 */
export function partitionValue(text: string | null, type: DataType, parseTimestamp: ParseLocalTimestamp): Value | undefined {
  if (text === null || text === "") return null;
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return text;
    case "byte":
    case "short":
    case "int":
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case "long":
      return /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
    case "float":
    case "double":
      return floatValue(text, type.kind);
    case "decimal":
      return unscaledDecimal(text, type.scale);
    case "boolean":
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined;
    case "date":
      return dateDays(text);
    case "timestamp":
      return parseTimestamp(text);
    case "timestamp_ntz":
      return localMicros(text);
    case "binary":
      return new TextEncoder().encode(text);
    default:
      return undefined;
  }
}

function floatValue(text: string, kind: "float" | "double"): number | undefined {
  const value = text === "NaN" ? NaN : text === "Infinity" ? Infinity : text === "-Infinity" ? -Infinity : /^[+-]?[\d.]/.test(text) ? Number(text) : undefined;
  return value === undefined || kind === "double" ? value : Math.fround(value);
}

/** Days since 1970-01-01 of `yyyy-MM-dd`. */
export function dateDays(text: string): number | undefined {
  const match = /^([+-]?\d{4,7})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return date.getUTCMonth() === Number(match[2]) - 1 ? date.getTime() / DAY_MS : undefined;
}

/** Microseconds of `yyyy-MM-dd[T ]HH:mm:ss[.SSSSSS]` by the calendar alone. */
export function localMicros(text: string): bigint | undefined {
  const match = /^([+-]?\d{4,7}-\d{1,2}-\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, date, hour = "0", minute = "0", second = "0", fraction = ""] = match;
  const days = dateDays(date);
  if (days === undefined) return undefined;
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  return (BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

/** Microseconds of a timestamp that names its zone by `Z` or an offset. */
export function zonedMicros(text: string): bigint | undefined {
  const match = /^(.*?)(Z|[+-]\d{2}:?\d{2})$/.exec(text);
  const local = match === null ? undefined : localMicros(match[1]);
  if (match === null || local === undefined) return undefined;
  if (match[2] === "Z") return local;
  const sign = match[2].startsWith("-") ? -1n : 1n;
  const digits = match[2].slice(1).replace(":", "");
  return local - sign * (BigInt(digits.slice(0, 2)) * 60n + BigInt(digits.slice(2))) * 60_000_000n;
}

/** Spark and the kernels take a text of the log for its UTF-8 bytes; they have no text for others. Raises UNSUPPORTED_FEATURE.PARTITION_VALUE. */
function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
    throw new SparrowError("UNSUPPORTED_FEATURE.PARTITION_VALUE", "0A000", `The feature is not supported: partition values of type BINARY that are not UTF-8, such as X'${hex}'.`, { value: `X'${hex}'` }, { origin: "data", cause: error });
  }
}

/** A partition value as the log has it; timestamps as instants in UTC (`2024-01-31T23:59:59.000000Z`). `castToText`: Spark's cast to STRING. */
export function partitionText(value: Value, type: DataType, castToText: (value: Value, type: DataType) => string): string | null {
  if (value === null) return null;
  if (type.kind === "timestamp") return timestampText(value as bigint);
  const text = type.kind === "binary" ? utf8Text(value as Uint8Array) : castToText(value, type);
  return text === "" ? null : text;
}

/** `yyyy-MM-ddTHH:mm:ss.SSSSSSZ` */
export function timestampText(micros: bigint): string {
  const below = ((micros % 1000n) + 1000n) % 1000n;
  const iso = new Date(Number((micros - below) / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${String(below).padStart(3, "0")}Z`;
}
