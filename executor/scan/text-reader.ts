import { SparrowError } from "../../catalog/errors.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import { constantColumn } from "./constant-column.ts";
import type { ParseMode } from "./csv-options.ts";
import type { FieldSpans } from "./field-spans.ts";
import { keepRows } from "./kept-rows.ts";
import type { ScanContext, WantedColumn } from "./scan-context.ts";
import type { TextDialect, TextRows } from "./text-columns.ts";
import { textColumn } from "./text-columns.ts";

/** Rows that a text reader tokenizes at a time. */
export const TEXT_BATCH_ROWS = 16 * 1024;

/** Columns from tokenized rows, under the mode for malformed ones. `spans` is by position in `wanted`, undefined for constants. */
export function textBatch(
  wanted: readonly WantedColumn[],
  spans: readonly (FieldSpans | undefined)[],
  text: TextRows,
  mode: ParseMode,
  dialect: TextDialect,
  describe: (row: number) => { readonly path: string; readonly record: string },
  context: ScanContext,
  allocator: Allocator,
): ColumnBatch {
  const { pool } = context;
  const columns = wanted.map((column, i) => {
    const own = spans[i];
    if (own !== undefined) return textColumn(own, text, column.type, column.layout, dialect, pool, allocator);
    return constantColumn(column.field.kind === "constant" ? column.field.value : null, column.type, column.layout, text.rows, pool, allocator);
  });
  const batch = { rows: text.rows, columns };
  switch (mode) {
    case "PERMISSIVE":
      return batch;
    case "FAILFAST": {
      const row = text.malformed.indexOf(1);
      if (row >= 0) throw malformedRecord(describe(row));
      return batch;
    }
    case "DROPMALFORMED":
      return keepRows(batch, wellFormed(text), pool, allocator);
  }
}

function wellFormed({ malformed, rows }: TextRows): number[] {
  const ranges: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (malformed[row] !== 0) continue;
    if (ranges.at(-1) === row) ranges[ranges.length - 1] = row + 1;
    else ranges.push(row, row + 1);
  }
  return ranges;
}

const SHOWN_RECORD = 200;

function malformedRecord({ path, record }: { readonly path: string; readonly record: string }): SparrowError {
  const shown = record.length > SHOWN_RECORD ? `${record.slice(0, SHOWN_RECORD)}...` : record;
  return new SparrowError(
    "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
    "22023",
    `Malformed records are detected in record parsing: ${shown} (in ${path}). Parse Mode: FAILFAST.`,
    { badRecord: shown, failFastMode: "FAILFAST", path },
    { origin: "data", hint: "To process malformed records as null result, set the option 'mode' to 'PERMISSIVE'." },
  );
}
