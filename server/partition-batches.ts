import type { DataType, StructField } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import { cellText } from "./results/cell-text.ts";
import { valueReader } from "../executor/result-values.ts";
import { takeBatch } from "./take-rows.ts";

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
