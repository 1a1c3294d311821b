import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { decodeValue } from "../../executor/nested/encoding.ts";
import type { ResultColumn } from "../../executor/result-batch.ts";

const utf8 = new TextDecoder();

/** Gives a column's value at a row, as catalog/values.ts represents it. */
export function columnReader(column: ResultColumn): (row: number) => Value {
  const read = presentValueReader(column);
  const { validity } = column;
  if (validity === undefined) return read;
  return (row) => ((validity[row >> 3] >> (row & 7)) & 1 ? read(row) : null);
}

function presentValueReader(column: ResultColumn): (row: number) => Value {
  const { type, data } = column;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type.kind) {
    case "null":
      return () => null;
    case "boolean":
      return (row) => ((data[row >> 3] >> (row & 7)) & 1) === 1;
    case "byte":
      return (row) => view.getInt8(row);
    case "short":
      return (row) => view.getInt16(row * 2, true);
    case "int":
    case "date":
    case "interval_ym":
      return (row) => view.getInt32(row * 4, true);
    case "float":
      return (row) => view.getFloat32(row * 4, true);
    case "double":
      return (row) => view.getFloat64(row * 8, true);
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return (row) => view.getBigInt64(row * 8, true);
    case "decimal":
      return type.precision <= 18 ? (row) => view.getBigInt64(row * 8, true) : (row) => view.getBigUint64(row * 16, true) | (view.getBigInt64(row * 16 + 8, true) << 64n);
    case "calendar_interval":
      return (row) => ({ months: view.getInt32(row * 16, true), days: view.getInt32(row * 16 + 4, true), micros: view.getBigInt64(row * 16 + 8, true) });
    case "string":
    case "char":
    case "varchar":
      return textReader(column);
    case "binary":
      return bytesReader(column);
    case "array":
    case "map":
    case "struct":
    case "variant":
      return nestedReader(type, column);
  }
}

function bytesReader({ offsets = new Int32Array(1), bytes = new Uint8Array(0) }: ResultColumn): (row: number) => Uint8Array {
  return (row) => bytes.subarray(offsets[row], offsets[row + 1]);
}

function textReader(column: ResultColumn): (row: number) => string {
  const bytesAt = bytesReader(column);
  return (row) => utf8.decode(bytesAt(row));
}

function nestedReader(type: DataType, { offsets = new Int32Array(1), bytes = new Uint8Array(0) }: ResultColumn): (row: number) => Value {
  return (row) => decodeValue(type, bytes, offsets[row], offsets[row + 1]);
}
