import type { StructField } from "../../catalog/types.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { cellText } from "./cell-text.ts";
import { valueReader } from "../../executor/result-values.ts";

/** A row as texts, NULL as null. */
export type TextRow = readonly (string | null)[];

/** The rows of a batch as Spark casts them to strings, timestamps in the zone given. */
export function textRows(batch: ResultBatch, columns: readonly StructField[], timeZone: string): TextRow[] {
  const readers = batch.columns.map(valueReader);
  const rows: TextRow[] = [];
  for (let row = 0; row < batch.rows; row++) {
    rows.push(
      readers.map((read, i) => {
        const value = read(row);
        return value === null ? null : cellText(value, columns[i].type, timeZone);
      }),
    );
  }
  return rows;
}
