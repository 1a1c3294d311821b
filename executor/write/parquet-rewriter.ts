import type { StructField } from "../../catalog/types.ts";
import { ArrowConversion } from "../result-arrow.ts";
import type { ResultBatch } from "../result-batch.ts";
import { type ColumnChunk, chunkStart } from "../scan/parquet-column-chunk.ts";
import type { ParquetDecoder } from "../scan/parquet-decoder.ts";
import type { OpenParquetFile } from "../scan/parquet-file.ts";
import type { ParquetFooter } from "../scan/parquet-footer.ts";
import { findColumn } from "../scan/parquet-reader.ts";
import type { SchemaNode } from "../scan/parquet-schema.ts";
import type { FileSink, WrittenFile } from "./file-writer.ts";
import { fileTail, MAGIC, movedChunk, type WrittenGroup } from "./parquet-footer-writer.ts";
import { PartEncoder } from "./parquet-part.ts";
import { DEFAULT_PARQUET_OPTIONS, groupStatistics, type ParquetWriterOptions } from "./parquet-writer.ts";

/** How files of one schema are written anew. */
export class RewriteFormat {
  /** Of the new files, under the names that they have in them. */
  readonly fields: readonly StructField[];
  readonly createdBy: string;
  /** Footer of a file without rows that has the schema. */
  readonly like: ParquetFooter;
  readonly #arrow: ArrowConversion;
  readonly #decoder: ParquetDecoder;
  readonly #options: ParquetWriterOptions;
  readonly #encoders = new Map<string, PartEncoder>();

  private constructor(fields: readonly StructField[], arrow: ArrowConversion, decoder: ParquetDecoder, options: ParquetWriterOptions) {
    this.fields = fields;
    this.createdBy = options.createdBy;
    this.#arrow = arrow;
    this.#decoder = decoder;
    this.#options = options;
    this.like = this.encoder(fields.map((_, i) => i)).encode([], 1).footer;
  }

  static async load(fields: readonly StructField[], decoder: ParquetDecoder, options: Partial<ParquetWriterOptions> = {}): Promise<RewriteFormat> {
    return new RewriteFormat(fields, await ArrowConversion.load(), decoder, { ...DEFAULT_PARQUET_OPTIONS, ...options });
  }

  /** By field: whether a file has the column just as it would be written here. The others must be encoded in every row group. */
  copyable(footer: ParquetFooter): readonly boolean[] {
    // Without an order of its columns a footer's bounds of strings mean nothing; here they would.
    return this.columns(footer).map((own, i) => footer.hasColumnOrders && own !== undefined && isSameColumn(own, this.like.schema.children[i]));
  }

  /** By field: the column of a file; undefined when it has none. */
  columns(footer: ParquetFooter): readonly (SchemaNode | undefined)[] {
    return this.like.schema.children.map(({ name, fieldId }) => findColumn(footer, name, fieldId));
  }

  /** Of some of the columns. */
  encoder(columns: readonly number[]): PartEncoder {
    const key = columns.join();
    let encoder = this.#encoders.get(key);
    if (encoder === undefined) this.#encoders.set(key, (encoder = new PartEncoder(columns.map((i) => this.fields[i]), this.#arrow, this.#decoder, this.#options.compression)));
    return encoder;
  }
}

/**
 * Writes a Parquet file that is another one with changes: a row group's columns are copied as they are stored, without being decoded, or encoded from rows. Row groups
 * come in order; one that neither `copy` nor `replace` is called for is left out.
 */
export class ParquetFileRewriter {
  readonly #old: OpenParquetFile;
  readonly #format: RewriteFormat;
  readonly #sink: FileSink;
  /** By field. */
  readonly #oldColumns: readonly (SchemaNode | undefined)[];
  readonly #groups: WrittenGroup[] = [];
  #bytes = 0;

  constructor(old: OpenParquetFile, format: RewriteFormat, sink: FileSink) {
    this.#old = old;
    this.#format = format;
    this.#sink = sink;
    this.#oldColumns = format.columns(old.footer);
    this.#put(MAGIC);
  }

  /** A row group of the old file with some columns encoded from rows: `columns` of its rows, or all columns of what rows there are. The others must be copyable. */
  replace(rowGroup: number, columns: readonly number[], batches: readonly ResultBatch[]): void {
    const group = this.#old.footer.rowGroups[rowGroup];
    const rows = columns.length === 0 ? group.rows : batches.reduce((sum, batch) => sum + batch.rows, 0);
    if (rows === 0) return;
    const chunks: ColumnChunk[] = [];
    const nodes = this.#format.like.schema.children;
    if (columns.length > 0) {
      const encoder = this.#format.encoder(columns);
      const part = encoder.encode(batches.filter((batch) => batch.rows > 0).map((batch) => encoder.recordBatch(batch)), rows + 1);
      const shift = this.#bytes - MAGIC.length;
      const [encoded] = part.footer.rowGroups;
      columns.forEach((column, i) => {
        const { firstLeaf, endLeaf } = part.footer.schema.children[i];
        encoded.chunks.slice(firstLeaf, endLeaf).forEach((chunk, leaf) => (chunks[nodes[column].firstLeaf + leaf] = movedChunk(chunk, shift)));
      });
      this.#put(part.bytes.subarray(MAGIC.length, part.end));
    }
    const encodes = new Set(columns);
    nodes.forEach(({ firstLeaf }, column) => {
      const node = this.#oldColumns[column];
      if (node === undefined || encodes.has(column)) return;
      group.chunks.slice(node.firstLeaf, node.endLeaf).forEach((chunk, leaf) => (chunks[firstLeaf + leaf] = this.#copied(chunk)));
    });
    this.#groups.push({ rows, chunks });
  }

  /** A row group of the old file as it is. */
  copy(rowGroup: number): void {
    this.replace(rowGroup, [], []);
  }

  finish(): WrittenFile {
    const { like, createdBy, fields } = this.#format;
    this.#put(fileTail(like, this.#groups, createdBy));
    return { rows: this.#groups.reduce((sum, { rows }) => sum + rows, 0), bytes: this.#bytes, columns: groupStatistics(like.schema.children, this.#groups, fields) };
  }

  #copied(chunk: ColumnChunk): ColumnChunk {
    const start = chunkStart(chunk);
    const moved = movedChunk(chunk, this.#bytes - start);
    const bytes = new Uint8Array(chunk.compressedBytes);
    this.#old.read(bytes, start);
    this.#put(bytes);
    return moved;
  }

  #put(bytes: Uint8Array): void {
    this.#sink(bytes);
    this.#bytes += bytes.length;
  }
}

/** Whether two columns are stored alike: names, types, repetitions, at every level. */
function isSameColumn(a: SchemaNode, b: SchemaNode): boolean {
  return Buffer.compare(a.encoded, b.encoded) === 0 && a.children.length === b.children.length && a.children.every((child, i) => isSameColumn(child, b.children[i]));
}
