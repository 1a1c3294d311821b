import { SparrowError } from "../catalog/errors.ts";
import { type DataType, sqlTypeName, type StructField } from "../catalog/types.ts";
import type { Action, AddFile } from "./actions.ts";
import { columnMappingMode } from "./column-mapping.ts";
import { invalidSchema } from "./errors.ts";
import { findLeaf, hasBounds, indexedLeaves, type LeafColumn, leafColumns } from "./indexed-columns.ts";
import type { ColumnPath } from "./schema-change.ts";
import type { DeltaSnapshot } from "./snapshot.ts";
import { writerFeatures } from "./table-features.ts";

/** The metadata domain that says what a table is clustered by. */
const CLUSTERING_DOMAIN = "delta.clustering";
/** `clusteringProvider` of files that this way of clustering has written. */
const PROVIDER = "liquid";
/** Source: `spark.databricks.delta.clusteredTable.numClusteringColumnsLimit`. */
const MAX_COLUMNS = 4;

/** The columns that a table is clustered by; empty after CLUSTER BY NONE, undefined for a table that is not clustered. */
export function clusteringColumns({ protocol, domains, fields, mapping, location }: Pick<DeltaSnapshot, "protocol" | "domains" | "fields" | "mapping" | "location">): readonly LeafColumn[] | undefined {
  if (!writerFeatures(protocol).includes("clustering")) return undefined;
  const text = domains.get(CLUSTERING_DOMAIN)?.configuration;
  if (text === undefined) return [];
  const { clusteringColumns: paths } = JSON.parse(text) as { readonly clusteringColumns: readonly (string | readonly string[])[] };
  const leaves = leafColumns(fields, mapping);
  return paths.map((path) => {
    const parts = typeof path === "string" ? [path] : path;
    const leaf = leaves.find(({ physicalPath }) => physicalPath.length === parts.length && physicalPath.every((name, i) => name === parts[i]));
    if (leaf === undefined) throw invalidSchema(location, `it is clustered by ${parts.join(".")}, and has no such column`);
    return leaf;
  });
}

/** The action that makes a table clustered by some of its columns; by none for an empty list. */
export function clusteringAction(columns: readonly LeafColumn[]): Extract<Action, { kind: "domainMetadata" }> {
  const configuration = JSON.stringify({ clusteringColumns: columns.map(({ physicalPath }) => physicalPath), domainName: CLUSTERING_DOMAIN });
  return { kind: "domainMetadata", domainMetadata: { domain: CLUSTERING_DOMAIN, configuration, removed: false } };
}

/** As messages and commits name a column. */
export function columnName({ path }: Pick<LeafColumn, "path">): string {
  return path.join(".");
}

/**
 * The columns of CLUSTER BY by their names. Raises DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS, DELTA_COLUMN_NOT_FOUND_IN_SCHEMA,
 * DELTA_DUPLICATE_COLUMNS_FOUND.CLUSTER_BY, DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED and DELTA_CLUSTERING_COLUMN_MISSING_STATS for columns of which files
 * can have, or have, no bounds.
 */
export function clusteringColumnsOf(names: readonly ColumnPath[], fields: readonly StructField[], configuration: Readonly<Record<string, string>>): readonly LeafColumn[] {
  if (names.length > MAX_COLUMNS) {
    throw new SparrowError("DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS", "54000", `CLUSTER BY supports up to ${MAX_COLUMNS} clustering columns, but the table has ${names.length}.`, { numColumnsLimit: String(MAX_COLUMNS), actualNumColumns: String(names.length) });
  }
  const mapping = columnMappingMode({ configuration });
  const leaves = leafColumns(fields, mapping);
  const columns = names.map((path) => findLeaf(leaves, path) ?? throwUnclusterable(path, fields));
  const twice = columns.filter((column, i) => columns.indexOf(column) < i).map(columnName);
  if (twice.length > 0) throw new SparrowError("DELTA_DUPLICATE_COLUMNS_FOUND.CLUSTER_BY", "42711", `Found duplicate column(s): ${twice.join(", ")}. The duplicate was found in CLUSTER BY.`, { duplicateCols: twice.map((name) => `\`${name}\``).join(", ") });
  for (const { path, type } of columns) if (!hasBounds(type)) throwUnclusterable(path, fields);
  const indexed = indexedLeaves(fields, configuration, mapping).map(columnName);
  const missing = columns.map(columnName).filter((name) => !indexed.includes(name));
  if (missing.length === 0) return columns;
  throw new SparrowError("DELTA_CLUSTERING_COLUMN_MISSING_STATS", "22000", `Clustering needs columns with bounds in the statistics of files, and these have none: ${missing.join(", ")}.`, { columns: missing.join(", "), schema: indexed.join(", ") });
}

/** The column is not there, or of a type without bounds. */
function throwUnclusterable(path: ColumnPath, fields: readonly StructField[]): never {
  const name = path.join(".");
  let siblings = fields;
  let type: DataType | undefined;
  for (const part of path) {
    type = siblings.find((field) => field.name.toLowerCase() === part.toLowerCase())?.type;
    siblings = type?.kind === "struct" ? type.fields : [];
  }
  if (type !== undefined) {
    const columnsWithDataTypes = `${name} : ${sqlTypeName(type)}`;
    throw new SparrowError("DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED", "0A000", `CLUSTER BY is not supported because the following column(s): ${columnsWithDataTypes} don't support data skipping.`, { columnsWithDataTypes });
  }
  const tableSchema = fields.map((field) => field.name).join(", ");
  throw new SparrowError("DELTA_COLUMN_NOT_FOUND_IN_SCHEMA", "42703", `Unable to find the column '${name}' of CLUSTER BY in the schema: ${tableSchema}.`, { columnName: name, tableSchema });
}

/** Files that were clustered together, by the columns and the identity that their tags give. Source: Delta Spark's `ZCubeInfo`. */
export interface ZCube {
  readonly id: string;
  readonly columns: readonly string[];
}

/** The cube that a file belongs to; undefined for a file that has not been clustered. */
export function zCubeOf({ tags }: AddFile): ZCube | undefined {
  const id = tags?.ZCUBE_ID;
  return id === undefined ? undefined : { id, columns: JSON.parse(tags?.ZCUBE_ZORDER_BY ?? "[]") as string[] };
}

/** A file as one of a cube. */
export function inZCube(file: AddFile, { id, columns }: ZCube): AddFile {
  return { ...file, clusteringProvider: PROVIDER, tags: { ...file.tags, ZCUBE_ID: id, ZCUBE_ZORDER_BY: JSON.stringify(columns), ZCUBE_ZORDER_CURVE: "hilbert" } };
}

/**
 * The files that OPTIMIZE of a clustered table rewrites: those that are not clustered yet, and those of cubes that are still small. Files that were clustered by
 * other columns, or by another way of clustering, only for OPTIMIZE FULL. A cube that would be alone is left as it is.
 */
export function filesToCluster(files: readonly AddFile[], columns: readonly string[], full: boolean, minCubeBytes: number): readonly AddFile[] {
  const isOther = (file: AddFile): boolean => {
    const cube = zCubeOf(file);
    return (file.clusteringProvider !== undefined && file.clusteringProvider !== PROVIDER) || (cube !== undefined && JSON.stringify(cube.columns) !== JSON.stringify(columns));
  };
  const sizes = new Map<string, number>();
  for (const file of files) {
    const cube = zCubeOf(file);
    if (cube !== undefined) sizes.set(cube.id, (sizes.get(cube.id) ?? 0) + file.size);
  }
  const small = files.filter((file) => {
    const cube = zCubeOf(file);
    return !isOther(file) && (cube === undefined || (sizes.get(cube.id) ?? 0) < minCubeBytes);
  });
  const other = full ? files.filter(isOther) : [];
  const cubes = new Set(small.map((file) => zCubeOf(file)?.id));
  // Rows that are deleted are a reason to write even a cube that is alone.
  if (other.length === 0 && cubes.size <= 1 && !cubes.has(undefined) && small.every((file) => file.deletionVector === undefined)) return [];
  return [...small, ...other];
}
