import type { DataType, StructField } from "../catalog/types.ts";
import { BOOLEAN, STRING } from "../catalog/types.ts";
import type { ResultBatch, ResultColumn } from "../executor/result-batch.ts";

/** What a statement gives: for a query its rows as they are made, for a command the rows that Spark gives for it. */
export interface StatementResult {
  readonly columns: readonly StructField[];
  readonly batches: AsyncIterable<ResultBatch>;
}

export type CommandValue = string | boolean | null;

/** Columns of a command's result, by name: all are strings but those named as booleans. */
export function commandColumns(...columns: readonly (string | { readonly name: string; readonly type: DataType; readonly nullable?: boolean })[]): StructField[] {
  return columns.map((column) => (typeof column === "string" ? { name: column, type: STRING, nullable: false } : { nullable: false, ...column }));
}

export function commandResult(columns: readonly StructField[], rows: readonly (readonly CommandValue[])[]): StatementResult {
  const batch: ResultBatch = { rows: rows.length, columns: columns.map((column, i) => encodeColumn(column.type, rows.map((row) => row[i]))) };
  return { columns, batches: once(batch) };
}

/** A command that gives no rows. */
export function emptyResult(): StatementResult {
  return commandResult([], []);
}

async function* once(batch: ResultBatch): AsyncGenerator<ResultBatch> {
  if (batch.rows > 0) yield batch;
}

function encodeColumn(type: DataType, values: readonly CommandValue[]): ResultColumn {
  const validity = values.includes(null) ? bitmap(values.map((value) => value !== null)) : undefined;
  if (type === BOOLEAN) return { type, data: bitmap(values.map((value) => value === true)), validity };
  const texts = values.map((value) => Buffer.from(value === null ? "" : String(value)));
  const offsets = new Int32Array(values.length + 1);
  for (let i = 0; i < texts.length; i++) offsets[i + 1] = offsets[i] + texts[i].length;
  return { type, data: new Uint8Array(0), validity, offsets, bytes: Buffer.concat(texts) };
}

function bitmap(flags: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i]) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}
