import type * as Arrow from "apache-arrow";
import type { ColumnStatistics } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { ArrowConversion } from "../result-arrow.ts";
import type { ResultBatch } from "../result-batch.ts";
import type { ParquetDecoder } from "../scan/parquet-decoder.ts";
import type { SchemaNode } from "../scan/parquet-schema.ts";
import { columnStatistics } from "../scan/parquet-statistics.ts";
import type { Compression } from "../scan/parquet-wasm.ts";
import { combineStatistics } from "../scan/table-statistics.ts";
import type { FileSink, FileWriter, WrittenFile } from "./file-writer.ts";
import { fileTail, MAGIC, movedChunk, type WrittenGroup } from "./parquet-footer-writer.ts";
import { type EncodedPart, PartEncoder } from "./parquet-part.ts";

export interface ParquetWriterOptions {
  readonly compression: Compression;
  /** A row group is closed when it has so many rows. */
  readonly rowGroupRows: number;
  /** What the footer says of the program that wrote the file. */
  readonly createdBy: string;
}

export const DEFAULT_PARQUET_OPTIONS: ParquetWriterOptions = { compression: "snappy", rowGroupRows: 128 * 1024, createdBy: "Sparrow" };

/** A row group is also closed when its values take so much memory. */
const ROW_GROUP_BYTES = 128 * 1024 * 1024;

/** Writes a Parquet file row group by row group: the chunks of parts (parquet-part.ts) go into one file, whose footer is written here from the parts' footers. */
export class ParquetFileWriter implements FileWriter {
  readonly #fields: readonly StructField[];
  readonly #encoder: PartEncoder;
  readonly #sink: FileSink;
  readonly #options: ParquetWriterOptions;
  readonly #groups: WrittenGroup[] = [];
  #part: EncodedPart | undefined;
  #batches: Arrow.RecordBatch[] = [];
  #batchRows = 0;
  #batchBytes = 0;
  #bytes = 0;

  private constructor(fields: readonly StructField[], encoder: PartEncoder, sink: FileSink, options: ParquetWriterOptions) {
    this.#fields = fields;
    this.#encoder = encoder;
    this.#sink = sink;
    this.#options = options;
    this.#put(MAGIC);
  }

  static async open(fields: readonly StructField[], decoder: ParquetDecoder, sink: FileSink, given: Partial<ParquetWriterOptions> = {}): Promise<ParquetFileWriter> {
    const options = { ...DEFAULT_PARQUET_OPTIONS, ...given };
    return new ParquetFileWriter(fields, new PartEncoder(fields, await ArrowConversion.load(), decoder, options.compression), sink, options);
  }

  append(batch: ResultBatch): void {
    if (batch.rows === 0) return;
    this.#batches.push(this.#encoder.recordBatch(batch));
    this.#batchRows += batch.rows;
    for (const column of batch.columns) this.#batchBytes += column.data.length + (column.bytes?.length ?? 0);
    if (this.#batchRows >= this.#options.rowGroupRows || this.#batchBytes >= ROW_GROUP_BYTES) this.#flush();
  }

  finish(): WrittenFile {
    // A file without rows still has a schema, which comes from a part.
    const { footer } = this.#batchRows > 0 || this.#part === undefined ? this.#flush() : this.#part;
    this.#put(fileTail(footer, this.#groups, this.#options.createdBy));
    return { rows: this.#groups.reduce((sum, { rows }) => sum + rows, 0), bytes: this.#bytes, columns: groupStatistics(footer.schema.children, this.#groups, this.#fields) };
  }

  #put(bytes: Uint8Array): void {
    this.#sink(bytes);
    this.#bytes += bytes.length;
  }

  #flush(): EncodedPart {
    const part = this.#encoder.encode(this.#batches, this.#options.rowGroupRows * 2);
    this.#batches = [];
    this.#batchRows = 0;
    this.#batchBytes = 0;
    const shift = this.#bytes - MAGIC.length;
    for (const { rows, chunks } of part.footer.rowGroups) this.#groups.push({ rows, chunks: chunks.map((chunk) => movedChunk(chunk, shift)) });
    this.#put(part.bytes.subarray(MAGIC.length, part.end));
    this.#part ??= part;
    return this.#part;
  }
}

/** Statistics of a file's columns from those of its chunks. `nodes`: by field. */
export function groupStatistics(nodes: readonly SchemaNode[], groups: readonly WrittenGroup[], fields: readonly StructField[]): ReadonlyMap<number, ColumnStatistics> {
  const splits = groups.map(({ rows, chunks }) => {
    const columns = new Map<number, ColumnStatistics>();
    nodes.forEach((node, i) => {
      const own = columnStatistics(chunks, node, fields[i].type);
      if (own !== undefined) columns.set(i, own);
    });
    return { rows, bytes: 0, columns };
  });
  return combineStatistics(splits, fields.length).columns;
}
