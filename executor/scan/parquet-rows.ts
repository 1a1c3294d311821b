import { plainLayout } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { columnHint } from "./column-hint.ts";
import type { MiniFileColumn } from "./mini-file.ts";
import { rowReader } from "./nested-from-arrow.ts";
import type { ParquetDecoder } from "./parquet-decoder.ts";
import { OpenParquetFile } from "./parquet-file.ts";
import { parquetFields } from "./parquet-types.ts";
import { RowGroupDecoder } from "./row-group-decoder.ts";

const BATCH_ROWS = 8192;

/** A Parquet file as single values, for small files that are no tables: those of the columns that are named and there, under the types that the file gives. */
export function readParquetRows(path: string, fileBytes: number, modifiedMs: number, columns: readonly string[], decoder: ParquetDecoder): { readonly fields: readonly StructField[]; readonly rows: Value[][] } {
  const file = new OpenParquetFile(path, fileBytes, modifiedMs);
  try {
    const nodes = file.footer.schema.children.filter((node) => columns.includes(node.name));
    const fields = parquetFields({ ...file.footer.schema, children: nodes }, path);
    const wanted = nodes.map((node, i): MiniFileColumn => ({ node, hint: columnHint(node, plainLayout(fields[i].type)) }));
    const rows: Value[][] = [];
    if (wanted.length === 0) return { fields, rows };
    file.footer.rowGroups.forEach((group, rowGroup) => {
      const reader = new RowGroupDecoder(file, rowGroup, wanted, { batchRows: BATCH_ROWS, sliceRows: group.rows }, decoder);
      try {
        for (let done = 0; done < group.rows; ) {
          const decoded = reader.next(done);
          const values = decoded.map((column, i) => rowReader(column, fields[i].type));
          for (let row = 0; row < decoded[0].length; row++) rows.push(values.map((value) => value(row)));
          done += decoded[0].length;
        }
      } finally {
        reader.close();
      }
    });
    return { fields, rows };
  } finally {
    file.close();
  }
}
