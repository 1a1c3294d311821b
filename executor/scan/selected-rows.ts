import { assert } from "../../catalog/errors.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";

/** Rows of a batch that are wanted, ascending: uint32 numbers in the pool. */
export interface SelectedRows {
  readonly rows: number;
  readonly count: number;
}

/** Where more rows are selected, taking them out of columns costs more than it saves. */
export const MAX_SELECTED_SHARE = 0.5;

/** Conditions that a reader may test before it reads the columns that they do not need; whoever asked tests them again. */
export interface RowFilter {
  /** Per wanted column: the conditions read it. */
  readonly reads: readonly boolean[];
  /** Rows of a batch that meet the conditions; columns that these do not read may be absent. */
  readonly select: (columns: readonly (ColumnBuffers | undefined)[], rows: number, allocator: Allocator) => SelectedRows;
}

/** The kernels that take rows out of columns (executor/kernels/assembly/rows.ts). */
export interface RowKernels {
  readonly rows_gather_1: RowGather;
  readonly rows_gather_2: RowGather;
  readonly rows_gather_4: RowGather;
  readonly rows_gather_8: RowGather;
  readonly rows_gather_16: RowGather;
  readonly rows_gather_bits: (bits: number, rows: number, count: number, to: number) => number;
  readonly rows_look_up_4: RowLookup;
  readonly rows_look_up_8: RowLookup;
  readonly parquet_coded_size: (codes: number, count: number, offsets: number) => number;
  readonly parquet_coded_strings: (codes: number, count: number, offsets: number, entries: number, bytes: number, total: number, ends: number) => number;
}

type RowGather = (data: number, rows: number, count: number, to: number) => void;
type RowLookup = (codes: number, rows: number, count: number, dictionary: number, to: number) => void;

/** Kernels read and write so many bytes beyond an end. */
const SLACK_BYTES = 16;

/** The column with only these rows. */
export function selectRows(column: ColumnBuffers, selected: SelectedRows, kernels: RowKernels, pool: Pool, allocator: Allocator): ColumnBuffers {
  const { layout } = column;
  const validity = column.validity === 0 ? 0 : selectBits(column.validity, selected, kernels, pool, allocator);
  switch (layout.kind) {
    case "bits":
      return { ...column, validity, data: selectBits(column.data, selected, kernels, pool, allocator) };
    case "fixed":
    case "dictionary":
      return { ...column, validity, data: selectFixed(column.data, layout.width, selected, kernels, allocator) };
    case "view":
      return { ...column, validity, data: selectFixed(column.data, 8, selected, kernels, allocator) };
    case "utf8": {
      const { rows, count } = selected;
      // Row numbers are to a column of strings what codes are to a dictionary.
      const size = kernels.parquet_coded_size(rows, count, column.offsets);
      assert(size >= 0, "some strings of a batch are no more than all");
      const offsets = allocator.allocate((count + 1) * 4 + SLACK_BYTES);
      const bytes = allocator.allocate(size + SLACK_BYTES);
      pool.i32[offsets >>> 2] = 0;
      kernels.parquet_coded_strings(rows, count, column.offsets, column.bytes, bytes, 0, offsets + 4);
      return { ...column, validity, offsets, bytes };
    }
  }
}

function selectFixed(data: number, width: 1 | 2 | 4 | 8 | 16, { rows, count }: SelectedRows, kernels: RowKernels, allocator: Allocator): number {
  const to = allocator.allocate(count * width + SLACK_BYTES);
  kernels[`rows_gather_${width}`](data, rows, count, to);
  return to;
}

/** Of a bitmap. */
export function selectBits(bits: number, { rows, count }: SelectedRows, kernels: RowKernels, pool: Pool, allocator: Allocator): number {
  const bytes = Math.ceil(count / 8) + SLACK_BYTES;
  const to = allocator.allocate(bytes);
  pool.u8.fill(0, to, to + bytes);
  kernels.rows_gather_bits(bits, rows, count, to);
  return to;
}

/** Which of the selected rows are of the rows [from, from + rows). */
export function selectedWithin({ rows, count }: SelectedRows, from: number, length: number, pool: Pool): { readonly first: number; readonly count: number } {
  const { u32 } = pool;
  const before = (row: number): number => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (u32[(rows >>> 2) + middle] < row) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const first = before(from);
  return { first, count: before(from + length) - first };
}
