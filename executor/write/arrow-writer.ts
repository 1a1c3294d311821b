import type * as Arrow from "apache-arrow";
import type { StructField } from "../../catalog/types.ts";
import { ArrowConversion } from "../result-arrow.ts";
import type { ResultBatch } from "../result-batch.ts";
import type { FileSink, FileWriter, WrittenFile } from "./file-writer.ts";

/** The end of an Arrow IPC stream: continuation marker and length 0. */
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/** An Arrow IPC stream, batch by batch: each is written as a stream of its own, of which only the batch's message is taken. */
export class ArrowStreamWriter implements FileWriter {
  readonly #fields: readonly StructField[];
  readonly #conversion: ArrowConversion;
  readonly #schema: Arrow.Schema;
  readonly #sink: FileSink;
  readonly #headBytes: number;
  #rows = 0;
  #bytes = 0;

  private constructor(fields: readonly StructField[], conversion: ArrowConversion, sink: FileSink) {
    this.#fields = fields;
    this.#conversion = conversion;
    this.#schema = conversion.schema(fields);
    this.#sink = sink;
    const head = this.#stream([]);
    this.#headBytes = head.length - END_OF_STREAM.length;
    this.#put(head.subarray(0, this.#headBytes));
  }

  static async open(fields: readonly StructField[], sink: FileSink): Promise<ArrowStreamWriter> {
    return new ArrowStreamWriter(fields, await ArrowConversion.load(), sink);
  }

  append(batch: ResultBatch): void {
    if (batch.rows === 0) return;
    const stream = this.#stream([this.#conversion.recordBatch(batch, this.#fields, this.#schema)]);
    this.#put(stream.subarray(this.#headBytes, stream.length - END_OF_STREAM.length));
    this.#rows += batch.rows;
  }

  finish(): WrittenFile {
    this.#put(END_OF_STREAM);
    return { rows: this.#rows, bytes: this.#bytes };
  }

  #stream(batches: Arrow.RecordBatch[]): Uint8Array {
    const writer = new this.#conversion.library.RecordBatchStreamWriter();
    writer.reset(undefined, this.#schema);
    for (const batch of batches) writer.write(batch);
    return writer.finish().toUint8Array(true);
  }

  #put(bytes: Uint8Array): void {
    this.#sink(bytes);
    this.#bytes += bytes.length;
  }
}
