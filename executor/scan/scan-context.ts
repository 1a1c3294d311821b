import type { ColumnLayout, FileField } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import type { PageKernels } from "./page-decoder.ts";
import type { ParquetDecoder } from "./parquet-decoder.ts";
import type { RowFilter } from "./selected-rows.ts";

/** What a thread needs to read splits; one per worker. */
export interface ScanContext {
  readonly pool: Pool;
  readonly parquet: ParquetDecoder;
  /** The thread's kernels; without them every Parquet column is decoded by the library. */
  readonly kernels?: PageKernels;
  /** Bytes of the pool that a batch should not go beyond; absent: the readers' own limits. Batches of few rows that are wide may. */
  readonly batchBytes?: number;
  /** Rows that do not meet it may be left out. */
  readonly filter?: RowFilter;
}

/** A column that a pipeline asks of a scan. */
export interface WantedColumn {
  readonly field: FileField;
  readonly type: DataType;
  readonly layout: ColumnLayout;
}

/** The rows of one split, batch by batch. Reads synchronously; errors are SparrowErrors that name the file. */
export interface SplitReader {
  /** The next rows in memory of the allocator; undefined at the end. A batch can be empty. */
  readonly next: (allocator: Allocator) => ColumnBatch | undefined;
  /** Frees what is held outside of the pool; may be called at any time, and more than once. */
  readonly close: () => void;
}

/** Rows that a batch has at most; a batch has fewer when a buffer would exceed MAX_BUFFER_BYTES. */
export const MAX_BATCH_ROWS = 128 * 1024;
export const MAX_BUFFER_BYTES = 16 * 1024 * 1024;
