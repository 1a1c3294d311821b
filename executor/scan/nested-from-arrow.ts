import { InternalError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { BINARY, sqlTypeName } from "../../catalog/types.ts";
import type { StructValue, Value } from "../../catalog/values.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import { decodeValue, encodeValue } from "../nested/encoding.ts";
import { variantBytes } from "../nested/variant-format.ts";
import { typedView } from "../typed-view.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { bufferOf } from "./arrow-column.ts";
import { columnTypeMismatch } from "./column-type-mismatch.ts";
import { fixedWidthValues } from "./fixed-width-values.ts";
import { isShredded, shreddedType, unshredded } from "./shredded-variant.ts";

/** The value of a row, counted from the column's offset. */
export type RowReader = (row: number) => Value;

/** Offsets and bytes of a nested column in the pool, in the engine's encoding (executor/nested). Rows that are NULL have no bytes. */
export function nestedFromArrow(column: ArrowColumn, type: DataType, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  const read = rowReader(column, type);
  const values: Uint8Array[] = [];
  let total = 0;
  const offsets = allocator.allocate((column.length + 1) * 4);
  pool.i32[offsets >>> 2] = 0;
  for (let row = 0; row < column.length; row++) {
    const value = read(row);
    if (value !== null) {
      const encoded = encodeValue(type, value);
      values.push(encoded);
      total += encoded.length;
    }
    pool.i32[(offsets >>> 2) + row + 1] = total;
  }
  const bytes = allocator.allocate(total);
  let at = bytes;
  for (const encoded of values) {
    pool.u8.set(encoded, at);
    at += encoded.length;
  }
  return { offsets, bytes };
}

/** Reads single values of a column; raises SparrowError when it cannot be read as `type`. */
export function rowReader(column: ArrowColumn, type: DataType): RowReader {
  const read = presentReader(column, type);
  const validity = column.buffers[0];
  if (column.format === "n") return () => null;
  if (validity === undefined) return read;
  return (row) => {
    const bit = column.offset + row;
    return (validity[bit >> 3] & (1 << (bit & 7))) === 0 ? null : read(row);
  };
}

function presentReader(column: ArrowColumn, type: DataType): RowReader {
  switch (type.kind) {
    case "array": {
      const range = listRange(column, type);
      const element = rowReader(column.children[0], type.element);
      return (row) => {
        const { start, end } = range(row);
        return Array.from({ length: end - start }, (_, i) => element(start + i));
      };
    }
    case "map": {
      const range = listRange(column, type);
      const [entries] = column.children;
      const key = rowReader(shifted(entries.children[0], entries.offset), type.key);
      const value = rowReader(shifted(entries.children[1], entries.offset), type.value);
      return (row) => {
        const { start, end } = range(row);
        const count = end - start;
        return { keys: Array.from({ length: count }, (_, i) => key(start + i)), values: Array.from({ length: count }, (_, i) => value(start + i)) };
      };
    }
    case "struct": {
      if (column.format !== "+s") throw columnTypeMismatch(column, type);
      const fields = type.fields.map((field): RowReader => {
        const child = column.children.find((candidate) => candidate.name.toLowerCase() === field.name.toLowerCase());
        return child === undefined ? () => null : rowReader(shifted(child, column.offset), field.type);
      });
      return (row) => ({ fields: fields.map((read) => read(row)) });
    }
    case "boolean": {
      if (column.format !== "b") throw columnTypeMismatch(column, type);
      const bits = bufferOf(column, 1);
      return (row) => (bits[(column.offset + row) >> 3] & (1 << ((column.offset + row) & 7))) !== 0;
    }
    case "string":
    case "char":
    case "varchar":
    case "binary":
      return bytesReader(column, type);
    case "variant":
      return variantReader(column, type);
    default:
      return fixedReader(column, type);
  }
}

function variantReader(column: ArrowColumn, type: DataType): RowReader {
  if (isShredded(column)) {
    const shredded = shreddedType(column);
    const read = presentReader(column, shredded);
    return (row) => unshredded(read(row) as StructValue, shredded);
  }
  const part = (name: string): ArrowColumn | undefined => column.children.find((candidate) => candidate.name === name);
  const [metadata, value] = ["metadata", "value"].map(part);
  if (column.format !== "+s" || metadata === undefined || value === undefined) throw columnTypeMismatch(column, type);
  const readMetadata = rowReader(shifted(metadata, column.offset), BINARY);
  const readValue = rowReader(shifted(value, column.offset), BINARY);
  return (row) => variantBytes(readMetadata(row) as Uint8Array, readValue(row) as Uint8Array);
}

/** A child of a struct that starts at a later row. */
function shifted(column: ArrowColumn, rows: number): ArrowColumn {
  return rows === 0 ? column : { ...column, offset: column.offset + rows, length: column.length - rows };
}

/** Where the elements of a row's list lie among the child's rows. */
function listRange(column: ArrowColumn, type: DataType): (row: number) => { readonly start: number; readonly end: number } {
  const { offset } = column;
  if (column.format === "+l" || column.format === "+m") {
    const offsets = typedView(bufferOf(column, 1), Int32Array);
    return (row) => ({ start: offsets[offset + row], end: offsets[offset + row + 1] });
  }
  if (column.format === "+L") {
    const offsets = typedView(bufferOf(column, 1), BigInt64Array);
    return (row) => ({ start: Number(offsets[offset + row]), end: Number(offsets[offset + row + 1]) });
  }
  if (column.format.startsWith("+w:")) {
    const size = Number(column.format.slice(3));
    return (row) => ({ start: (offset + row) * size, end: (offset + row + 1) * size });
  }
  throw columnTypeMismatch(column, type);
}

function bytesReader(column: ArrowColumn, type: DataType): RowReader {
  const { offset, dictionary } = column;
  if (dictionary !== undefined) {
    const codes = typedView(bufferOf(column, 1), Int32Array);
    const entry = bytesReader(dictionary, type);
    return (row) => entry(codes[offset + row]);
  }
  if (column.format !== "u" && column.format !== "z") throw columnTypeMismatch(column, type);
  const offsets = typedView(bufferOf(column, 1), Int32Array);
  const bytes = bufferOf(column, 2);
  return (row) => decodeValue(type, bytes, offsets[offset + row], offsets[offset + row + 1]);
}

function fixedReader(column: ArrowColumn, type: DataType): RowReader {
  const layout = plainLayout(type);
  if (layout.kind !== "fixed") throw new InternalError(`${sqlTypeName(type)} has no fixed width`);
  const { width } = layout;
  const values = fixedWidthValues(column, type, width);
  if (values === undefined) throw columnTypeMismatch(column, type);
  return (row) => decodeValue(type, values, row * width, (row + 1) * width);
}
