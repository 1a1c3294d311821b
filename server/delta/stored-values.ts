import type { StructField } from "../../catalog/types.ts";
import { notNullViolated } from "../../delta/errors.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import { rejectLongTexts } from "./text-lengths.ts";

/** Raises DELTA_NOT_NULL_CONSTRAINT_VIOLATED, DELTA_EXCEED_CHAR_VARCHAR_LIMIT where a column has a value that no file of the table may have. `fields`: of the batch's first columns. */
export function checkStoredValues(batch: ResultBatch, fields: readonly StructField[]): void {
  rejectNulls(batch, fields);
  rejectLongTexts(batch, fields);
}

function rejectNulls(batch: ResultBatch, fields: readonly StructField[]): void {
  for (const [i, field] of fields.entries()) {
    const { validity } = batch.columns[i];
    if (field.nullable || validity === undefined) continue;
    for (let row = 0; row < batch.rows; row++) {
      if ((validity[row >> 3] & (1 << (row & 7))) !== 0) continue;
      throw notNullViolated(field.name);
    }
  }
}

/** Whether a column of floating-point numbers has one that no bounds count. */
export function hasNaN({ type, data }: ResultColumn, rows: number): boolean {
  if (type.kind !== "float" && type.kind !== "double") return false;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row < rows; row++) if (Number.isNaN(type.kind === "float" ? view.getFloat32(row * 4, true) : view.getFloat64(row * 8, true))) return true;
  return false;
}
