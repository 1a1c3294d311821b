import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { readForeignBatch } from "./arrow-ffi.ts";
import type { MiniFile, MiniFileColumn } from "./mini-file.ts";
import { miniFile } from "./mini-file.ts";
import type { ParquetDecoder } from "./parquet-decoder.ts";
import type { OpenParquetFile } from "./parquet-file.ts";
import { unreadableFile } from "./parquet-footer.ts";
import type { ForeignTable, ParquetWasm } from "./parquet-wasm.ts";

/** How many rows a batch has, and how many are decoded at once. */
export interface DecodeSteps {
  readonly batchRows: number;
  /** A multiple of `batchRows`, or all rows. */
  readonly sliceRows: number;
}

/** Decodes some columns of a row group, batch by batch, in parquet-wasm's memory. */
export class RowGroupDecoder {
  readonly #file: OpenParquetFile;
  readonly #rowGroup: number;
  readonly #rows: number;
  readonly #columns: readonly MiniFileColumn[];
  readonly #steps: DecodeSteps;
  readonly #parquet: ParquetDecoder;
  #wasm: ParquetWasm | undefined;
  #mini: MiniFile | undefined;
  #decoded: ForeignTable | undefined;
  #nextBatch = 0;

  constructor(file: OpenParquetFile, rowGroup: number, columns: readonly MiniFileColumn[], steps: DecodeSteps, parquet: ParquetDecoder) {
    this.#file = file;
    this.#rowGroup = rowGroup;
    this.#rows = file.footer.rowGroups[rowGroup].rows;
    this.#columns = columns;
    this.#steps = steps;
    this.#parquet = parquet;
  }

  /** Views of the batch that begins at `row`, good until the next call; rows must be asked for in order. */
  next(row: number): readonly ArrowColumn[] {
    try {
      const wasm = (this.#wasm ??= this.#parquet.instance());
      const decoded = this.#decoded !== undefined && this.#nextBatch < this.#decoded.batches.length ? this.#decoded : this.#decode(wasm, row);
      const address = decoded.batches[this.#nextBatch++];
      if (address === undefined) throw new Error(`row group ${this.#rowGroup} has ${row} rows where its footer says ${this.#rows}`);
      return readForeignBatch(wasm.buffer, decoded.schema, address).children;
    } catch (error) {
      this.#abandon(error);
      if (error instanceof SparrowError || error instanceof InternalError) throw error;
      throw unreadableFile(this.#file.path, error instanceof Error ? error.message : String(error), error);
    }
  }

  close(): void {
    this.#decoded?.drop();
    this.#decoded = undefined;
    if (this.#wasm !== undefined) this.#parquet.giveBack(this.#wasm);
    this.#wasm = undefined;
    this.#mini = undefined;
  }

  #decode(wasm: ParquetWasm, row: number): ForeignTable {
    this.#decoded?.drop();
    this.#decoded = undefined;
    this.#mini ??= miniFile(this.#file.footer, this.#rowGroup, this.#columns);
    const { batchRows, sliceRows } = this.#steps;
    const options = sliceRows >= this.#rows ? { batchSize: batchRows } : { batchSize: batchRows, offset: row, limit: sliceRows };
    const { bytes, write } = this.#mini;
    this.#decoded = wasm.read(bytes, (into) => write(into, (part, at) => this.#file.read(part, at)), options);
    this.#nextBatch = 0;
    return this.#decoded;
  }

  /** After a trap the instance's state is not to be trusted, so nothing is freed in it. */
  #abandon(error: unknown): void {
    if (error instanceof WebAssembly.RuntimeError) this.#decoded = undefined;
    if (this.#wasm !== undefined) this.#parquet.giveBack(this.#wasm, error);
    this.close();
  }
}
