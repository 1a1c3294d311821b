import { assert } from "../catalog/errors.ts";
import { plainLayout } from "../catalog/table.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { ResultBatch, ResultColumn } from "../executor/result-batch.ts";
import { cellText } from "./results/cell-text.ts";
import { valueReader } from "../executor/result-values.ts";

/** Rows of one partition, without the partition columns. */
export interface PartitionedBatch {
  /** `p=1/q=x`; empty for a table without partitions. */
  readonly folder: string;
  /** Of the partition columns, in their order. */
  readonly values: readonly Value[];
  readonly fields: readonly StructField[];
  readonly batch: ResultBatch;
}

/** Name of the folder of rows whose partition value is NULL or empty, as in Hive. */
const NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__";

/** The rows of a batch by partition, in the order in which partitions first appear. */
export function splitByPartition(batch: ResultBatch, fields: readonly StructField[], partitionColumns: readonly string[]): PartitionedBatch[] {
  if (partitionColumns.length === 0) return [{ folder: "", values: [], fields, batch }];
  const keys = partitionColumns.map((name) => fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase()));
  const stored = fields.map((_, i) => i).filter((i) => !keys.includes(i));
  const storedFields = stored.map((i) => fields[i]);
  const readers = keys.map((key) => valueReader(batch.columns[key]));
  const rowsByFolder = new Map<string, { readonly values: readonly Value[]; readonly rows: number[] }>();
  for (let row = 0; row < batch.rows; row++) {
    const values = readers.map((read) => read(row));
    const folder = keys.map((key, i) => partitionFolder(fields[key].name, values[i], fields[key].type)).join("/");
    const known = rowsByFolder.get(folder);
    if (known === undefined) rowsByFolder.set(folder, { values, rows: [row] });
    else known.rows.push(row);
  }
  return [...rowsByFolder].map(([folder, { values, rows }]) => ({
    folder,
    values,
    fields: storedFields,
    batch: takeBatch(batch, stored, rows),
  }));
}

/** `name=value`, both escaped as Hive and Spark do. */
export function partitionFolder(name: string, value: Value, type: DataType): string {
  const text = value === null ? "" : cellText(value, type, "UTC");
  return `${escapeName(name)}=${text === "" ? NULL_PARTITION : escapeName(text)}`;
}

/** Source: Spark's `ExternalCatalogUtils.escapePathName`. */
function escapeName(text: string): string {
  return text.replaceAll(/[\p{Control}"#%'*/:=?\\{[\]^]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

/** Some rows, in ascending order, of some columns. */
export function takeBatch(batch: ResultBatch, columns: readonly number[], rows: readonly number[]): ResultBatch {
  return { rows: rows.length, columns: columns.map((i) => (rows.length === batch.rows ? batch.columns[i] : takeRows(batch.columns[i], rows))) };
}

function takeRows(column: ResultColumn, rows: readonly number[]): ResultColumn {
  const { type, data, offsets, bytes } = column;
  const validity = column.validity && takeBits(column.validity, rows);
  if (offsets !== undefined && bytes !== undefined) {
    const taken = new Int32Array(rows.length + 1);
    for (let i = 0; i < rows.length; i++) taken[i + 1] = taken[i] + offsets[rows[i] + 1] - offsets[rows[i]];
    const out = new Uint8Array(taken[rows.length]);
    for (let i = 0; i < rows.length; i++) out.set(bytes.subarray(offsets[rows[i]], offsets[rows[i] + 1]), taken[i]);
    return { type, data: new Uint8Array(0), validity, offsets: taken, bytes: out };
  }
  if (type.kind === "boolean") return { type, data: takeBits(data, rows), validity };
  const width = fixedWidth(type);
  const out = new Uint8Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) out.set(data.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return { type, data: out, validity };
}

function takeBits(bits: Uint8Array, rows: readonly number[]): Uint8Array {
  const taken = new Uint8Array(Math.ceil(rows.length / 8));
  for (let i = 0; i < rows.length; i++) if ((bits[rows[i] >> 3] >> (rows[i] & 7)) & 1) taken[i >> 3] |= 1 << (i & 7);
  return taken;
}

function fixedWidth(type: DataType): number {
  const layout = plainLayout(type);
  assert(layout.kind === "fixed", `${type.kind} has no fixed width`);
  return layout.width;
}
