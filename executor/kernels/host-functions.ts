import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, DOUBLE, isStringLike, LONG, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { decodeValue } from "../nested/encoding.ts";
import { compareValues } from "../functions/compare.ts";
import { castValue } from "../functions/cast.ts";
import { equalityKey } from "../functions/collation.ts";
import { dateToString, localTimestampToString, trimAll } from "../functions/datetime-text.ts";
import { parseDecimal, rescale } from "../functions/decimal-arithmetic.ts";
import { MICROS_PER_SECOND } from "../functions/calendar.ts";
import { timeZone, toInstantMicros } from "../functions/time-zone.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";

/** What host functions need of the kernels' instance: where 128-bit results put their high half. */
export interface KernelState {
  readonly set_result_high: (high: bigint) => void;
}

/** Text that does not read as a date or timestamp. */
const MALFORMED = -(2n ** 63n);
const OVERFLOW_MARK = -(2n ** 63n);
const LIMIT = 10n ** 38n;

/** Functions of module `kernels` that are JavaScript: rarely reached, or with an exact counterpart in `Math` only. */
export function hostFunctions(memory: WebAssembly.Memory, state: KernelState): Record<string, unknown> {
  const join = (low: bigint, high: bigint): bigint => (high << 64n) | BigInt.asUintN(64, low);
  const wide = (value: bigint | undefined): bigint => {
    if (value === undefined || value >= LIMIT || value <= -LIMIT) {
      state.set_result_high(OVERFLOW_MARK);
      return 0n;
    }
    state.set_result_high(BigInt.asIntN(64, value >> 64n));
    return BigInt.asIntN(64, value);
  };
  const bytes = new Uint8Array(memory.buffer);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();
  const types = new Map<string, DataType>();
  // Addresses beyond 2 GiB arrive negative. Text is copied out first: decoders take no shared memory.
  const textAt = (at: number, length: number): string => decoder.decode(bytes.slice(at >>> 0, (at >>> 0) + length));
  const write = (text: string, to: number): number => {
    const encoded = encoder.encode(text);
    bytes.set(encoded, to >>> 0);
    return encoded.length;
  };
  const typedValue = (at: number, length: number, type: number, typeLength: number): [DataType, Value] => {
    const text = textAt(type, typeLength);
    let parsed = types.get(text);
    if (parsed === undefined) types.set(text, (parsed = JSON.parse(text) as DataType));
    return [parsed, isStringLike(parsed) ? textAt(at, length) : decodeValue(parsed, bytes.slice(at >>> 0, (at >>> 0) + length))];
  };
  const mapText = (change: (text: string) => string) => (at: number, length: number, to: number): number => {
    return write(change(textAt(at, length)), to);
  };
  return {
    upper_text: mapText((text) => text.toUpperCase()),
    lower_text: mapText((text) => text.toLowerCase()),
    zone_offset_by_name: (at: number, length: number, seconds: bigint) => timeZone(textAt(at, length)).offsetAt(Number(seconds)),
    zone_local_offset_by_name: (at: number, length: number, seconds: bigint) => {
      const local = seconds * MICROS_PER_SECOND;
      return Number((local - toInstantMicros(local, timeZone(textAt(at, length)))) / MICROS_PER_SECOND);
    },
    text_to_long: (at: number, length: number, legacy: number) => {
      const value = castValue(textAt(at, length), STRING, LONG, legacy === 1 ? "legacy" : "try", "UTC");
      state.set_result_high(value === null ? 1n : 0n);
      return (value as bigint | null) ?? 0n;
    },
    text_to_double: (at: number, length: number) => {
      const value = castValue(textAt(at, length), STRING, DOUBLE, "try", "UTC");
      state.set_result_high(value === null ? 1n : 0n);
      return (value as number | null) ?? 0;
    },
    text_to_decimal: (at: number, length: number, scale: number) => {
      const parsed = parseDecimal(trimAll(textAt(at, length)));
      return wide(parsed === undefined ? undefined : rescale(parsed.unscaled, parsed.scale, scale));
    },
    text_to_boolean: (at: number, length: number) => {
      const value = castValue(textAt(at, length), STRING, BOOLEAN, "try", "UTC");
      return value === null ? 2 : value === true ? 1 : 0;
    },
    text_to_date: (at: number, length: number) => {
      const days = castValue(textAt(at, length), STRING, DATE, "try", "UTC") as number | null;
      return days === null ? MALFORMED : BigInt(days);
    },
    text_to_timestamp: (at: number, length: number, zone: number, zoneLength: number) => (castValue(textAt(at, length), STRING, TIMESTAMP, "try", textAt(zone, zoneLength)) as bigint | null) ?? MALFORMED,
    text_to_timestamp_ntz: (at: number, length: number) => (castValue(textAt(at, length), STRING, TIMESTAMP_NTZ, "try", "UTC") as bigint | null) ?? MALFORMED,
    double_text: (value: number, to: number) => write(doubleText(value), to),
    float_text: (value: number, to: number) => write(floatText(value), to),
    date_text: (days: number, to: number) => write(dateToString(days), to),
    timestamp_text: (local: bigint, to: number) => write(localTimestampToString(local), to),
    ...Object.fromEntries((["cbrt", "exp", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "log10", "log2", "log1p", "atan2"] as const).map((name) => [`math_${name}`, Math[name]])),
    math_ln: Math.log,
    math_power: (x: number, y: number) => x ** y,
    round_double: (value: number, digits: number) => (Number.isFinite(value) ? Number(decimalText(unscaledFrom(doubleText(value), digits), digits)) : value),
    hash_value: (at: number, length: number, type: number, typeLength: number) => hashOfText(equalityKey(...typedValue(at, length, type, typeLength))),
    compare_values: (a: number, aLength: number, b: number, bLength: number, type: number, typeLength: number) => {
      // Min and max compare with the value so far before they look whether there is one: no bytes.
      if (aLength === 0 || bLength === 0) return Math.sign(aLength - bLength);
      const [parsed, left] = typedValue(a, aLength, type, typeLength);
      return Math.sign(compareValues(parsed, left, typedValue(b, bLength, type, typeLength)[1]));
    },
    float_remainder: (a: number, b: number) => a % b,
    float_positive_remainder: (a: number, b: number) => {
      const remainder = a % b;
      return remainder < 0 ? (remainder + b) % b : remainder;
    },
    decimal_to_double: (low: bigint, high: bigint, scale: number) => Number(decimalText(join(low, high), scale)),
    decimal_to_float: (low: bigint, high: bigint, scale: number) => Math.fround(Number(decimalText(join(low, high), scale))),
    double_to_decimal: (value: number, scale: number) => wide(Number.isFinite(value) ? unscaledFrom(doubleText(value), scale) : undefined),
  };
}

/** 64 bits of two multiplicative hashes. */
function hashOfText(text: string): bigint {
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x5bd1e995);
  }
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** The digits of a number's text at a scale, rounded half up. */
function unscaledFrom(text: string, scale: number): bigint {
  const [, sign, whole, fraction, exponentText] = /^(-?)(\d+)\.(\d+)(?:E(-?\d+))?$/.exec(text) ?? [];
  const shift = scale - fraction.length + Number(exponentText ?? 0);
  const digits = BigInt(whole + fraction);
  if (shift > 400) return sign === "-" ? -LIMIT : LIMIT;
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : (digits + 10n ** BigInt(-shift) / 2n) / 10n ** BigInt(-shift);
  return sign === "-" ? -magnitude : magnitude;
}
