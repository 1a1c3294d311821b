import type { DataType } from "../../catalog/types.ts";
import { typedView } from "../typed-view.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { bufferOf, decimalFormat, formatWidth } from "./arrow-column.ts";

/**
 * The column's values as `type` at its full width, little-endian; the source's own bytes when nothing has to be converted. Undefined when the file's type
 * cannot be read as `type`: only conversions without loss are made, those that Spark's vectorized reader makes.
 */
export function fixedWidthValues(column: ArrowColumn, type: DataType, width: number): Uint8Array | undefined {
  const { format, offset, length } = column;
  const sourceWidth = formatWidth(format);
  if (sourceWidth === undefined || sourceWidth === 0 || column.dictionary !== undefined) return undefined;
  const raw = bufferOf(column, 1).subarray(offset * sourceWidth, (offset + length) * sourceWidth);
  switch (type.kind) {
    case "byte":
      return format === "c" ? raw : undefined;
    case "short":
    case "int":
    case "long":
      return integers(raw, format, width);
    case "float":
      return format === "f" ? raw : format === "e" ? halfFloats(raw) : undefined;
    case "double":
      return doubles(raw, format);
    case "decimal":
      return decimals(raw, format, type.precision, type.scale);
    case "date":
      return format === "tdD" ? raw : format === "tdm" ? divided(raw, 86_400_000n, Int32Array) : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return timestamps(raw, format, type.kind);
    case "time":
      return times(raw, format);
    case "interval_ym":
      return format === "tiM" || format === "i" ? raw : undefined;
    case "interval_dt":
      return format === "tDu" || format === "l" ? raw : undefined;
    case "null":
      return new Uint8Array(length * width);
    default:
      return undefined;
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Signed and unsigned integers as they are, by width; undefined for another format. */
function integerSource(raw: Uint8Array, format: string): Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | undefined {
  switch (format) {
    case "c":
      return typedView(raw, Int8Array);
    case "C":
      return raw;
    case "s":
      return typedView(raw, Int16Array);
    case "S":
      return typedView(raw, Uint16Array);
    case "i":
      return typedView(raw, Int32Array);
    case "I":
      return typedView(raw, Uint32Array);
    default:
      return undefined;
  }
}

function integers(raw: Uint8Array, format: string, width: number): Uint8Array | undefined {
  if (format === "l") return width === 8 ? raw : undefined;
  const source = integerSource(raw, format);
  if (source === undefined) return undefined;
  if (source.BYTES_PER_ELEMENT === width) return format === format.toLowerCase() ? raw : undefined;
  if (source.BYTES_PER_ELEMENT > width) return undefined;
  switch (width) {
    case 2:
      return bytesOf(Int16Array.from(source));
    case 4:
      return bytesOf(Int32Array.from(source));
    default:
      return bytesOf(sixtyFourBits(source));
  }
}

/** As pairs of 32-bit words: several times faster than through bigint. */
function sixtyFourBits(source: ArrayLike<number>): Int32Array {
  const words = new Int32Array(source.length * 2);
  for (let i = 0; i < source.length; i++) {
    words[i * 2] = source[i];
    words[i * 2 + 1] = source[i] < 0 ? -1 : 0;
  }
  return words;
}

function doubles(raw: Uint8Array, format: string): Uint8Array | undefined {
  if (format === "g") return raw;
  if (format === "f") return bytesOf(Float64Array.from(typedView(raw, Float32Array)));
  const source = integerSource(raw, format);
  return source === undefined ? undefined : bytesOf(Float64Array.from(source));
}

function halfFloats(raw: Uint8Array): Uint8Array {
  return bytesOf(
    Float32Array.from(typedView(raw, Uint16Array), (bits) => {
      const sign = bits & 0x8000 ? -1 : 1;
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      if (exponent === 0) return sign * fraction * 2 ** -24;
      if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
      return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    }),
  );
}

/** Unscaled values in 8 bytes (up to 18 digits) or 16. A wider scale or precision of the wanted type is given by multiplying. */
function decimals(raw: Uint8Array, format: string, precision: number, scale: number): Uint8Array | undefined {
  const wide = precision > 18;
  if (format === "L") return scale === 0 && precision >= 20 ? bytesOf(lanes(typedView(raw, BigUint64Array), wide, 1n)) : undefined;
  const integerDigits = format === "l" ? 19 : format === "i" ? 10 : format === "s" ? 5 : format === "c" ? 3 : undefined;
  if (integerDigits !== undefined) {
    if (precision - scale < integerDigits) return undefined;
    const factor = 10n ** BigInt(scale);
    if (format === "l") return bytesOf(lanes(typedView(raw, BigInt64Array), wide, factor));
    return bytesOf(lanes(BigInt64Array.from(integerSource(raw, format) ?? [], BigInt), wide, factor));
  }
  if (!format.startsWith("d:")) return undefined;
  const source = decimalFormat(format);
  if (source.scale > scale || source.precision - source.scale > precision - scale) return undefined;
  const factor = 10n ** BigInt(scale - source.scale);
  switch (source.bits) {
    case 32:
      return bytesOf(lanes(BigInt64Array.from(typedView(raw, Int32Array), BigInt), wide, factor));
    case 64:
      return !wide && factor === 1n ? raw : bytesOf(lanes(typedView(raw, BigInt64Array), wide, factor));
    case 128: {
      if (factor === 1n) return wide ? raw : lowWords(raw);
      const pairs = typedView(raw, BigInt64Array);
      return bytesOf(lanes(Array.from({ length: pairs.length / 2 }, (_, i) => (pairs[2 * i + 1] << 64n) | BigInt.asUintN(64, pairs[2 * i])), wide, factor));
    }
    default:
      return undefined;
  }
}

/** 128-bit values that fit into 64 bits. */
function lowWords(raw: Uint8Array): Uint8Array {
  const words = typedView(raw, Int32Array);
  const low = new Int32Array(words.length / 2);
  for (let i = 0; i < low.length; i += 2) {
    low[i] = words[i * 2];
    low[i + 1] = words[i * 2 + 1];
  }
  return bytesOf(low);
}

function lanes(values: ArrayLike<bigint>, wide: boolean, factor: bigint): BigInt64Array {
  const result = new BigInt64Array(values.length * (wide ? 2 : 1));
  for (let i = 0; i < values.length; i++) {
    const value = values[i] * factor;
    if (wide) {
      result[2 * i] = BigInt.asIntN(64, value);
      result[2 * i + 1] = value >> 64n;
    } else result[i] = value;
  }
  return result;
}

/** Floor division of 64-bit values. */
function divided(raw: Uint8Array, by: bigint, into: typeof Int32Array | typeof BigInt64Array): Uint8Array {
  const source = typedView(raw, BigInt64Array);
  const quotient = (value: bigint): bigint => (value >= 0n ? value / by : -((-value + by - 1n) / by));
  if (into === Int32Array) return bytesOf(Int32Array.from(source, (value) => Number(quotient(value))));
  return bytesOf(BigInt64Array.from(source, quotient));
}

function multiplied(raw: Uint8Array, by: bigint): Uint8Array {
  return bytesOf(BigInt64Array.from(typedView(raw, BigInt64Array), (value) => value * by));
}

/** Microseconds. A file's instants are not read as local times, nor the other way round; dates become midnight of the local calendar. */
function timestamps(raw: Uint8Array, format: string, kind: "timestamp" | "timestamp_ntz"): Uint8Array | undefined {
  if (format === "tdD") {
    return kind === "timestamp_ntz" ? bytesOf(BigInt64Array.from(typedView(raw, Int32Array), (days) => BigInt(days) * 86_400_000_000n)) : undefined;
  }
  if (!format.startsWith("ts")) return undefined;
  const hasZone = format.length > 4;
  if (hasZone !== (kind === "timestamp")) return undefined;
  switch (format[2]) {
    case "s":
      return multiplied(raw, 1_000_000n);
    case "m":
      return multiplied(raw, 1000n);
    case "u":
      return raw;
    default:
      return divided(raw, 1000n, BigInt64Array);
  }
}

/** Nanoseconds since midnight. */
function times(raw: Uint8Array, format: string): Uint8Array | undefined {
  switch (format) {
    case "tts":
    case "ttm": {
      const factor = format === "tts" ? 1_000_000_000n : 1_000_000n;
      return bytesOf(BigInt64Array.from(typedView(raw, Int32Array), (value) => BigInt(value) * factor));
    }
    case "ttu":
      return multiplied(raw, 1000n);
    case "ttn":
      return raw;
    default:
      return undefined;
  }
}
