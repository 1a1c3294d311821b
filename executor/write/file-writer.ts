import type { ColumnStatistics } from "../../catalog/table.ts";
import type { ResultBatch } from "../result-batch.ts";

/** Takes the bytes of a file in order; it must have used or copied them when it returns. */
export type FileSink = (bytes: Uint8Array) => void;

/** Writes batches of one schema into one file. Memory is bounded by one row group, or one batch for formats without. */
export interface FileWriter {
  readonly append: (batch: ResultBatch) => void;
  /** Writes what is left. The writer cannot be used any more. */
  readonly finish: () => WrittenFile;
}

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  /** By column position; formats with statistics only. */
  readonly columns?: ReadonlyMap<number, ColumnStatistics>;
}
