import { SparrowError } from "../catalog/errors.ts";
import type { StructField } from "../catalog/types.ts";
import type { Action, AddFile } from "./actions.ts";
import { physicalName } from "./column-mapping.ts";
import type { DeltaSnapshot } from "./snapshot.ts";
import { writerFeatures } from "./table-features.ts";
import { hasBounds, indexedFields } from "./write-statistics.ts";

/** The metadata domain that says what a table is clustered by. */
const CLUSTERING_DOMAIN = "delta.clustering";
/** `clusteringProvider` of files that this way of clustering has written. */
const PROVIDER = "liquid";
/** Source: `spark.databricks.delta.clusteredTable.numClusteringColumnsLimit`. */
const MAX_COLUMNS = 4;

/** The columns that a table is clustered by; empty after CLUSTER BY NONE, undefined for a table that is not clustered. */
export function clusteringFields({ protocol, domains, fields, mapping }: Pick<DeltaSnapshot, "protocol" | "domains" | "fields" | "mapping">): readonly StructField[] | undefined {
  if (!writerFeatures(protocol).includes("clustering")) return undefined;
  const text = domains.get(CLUSTERING_DOMAIN)?.configuration;
  if (text === undefined) return [];
  const { clusteringColumns } = JSON.parse(text) as { readonly clusteringColumns: readonly (string | readonly string[])[] };
  return clusteringColumns.map((path) => {
    const parts = typeof path === "string" ? [path] : path;
    const field = parts.length === 1 ? fields.find((candidate) => physicalName(candidate, mapping) === parts[0]) : undefined;
    if (field === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.DELTA", "0A000", `The feature is not supported: clustering by the nested column ${parts.join(".")} of Delta tables.`, { feature: "clustering by nested columns" });
    return field;
  });
}

/** The action that makes a table clustered by some of its columns; by none for an empty list. */
export function clusteringAction(columns: readonly StructField[], mapping: DeltaSnapshot["mapping"]): Extract<Action, { kind: "domainMetadata" }> {
  const configuration = JSON.stringify({ clusteringColumns: columns.map((field) => [physicalName(field, mapping)]) });
  return { kind: "domainMetadata", domainMetadata: { domain: CLUSTERING_DOMAIN, configuration, removed: false } };
}

/**
 * The columns of CLUSTER BY by their names. Raises DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS, DELTA_COLUMN_NOT_FOUND_IN_SCHEMA, DELTA_CLUSTERING_COLUMN_MISSING_STATS
 * for a column of which files have no bounds.
 */
export function clusteringColumnsOf(names: readonly (readonly string[])[], fields: readonly StructField[], configuration: Readonly<Record<string, string>>): readonly StructField[] {
  if (names.length > MAX_COLUMNS) {
    throw new SparrowError("DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS", "54000", `CLUSTER BY supports up to ${MAX_COLUMNS} clustering columns, but the table has ${names.length}.`, { numColumnsLimit: String(MAX_COLUMNS), actualNumColumns: String(names.length) });
  }
  const columns = names.map((parts) => requireColumn(parts, fields));
  const indexed = indexedFields(fields, configuration);
  const missing = columns.filter((column, i) => names[i].length > 1 || !indexed.includes(column) || !hasBounds(column.type)).map(({ name }) => name);
  if (missing.length === 0) return columns;
  throw new SparrowError("DELTA_CLUSTERING_COLUMN_MISSING_STATS", "22000", `Clustering needs columns with bounds in the statistics of files, and these have none: ${missing.join(", ")}.`, { columns: missing.join(", "), schema: indexed.map(({ name }) => name).join(", ") });
}

function requireColumn([first, ...rest]: readonly string[], fields: readonly StructField[]): StructField {
  const field = fields.find(({ name }) => name.toLowerCase() === first.toLowerCase());
  const [next] = rest;
  if (field !== undefined && (next === undefined || (field.type.kind === "struct" && field.type.fields.some(({ name }) => name.toLowerCase() === next.toLowerCase())))) return field;
  const columnName = [first, ...rest].join(".");
  throw new SparrowError("DELTA_COLUMN_NOT_FOUND_IN_SCHEMA", "42703", `Unable to find the column '${columnName}' of CLUSTER BY in the schema: ${fields.map(({ name }) => name).join(", ")}.`, { columnName, tableSchema: fields.map(({ name }) => name).join(", ") });
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
