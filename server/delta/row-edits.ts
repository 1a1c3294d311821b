import { assert } from "../../catalog/errors.ts";
import type { StructField } from "../../catalog/types.ts";
import { type RowRangeSet, unionOf } from "../../delta/row-ranges.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import { keptRanges } from "../../executor/scan/kept-rows.ts";
import { fixedWidth, takeRuns } from "../take-rows.ts";
import { filePositions, RowPositions } from "./deletion-vectors.ts";
import { checkStoredValues } from "./stored-values.ts";

/** What becomes of rows where they are: some go, some get new values in some columns. Files by their number in the statement's target, rows by their position in the file. */
export class RowEdits {
  /** Columns, of those of moved rows, that rows get new values in. */
  readonly columns: readonly number[];
  readonly deleted = new RowPositions();
  readonly #replaced = new Map<number, NewValues>();

  constructor(columns: readonly number[] = []) {
    this.columns = columns;
  }

  /**
   * New values for rows. `columns`: which of those of moved rows the batch has, in their order; `place`: the column that says their file, the one behind it where in it
   * they are. Raises what `checkStoredValues` does. `fields`: of the table.
   */
  replaceAll(batch: ResultBatch, columns: readonly number[], place: number, fields: readonly StructField[]): void {
    if (batch.rows === 0) return;
    const { file, position } = filePositions(batch, place);
    const values = { rows: batch.rows, columns: this.columns.map((column) => batch.columns[columns.indexOf(column)]) };
    const own = this.columns.filter((column) => column < fields.length);
    checkStoredValues({ rows: batch.rows, columns: own.map((column) => batch.columns[columns.indexOf(column)]) }, own.map((column) => fields[column]));
    for (let row = 0; row < batch.rows; row++) {
      let known = this.#replaced.get(file(row));
      if (known === undefined) this.#replaced.set(file(row), (known = { positions: [], batches: [], rows: [] }));
      known.positions.push(position(row));
      known.batches.push(values);
      known.rows.push(row);
    }
  }

  /** Files with edits, in ascending order. */
  files(): number[] {
    return [...new Set([...this.deleted.counts().keys(), ...this.#replaced.keys()])].sort((a, b) => a - b);
  }

  /** `before`: rows that went before. */
  ofFile(file: number, before: RowRangeSet): FileEdits {
    return new FileEdits(this.columns, unionOf(before, this.deleted.rangesIn(file)), sorted(this.#replaced.get(file) ?? { positions: [], batches: [], rows: [] }));
  }
}

/** By new row: where in the file it is, and where its values are. */
interface NewValues {
  readonly positions: number[];
  readonly batches: ResultBatch[];
  readonly rows: number[];
}

function sorted(values: NewValues): NewValues {
  const { positions } = values;
  if (positions.every((position, i) => i === 0 || positions[i - 1] < position)) return values;
  const order = Uint32Array.from(positions, (_, i) => i).sort((a, b) => positions[a] - positions[b]);
  return { positions: Array.from(order, (i) => positions[i]), batches: Array.from(order, (i) => values.batches[i]), rows: Array.from(order, (i) => values.rows[i]) };
}

/** The edits of one file. */
export class FileEdits {
  readonly #columns: readonly number[];
  readonly #gone: RowRangeSet;
  readonly #replaced: NewValues;

  constructor(columns: readonly number[], gone: RowRangeSet, replaced: NewValues) {
    this.#columns = columns;
    this.#gone = gone;
    this.#replaced = replaced;
  }

  /** Rows of [from, from + rows) that stay. */
  rowsLeft(from: number, rows: number): number {
    return keptRanges(from, rows, this.#gone).reduce((sum, end, i) => sum + (i % 2 === 0 ? -end : end), 0);
  }

  /** Whether rows of [from, to) get new values. */
  replacesIn(from: number, to: number): boolean {
    const first = firstAtLeast(this.#replaced.positions, from);
    return first < this.#replaced.positions.length && this.#replaced.positions[first] < to;
  }

  /** The rows as they are to be. `batch`: the rows from position `from` on, with `columns` of those of moved rows. */
  apply(batch: ResultBatch, columns: readonly number[], from: number): ResultBatch {
    const { positions, batches, rows } = this.#replaced;
    const first = firstAtLeast(positions, from);
    const end = firstAtLeast(positions, from + batch.rows);
    const replaced = batch.columns.map((column, i) => {
      const at = this.#columns.indexOf(columns[i]);
      if (at < 0 || first === end) return column;
      const values: NewValue[] = [];
      for (let next = first; next < end; next++) values.push({ row: positions[next] - from, column: batches[next].columns[at], at: rows[next] });
      return withValues(column, batch.rows, values);
    });
    return takeRuns({ rows: batch.rows, columns: replaced }, keptRanges(from, batch.rows, this.#gone));
  }
}

function firstAtLeast(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value at `at` of another column for a row. */
interface NewValue {
  readonly row: number;
  readonly column: ResultColumn;
  readonly at: number;
}

/** A column with other values in some rows, in ascending order. */
function withValues(column: ResultColumn, rows: number, values: readonly NewValue[]): ResultColumn {
  const { type } = column;
  const validity = newValidity(column, rows, values);
  const base = { type, ...(validity !== undefined && { validity }) };
  if (column.offsets !== undefined) return { ...base, ...newTexts(column, rows, values) };
  const data = column.data.slice();
  if (type.kind === "boolean") for (const { row, column: from, at } of values) setBit(data, row, isSet(from.data, at));
  else {
    const width = fixedWidth(type);
    for (const { row, column: from, at } of values) data.set(from.data.subarray(at * width, (at + 1) * width), row * width);
  }
  return { ...base, data };
}

function newTexts({ offsets, bytes }: ResultColumn, rows: number, values: readonly NewValue[]): Pick<ResultColumn, "data" | "offsets" | "bytes"> {
  assert(offsets !== undefined && bytes !== undefined, "a column of texts has offsets and bytes");
  let total = offsets[rows] - offsets[0];
  for (const { row, column, at } of values) total += lengthAt(column, at) - (offsets[row + 1] - offsets[row]);
  const newOffsets = new Int32Array(rows + 1);
  const newBytes = new Uint8Array(total);
  let next = 0;
  const keepUntil = (end: number): void => {
    if (end === next) return;
    const shift = newOffsets[next] - offsets[next];
    newBytes.set(bytes.subarray(offsets[next], offsets[end]), newOffsets[next]);
    for (let row = next + 1; row <= end; row++) newOffsets[row] = offsets[row] + shift;
    next = end;
  };
  for (const { row, column, at } of values) {
    keepUntil(row);
    const { offsets: from = new Int32Array(0), bytes: text = new Uint8Array(0) } = column;
    newBytes.set(text.subarray(from[at], from[at + 1]), newOffsets[row]);
    newOffsets[row + 1] = newOffsets[row] + lengthAt(column, at);
    next = row + 1;
  }
  keepUntil(rows);
  return { data: new Uint8Array(0), offsets: newOffsets, bytes: newBytes };
}

function lengthAt({ offsets }: ResultColumn, row: number): number {
  return offsets === undefined ? 0 : offsets[row + 1] - offsets[row];
}

function newValidity({ validity }: ResultColumn, rows: number, values: readonly NewValue[]): Uint8Array | undefined {
  if (validity === undefined && values.every(({ column }) => column.validity === undefined)) return undefined;
  const bits = validity?.slice() ?? new Uint8Array(Math.ceil(rows / 8)).fill(0xff);
  for (const { row, column, at } of values) setBit(bits, row, column.validity === undefined || isSet(column.validity, at));
  return bits;
}

function isSet(bits: Uint8Array, at: number): boolean {
  return (bits[at >> 3] & (1 << (at & 7))) !== 0;
}

function setBit(bits: Uint8Array, at: number, value: boolean): void {
  if (value) bits[at >> 3] |= 1 << (at & 7);
  else bits[at >> 3] &= ~(1 << (at & 7));
}
