import { closeSync, openSync, writeSync } from "node:fs";
import { Field, RecordBatch, Schema, Struct, Table, makeData, tableToIPC } from "apache-arrow";
import { Compression, Table as WasmTable, WriterPropertiesBuilder, transformParquetStream } from "parquet-wasm";
import type { RecordBatch as WasmRecordBatch } from "parquet-wasm";
import { InternalError, assert } from "../../catalog/errors.ts";
import type { StructField } from "../../catalog/types.ts";
import { BooleanColumn, LongColumn, NumberColumn, TextColumn, columnBuilder } from "./columns.ts";
import type { AnyColumn } from "./columns.ts";

/** DuckDB's default, so that both engines meet row groups of the size that DuckDB would have written. */
export const ROW_GROUP_ROWS = 122_880;

/** A Parquet file (snappy, Spark's default) written one row group at a time: memory stays at a few row groups, whatever the table's size. */
export class TableFile {
  readonly #columns = new Map<string, AnyColumn>();
  readonly #schema: Schema;
  readonly #fd: number;
  readonly #written: Promise<void>;
  #controller!: ReadableStreamDefaultController<WasmRecordBatch>;
  #wanted = Promise.withResolvers<void>();
  #pending = 0;
  /** Rows so far. */
  rows = 0;

  constructor(path: string, fields: readonly StructField[]) {
    for (const field of fields) this.#columns.set(field.name, columnBuilder(field.type, ROW_GROUP_ROWS));
    this.#schema = new Schema(fields.map((f) => new Field(f.name, this.#columns.get(f.name)!.arrowType, f.nullable)));
    this.#fd = openSync(path, "w");
    const batches = new ReadableStream<WasmRecordBatch>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#wanted.resolve(),
      },
      { highWaterMark: 0 },
    );
    this.#written = this.#write(batches);
  }

  /** byte, short, int, date, float and double columns. */
  number(name: string): NumberColumn {
    return this.#column(name, NumberColumn);
  }

  /** long, decimal and timestamp columns. */
  long(name: string): LongColumn {
    return this.#column(name, LongColumn);
  }

  boolean(name: string): BooleanColumn {
    return this.#column(name, BooleanColumn);
  }

  text(name: string): TextColumn {
    return this.#column(name, TextColumn);
  }

  /** After one value has been pushed to every column. True: the row group is full, `flush` must be awaited before the next row. */
  endRow(): boolean {
    this.rows++;
    return ++this.#pending === ROW_GROUP_ROWS;
  }

  async flush(): Promise<void> {
    if (this.#pending > 0) await this.#writeRowGroup();
  }

  async close(): Promise<void> {
    if (this.#pending > 0 || this.rows === 0) await this.#writeRowGroup(); // The writer learns the schema from the first batch.
    this.#controller.close();
    await this.#written;
    closeSync(this.#fd);
  }

  async #writeRowGroup(): Promise<void> {
    for (const [name, column] of this.#columns) {
      assert(column.rows === this.#pending, `column ${name} has ${column.rows} values in a row group of ${this.#pending} rows`);
    }
    const children = [...this.#columns.values()].map((column) => column.take());
    const data = makeData({ type: new Struct(this.#schema.fields), length: this.#pending, nullCount: 0, children });
    const table = WasmTable.fromIPCStream(tableToIPC(new Table([new RecordBatch(this.#schema, data)]), "stream"));
    this.#pending = 0;
    await Promise.race([this.#wanted.promise, this.#written]); // The second only when it fails.
    this.#wanted = Promise.withResolvers();
    this.#controller.enqueue(table.recordBatch(0)!);
    table.free();
  }

  async #write(batches: ReadableStream<WasmRecordBatch>): Promise<void> {
    const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).setMaxRowGroupSize(ROW_GROUP_ROWS).build();
    const file: AsyncIterable<Uint8Array> = await transformParquetStream(batches, properties);
    for await (const bytes of file) writeSync(this.#fd, bytes);
  }

  #column<C extends AnyColumn>(name: string, kind: abstract new (...args: never[]) => C): C {
    const column = this.#columns.get(name);
    if (!(column instanceof kind)) throw new InternalError(`${name} is not a column of ${kind.name}`);
    return column;
  }
}
