import { SparrowError } from "../../catalog/errors.ts";
import type { FileField } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import { constantColumn } from "./constant-column.ts";
import type { ParseMode } from "./text-options.ts";
import { FieldSpans, SPAN } from "./field-spans.ts";
import { keepRows } from "./kept-rows.ts";
import type { ScanContext, WantedColumn } from "./scan-context.ts";
import type { TextDialect, TextRows } from "./text-columns.ts";
import { textColumn } from "./text-columns.ts";

/** Rows that a text reader tokenizes at a time. */
export const TEXT_BATCH_ROWS = 16 * 1024;

/** Whether a stored column is the one that takes the text of malformed rows. */
export function isCorruptRecord(field: FileField, corruptRecord: string): boolean {
  return field.kind === "stored" && field.name === corruptRecord;
}

/**
 * Columns from tokenized rows, under the mode for malformed ones. `spans` is by position in `wanted`, undefined for constants and for the column that takes
 * malformed rows' text, `corruptRecord` by name.
 */
export function textBatch(
  wanted: readonly WantedColumn[],
  spans: readonly (FieldSpans | undefined)[],
  text: TextRows,
  mode: ParseMode,
  corruptRecord: string,
  dialect: TextDialect,
  path: string,
  context: ScanContext,
  allocator: Allocator,
): ColumnBatch {
  const { pool } = context;
  const columns: ColumnBuffers[] = [];
  const corrupt: number[] = [];
  wanted.forEach((column, i) => {
    const own = spans[i];
    if (isCorruptRecord(column.field, corruptRecord)) corrupt.push(i);
    else if (own !== undefined) columns[i] = textColumn(own, text, column.type, column.layout, dialect, pool, allocator);
    else columns[i] = constantColumn(column.field.kind === "constant" ? column.field.value : null, column.type, column.layout, text.rows, pool, allocator);
  });
  // Last, for only now is it known which rows are malformed.
  for (const i of corrupt) columns[i] = textColumn(malformedRows(text), text, wanted[i].type, wanted[i].layout, dialect, pool, allocator);
  const batch = { rows: text.rows, columns };
  switch (mode) {
    case "PERMISSIVE":
      return batch;
    case "FAILFAST": {
      const row = text.malformed.indexOf(1);
      if (row >= 0) throw malformedRecord(path, new TextDecoder().decode(text.bytes.subarray(text.starts[row], text.ends[row])));
      return batch;
    }
    case "DROPMALFORMED":
      return keepRows(batch, wellFormed(text), pool, allocator);
  }
}

function malformedRows(text: TextRows): FieldSpans {
  const spans = new FieldSpans(text.rows);
  for (let row = 0; row < text.rows; row++) if (text.malformed[row] !== 0) spans.set(row, text.starts[row], text.ends[row], SPAN.plain);
  return spans;
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

function malformedRecord(path: string, record: string): SparrowError {
  const shown = record.length > SHOWN_RECORD ? `${record.slice(0, SHOWN_RECORD)}...` : record;
  return new SparrowError(
    "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
    "22023",
    `Malformed records are detected in record parsing: ${shown} (in ${path}). Parse Mode: FAILFAST.`,
    { badRecord: shown, failFastMode: "FAILFAST", path },
    { origin: "data", hint: "To process malformed records as null result, set the option 'mode' to 'PERMISSIVE'." },
  );
}
