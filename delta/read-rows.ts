import { type DataType, sameType } from "../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../catalog/values.ts";
import { physicalType } from "./column-mapping.ts";
import { readDeletionVector } from "./deletion-vector.ts";
import type { DeltaPorts, Row, RowCondition, SqlExpressions } from "./ports.ts";
import { NO_ROWS, type RowRangeSet } from "./row-ranges.ts";
import { type ScanFile, scanFiles } from "./scan-files.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** The files of a snapshot that may have rows for which a condition is TRUE; all without one. */
export function prunedFiles(snapshot: DeltaSnapshot, { parseTimestamp }: SqlExpressions, condition: RowCondition | undefined): ScanFile[] {
  const files = scanFiles(snapshot, parseTimestamp);
  return condition === undefined ? files : files.filter(condition.mayHold);
}

/** Rows of a snapshot, file by file, in the order of the log and of the files: those for which the condition is TRUE, with the columns at `wanted` positions. */
export async function* readRows(snapshot: DeltaSnapshot, ports: DeltaPorts, wanted: readonly number[], condition: RowCondition | undefined): AsyncGenerator<Row[]> {
  for (const file of prunedFiles(snapshot, ports.sql, condition)) {
    const rows = await fileRows(snapshot, file, ports, wanted, condition);
    if (rows.length > 0) yield rows;
  }
}

/** The wanted columns of the rows of a file that are not deleted and for which the condition is TRUE. */
async function fileRows(snapshot: DeltaSnapshot, file: ScanFile, { storage, parquet, sql }: DeltaPorts, wanted: readonly number[], condition: RowCondition | undefined): Promise<Row[]> {
  const { location, mapping } = snapshot;
  const needed = new Set([...wanted, ...(condition?.reads ?? [])]);
  const { deletionVector } = file.add;
  const deleted = deletionVector === undefined ? NO_ROWS : await readDeletionVector(storage, location, deletionVector);
  // Without a column to be read, one tells how many rows there are.
  const stored = file.fields.flatMap((field, i) => (field.kind === "stored" ? [{ name: field.name, i }] : []));
  const read = stored.some(({ i }) => needed.has(i)) ? stored.filter(({ i }) => needed.has(i)) : stored.slice(0, 1);
  const found = await parquet.readParquetRows(file.path, read.map(({ name }) => name));
  const sources = file.fields.map((field, i): ((row: Row, position: number) => Value) => {
    if (!needed.has(i)) return () => null;
    switch (field.kind) {
      case "constant":
        return () => field.value;
      case "position":
        return (_row, position) => field.base + BigInt(position);
      case "stored": {
        const at = found.fields.findIndex(({ name }) => name === field.name);
        if (at < 0) return () => null;
        const align = aligned(found.fields[at].type, physicalType(snapshot.fields[i].type, mapping), sql);
        return (row) => align(row[at]);
      }
    }
  });
  const rows: Row[] = [];
  const output = wanted.map((i) => sources[i]);
  for (const [first, last] of keptRanges(deleted, rowsIn(file, found.rows, read.length))) {
    for (let position = first; position < last; position++) {
      const row = found.rows[position] ?? [];
      if (condition === undefined || condition.isTrue(sources.map((source) => source(row, position)))) rows.push(output.map((source) => source(row, position)));
    }
  }
  return rows;
}

/** A file of which no column can be read has the rows that the log says. */
function rowsIn(file: ScanFile, rows: readonly Row[], read: number): number {
  return read === 0 ? (file.rows ?? 0) : rows.length;
}

function* keptRanges(deleted: RowRangeSet, rows: number): Generator<readonly [first: number, last: number]> {
  let from = 0;
  for (let i = 0; i < deleted.length; i += 2) {
    if (deleted[i] > from) yield [from, Math.min(deleted[i], rows)];
    from = deleted[i + 1];
  }
  if (from < rows) yield [from, rows];
}

/** From values as a file has them to values of the table: types may have become wider, and nested fields are found by their names in files. */
function aligned(from: DataType, to: DataType, sql: SqlExpressions): (value: Value) => Value {
  if (from.kind === "struct" && to.kind === "struct") {
    const parts = to.fields.map((field) => {
      const at = from.fields.findIndex(({ name }) => name === field.name);
      return at < 0 ? () => null : ((align) => (value: StructValue) => align(value.fields[at]))(aligned(from.fields[at].type, field.type, sql));
    });
    return (value) => (value === null ? null : { fields: parts.map((part) => part(value as StructValue)) });
  }
  if (from.kind === "array" && to.kind === "array") {
    const align = aligned(from.element, to.element, sql);
    return (value) => (value === null ? null : (value as readonly Value[]).map(align));
  }
  if (from.kind === "map" && to.kind === "map") {
    const [key, entry] = [aligned(from.key, to.key, sql), aligned(from.value, to.value, sql)];
    return (value) => (value === null ? null : { keys: (value as MapValue).keys.map(key), values: (value as MapValue).values.map(entry) });
  }
  return sameType(from, to) ? (value) => value : (value) => (value === null ? null : sql.cast(value, from, to));
}
