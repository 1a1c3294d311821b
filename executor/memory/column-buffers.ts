import type { ColumnLayout } from "../../catalog/table.ts";

/** Addresses of one column's buffers in the pool, as its layout says (catalog/table.ts); 0 where there is none. */
export interface ColumnBuffers {
  readonly layout: ColumnLayout;
  readonly data: number;
  /** Arrow bitmap; 0: no row is null. */
  readonly validity: number;
  /** int32 offsets of utf8, or of the dictionary's entries. */
  readonly offsets: number;
  /** Bytes of utf8, or of the dictionary's entries. */
  readonly bytes: number;
}

/** Rows in columns, in the pool. */
export interface ColumnBatch {
  readonly rows: number;
  readonly columns: readonly ColumnBuffers[];
}
