import { SparrowError } from "../../catalog/errors.ts";
import type { Split } from "../../catalog/table.ts";
import { sqlTypeName, type StructField } from "../../catalog/types.ts";
import type { AddFile, PartitionTexts } from "../../delta/actions.ts";
import { partitionText } from "../../delta/partition-values.ts";
import { statisticsText } from "../../delta/write-statistics.ts";
import { type DataFile, listDataFiles } from "../../executor/scan/file-listing.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { inferPartitionColumns, partitionValue } from "../../executor/scan/partition-values.ts";
import { combineStatistics } from "../../executor/scan/table-statistics.ts";
import { cellText } from "../results/cell-text.ts";

/** A folder of Parquet files seen as a table. */
export interface ParquetFolder {
  /** Columns of the files, then those of the partition folders; all may be NULL. */
  readonly fields: readonly StructField[];
  readonly partitionColumns: readonly string[];
  readonly adds: readonly AddFile[];
}

export interface ParquetFolderOptions {
  /** Absolute folder. */
  readonly location: string;
  /** Columns of the partition folders with their types; undefined: as they are found. */
  readonly partitionFields: readonly StructField[] | undefined;
  /** Whether files get statistics, from their footers. */
  readonly statistics: boolean;
  /** What the log calls a file. */
  readonly pathOf: (file: DataFile) => string;
  readonly configuration: Readonly<Record<string, string>>;
}

/** The files of a folder as they are, for a log that takes them over. Raises DELTA_EMPTY_DIRECTORY, DELTA_UNEXPECTED_*_PARTITION_COLUMN*_FROM_FILE_NAME, DELTA_PARTITION_COLUMN_CAST_FAILED. */
export async function parquetFolder({ location, partitionFields, statistics, pathOf, configuration }: ParquetFolderOptions): Promise<ParquetFolder> {
  const files = await listDataFiles(location);
  if (files.length === 0) throw new SparrowError("DELTA_EMPTY_DIRECTORY", "42K03", `No file found in the directory: ${location}.`, { directory: location });
  const keys = partitionFields ?? inferPartitionColumns(files);
  for (const file of files) checkPartition(file, keys);
  const { columns, splits } = await parquetProvider.open({ name: location, location, schema: undefined, partitionColumns: keys.map(({ name }) => name), options: { mergeSchema: "true" } });
  const isKey = (field: StructField): boolean => keys.some(({ name }) => name.toLowerCase() === field.name.toLowerCase());
  const stored = columns.flatMap((field, position) => (isKey(field) ? [] : [{ field: { name: field.name, type: field.type, nullable: true }, position }]));
  const byFile = new Map<string, Split[]>();
  for (const split of splits) if (split.source.kind === "parquet") byFile.set(split.source.path, [...(byFile.get(split.source.path) ?? []), split]);
  const dataFields = stored.map(({ field }) => field);
  const adds = files.map((file): AddFile => {
    const stats = statistics ? footerStatistics(byFile.get(file.path) ?? [], columns.length, stored, configuration) : undefined;
    return { path: pathOf(file), partitionValues: partitionTexts(file, keys), size: file.bytes, modificationTime: Math.floor(file.modifiedMs), dataChange: true, ...(stats !== undefined && { stats }) };
  });
  return { fields: [...dataFields, ...keys.map((key) => ({ ...key, nullable: true }))], partitionColumns: keys.map(({ name }) => name), adds };
}

/** Folder names must be those of the partition columns, in their order. */
function checkPartition({ path, partition }: DataFile, keys: readonly StructField[]): void {
  const expectedCols = keys.map(({ name }) => name).join(", ");
  const parsedCols = partition.map(([name]) => name).join(", ");
  if (partition.length !== keys.length) {
    throw new SparrowError("DELTA_UNEXPECTED_NUM_PARTITION_COLUMNS_FROM_FILE_NAME", "KD009", `Expecting ${keys.length} partition column(s): [${expectedCols}], but found ${partition.length} partition column(s): [${parsedCols}] from parsing the file name: ${path}.`, { expectedColsSize: String(keys.length), expectedCols, parsedColsSize: String(partition.length), parsedCols, path }, { origin: "data" });
  }
  const other = partition.findIndex(([name], i) => name.toLowerCase() !== keys[i].name.toLowerCase());
  if (other < 0) return;
  throw new SparrowError("DELTA_UNEXPECTED_PARTITION_COLUMN_FROM_FILE_NAME", "KD009", `Expecting partition column ${keys[other].name}, but found partition column ${partition[other][0]} from parsing the file name: ${path}.`, { expectedCol: keys[other].name, parsedCol: partition[other][0], path }, { origin: "data" });
}

function partitionTexts({ partition, path }: DataFile, keys: readonly StructField[]): PartitionTexts {
  return Object.fromEntries(
    keys.map(({ name, type }, i) => {
      const [, text] = partition[i];
      try {
        return [name, partitionText(partitionValue(text, type), type, (value, valueType) => cellText(value, valueType, "UTC"))];
      } catch (error) {
        if (!(error instanceof SparrowError)) throw error;
        throw new SparrowError("DELTA_PARTITION_COLUMN_CAST_FAILED", "22525", `Failed to cast value '${text}' to ${sqlTypeName(type)} for partition column ${name}, from parsing the file name: ${path}.`, { value: text, dataType: sqlTypeName(type), columnName: name }, { origin: "data", cause: error });
      }
    }),
  );
}

interface StoredColumn {
  readonly field: StructField;
  /** Among all columns. */
  readonly position: number;
}

/** What the row groups' statistics come to; floating-point columns have no bounds, for a footer does not count NaN. */
function footerStatistics(splits: readonly Split[], width: number, stored: readonly StoredColumn[], configuration: Readonly<Record<string, string>>): string {
  const { rows = 0, columns } = combineStatistics(splits, width);
  const byPosition = stored.flatMap(({ field, position }, i) => {
    const own = columns.get(position);
    if (own === undefined) return [];
    return [[i, field.type.kind === "float" || field.type.kind === "double" ? { ...own, min: null, max: null } : own] as const];
  });
  return statisticsText(rows, { fields: stored.map(({ field }) => field), metadata: { configuration } }, new Map(byPosition));
}
