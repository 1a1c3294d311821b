import type { Metadata } from "../../delta/actions.ts";
import { type Identity, IdentityValues, withHighWaterMark } from "../../delta/identity-columns.ts";
import { schemaText } from "../../delta/schema-json.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";

/** Gives rows on their way to files the next values of a table's identity columns. */
export class IdentityWriter {
  readonly #columns: ReadonlyMap<number, IdentityValues>;

  /** `columns`: by position, those that get values. */
  constructor(columns: ReadonlyMap<number, Identity>) {
    this.#columns = new Map([...columns].map(([position, identity]) => [position, new IdentityValues(identity)]));
  }

  /** The batch with values in the rows that `isNew` says, all of them by default. */
  fill(batch: ResultBatch, isNew?: (row: number, column: number) => boolean): ResultBatch {
    if (this.#columns.size === 0) return batch;
    return { ...batch, columns: batch.columns.map((column, i) => {
      const values = this.#columns.get(i);
      return values === undefined ? column : numbered(column, batch.rows, values, (row) => isNew?.(row, i) ?? true);
    }) };
  }

  async *rows(batches: AsyncIterable<ResultBatch>): AsyncGenerator<ResultBatch> {
    for await (const batch of batches) yield this.fill(batch);
  }

  /** The table's metadata with the marks that the values have reached: part of the commit of the rows. Nothing where no value was given out. */
  metadataActions({ fields, metadata }: DeltaSnapshot): { readonly kind: "metaData"; readonly metaData: Metadata }[] {
    const marked = fields.map((field, i) => {
      const mark = this.#columns.get(i)?.highWaterMark;
      return mark === undefined ? field : withHighWaterMark(field, mark);
    });
    const schemaString = schemaText(marked);
    return schemaString === schemaText(fields) ? [] : [{ kind: "metaData", metaData: { ...metadata, schemaString } }];
  }
}

function numbered(column: ResultColumn, rows: number, values: IdentityValues, isNew: (row: number) => boolean): ResultColumn {
  const data = column.data.slice();
  const validity = column.validity?.slice();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row < rows; row++) {
    if (!isNew(row)) continue;
    view.setBigInt64(row * 8, values.next(), true);
    if (validity !== undefined) validity[row >> 3] |= 1 << (row & 7);
  }
  return { type: column.type, data, ...(validity !== undefined && { validity }) };
}
