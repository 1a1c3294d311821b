import { InternalError } from "../../catalog/errors.ts";
import type { DataType, StructType } from "../../catalog/types.ts";
import { isWideDecimal } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";

/**
 * Arrays, maps, structs and variants as self-contained bytes: how the engine carries them through batches, hash tables and spill files.
 *
 * Everything is little-endian and unaligned. Equal values have equal bytes: -0.0 is written as 0.0, every NaN as the one quiet NaN,
 * and NULLs as zero bytes; a map keeps its insertion order, which is part of its bytes.
 *
 * | type | bytes |
 * |---|---|
 * | void | none |
 * | boolean, tinyint | 1 |
 * | smallint | 2 |
 * | int, date, interval year to month, float | 4 |
 * | bigint, time, timestamp, timestamp_ntz, interval day to second, double, decimal to 18 digits | 8 |
 * | decimal beyond 18 digits (two's complement), interval (months u32, days u32, micros u64) | 16 |
 * | string (UTF-8), binary, variant | as long as they are |
 * | array | `count: u32`, `valid: bitmap of count bits`, then elements |
 * | map | `keyBytes: u32`, the keys as an array of that many bytes, the values as an array |
 * | struct | `valid: bitmap of its fields`, slots, then the bytes of its variable-sized fields |
 *
 * A bitmap has its lowest bit first, 1 for a value that is there, and is as many whole bytes as it needs. Elements of fixed width follow
 * each other at that width. Variable-sized ones are `count` end offsets (u32, from where their bytes start) and then their bytes. A struct's
 * slots are one per field, in order: the value itself when it is of fixed width, else its end offset (u32, from the end of the slots).
 * So a field or element is found by reading one or two offsets.
 */

/** Bytes of a value of fixed width; undefined for types of variable size. */
export function fixedWidth(type: DataType): number | undefined {
  switch (type.kind) {
    case "null":
      return 0;
    case "boolean":
    case "byte":
      return 1;
    case "short":
      return 2;
    case "int":
    case "date":
    case "interval_ym":
    case "float":
      return 4;
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
    case "double":
      return 8;
    case "decimal":
      return isWideDecimal(type) ? 16 : 8;
    case "calendar_interval":
      return 16;
    case "string":
    case "char":
    case "varchar":
    case "binary":
    case "variant":
    case "array":
    case "map":
    case "struct":
      return undefined;
  }
}

/** A range of bytes: [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

// ---------------------------------------------------------------- writing

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder("utf-8", { ignoreBOM: true });

/** Grows as it is written. */
class ByteWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  /** Appends zero bytes and answers where they start. */
  reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }

  append(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  setUint32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  setBit(start: number, index: number): void {
    this.bytes[start + (index >> 3)] |= 1 << (index & 7);
  }

  /** A value of fixed width. */
  setFixed(at: number, type: DataType, value: Value): void {
    const { view } = this;
    switch (type.kind) {
      case "null":
        return;
      case "boolean":
        view.setUint8(at, value === true ? 1 : 0);
        return;
      case "byte":
        view.setInt8(at, value as number);
        return;
      case "short":
        view.setInt16(at, value as number, true);
        return;
      case "int":
      case "date":
      case "interval_ym":
        view.setInt32(at, value as number, true);
        return;
      case "float":
        if (Number.isNaN(value)) view.setUint32(at, 0x7fc00000, true);
        else view.setFloat32(at, value === 0 ? 0 : (value as number), true);
        return;
      case "double":
        if (Number.isNaN(value)) view.setBigUint64(at, 0x7ff8000000000000n, true);
        else view.setFloat64(at, value === 0 ? 0 : (value as number), true);
        return;
      case "long":
      case "time":
      case "timestamp":
      case "timestamp_ntz":
      case "interval_dt":
        view.setBigInt64(at, value as bigint, true);
        return;
      case "decimal":
        view.setBigInt64(at, BigInt.asIntN(64, value as bigint), true);
        if (isWideDecimal(type)) view.setBigInt64(at + 8, (value as bigint) >> 64n, true);
        return;
      case "calendar_interval": {
        const interval = value as CalendarInterval;
        view.setInt32(at, interval.months, true);
        view.setInt32(at + 4, interval.days, true);
        view.setBigInt64(at + 8, interval.micros, true);
        return;
      }
      default:
        throw new InternalError(`${type.kind} has no fixed width`);
    }
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** The bytes of a value that is not NULL. */
export function encodeValue(type: DataType, value: Value): Uint8Array {
  const writer = new ByteWriter();
  write(writer, type, value);
  return writer.finish();
}

function write(writer: ByteWriter, type: DataType, value: Value): void {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      writer.append(UTF8.encode(value as string));
      return;
    case "binary":
    case "variant":
      writer.append(value as Uint8Array);
      return;
    case "array":
      writeArray(writer, type.element, value as readonly Value[]);
      return;
    case "map": {
      const map = value as MapValue;
      const at = writer.reserve(4);
      const start = writer.length;
      writeArray(writer, type.key, map.keys);
      writer.setUint32(at, writer.length - start);
      writeArray(writer, type.value, map.values);
      return;
    }
    case "struct":
      writeStruct(writer, type, (value as StructValue).fields);
      return;
    default:
      writer.setFixed(writer.reserve(fixedWidth(type) ?? 0), type, value);
  }
}

function writeArray(writer: ByteWriter, element: DataType, items: readonly Value[]): void {
  writer.setUint32(writer.reserve(4), items.length);
  const bitmap = writer.reserve(bitmapBytes(items.length));
  const width = fixedWidth(element);
  const slots = writer.reserve(items.length * (width ?? 4));
  const data = writer.length;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item !== null) {
      writer.setBit(bitmap, i);
      if (width === undefined) write(writer, element, item);
      else writer.setFixed(slots + i * width, element, item);
    }
    if (width === undefined) writer.setUint32(slots + i * 4, writer.length - data);
  }
}

function writeStruct(writer: ByteWriter, type: StructType, fields: readonly Value[]): void {
  const bitmap = writer.reserve(bitmapBytes(type.fields.length));
  const { offsets, size } = structSlots(type);
  const slots = writer.reserve(size);
  const data = writer.length;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    const fieldType = type.fields[i].type;
    const fixed = fixedWidth(fieldType) !== undefined;
    if (field !== null) {
      writer.setBit(bitmap, i);
      if (fixed) writer.setFixed(slots + offsets[i], fieldType, field);
      else write(writer, fieldType, field);
    }
    if (!fixed) writer.setUint32(slots + offsets[i], writer.length - data);
  }
}

// ---------------------------------------------------------------- layout

function bitmapBytes(count: number): number {
  return (count + 7) >> 3;
}

interface StructSlots {
  /** Of each field's slot, from the start of the slots. */
  readonly offsets: readonly number[];
  readonly size: number;
  /** The last variable-sized field before each field, or -1: its end is where the field's bytes start. */
  readonly previousVariable: readonly number[];
}

const slotsOfTypes = new WeakMap<StructType, StructSlots>();

/** Where a struct's slots lie; the same for all values of the type. */
export function structSlots(type: StructType): StructSlots {
  let slots = slotsOfTypes.get(type);
  if (slots === undefined) {
    const offsets: number[] = [];
    const previousVariable: number[] = [];
    let size = 0;
    let last = -1;
    type.fields.forEach((field, i) => {
      const width = fixedWidth(field.type);
      offsets.push(size);
      previousVariable.push(last);
      size += width ?? 4;
      if (width === undefined) last = i;
    });
    slots = { offsets, size, previousVariable };
    slotsOfTypes.set(type, slots);
  }
  return slots;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bitAt(bytes: Uint8Array, start: number, index: number): boolean {
  return (bytes[start + (index >> 3)] & (1 << (index & 7))) !== 0;
}

/** Where a field of the struct at `start` lies; undefined when it is NULL. */
export function fieldRange(type: StructType, bytes: Uint8Array, start: number, field: number): ByteRange | undefined {
  if (!bitAt(bytes, start, field)) return undefined;
  const { offsets, size, previousVariable } = structSlots(type);
  const slots = start + bitmapBytes(type.fields.length);
  const width = fixedWidth(type.fields[field].type);
  if (width !== undefined) return { start: slots + offsets[field], end: slots + offsets[field] + width };
  const view = viewOf(bytes);
  const data = slots + size;
  const previous = previousVariable[field];
  return { start: data + (previous < 0 ? 0 : view.getUint32(slots + offsets[previous], true)), end: data + view.getUint32(slots + offsets[field], true) };
}

/** Number of elements of the array at `start`. */
export function arrayLength(bytes: Uint8Array, start: number): number {
  return viewOf(bytes).getUint32(start, true);
}

/** Where an element of the array at `start` lies; undefined when it is NULL. `index` must be within the array. */
export function elementRange(element: DataType, bytes: Uint8Array, start: number, index: number): ByteRange | undefined {
  const view = viewOf(bytes);
  const count = view.getUint32(start, true);
  if (!bitAt(bytes, start + 4, index)) return undefined;
  const slots = start + 4 + bitmapBytes(count);
  const width = fixedWidth(element);
  if (width !== undefined) return { start: slots + index * width, end: slots + (index + 1) * width };
  const data = slots + count * 4;
  return { start: data + (index === 0 ? 0 : view.getUint32(slots + (index - 1) * 4, true)), end: data + view.getUint32(slots + index * 4, true) };
}

/** The arrays of keys and of values of the map at [start, end). */
function mapRanges(bytes: Uint8Array, start: number, end: number): { readonly keys: ByteRange; readonly values: ByteRange } {
  const split = start + 4 + viewOf(bytes).getUint32(start, true);
  return { keys: { start: start + 4, end: split }, values: { start: split, end } };
}

// ---------------------------------------------------------------- reading

/** The value in [start, end). */
export function decodeValue(type: DataType, bytes: Uint8Array, start = 0, end = bytes.length): Value {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      // A decoder refuses shared memory, so a copy is decoded.
      return TEXT.decode(bytes.slice(start, end));
    case "binary":
    case "variant":
      return bytes.slice(start, end);
    case "array":
      return decodeArray(type.element, bytes, start);
    case "map": {
      const { keys, values } = mapRanges(bytes, start, end);
      return { keys: decodeArray(type.key, bytes, keys.start), values: decodeArray(type.value, bytes, values.start) };
    }
    case "struct":
      return {
        fields: type.fields.map((field, i) => {
          const range = fieldRange(type, bytes, start, i);
          return range === undefined ? null : decodeValue(field.type, bytes, range.start, range.end);
        }),
      };
    default:
      return decodeFixed(type, viewOf(bytes), start);
  }
}

function decodeArray(element: DataType, bytes: Uint8Array, start: number): Value[] {
  return Array.from({ length: arrayLength(bytes, start) }, (_, i) => {
    const range = elementRange(element, bytes, start, i);
    return range === undefined ? null : decodeValue(element, bytes, range.start, range.end);
  });
}

function decodeFixed(type: DataType, view: DataView, at: number): Value {
  switch (type.kind) {
    case "null":
      return null;
    case "boolean":
      return view.getUint8(at) !== 0;
    case "byte":
      return view.getInt8(at);
    case "short":
      return view.getInt16(at, true);
    case "int":
    case "date":
    case "interval_ym":
      return view.getInt32(at, true);
    case "float":
      return view.getFloat32(at, true);
    case "double":
      return view.getFloat64(at, true);
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return view.getBigInt64(at, true);
    case "decimal":
      return isWideDecimal(type) ? (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true) : view.getBigInt64(at, true);
    case "calendar_interval":
      return { months: view.getInt32(at, true), days: view.getInt32(at + 4, true), micros: view.getBigInt64(at + 8, true) };
    default:
      throw new InternalError(`${type.kind} has no fixed width`);
  }
}
