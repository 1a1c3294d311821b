import type * as Arrow from "apache-arrow";
import type { ColumnStatistics } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { ArrowConversion } from "../result-arrow.ts";
import type { ResultBatch } from "../result-batch.ts";
import { writeChunk } from "../scan/column-chunk-writer.ts";
import type { ParquetDecoder } from "../scan/parquet-decoder.ts";
import type { ParquetFooter, RowGroup } from "../scan/parquet-footer.ts";
import type { SchemaNode } from "../scan/parquet-schema.ts";
import { footerLength, parseFooter } from "../scan/parquet-footer.ts";
import { chunkStart } from "../scan/parquet-column-chunk.ts";
import { columnStatistics } from "../scan/parquet-statistics.ts";
import type { Compression } from "../scan/parquet-wasm.ts";
import { combineStatistics } from "../scan/table-statistics.ts";
import { ThriftType, ThriftWriter } from "../scan/thrift-compact.ts";
import type { FileSink, FileWriter, WrittenFile } from "./file-writer.ts";

export interface ParquetWriterOptions {
  readonly compression: Compression;
  /** A row group is closed when it has so many rows. */
  readonly rowGroupRows: number;
  /** What the footer says of the program that wrote the file. */
  readonly createdBy: string;
}

export const DEFAULT_PARQUET_OPTIONS: ParquetWriterOptions = { compression: "snappy", rowGroupRows: 128 * 1024, createdBy: "Sparrow" };

const MAGIC = new TextEncoder().encode("PAR1");
/** A row group is also closed when its values take so much memory. */
const ROW_GROUP_BYTES = 128 * 1024 * 1024;

/**
 * Writes a Parquet file row group by row group. parquet-wasm writes whole files at once; so each row group is written as a file of its own, and its chunks go
 * into the one file, whose footer is written here from the parts' footers.
 */
export class ParquetFileWriter implements FileWriter {
  readonly #fields: readonly StructField[];
  readonly #arrow: ArrowConversion;
  readonly #schema: Arrow.Schema;
  readonly #decoder: ParquetDecoder;
  readonly #sink: FileSink;
  readonly #options: ParquetWriterOptions;
  readonly #groups: RowGroup[] = [];
  /** By how much each group's chunks have moved. */
  readonly #shifts: number[] = [];
  #footer: ParquetFooter | undefined;
  #batches: Arrow.RecordBatch[] = [];
  #batchRows = 0;
  #batchBytes = 0;
  #bytes = 0;
  #rows = 0;

  private constructor(fields: readonly StructField[], arrow: ArrowConversion, decoder: ParquetDecoder, sink: FileSink, options: ParquetWriterOptions) {
    this.#fields = fields;
    this.#arrow = arrow;
    this.#schema = arrow.schema(fields, "key_value");
    this.#decoder = decoder;
    this.#sink = sink;
    this.#options = options;
    this.#put(MAGIC);
  }

  static async open(fields: readonly StructField[], decoder: ParquetDecoder, sink: FileSink, options: Partial<ParquetWriterOptions> = {}): Promise<ParquetFileWriter> {
    return new ParquetFileWriter(fields, await ArrowConversion.load(), decoder, sink, { ...DEFAULT_PARQUET_OPTIONS, ...options });
  }

  append(batch: ResultBatch): void {
    if (batch.rows === 0) return;
    this.#batches.push(this.#arrow.recordBatch(batch, this.#fields, this.#schema));
    this.#batchRows += batch.rows;
    for (const column of batch.columns) this.#batchBytes += column.data.length + (column.bytes?.length ?? 0);
    if (this.#batchRows >= this.#options.rowGroupRows || this.#batchBytes >= ROW_GROUP_BYTES) this.#flush();
  }

  finish(): WrittenFile {
    // A file without rows still has a schema, which comes from a part.
    if (this.#batchRows > 0 || this.#footer === undefined) this.#flush();
    const footer = this.#footerBytes();
    const tail = new Uint8Array(footer.length + 8);
    tail.set(footer);
    new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
    tail.set(MAGIC, footer.length + 4);
    this.#put(tail);
    return { rows: this.#rows, bytes: this.#bytes, columns: this.#statistics() };
  }

  #put(bytes: Uint8Array): void {
    this.#sink(bytes);
    this.#bytes += bytes.length;
  }

  #flush(): void {
    const wasm = this.#decoder.instance();
    let part: Uint8Array;
    try {
      const stream = new this.#arrow.library.RecordBatchStreamWriter();
      stream.write(new this.#arrow.library.Table(this.#schema, this.#batches));
      part = wasm.write(stream.finish().toUint8Array(true), this.#options.compression, this.#options.rowGroupRows * 2);
      this.#decoder.giveBack(wasm);
    } catch (error) {
      this.#decoder.giveBack(wasm, error);
      throw error;
    }
    this.#batches = [];
    this.#batchRows = 0;
    this.#batchBytes = 0;
    const path = "a part of a Parquet file being written";
    const length = footerLength(part.subarray(-8), part.length, path);
    const footer = parseFooter(part.subarray(part.length - 8 - length, part.length - 8), part.length, path);
    let end = MAGIC.length;
    for (const group of footer.rowGroups) {
      for (const chunk of group.chunks) end = Math.max(end, chunkStart(chunk) + chunk.compressedBytes);
    }
    const shift = this.#bytes - MAGIC.length;
    for (const group of footer.rowGroups) {
      this.#groups.push({ ...group, firstRow: this.#rows });
      this.#shifts.push(shift);
      this.#rows += group.rows;
    }
    this.#put(part.subarray(MAGIC.length, end));
    this.#footer ??= footer;
  }

  #footerBytes(): Uint8Array {
    const footer = this.#footer as ParquetFooter;
    const writer = new ThriftWriter();
    const elements: Uint8Array[] = [];
    const collect = (node: SchemaNode): void => {
      elements.push(node.encoded);
      node.children.forEach(collect);
    };
    collect(footer.schema);
    const arrowSchema = footer.keyValues.get("ARROW:schema");
    writer.struct(() => {
      writer.intField(1, ThriftType.i32, 1);
      writer.field(2, ThriftType.list);
      writer.listHeader(ThriftType.struct, elements.length);
      for (const element of elements) writer.raw(element);
      writer.intField(3, ThriftType.i64, this.#rows);
      writer.field(4, ThriftType.list);
      writer.listHeader(ThriftType.struct, this.#groups.length);
      this.#groups.forEach((group, i) => writeRowGroup(writer, group, footer, this.#shifts[i], i));
      if (arrowSchema !== undefined) {
        writer.field(5, ThriftType.list);
        writer.listHeader(ThriftType.struct, 1);
        writer.struct(() => {
          writer.field(1, ThriftType.binary);
          writer.string("ARROW:schema");
          writer.field(2, ThriftType.binary);
          writer.string(arrowSchema);
        });
      }
      writer.field(6, ThriftType.binary);
      writer.string(this.#options.createdBy);
      writer.field(7, ThriftType.list);
      writer.listHeader(ThriftType.struct, footer.leafPaths.length);
      // ColumnOrder.TYPE_ORDER: without it no reader may use minima and maxima of strings.
      for (let i = 0; i < footer.leafPaths.length; i++) {
        writer.struct(() => {
          writer.field(1, ThriftType.struct);
          writer.struct(() => undefined);
        });
      }
    });
    return writer.finish();
  }

  #statistics(): ReadonlyMap<number, ColumnStatistics> {
    const { schema } = this.#footer as ParquetFooter;
    const splits = this.#groups.map((group) => {
      const columns = new Map<number, ColumnStatistics>();
      schema.children.forEach((node, i) => {
        const own = columnStatistics(group.chunks, node, this.#fields[i].type);
        if (own !== undefined) columns.set(i, own);
      });
      return { rows: group.rows, bytes: 0, columns };
    });
    return combineStatistics(splits, this.#fields.length).columns;
  }
}

function writeRowGroup(writer: ThriftWriter, group: RowGroup, footer: ParquetFooter, shift: number, ordinal: number): void {
  const moved = (offset: number): number => offset + shift;
  const uncompressed = group.chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0);
  const compressed = group.chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0);
  writer.struct(() => {
    writer.field(1, ThriftType.list);
    writer.listHeader(ThriftType.struct, group.chunks.length);
    group.chunks.forEach((chunk, leaf) => writeChunk(writer, chunk, footer.leafPaths[leaf], moved, true));
    writer.intField(2, ThriftType.i64, uncompressed);
    writer.intField(3, ThriftType.i64, group.rows);
    writer.intField(5, ThriftType.i64, moved(Math.min(...group.chunks.map(chunkStart))));
    writer.intField(6, ThriftType.i64, compressed);
    writer.intField(7, ThriftType.i16, ordinal);
  });
}
