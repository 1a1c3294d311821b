import { InternalError, assert } from "../../catalog/errors.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { typeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import { emptyValues } from "./arrow-to-pool.ts";

/** A column that has the same value in every row: a partition value, or NULL for a column that a file does not have. */
export function constantColumn(value: Value, type: DataType, layout: ColumnLayout, rows: number, pool: Pool, allocator: Allocator): ColumnBuffers {
  if (value === null) {
    const empty = emptyValues(rows, layout, pool, allocator);
    const bytes = Math.ceil(rows / 8);
    const validity = allocator.allocate(bytes);
    pool.u8.fill(0, validity, validity + bytes);
    return { ...empty, validity };
  }
  switch (layout.kind) {
    case "bits": {
      const data = allocator.allocate(Math.ceil(rows / 8));
      pool.u8.fill(value === true ? 255 : 0, data, data + Math.ceil(rows / 8));
      return { layout, data, validity: 0, offsets: 0, bytes: 0 };
    }
    case "fixed": {
      const { width } = layout;
      assert(layout.base === undefined, "a scan gives values at their full width");
      const data = allocator.allocate(rows * width);
      const bytes = fixedBytes(value, type, width);
      repeat(pool, data, bytes, rows);
      return { layout, data, validity: 0, offsets: 0, bytes: 0 };
    }
    case "utf8": {
      const text = variableBytes(value, type);
      const offsets = allocator.allocate((rows + 1) * 4);
      for (let i = 0; i <= rows; i++) pool.i32[(offsets >>> 2) + i] = i * text.length;
      const bytes = allocator.allocate(rows * text.length);
      repeat(pool, bytes, text, rows);
      return { layout, data: 0, validity: 0, offsets, bytes };
    }
    case "dictionary": {
      const text = variableBytes(value, type);
      const empty = emptyValues(rows, layout, pool, allocator);
      const bytes = allocator.allocate(text.length);
      pool.u8.set(text, bytes);
      pool.i32[(empty.offsets >>> 2) + 1] = text.length;
      return { ...empty, validity: 0, bytes };
    }
    case "view":
      throw new InternalError("a scan does not give string views");
  }
}

/** A BIGINT column that counts up from `first`. */
export function positionColumn(first: bigint, rows: number, layout: ColumnLayout, pool: Pool, allocator: Allocator): ColumnBuffers {
  const data = allocator.allocate(rows * 8);
  for (let row = 0; row < rows; row++) pool.view.setBigInt64(data + row * 8, first + BigInt(row), true);
  return { layout, data, validity: 0, offsets: 0, bytes: 0 };
}

/** A BIGINT column with the values of another one where it is NULL; changes the other one. */
export function withoutNulls(column: ColumnBuffers, other: ColumnBuffers, rows: number, pool: Pool): ColumnBuffers {
  for (let row = 0; row < rows; row++) {
    if ((pool.u8[column.validity + (row >> 3)] & (1 << (row & 7))) !== 0) pool.u8.copyWithin(other.data + row * 8, column.data + row * 8, column.data + row * 8 + 8);
  }
  return other;
}

function repeat(pool: Pool, address: number, bytes: Uint8Array, times: number): void {
  const total = bytes.length * times;
  if (total === 0) return;
  pool.u8.set(bytes, address);
  for (let done = bytes.length; done < total; done *= 2) pool.u8.copyWithin(address + done, address, address + Math.min(done, total - done));
}

function variableBytes(value: Value, type: DataType): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  throw new InternalError(`no constant of type ${typeName(type)} can stand for a file's column`);
}

/** A non-null value in the layout that catalog/table.ts gives its type. */
export function fixedBytes(value: Value, type: DataType, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  const view = new DataView(bytes.buffer);
  switch (type.kind) {
    case "float":
      view.setFloat32(0, value as number, true);
      return bytes;
    case "double":
      view.setFloat64(0, value as number, true);
      return bytes;
    default:
      break;
  }
  if (typeof value !== "number" && typeof value !== "bigint") throw new InternalError(`no constant of type ${typeName(type)} can stand for a file's column`);
  const integer = BigInt(value);
  for (let i = 0; i < width; i++) bytes[i] = Number(BigInt.asUintN(8, integer >> BigInt(8 * i)));
  return bytes;
}
