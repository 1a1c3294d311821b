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
  return [...snapshot.files.values()].map((add) => scanFile(snapshot, add, parseTimestamp));
}

/** One file as a scan of the snapshot would read it. */
export function scanFile(snapshot: DeltaSnapshot, add: AddFile, parseTimestamp: ParseLocalTimestamp): ScanFile {
  const { location, mapping, fields, metadata } = snapshot;
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const statistics = parseFileStatistics(add.stats);
  const columns = new Map<number, ColumnStatistics>();
  const fileFields = fields.map((field, i): FileField => {
    const name = physicalName(field, mapping);
    if (partitions.has(field.name.toLowerCase())) {
      return { kind: "constant", value: partitionConstant(location, add, name, field.type, parseTimestamp) };
    }
    const type = mapping !== "none" && isNested(field.type) ? physicalType(field.type, mapping) : undefined;
    const own = statistics.column(name, type ?? field.type);
    if (own !== undefined) columns.set(i, own);
    const fieldId = mappedFieldId(field, mapping);
    return { kind: "stored", name, ...(fieldId !== undefined && { fieldId }), ...(type !== undefined && { type }) };
  });
  return { add, path: absoluteFilePath(location, add.path), fields: fileFields, rows: statistics.rows, columns };
}

function partitionConstant(location: string, add: AddFile, name: string, type: DataType, parseTimestamp: ParseLocalTimestamp): Value {
  const text = add.partitionValues[name] ?? null;
  const value = partitionValue(text, type, parseTimestamp);
  if (value === undefined) throw corruptLogFile(logFolder(location), `the file ${add.path} has the partition value '${text}' for ${name}, which is no ${type.kind}`);
  return value;
}
