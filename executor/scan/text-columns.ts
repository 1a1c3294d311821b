import { SparrowError } from "../../catalog/errors.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { STRING, sqlTypeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import { encodeValue } from "../nested/encoding.ts";
import { castValue } from "../functions/cast.ts";
import { fixedBytes } from "./constant-column.ts";
import type { ValueOptions } from "./text-options.ts";
import { encodeDictionary } from "./dictionary-encode.ts";
import type { FieldSpans } from "./field-spans.ts";
import { SPAN } from "./field-spans.ts";
import { parsePlainDate, parsePlainTimestamp } from "./text-dates.ts";
import { parseDecimal, parseDouble, parseLong, parseSmallInteger, parseUnscaled, parsed } from "./text-numbers.ts";
import { parseDateText, parseTimestampText } from "./text-values.ts";

/** What differs between text formats when a field becomes a value. */
export interface TextDialect {
  /** Whether `"1"` can be a number. */
  readonly quotedNumbers: boolean;
  /** Writes the value of an escaped field and returns its end; never longer than the field. */
  readonly unescape: (source: Uint8Array, start: number, end: number, target: Uint8Array, to: number) => number;
  /** What only JSON has: nested fields, as text and as values (undefined when they do not fit the type). */
  readonly nested?: {
    readonly writeText: (source: Uint8Array, start: number, end: number, target: Uint8Array, to: number) => number;
    readonly value: (text: string, type: DataType) => Value | undefined;
  };
  /** Bytes of a binary field, from its text. */
  readonly binary: (text: Uint8Array) => Uint8Array | undefined;
  readonly values: ValueOptions;
}

/** The rows of a batch of text, and which of them are malformed. */
export interface TextRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Where each row's text begins and ends, without its line end. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where a field of the row could not be read as its type. */
  readonly malformed: Uint8Array;
}

/** One column from its fields: missing ones are NULL, ones that cannot be read too, and their rows are marked as malformed. */
export function textColumn(spans: FieldSpans, text: TextRows, type: DataType, layout: ColumnLayout, dialect: TextDialect, pool: Pool, allocator: Allocator): ColumnBuffers {
  const valid = new Uint8Array(text.rows);
  const column = textValues(spans, text, type, layout, dialect, pool, allocator, valid);
  return { ...column, validity: packValidity(valid, pool, allocator) };
}

function packValidity(valid: Uint8Array, pool: Pool, allocator: Allocator): number {
  if (!valid.includes(0)) return 0;
  const size = Math.ceil(valid.length / 8);
  const address = allocator.allocate(size);
  pool.u8.fill(0, address, address + size);
  for (let row = 0; row < valid.length; row++) pool.u8[address + (row >> 3)] |= valid[row] << (row & 7);
  return address;
}

function textValues(
  spans: FieldSpans,
  text: TextRows,
  type: DataType,
  layout: ColumnLayout,
  dialect: TextDialect,
  pool: Pool,
  allocator: Allocator,
  valid: Uint8Array,
): Omit<ColumnBuffers, "validity"> {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar": {
      const strings = copyStrings(spans, text, dialect, pool, allocator, valid);
      if (layout.kind === "dictionary") return encodeDictionary(pool, allocator, strings.offsets, strings.bytes, text.rows, layout, packValidity(valid, pool, allocator));
      return { layout, data: 0, ...strings };
    }
    case "array":
    case "map":
    case "struct":
      return { layout, data: 0, ...nestedValues(spans, text, type, dialect, pool, allocator, valid) };
    case "binary":
      return { layout, data: 0, ...copyBinaries(spans, text, dialect, pool, allocator, valid) };
    case "boolean": {
      const size = Math.ceil(text.rows / 8);
      const data = allocator.allocate(size);
      pool.u8.fill(0, data, data + size);
      eachField(spans, text, dialect.quotedNumbers, valid, dialect, (bytes, row, start, end) => {
        const word = booleanWord(bytes, start, end);
        if (word === 1) pool.u8[data + (row >> 3)] |= 1 << (row & 7);
        return word >= 0;
      });
      return { layout, data, offsets: 0, bytes: 0 };
    }
    default: {
      if (layout.kind !== "fixed") throw unsupportedType(type);
      const data = allocator.allocate(text.rows * layout.width);
      pool.u8.fill(0, data, data + text.rows * layout.width);
      const { store, quoted } = fieldStore(type, dialect, pool, data);
      eachField(spans, text, quoted, valid, dialect, store);
      return { layout, data, offsets: 0, bytes: 0 };
    }
  }
}

/** Reads a field and writes it to its row; false when it is no value of the type. */
type Store = (bytes: Uint8Array, row: number, start: number, end: number, inQuotes: boolean) => boolean;

function eachField(spans: FieldSpans, text: TextRows, quoted: boolean, valid: Uint8Array, dialect: TextDialect, store: Store): void {
  const { starts, ends, kinds } = spans;
  for (let row = 0; row < text.rows; row++) {
    const kind = kinds[row];
    if (kind === SPAN.missing) continue;
    let read = false;
    if (kind === SPAN.plain || (quoted && kind === SPAN.quoted)) read = store(text.bytes, row, starts[row], ends[row], kind === SPAN.quoted);
    else if (quoted && kind === SPAN.escaped) {
      const plain = new Uint8Array(ends[row] - starts[row]);
      read = store(plain, row, 0, dialect.unescape(text.bytes, starts[row], ends[row], plain, 0), true);
    }
    if (read) valid[row] = 1;
    else text.malformed[row] = 1;
  }
}

const TWO_32 = 2 ** 32;

/** `quoted`: whether the type's fields may stand in quotes. */
function fieldStore(type: DataType, dialect: TextDialect, pool: Pool, data: number): { readonly store: Store; readonly quoted: boolean } {
  const quoted = dialect.quotedNumbers;
  const { values } = dialect;
  const words = (row: number): void => {
    pool.i32[(data >>> 2) + row * 2] = parsed.low;
    pool.i32[(data >>> 2) + row * 2 + 1] = parsed.high;
  };
  const micros = (row: number, value: number): void => {
    const high = Math.floor(value / TWO_32);
    pool.i32[(data >>> 2) + row * 2] = value - high * TWO_32;
    pool.i32[(data >>> 2) + row * 2 + 1] = high;
  };
  switch (type.kind) {
    case "byte":
      return { quoted, store: (bytes, row, start, end) => parseSmallInteger(bytes, start, end, -128, 127) && ((pool.u8[data + row] = parsed.number), true) };
    case "short":
      return { quoted, store: (bytes, row, start, end) => parseSmallInteger(bytes, start, end, -32768, 32767) && (pool.view.setInt16(data + row * 2, parsed.number, true), true) };
    case "int":
      return { quoted, store: (bytes, row, start, end) => parseSmallInteger(bytes, start, end, -2147483648, 2147483647) && ((pool.i32[(data >>> 2) + row] = parsed.number), true) };
    case "long":
      return { quoted, store: (bytes, row, start, end) => parseLong(bytes, start, end) && (words(row), true) };
    case "float":
      return { quoted: true, store: (bytes, row, start, end, inQuotes) => floating(bytes, start, end, inQuotes && !quoted, values) && ((pool.f32[(data >>> 2) + row] = parsed.number), true) };
    case "double":
      return { quoted: true, store: (bytes, row, start, end, inQuotes) => floating(bytes, start, end, inQuotes && !quoted, values) && ((pool.f64[data / 8 + row] = parsed.number), true) };
    case "decimal":
      if (type.precision <= 18) return { quoted, store: (bytes, row, start, end) => parseDecimal(bytes, start, end, type.precision, type.scale) && (words(row), true) };
      return {
        quoted,
        store: (bytes, row, start, end) => {
          const unscaled = parseUnscaled(bytes, start, end, type.scale);
          const limit = 10n ** BigInt(type.precision);
          return unscaled !== undefined && unscaled < limit && unscaled > -limit && storeValue(unscaled, type, 16, pool, data + row * 16);
        },
      };
    case "date":
      return {
        quoted: true,
        store: (bytes, row, start, end) => {
          if (values.dateFormat === undefined && parsePlainDate(bytes, start, end)) {
            pool.i32[(data >>> 2) + row] = parsed.number;
            return true;
          }
          return storeValue(parseDateText(bytes, start, end, values), type, 4, pool, data + row * 4);
        },
      };
    case "timestamp":
    case "timestamp_ntz": {
      const local = type.kind === "timestamp_ntz" || values.timeZone === "UTC";
      return {
        quoted: true,
        store: (bytes, row, start, end) => {
          if (values.timestampFormat === undefined && parsePlainTimestamp(bytes, start, end) && (local || parsed.low === 1)) {
            micros(row, parsed.number);
            return true;
          }
          return storeValue(parseTimestampText(bytes, start, end, type.kind, values), type, 8, pool, data + row * 8);
        },
      };
    }
    case "time":
    case "interval_ym":
    case "interval_dt": {
      const width = type.kind === "interval_ym" ? 4 : 8;
      return {
        quoted: true,
        store: (bytes, row, start, end) => {
          const value = castValue(new TextDecoder().decode(bytes.subarray(start, end)), STRING, type, "try", values.timeZone);
          return value !== null && storeValue(value, type, width, pool, data + row * width);
        },
      };
    }
    case "null":
      return { quoted, store: () => false };
    default:
      throw unsupportedType(type);
  }
}

function storeValue(value: Value | undefined, type: DataType, width: number, pool: Pool, address: number): boolean {
  if (value === undefined) return false;
  pool.u8.set(fixedBytes(value, type, width), address);
  return true;
}

/** `wordsOnly`: no digits, only NaN and the infinities, as in JSON strings. */
function floating(bytes: Uint8Array, start: number, end: number, wordsOnly: boolean, options: ValueOptions): boolean {
  if (!wordsOnly && parseDouble(bytes, start, end)) return true;
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  if (text === options.nanValue || text === "NaN") parsed.number = NaN;
  else if (text === options.positiveInfinity || text === "Infinity" || text === "+Infinity") parsed.number = Infinity;
  else if (text === options.negativeInfinity || text === "-Infinity") parsed.number = -Infinity;
  else return false;
  return true;
}

/** 1 and 0 for the words true and false in any case, -1 for other texts. */
function booleanWord(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 4 && end - start !== 5) return -1;
  const word = end - start === 4 ? TRUE : FALSE;
  for (let i = 0; i < word.length; i++) if ((bytes[start + i] | 32) !== word[i]) return -1;
  return word === TRUE ? 1 : 0;
}

const TRUE = new TextEncoder().encode("true");
const FALSE = new TextEncoder().encode("false");

function copyStrings(spans: FieldSpans, text: TextRows, dialect: TextDialect, pool: Pool, allocator: Allocator, valid: Uint8Array): { readonly offsets: number; readonly bytes: number } {
  const { starts, ends, kinds } = spans;
  const { bytes: source, rows } = text;
  let most = 0;
  for (let row = 0; row < rows; row++) most += ends[row] - starts[row];
  const offsets = allocator.allocate((rows + 1) * 4);
  const bytes = allocator.allocate(most);
  const target = pool.u8;
  let at = bytes;
  let offset = offsets >>> 2;
  pool.i32[offset++] = 0;
  for (let row = 0; row < rows; row++) {
    const kind = kinds[row];
    if (kind !== SPAN.missing) {
      valid[row] = 1;
      const start = starts[row];
      const end = ends[row];
      if (kind === SPAN.nested && dialect.nested !== undefined) at = dialect.nested.writeText(source, start, end, target, at);
      else if (kind === SPAN.escaped) at = dialect.unescape(source, start, end, target, at);
      else if (end - start > 48) {
        target.set(source.subarray(start, end), at);
        at += end - start;
      } else for (let i = start; i < end; i++) target[at++] = source[i];
    }
    pool.i32[offset++] = at - bytes;
  }
  return { offsets, bytes };
}

function copyBinaries(spans: FieldSpans, text: TextRows, dialect: TextDialect, pool: Pool, allocator: Allocator, valid: Uint8Array): { readonly offsets: number; readonly bytes: number } {
  const strings = copyStrings(spans, text, dialect, pool, allocator, valid);
  const values: Uint8Array[] = [];
  let total = 0;
  for (let row = 0; row < text.rows; row++) {
    const from = pool.i32[(strings.offsets >>> 2) + row];
    const to = pool.i32[(strings.offsets >>> 2) + row + 1];
    const value = valid[row] === 0 ? EMPTY : dialect.binary(pool.u8.slice(strings.bytes + from, strings.bytes + to));
    if (value === undefined) {
      valid[row] = 0;
      text.malformed[row] = 1;
    }
    values.push(value ?? EMPTY);
    total += values[row].length;
  }
  const bytes = allocator.allocate(total);
  let at = 0;
  values.forEach((value, row) => {
    pool.u8.set(value, bytes + at);
    at += value.length;
    pool.i32[(strings.offsets >>> 2) + row + 1] = at;
  });
  return { offsets: strings.offsets, bytes };
}

/** Nested values in the engine's encoding (executor/nested). */
function nestedValues(
  spans: FieldSpans,
  text: TextRows,
  type: DataType,
  dialect: TextDialect,
  pool: Pool,
  allocator: Allocator,
  valid: Uint8Array,
): { readonly offsets: number; readonly bytes: number } {
  if (dialect.nested === undefined) throw unsupportedType(type);
  const offsets = allocator.allocate((text.rows + 1) * 4);
  pool.i32[offsets >>> 2] = 0;
  const values: Uint8Array[] = [];
  let total = 0;
  for (let row = 0; row < text.rows; row++) {
    if (spans.kinds[row] !== SPAN.missing) {
      const value = spans.kinds[row] === SPAN.nested ? dialect.nested.value(new TextDecoder().decode(text.bytes.subarray(spans.starts[row], spans.ends[row])), type) : undefined;
      if (value === undefined || value === null) text.malformed[row] = 1;
      else {
        values.push(encodeValue(type, value));
        total += values[values.length - 1].length;
        valid[row] = 1;
      }
    }
    pool.i32[(offsets >>> 2) + row + 1] = total;
  }
  const bytes = allocator.allocate(total);
  let at = bytes;
  for (const value of values) {
    pool.u8.set(value, at);
    at += value.length;
  }
  return { offsets, bytes };
}

const EMPTY = new Uint8Array(0);

function unsupportedType(type: DataType): SparrowError {
  return new SparrowError("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000", `A text file's column cannot be read as ${sqlTypeName(type)}.`, { columnType: sqlTypeName(type) });
}
