import type { ColumnStatistics, FileField } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import { isNested } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { AddFile } from "./actions.ts";
import { mappedFieldId, physicalName, physicalType } from "./column-mapping.ts";
import { corruptLogFile } from "./errors.ts";
import { absoluteFilePath } from "./file-paths.ts";
import { parseFileStatistics } from "./file-statistics.ts";
import { logFolder } from "./log-files.ts";
import { type ParseLocalTimestamp, partitionValue } from "./partition-values.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** A live file as a scan reads it. */
export interface ScanFile {
  readonly add: AddFile;
  /** Absolute. */
  readonly path: string;
  /** By the table's columns. */
  readonly fields: readonly FileField[];
  /** Rows in the file, deleted ones included. */
  readonly rows: number | undefined;
  /** By column position; bounds over all rows of the file. */
  readonly columns: ReadonlyMap<number, ColumnStatistics>;
}

/** The live files of a snapshot in the order of their keys in the log. `parseTimestamp`: partition values of timestamps without a zone. */
export function scanFiles(snapshot: DeltaSnapshot, parseTimestamp: ParseLocalTimestamp): ScanFile[] {
  const columns = scanColumns(snapshot);
  return Array.from(snapshot.files.values(), (add) => scanFileOf(snapshot, columns, add, parseTimestamp));
}

/** One file as a scan of the snapshot would read it. */
export function scanFile(snapshot: DeltaSnapshot, add: AddFile, parseTimestamp: ParseLocalTimestamp): ScanFile {
  return scanFileOf(snapshot, scanColumns(snapshot), add, parseTimestamp);
}

/** What files have of a column. */
interface ScanColumn {
  /** Physical. */
  readonly name: string;
  /** With physical names. */
  readonly type: DataType;
  readonly isPartition: boolean;
  readonly stored: FileField;
}

function scanColumns({ fields, mapping, metadata }: DeltaSnapshot): ScanColumn[] {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  return fields.map((field) => {
    const name = physicalName(field, mapping);
    const fieldId = mappedFieldId(field, mapping);
    const type = mapping !== "none" && isNested(field.type) ? physicalType(field.type, mapping) : undefined;
    return { name, type: type ?? field.type, isPartition: partitions.has(field.name.toLowerCase()), stored: { kind: "stored", name, ...(fieldId !== undefined && { fieldId }), ...(type !== undefined && { type }) } };
  });
}

function scanFileOf({ location }: DeltaSnapshot, columns: readonly ScanColumn[], add: AddFile, parseTimestamp: ParseLocalTimestamp): ScanFile {
  const statistics = parseFileStatistics(add.stats);
  const known = new Map<number, ColumnStatistics>();
  const fields = columns.map(({ name, type, isPartition, stored }, i): FileField => {
    if (isPartition) return { kind: "constant", value: partitionConstant(location, add, name, type, parseTimestamp) };
    const own = statistics.column(name, type);
    if (own !== undefined) known.set(i, own);
    return stored;
  });
  return { add, path: absoluteFilePath(location, add.path), fields, rows: statistics.rows, columns: known };
}

function partitionConstant(location: string, add: AddFile, name: string, type: DataType, parseTimestamp: ParseLocalTimestamp): Value {
  const text = add.partitionValues[name] ?? null;
  const value = partitionValue(text, type, parseTimestamp);
  if (value === undefined) throw corruptLogFile(logFolder(location), `the file ${add.path} has the partition value '${text}' for ${name}, which is no ${type.kind}`);
  return value;
}
