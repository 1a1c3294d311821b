import { SparrowError } from "../catalog/errors.ts";
import { type DataType, sqlTypeName, type StructField } from "../catalog/types.ts";
import type { Metadata } from "./actions.ts";
import { type ColumnMappingMode, physicalName } from "./column-mapping.ts";
import type { ColumnPath } from "./schema-change.ts";

/** A column that is no struct, or such a field within structs. */
export interface LeafColumn {
  readonly path: ColumnPath;
  /** Its names in files, statistics and metadata domains. */
  readonly physicalPath: ColumnPath;
  readonly type: DataType;
}

const DEFAULT_INDEXED_COLUMNS = 32;
/** How many leaves have statistics; -1 for all. */
const COUNT = "delta.dataSkippingNumIndexedCols";
/** Names of the columns that have statistics, structs standing for all their fields; where it is set, the number counts no more. */
const STATISTICS_COLUMNS = "delta.dataSkippingStatsColumns";

/** In the order of the schema. */
export function leafColumns(fields: readonly StructField[], mapping: ColumnMappingMode = "none"): readonly LeafColumn[] {
  return fields.flatMap((field): readonly LeafColumn[] => {
    const physical = physicalName(field, mapping);
    if (field.type.kind !== "struct") return [{ path: [field.name], physicalPath: [physical], type: field.type }];
    return leafColumns(field.type.fields, mapping).map((leaf) => ({ ...leaf, path: [field.name, ...leaf.path], physicalPath: [physical, ...leaf.physicalPath] }));
  });
}

/** The leaf of a path in any case of letters. */
export function findLeaf(leaves: readonly LeafColumn[], path: ColumnPath): LeafColumn | undefined {
  return leaves.find((leaf) => leaf.path.length === path.length && isWithin(leaf.path, path));
}

/** The leaves of data files that have statistics; `fields` are those of the files. */
export function indexedLeaves(fields: readonly StructField[], configuration: Metadata["configuration"], mapping: ColumnMappingMode = "none"): readonly LeafColumn[] {
  const leaves = leafColumns(fields, mapping);
  const text = configuration[STATISTICS_COLUMNS];
  if (text !== undefined) {
    const named = columnPaths(text);
    return leaves.filter(({ path }) => named.some((wanted) => isWithin(path, wanted)));
  }
  const limit = Number(configuration[COUNT] ?? DEFAULT_INDEXED_COLUMNS);
  return limit < 0 ? leaves : leaves.slice(0, limit);
}

/** Whether statistics have bounds of a type: of numbers, dates, timestamps and strings, not of booleans, binary and nested values. */
export function hasBounds(type: DataType): boolean {
  return ["byte", "short", "int", "long", "float", "double", "decimal", "date", "timestamp", "timestamp_ntz", "string", "char", "varchar"].includes(type.kind);
}

/**
 * Raises DELTA_COLUMN_NOT_FOUND_IN_SCHEMA, DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN, DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE,
 * DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS for names in `delta.dataSkippingStatsColumns` that cannot have statistics.
 */
export function checkStatisticsColumns(fields: readonly StructField[], { configuration, partitionColumns }: Pick<Metadata, "configuration" | "partitionColumns">): void {
  const text = configuration[STATISTICS_COLUMNS];
  if (text === undefined) return;
  const seen = new Set<string>();
  for (const path of columnPaths(text)) {
    const column = path.join(".");
    const leaves = leafColumns(fields).filter((leaf) => isWithin(leaf.path, path));
    if (leaves.length === 0) throw new SparrowError("DELTA_COLUMN_NOT_FOUND_IN_SCHEMA", "42703", `Unable to find the column '${column}' of the property '${STATISTICS_COLUMNS}' in the schema: ${fields.map(({ name }) => name).join(", ")}.`, { columnName: column, tableSchema: fields.map(({ name }) => name).join(", ") });
    if (partitionColumns.some((name) => name.toLowerCase() === column.toLowerCase())) throw new SparrowError("DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN", "0AKDC", `Data skipping is not supported for partition column '${column}'.`, { column });
    const [leaf] = leaves;
    if (leaf.path.length === path.length && !hasBounds(leaf.type)) throw new SparrowError("DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE", "0AKDC", `Data skipping is not supported for column '${column}' of type ${sqlTypeName(leaf.type)}.`, { column, type: sqlTypeName(leaf.type) });
    for (const { path: own } of leaves) {
      const name = own.join(".");
      if (seen.has(name)) throw new SparrowError("DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS", "42701", `Duplicated data skipping columns found: ${name}.`, { columns: name });
      seen.add(name);
    }
  }
}

/** The properties after a column got another name, or (undefined) went. */
export function withStatisticsColumn(configuration: Metadata["configuration"], path: ColumnPath, renamed: string | undefined): Metadata["configuration"] {
  const text = configuration[STATISTICS_COLUMNS];
  if (text === undefined) return configuration;
  const paths = columnPaths(text).flatMap((own) => (!isWithin(own, path) ? [own] : renamed === undefined ? [] : [own.with(path.length - 1, renamed)]));
  return { ...configuration, [STATISTICS_COLUMNS]: paths.map((own) => own.map(nameText).join(".")).join(",") };
}

/** Names between commas, with the names of the structs that they are in; quoted by backticks where they must be. */
function columnPaths(text: string): string[][] {
  const paths: string[][] = [[]];
  for (const [, quoted, plain, separator] of text.matchAll(/`((?:[^`]|``)*)`|([^.,`]+)|([.,])/g)) {
    if (separator === ",") paths.push([]);
    else if (separator === undefined) {
      const name = quoted?.replaceAll("``", "`") ?? plain.trim();
      if (name !== "") paths[paths.length - 1].push(name);
    }
  }
  return paths.filter((path) => path.length > 0);
}

function nameText(name: string): string {
  return /^\w+$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function isWithin(path: ColumnPath, parent: ColumnPath): boolean {
  return parent.length <= path.length && parent.every((name, i) => name.toLowerCase() === path[i].toLowerCase());
}
