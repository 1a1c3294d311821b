import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";

/** Rows [from, to) of a batch that stay, flattened pairs in order. */
export type RowRanges = readonly number[];

/** What is left of rows [start, start + rows) of a file when the sorted ranges `deleted` are taken out, relative to `start`. */
export function keptRanges(start: number, rows: number, deleted: Uint32Array): RowRanges {
  const kept: number[] = [];
  let next = start;
  const end = start + rows;
  for (let i = 0; i < deleted.length && next < end; i += 2) {
    if (deleted[i + 1] <= next) continue;
    if (deleted[i] >= end) break;
    if (deleted[i] > next) kept.push(next - start, deleted[i] - start);
    next = deleted[i + 1];
  }
  if (next < end) kept.push(next - start, end - start);
  return kept;
}

/** The batch with only the kept rows. */
export function keepRows(batch: ColumnBatch, kept: RowRanges, pool: Pool, allocator: Allocator): ColumnBatch {
  let rows = 0;
  for (let i = 0; i < kept.length; i += 2) rows += kept[i + 1] - kept[i];
  if (rows === batch.rows) return batch;
  return { rows, columns: batch.columns.map((column) => keepColumnRows(column, kept, rows, pool, allocator)) };
}

function keepColumnRows(column: ColumnBuffers, kept: RowRanges, rows: number, pool: Pool, allocator: Allocator): ColumnBuffers {
  const validity = column.validity === 0 ? 0 : keepBits(column.validity, kept, rows, pool, allocator);
  const { layout } = column;
  switch (layout.kind) {
    case "bits":
      return { ...column, data: keepBits(column.data, kept, rows, pool, allocator), validity };
    case "fixed":
    case "dictionary":
      return { ...column, data: keepFixed(column.data, layout.width, kept, rows, pool, allocator), validity };
    case "view":
      return { ...column, data: keepFixed(column.data, 8, kept, rows, pool, allocator), validity };
    case "utf8":
      return { ...column, ...keepUtf8(column, kept, rows, pool, allocator), validity };
  }
}

function keepBits(address: number, kept: RowRanges, rows: number, pool: Pool, allocator: Allocator): number {
  const bytes = Math.ceil(rows / 8);
  const to = allocator.allocate(bytes);
  pool.u8.fill(0, to, to + bytes);
  let at = 0;
  for (let i = 0; i < kept.length; i += 2) {
    for (let row = kept[i]; row < kept[i + 1]; row++, at++) {
      if ((pool.u8[address + (row >> 3)] & (1 << (row & 7))) !== 0) pool.u8[to + (at >> 3)] |= 1 << (at & 7);
    }
  }
  return to;
}

function keepFixed(address: number, width: number, kept: RowRanges, rows: number, pool: Pool, allocator: Allocator): number {
  const to = allocator.allocate(rows * width);
  let at = to;
  for (let i = 0; i < kept.length; i += 2) {
    pool.u8.copyWithin(at, address + kept[i] * width, address + kept[i + 1] * width);
    at += (kept[i + 1] - kept[i]) * width;
  }
  return to;
}

function keepUtf8(column: ColumnBuffers, kept: RowRanges, rows: number, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  const from = column.offsets >>> 2;
  let total = 0;
  for (let i = 0; i < kept.length; i += 2) total += pool.i32[from + kept[i + 1]] - pool.i32[from + kept[i]];
  const offsets = allocator.allocate((rows + 1) * 4);
  const bytes = allocator.allocate(total);
  let at = offsets >>> 2;
  let end = 0;
  pool.i32[at++] = 0;
  for (let i = 0; i < kept.length; i += 2) {
    const first = pool.i32[from + kept[i]];
    const last = pool.i32[from + kept[i + 1]];
    pool.u8.copyWithin(bytes + end, column.bytes + first, column.bytes + last);
    for (let row = kept[i] + 1; row <= kept[i + 1]; row++) pool.i32[at++] = pool.i32[from + row] - first + end;
    end += last - first;
  }
  return { offsets, bytes };
}
