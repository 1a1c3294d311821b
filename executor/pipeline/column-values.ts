import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, StructValue, Value } from "../../catalog/values.ts";
import { laneKind } from "../emit/emitted-value.ts";
import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import { decodeValue, encodeValue } from "../nested/encoding.ts";
import { outputWidth } from "./buffer-access.ts";

/**
 * Single values in and out of output columns and records: for functions that run in TypeScript, literal rows, error operands. Never on the path of
 * compiled code.
 */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Value of the lanes stored at an address in an output column's or record's format. */
export function readLanes(pool: Pool, type: DataType, address: number, width = outputWidth(type)): Value {
  const { view } = pool;
  switch (type.kind) {
    case "null":
      return null;
    case "boolean":
      return view.getUint8(address) !== 0;
    case "byte":
      return view.getInt8(address);
    case "short":
      return width === 2 ? view.getInt16(address, true) : view.getInt32(address, true);
    case "int":
    case "date":
    case "interval_ym":
      return view.getInt32(address, true);
    case "float":
      return view.getFloat32(address, true);
    case "double":
      return view.getFloat64(address, true);
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return view.getBigInt64(address, true);
    case "decimal":
      return laneKind(type) === "i64" ? view.getBigInt64(address, true) : (view.getBigInt64(address + 8, true) << 64n) | view.getBigUint64(address, true);
    case "calendar_interval": {
      const low = view.getBigInt64(address, true);
      return { months: Number(BigInt.asIntN(32, low)), days: Number(low >> 32n), micros: view.getBigInt64(address + 8, true) };
    }
    default:
      return readBytes(pool, type, view.getUint32(address, true), view.getUint32(address + 4, true));
  }
}

export function readBytes(pool: Pool, type: DataType, address: number, length: number): Value {
  // TextDecoder does not read shared memory: the bytes are copied first.
  const bytes = pool.u8.slice(address, address + length);
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return decoder.decode(bytes);
    case "binary":
    case "variant":
      return bytes;
    default:
      return decodeValue(type, bytes, 0, bytes.length);
  }
}

/** Stores a non-null value's lanes; bytes of strings go to the allocator. */
export function writeLanes(pool: Pool, type: DataType, address: number, value: Exclude<Value, null>, allocator: Allocator): void {
  const { view } = pool;
  switch (type.kind) {
    case "null":
      return;
    case "boolean":
      view.setUint8(address, value === true ? 1 : 0);
      return;
    case "byte":
      view.setInt8(address, value as number);
      return;
    case "short":
      view.setInt16(address, value as number, true);
      return;
    case "int":
    case "date":
    case "interval_ym":
      view.setInt32(address, value as number, true);
      return;
    case "float":
      view.setFloat32(address, value as number, true);
      return;
    case "double":
      view.setFloat64(address, value as number, true);
      return;
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      view.setBigInt64(address, value as bigint, true);
      return;
    case "decimal": {
      const unscaled = value as bigint;
      view.setBigInt64(address, BigInt.asIntN(64, unscaled), true);
      if (laneKind(type) === "i128") view.setBigInt64(address + 8, BigInt.asIntN(64, unscaled >> 64n), true);
      return;
    }
    case "calendar_interval": {
      const { months, days, micros } = value as CalendarInterval;
      view.setInt32(address, months, true);
      view.setInt32(address + 4, days, true);
      view.setBigInt64(address + 8, micros, true);
      return;
    }
    default: {
      const bytes = toBytes(type, value);
      const at = bytes.length === 0 ? 0 : allocator.allocate(bytes.length);
      pool.u8.set(bytes, at);
      view.setUint32(address, at, true);
      view.setUint32(address + 4, bytes.length, true);
    }
  }
}

function toBytes(type: DataType, value: Exclude<Value, null>): Uint8Array {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return encoder.encode(value as string);
    case "binary":
    case "variant":
      return value as Uint8Array;
    default:
      return encodeValue(type, value as StructValue);
  }
}

/** Reads rows of an output column: fixed-width data or views, NULL bytes (address 0: none). */
export function columnReader(pool: Pool, type: DataType, data: number, nulls: number): (row: number) => Value {
  const width = outputWidth(type);
  return (row) => (nulls !== 0 && pool.u8[nulls + row] !== 0 ? null : readLanes(pool, type, data + row * width));
}

/** Writes rows of an output column. */
export function columnWriter(pool: Pool, type: DataType, data: number, nulls: number, allocator: Allocator): (row: number, value: Value) => void {
  const width = outputWidth(type);
  return (row, value) => {
    if (nulls !== 0) pool.u8[nulls + row] = value === null ? 1 : 0;
    if (value !== null) writeLanes(pool, type, data + row * width, value, allocator);
    else pool.u8.fill(0, data + row * width, data + (row + 1) * width);
  };
}
