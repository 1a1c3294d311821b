import { SparrowError, assert } from "../../catalog/errors.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { isNested } from "../../catalog/types.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import { typedView } from "../typed-view.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { bufferOf, offsetWidth } from "./arrow-column.ts";
import { copyBits, countNulls } from "./bits.ts";
import { columnTypeMismatch } from "./column-type-mismatch.ts";
import { encodeDictionary } from "./dictionary-encode.ts";
import { fixedWidthValues } from "./fixed-width-values.ts";
import { nestedFromArrow } from "./nested-from-arrow.ts";

/** Copies a column into the pool as `type` in `layout`; buffers lie 16-byte aligned. */
export function arrowToPool(column: ArrowColumn, type: DataType, layout: ColumnLayout, pool: Pool, allocator: Allocator): ColumnBuffers {
  const validity = copyValidity(column, pool, allocator);
  if (column.format === "n") return { ...emptyValues(column.length, layout, pool, allocator), validity };
  switch (layout.kind) {
    case "bits": {
      if (column.format !== "b") throw columnTypeMismatch(column, type);
      const data = allocator.allocate(Math.ceil(column.length / 8));
      copyBits(bufferOf(column, 1), column.offset, column.length, pool.u8, data);
      return { layout, data, validity, offsets: 0, bytes: 0 };
    }
    case "fixed": {
      assert(layout.base === undefined, "a scan gives values at their full width");
      const values = fixedWidthValues(column, type, layout.width);
      if (values === undefined) throw columnTypeMismatch(column, type);
      const data = allocator.allocate(values.byteLength);
      pool.u8.set(values, data);
      return { layout, data, validity, offsets: 0, bytes: 0 };
    }
    case "utf8":
      return { layout, data: 0, validity, ...(isNested(type) ? nestedFromArrow(column, type, pool, allocator) : utf8Values(column, type, pool, allocator)) };
    case "dictionary": {
      const { dictionary } = column;
      if (dictionary === undefined) {
        const text = utf8Values(column, type, pool, allocator);
        return { ...encodeDictionary(pool, allocator, text.offsets, text.bytes, column.length, layout, validity), validity };
      }
      const data = allocator.allocate(column.length * layout.width);
      copyCodes(column, pool, data, layout.width);
      return { layout, data, validity, ...utf8Values(dictionary, type, pool, allocator) };
    }
    case "view":
      throw new SparrowError("UNSUPPORTED_FEATURE.SCAN_LAYOUT", "0A000", "A scan does not give string views.");
  }
}

function copyValidity(column: ArrowColumn, pool: Pool, allocator: Allocator): number {
  if (column.format === "n") return allocateZeroed(pool, allocator, Math.ceil(column.length / 8));
  const bits = column.buffers[0];
  if (bits === undefined || column.nullCount === 0) return 0;
  if (column.nullCount < 0 && countNulls(bits, column.offset, column.length) === 0) return 0;
  const address = allocator.allocate(Math.ceil(column.length / 8));
  copyBits(bits, column.offset, column.length, pool.u8, address);
  return address;
}

function allocateZeroed(pool: Pool, allocator: Allocator, bytes: number): number {
  const address = allocator.allocate(bytes);
  pool.u8.fill(0, address, address + bytes);
  return address;
}

/** Buffers of a column of which no value is looked at: all rows are NULL. */
export function emptyValues(rows: number, layout: ColumnLayout, pool: Pool, allocator: Allocator): Omit<ColumnBuffers, "validity"> {
  switch (layout.kind) {
    case "bits":
      return { layout, data: allocateZeroed(pool, allocator, Math.ceil(rows / 8)), offsets: 0, bytes: 0 };
    case "fixed":
      return { layout, data: allocateZeroed(pool, allocator, rows * layout.width), offsets: 0, bytes: 0 };
    case "view":
      return { layout, data: allocateZeroed(pool, allocator, rows * 8), offsets: 0, bytes: 0 };
    case "utf8":
      return { layout, data: 0, offsets: allocateZeroed(pool, allocator, (rows + 1) * 4), bytes: allocator.allocate(0) };
    case "dictionary":
      // One empty entry, so that code 0 can be looked up even where the row is NULL.
      return {
        layout,
        data: allocateZeroed(pool, allocator, rows * layout.width),
        offsets: allocateZeroed(pool, allocator, 8),
        bytes: allocator.allocate(0),
      };
  }
}

function copyCodes(column: ArrowColumn, pool: Pool, address: number, width: 1 | 2 | 4): void {
  assert(column.format === "i", `dictionary codes are int32, not ${column.format}`);
  const codes = bufferOf(column, 1).subarray(column.offset * 4, (column.offset + column.length) * 4);
  if (width === 4) {
    pool.u8.set(codes, address);
    return;
  }
  const wide = new Int32Array(codes.buffer, codes.byteOffset, column.length);
  if (width === 1) pool.u8.set(wide, address);
  else new Uint16Array(pool.memory.buffer, address, column.length).set(wide);
}

/** Offsets and bytes of a variable-width column in the pool. */
function utf8Values(column: ArrowColumn, type: DataType, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  if (column.dictionary !== undefined) return expandDictionary(column, type, pool, allocator);
  const rows = column.length;
  if (column.format.startsWith("w:")) return fixedSizeBinary(column, type, pool, allocator);
  const width = offsetWidth(column.format);
  if (width === undefined || column.format.startsWith("+")) throw columnTypeMismatch(column, type);
  const raw = bufferOf(column, 1);
  const source: (i: number) => number =
    width === 4
      ? ((values) => (i: number) => values[i])(typedView(raw, Int32Array))
      : ((values) => (i: number) => Number(values[i]))(typedView(raw, BigInt64Array));
  const first = source(column.offset);
  const last = source(column.offset + rows);
  const offsets = allocator.allocate((rows + 1) * 4);
  if (width === 4 && first === 0) pool.u8.set(raw.subarray(column.offset * 4, (column.offset + rows + 1) * 4), offsets);
  else for (let i = 0; i <= rows; i++) pool.i32[(offsets >> 2) + i] = source(column.offset + i) - first;
  const bytes = allocator.allocate(last - first);
  pool.u8.set(bufferOf(column, 2).subarray(first, last), bytes);
  return { offsets, bytes };
}

function expandDictionary(column: ArrowColumn, type: DataType, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  const { dictionary } = column;
  assert(dictionary !== undefined && column.format === "i", "a dictionary has int32 codes");
  if (offsetWidth(dictionary.format) !== 4) throw columnTypeMismatch(dictionary, type);
  const codes = typedView(bufferOf(column, 1), Int32Array);
  const entryOffsets = typedView(bufferOf(dictionary, 1), Int32Array);
  const entryBytes = bufferOf(dictionary, 2);
  const validity = column.buffers[0];
  const offsets = allocator.allocate((column.length + 1) * 4) >>> 2;
  let total = 0;
  const isNull = (row: number): boolean => validity !== undefined && (validity[row >> 3] & (1 << (row & 7))) === 0;
  for (let i = 0; i < column.length; i++) {
    pool.i32[offsets + i] = total;
    const row = column.offset + i;
    if (!isNull(row)) total += entryOffsets[dictionary.offset + codes[row] + 1] - entryOffsets[dictionary.offset + codes[row]];
  }
  pool.i32[offsets + column.length] = total;
  const bytes = allocator.allocate(total);
  for (let i = 0; i < column.length; i++) {
    const row = column.offset + i;
    if (isNull(row)) continue;
    const entry = dictionary.offset + codes[row];
    pool.u8.set(entryBytes.subarray(entryOffsets[entry], entryOffsets[entry + 1]), bytes + pool.i32[offsets + i]);
  }
  return { offsets: offsets * 4, bytes };
}

const HEX = new TextEncoder().encode("0123456789abcdef");
const UUID_DASHES_BEFORE = new Set([4, 6, 8, 10]);

/** Binary values of one size; as a string they are UUIDs in their usual text form. */
function fixedSizeBinary(column: ArrowColumn, type: DataType, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  const width = Number(column.format.slice(2));
  const rows = column.length;
  const values = bufferOf(column, 1).subarray(column.offset * width, (column.offset + rows) * width);
  const asText = type.kind === "string";
  const size = asText ? 36 : width;
  const offsets = allocator.allocate((rows + 1) * 4);
  for (let i = 0; i <= rows; i++) pool.i32[(offsets >>> 2) + i] = i * size;
  const bytes = allocator.allocate(rows * size);
  if (!asText) pool.u8.set(values, bytes);
  else {
    let to = bytes;
    for (let i = 0; i < values.length; i++) {
      if (UUID_DASHES_BEFORE.has(i % 16)) pool.u8[to++] = 0x2d;
      pool.u8[to++] = HEX[values[i] >> 4];
      pool.u8[to++] = HEX[values[i] & 15];
    }
  }
  return { offsets, bytes };
}
