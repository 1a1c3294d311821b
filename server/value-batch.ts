import type { DataType, StructField } from "../catalog/types.ts";
import { plainLayout } from "../catalog/table.ts";
import type { Value } from "../catalog/values.ts";
import { encodeValue } from "../executor/nested/encoding.ts";
import type { ResultBatch, ResultColumn } from "../executor/result-batch.ts";
import type { StatementResult } from "./statement-result.ts";

/** A batch of single values, for results and files that are small. `rows`: by row, then by column. */
export function valueBatch(types: readonly DataType[], rows: readonly (readonly Value[])[]): ResultBatch {
  return { rows: rows.length, columns: types.map((type, i) => valueColumn(type, rows.map((row) => row[i]))) };
}

/** A statement's result of any types. */
export function valueResult(columns: readonly StructField[], rows: readonly (readonly Value[])[]): StatementResult {
  return { columns, batches: once(valueBatch(columns.map((column) => column.type), rows)) };
}

async function* once(batch: ResultBatch): AsyncGenerator<ResultBatch> {
  if (batch.rows > 0) yield batch;
}

function valueColumn(type: DataType, values: readonly Value[]): ResultColumn {
  const validity = values.includes(null) ? bits(values.map((value) => value !== null)) : undefined;
  const layout = plainLayout(type);
  if (layout.kind === "bits") return { type, data: bits(values.map((value) => value === true)), validity };
  const width = layout.kind === "fixed" ? layout.width : undefined;
  const encoded = values.map((value) => (value === null ? new Uint8Array(width ?? 0) : encodeValue(type, value)));
  if (width !== undefined) return { type, data: Buffer.concat(encoded), validity };
  const offsets = new Int32Array(values.length + 1);
  encoded.forEach((bytes, i) => (offsets[i + 1] = offsets[i] + bytes.length));
  return { type, data: new Uint8Array(0), validity, offsets, bytes: Buffer.concat(encoded) };
}

function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => flag && (bytes[i >> 3] |= 1 << (i & 7)));
  return bytes;
}
