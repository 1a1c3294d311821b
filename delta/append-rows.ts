import type { ColumnStatistics } from "../catalog/table.ts";
import { type DataType, sqlTypeName } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { AddFile, PartitionTexts } from "./actions.ts";
import { physicalField, physicalName } from "./column-mapping.ts";
import { constraintViolated, notNullViolated, unsupportedDelta } from "./errors.ts";
import { canonicalPath, encodePath } from "./file-paths.ts";
import { generationText } from "./generation-expression.ts";
import { identityOf } from "./identity-columns.ts";
import { partitionText } from "./partition-values.ts";
import type { DeltaPorts, Row } from "./ports.ts";
import type { DeltaSnapshot } from "./snapshot.ts";
import { checkWrite, tableChecks } from "./write-requirements.ts";
import { hasBounds } from "./indexed-columns.ts";
import { statisticsText } from "./write-statistics.ts";

/** A file is written when so many rows of its partition have come. */
const FILE_ROWS = 500_000;

/** A row by column position; undefined where no value is given. */
export type GivenRow = readonly (Value | undefined)[];

/**
 * Writes rows as data files of a table; a commit must name them. Columns that are given no value take their default, are computed, or are NULL. Raises
 * DELTA_NOT_NULL_CONSTRAINT_VIOLATED, DELTA_VIOLATE_CONSTRAINT_WITH_VALUES; no file is left then.
 */
export async function writeRows(snapshot: DeltaSnapshot, rows: AsyncIterable<GivenRow> | Iterable<GivenRow>, { storage, parquet, sql }: DeltaPorts): Promise<AddFile[]> {
  checkWrite(snapshot, "append");
  const { location, fields, columns, mapping, metadata } = snapshot;
  const identity = fields.find((field) => identityOf(field) !== undefined);
  if (identity !== undefined) throw unsupportedDelta(`rows that are appended by themselves to tables with identity columns (${identity.name})`);
  const completed = completer(snapshot, sql);
  const checked = rowChecker(snapshot, sql);
  const keys = metadata.partitionColumns.map((name) => fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase()));
  const stored = fields.map((_, i) => i).filter((i) => !keys.includes(i));
  const storedFields = stored.map((i) => physicalField(fields[i], mapping));
  const open = new Map<string, { readonly partitionValues: PartitionTexts; readonly rows: Row[] }>();
  const adds: AddFile[] = [];

  const flush = async (partition: string): Promise<void> => {
    const { partitionValues, rows: own } = open.get(partition) as { readonly partitionValues: PartitionTexts; readonly rows: Row[] };
    open.delete(partition);
    const bytes = await parquet.encodeParquetRows(storedFields, own.map((row) => stored.map((i) => row[i])));
    const folder = Object.entries(partitionValues).map(([name, text]) => `${encodeURIComponent(name)}=${text === null ? "__HIVE_DEFAULT_PARTITION__" : encodeURIComponent(text)}/`).join("");
    const path = `${folder}part-${String(adds.length).padStart(5, "0")}-${crypto.randomUUID()}.snappy.parquet`;
    await storage.write(`${location}/${path}`, bytes);
    const statistics = new Map(stored.map((i, at) => [at, columnStatistics(own, i, fields[i].type)] as const));
    adds.push({ path: encodePath(path), partitionValues, size: bytes.length, modificationTime: Date.now(), dataChange: true, stats: statisticsText(own.length, { fields: stored.map((i) => fields[i]), metadata }, statistics) });
  };
  try {
    for await (const given of rows) {
      const row = checked(completed(given));
      const partitionValues = Object.fromEntries(keys.map((i) => [physicalName(fields[i], mapping), partitionText(row[i], columns[i].type, sql.castToText)]));
      const partition = JSON.stringify(partitionValues);
      const file = open.get(partition) ?? { partitionValues, rows: [] };
      open.set(partition, file);
      file.rows.push(row);
      if (file.rows.length === FILE_ROWS) await flush(partition);
    }
    for (const partition of open.keys()) await flush(partition);
    return adds;
  } catch (error) {
    for (const { path } of adds) await storage.delete(`${location}/${canonicalPath(path)}`);
    throw error;
  }
}

/** Values for the columns that are given none: defaults first, for what is computed may read them. */
function completer({ fields, columns }: DeltaSnapshot, sql: DeltaPorts["sql"]): (row: GivenRow) => Row {
  const defaults = fields.map((field, i) => {
    const text = field.metadata?.CURRENT_DEFAULT;
    return typeof text === "string" ? sql.value(text, columns[i].type, columns) : undefined;
  });
  const computed = fields.map((field, i) => {
    const text = generationText(field);
    return text === undefined ? undefined : sql.value(text, columns[i].type, columns);
  });
  return (given) => {
    const row = fields.map((_, i): Value => given[i] ?? (given[i] === undefined ? (defaults[i]?.([]) ?? null) : null));
    return row.map((value, i) => (given[i] === undefined ? (computed[i]?.(row) ?? value) : value));
  };
}

/** The row, if it satisfies what the table says of rows. */
function rowChecker(snapshot: DeltaSnapshot, sql: DeltaPorts["sql"]): (row: Row) => Row {
  const { fields, columns } = snapshot;
  const checks = [...tableChecks(snapshot)].map(([name, text]) => ({ name, text, condition: sql.condition(text, columns) }));
  for (const field of fields) {
    const text = generationText(field);
    if (text === undefined) continue;
    const name = `\`${field.name.replaceAll("`", "``")}\``;
    checks.push({ name: "Generated Column", text: `${name} <=> ${text}`, condition: sql.condition(`${name} <=> CAST((${text}) AS ${sqlTypeName(field.type)})`, columns) });
  }
  return (row) => {
    const missing = fields.find((field, i) => !field.nullable && row[i] === null);
    if (missing !== undefined) throw notNullViolated(missing.name);
    const failed = checks.find(({ condition }) => !condition.isTrue(row));
    if (failed === undefined) return row;
    const values = [...failed.condition.reads].map((i) => ` - ${columns[i].name} : ${row[i] === null ? "null" : sql.castToText(row[i], columns[i].type)}`).join("\n");
    throw constraintViolated(failed.name, failed.text)(values);
  };
}

/** A column with a NaN has no bounds, for bounds do not count it. */
function columnStatistics(rows: readonly Row[], i: number, type: DataType): ColumnStatistics {
  let [min, max]: [Value, Value] = [null, null];
  let nulls = 0;
  let bounded = hasBounds(type);
  for (const row of rows) {
    const value = row[i];
    if (value === null) nulls++;
    else if (bounded && Number.isNaN(value)) bounded = false;
    else if (bounded) {
      if (min === null || isBelow(value, min)) min = value;
      if (max === null || isBelow(max, value)) max = value;
    }
  }
  return { min: bounded ? min : null, max: bounded ? max : null, nulls, distinct: undefined };
}

/** Strings by their UTF-8 bytes. */
function isBelow(a: Value, b: Value): boolean {
  return typeof a === "string" && typeof b === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 : (a as number) < (b as number);
}
