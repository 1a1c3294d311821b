import { assert } from "../catalog/errors.ts";
import { plainLayout } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import type { ResultBatch, ResultColumn } from "../executor/result-batch.ts";

/** Rows [from, to) that stay, flattened pairs in ascending order. */
export type RowRuns = readonly number[];

/** Some rows, in ascending order, of some columns. */
export function takeBatch(batch: ResultBatch, columns: readonly number[], rows: readonly number[]): ResultBatch {
  return takeRuns({ rows: batch.rows, columns: columns.map((i) => batch.columns[i]) }, rows.length === batch.rows ? [0, batch.rows] : runsOf(rows));
}

/** Runs of rows of a batch. Shares the batch's buffers when all rows stay. */
export function takeRuns(batch: ResultBatch, runs: RowRuns): ResultBatch {
  const rows = rowsIn(runs);
  return rows === batch.rows ? batch : { rows, columns: batch.columns.map((column) => takeColumn(column, runs, rows)) };
}

function runsOf(rows: readonly number[]): RowRuns {
  const runs: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    if (i > 0 && rows[i] === rows[i - 1] + 1) runs[runs.length - 1]++;
    else runs.push(rows[i], rows[i] + 1);
  }
  return runs;
}

function rowsIn(runs: RowRuns): number {
  let rows = 0;
  for (let i = 0; i < runs.length; i += 2) rows += runs[i + 1] - runs[i];
  return rows;
}

function takeColumn(column: ResultColumn, runs: RowRuns, rows: number): ResultColumn {
  const { type, data, offsets, bytes } = column;
  const validity = column.validity && takeBits(column.validity, runs, rows);
  if (offsets !== undefined && bytes !== undefined) {
    const taken = new Int32Array(rows + 1);
    let total = 0;
    for (let i = 0; i < runs.length; i += 2) total += offsets[runs[i + 1]] - offsets[runs[i]];
    const out = new Uint8Array(total);
    for (let i = 0, at = 0, end = 0; i < runs.length; i += 2) {
      const start = offsets[runs[i]];
      out.set(bytes.subarray(start, offsets[runs[i + 1]]), end);
      for (let row = runs[i] + 1; row <= runs[i + 1]; row++) taken[++at] = end + offsets[row] - start;
      end = taken[at];
    }
    return { type, data: new Uint8Array(0), validity, offsets: taken, bytes: out };
  }
  if (type.kind === "boolean") return { type, data: takeBits(data, runs, rows), validity };
  const width = fixedWidth(type);
  const out = new Uint8Array(rows * width);
  for (let i = 0, at = 0; i < runs.length; i += 2) {
    out.set(data.subarray(runs[i] * width, runs[i + 1] * width), at * width);
    at += runs[i + 1] - runs[i];
  }
  return { type, data: out, validity };
}

function takeBits(bits: Uint8Array, runs: RowRuns, rows: number): Uint8Array {
  const taken = new Uint8Array(Math.ceil(rows / 8));
  for (let i = 0, at = 0; i < runs.length; i += 2) {
    for (let row = runs[i]; row < runs[i + 1]; row++, at++) if ((bits[row >> 3] >> (row & 7)) & 1) taken[at >> 3] |= 1 << (at & 7);
  }
  return taken;
}

/** Bytes of a value of a type whose values all take as many. */
export function fixedWidth(type: DataType): number {
  const layout = plainLayout(type);
  assert(layout.kind === "fixed", `${type.kind} has no fixed width`);
  return layout.width;
}
