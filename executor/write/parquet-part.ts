import type * as Arrow from "apache-arrow";
import type { StructField } from "../../catalog/types.ts";
import type { ArrowConversion } from "../result-arrow.ts";
import type { ResultBatch } from "../result-batch.ts";
import { chunkStart } from "../scan/parquet-column-chunk.ts";
import type { ParquetDecoder } from "../scan/parquet-decoder.ts";
import { footerLength, type ParquetFooter, parseFooter } from "../scan/parquet-footer.ts";
import type { Compression } from "../scan/parquet-wasm.ts";

/** A Parquet file whose chunks go into another file. */
export interface EncodedPart {
  readonly bytes: Uint8Array;
  readonly footer: ParquetFooter;
  /** First byte behind the last chunk. */
  readonly end: number;
}

/** Encodes row groups with parquet-wasm, which writes whole files: each row group is one of its own. */
export class PartEncoder {
  readonly #fields: readonly StructField[];
  readonly #arrow: ArrowConversion;
  readonly #schema: Arrow.Schema;
  readonly #decoder: ParquetDecoder;
  readonly #compression: Compression;

  constructor(fields: readonly StructField[], arrow: ArrowConversion, decoder: ParquetDecoder, compression: Compression) {
    this.#fields = fields;
    this.#arrow = arrow;
    this.#schema = arrow.schema(fields, "key_value");
    this.#decoder = decoder;
    this.#compression = compression;
  }

  /** Shares the batch's buffers where the layouts are the same. */
  recordBatch(batch: ResultBatch): Arrow.RecordBatch {
    return this.#arrow.recordBatch(batch, this.#fields, this.#schema);
  }

  /** Without rows the part has a schema only; all rows are one row group unless there are more than `maxGroupRows`. */
  encode(batches: readonly Arrow.RecordBatch[], maxGroupRows: number): EncodedPart {
    const wasm = this.#decoder.instance();
    let bytes: Uint8Array;
    try {
      const stream = new this.#arrow.library.RecordBatchStreamWriter();
      stream.write(new this.#arrow.library.Table(this.#schema, [...batches]));
      bytes = wasm.write(stream.finish().toUint8Array(true), this.#compression, maxGroupRows);
      this.#decoder.giveBack(wasm);
    } catch (error) {
      this.#decoder.giveBack(wasm, error);
      throw error;
    }
    const path = "a part of a Parquet file being written";
    const length = footerLength(bytes.subarray(-8), bytes.length, path);
    const footer = parseFooter(bytes.subarray(bytes.length - 8 - length, bytes.length - 8), bytes.length, path);
    const ends = footer.rowGroups.flatMap(({ chunks }) => chunks.map((chunk) => chunkStart(chunk) + chunk.compressedBytes));
    return { bytes, footer, end: Math.max(0, ...ends) };
  }
}
