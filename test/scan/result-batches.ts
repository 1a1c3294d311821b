import type { TableSnapshot } from "../../catalog/table.ts";
import { isCached, plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { Arena } from "../../executor/memory/arena.ts";
import type { ColumnBuffers } from "../../executor/memory/column-buffers.ts";
import type { Pool } from "../../executor/memory/pool.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import { readSplit } from "../../executor/scan/read-split.ts";
import { scanContext } from "./batch-values.ts";

/** A table as result batches, one for each batch that the scan gives. */
export function* resultBatches(table: TableSnapshot): Generator<ResultBatch> {
  const context = scanContext();
  for (const split of table.splits) {
    const { source } = split;
    if (isCached(source)) throw new Error("no cached splits here");
    const wanted = table.columns.map((column, i) => ({ field: source.fields[i], type: column.type, layout: plainLayout(column.type) }));
    const reader = readSplit(split, wanted, context);
    const arena = new Arena(context.pool, context.pool.newOwner());
    for (let batch = reader.next(arena); batch !== undefined; batch = reader.next(arena)) {
      const { rows } = batch;
      yield { rows, columns: batch.columns.map((column, i) => resultColumn(column, table.columns[i].type, rows, context.pool)) };
      arena.reset();
    }
    reader.close();
  }
}

function resultColumn(column: ColumnBuffers, type: DataType, rows: number, pool: Pool): ResultColumn {
  const bytes = (address: number, length: number): Uint8Array => pool.u8.slice(address, address + length);
  const validity = column.validity === 0 ? undefined : bytes(column.validity, Math.ceil(rows / 8));
  switch (column.layout.kind) {
    case "bits":
      return { type, validity, data: bytes(column.data, Math.ceil(rows / 8)) };
    case "fixed":
      return { type, validity, data: bytes(column.data, rows * column.layout.width) };
    case "utf8": {
      const offsets = pool.i32.slice(column.offsets >>> 2, (column.offsets >>> 2) + rows + 1);
      return { type, validity, data: new Uint8Array(0), offsets, bytes: bytes(column.bytes, offsets[rows]) };
    }
    case "dictionary":
    case "view":
      throw new Error("results have plain layouts");
  }
}
