import type { OpenTable, TableProvider } from "../../catalog/ports.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { ColumnStatistics, FileField, Split, TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { DataFile } from "./file-listing.ts";
import { filesVersion, requestedFiles } from "./file-listing.ts";
import { readFooter } from "./parquet-file.ts";
import type { ParquetFooter } from "./parquet-footer.ts";
import { chunkStatistics } from "./parquet-statistics.ts";
import { parquetFields } from "./parquet-types.ts";
import { inferPartitionColumns, partitionValue } from "./partition-values.ts";
import { mergeFields } from "./schema-merge.ts";
import { combineStatistics } from "./table-statistics.ts";

/** Footers that are read at the same time. */
const PARALLEL_FOOTERS = 16;

/**
 * Tables of Parquet files: a file, a folder (with `key=value` partition folders) or a glob. One split per row group.
 * Options: `mergeSchema` (all files' columns instead of the first file's), `basePath`.
 */
export const parquetProvider: TableProvider = {
  format: "parquet",
  async open(request) {
    const files = await requestedFiles(request);
    const footers = await readFooters(files);
    const partitionFields = inferPartitionColumns(files);
    const columns = request.schema ?? tableColumns(request, files, footers, partitionFields);
    const splits = files.flatMap((file, i) => fileSplits(file, footers[i], columns, partitionFields));
    return snapshot(request, columns, splits, files);
  },
};

function snapshot(request: OpenTable, columns: readonly StructField[], splits: readonly Split[], files: readonly DataFile[]): TableSnapshot {
  return { name: request.name, columns, version: filesVersion(files), splits, statistics: combineStatistics(splits, columns.length), fileMetadata: "rows" };
}

async function readFooters(files: readonly DataFile[]): Promise<ParquetFooter[]> {
  const footers: ParquetFooter[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const at = next++;
      footers[at] = await readFooter(files[at].path, files[at].bytes, files[at].modifiedMs);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FOOTERS }, work));
  return footers;
}

function tableColumns(
  request: OpenTable,
  files: readonly DataFile[],
  footers: readonly ParquetFooter[],
  partitionFields: readonly StructField[],
): StructField[] {
  if (files.length === 0) {
    throw new SparrowError("UNABLE_TO_INFER_SCHEMA", "42KD9", `Unable to infer schema for Parquet: ${request.location} has no data files. It must be specified manually.`, {
      format: "Parquet",
    });
  }
  const merge = request.options.mergeSchema?.toLowerCase() === "true";
  let fields: readonly StructField[] = parquetFields(footers[0].schema, files[0].path);
  if (merge) for (let i = 1; i < files.length; i++) fields = mergeFields(fields, parquetFields(footers[i].schema, files[i].path), files[i].path);
  const inFolders = new Map(partitionFields.map((field) => [field.name.toLowerCase(), field]));
  const data = fields.map((field) => inFolders.get(field.name.toLowerCase()) ?? field);
  return [...data, ...partitionFields.filter((field) => !data.includes(field))];
}

function fileSplits(file: DataFile, footer: ParquetFooter, columns: readonly StructField[], partitionFields: readonly StructField[]): Split[] {
  const partition = new Map(partitionFields.map((field, i) => [field.name.toLowerCase(), file.partition[i][1]]));
  const stored = new Map(footer.schema.children.map((node) => [node.name.toLowerCase(), node]));
  const byId = new Map(footer.schema.children.filter((node) => node.fieldId !== undefined).map((node) => [node.fieldId, node]));
  const nodes = columns.map((column) => byId.get(column.metadata?.["parquet.field.id"] as number | undefined) ?? stored.get(column.name.toLowerCase()));
  const fields = columns.map((column, i): FileField => {
    const folder = partition.get(column.name.toLowerCase());
    if (folder !== undefined) return { kind: "constant", value: partitionValue(folder, column.type) };
    const node = nodes[i];
    if (node === undefined) return { kind: "constant", value: null };
    return node.fieldId === undefined ? { kind: "stored", name: node.name } : { kind: "stored", name: node.name, fieldId: node.fieldId };
  });
  return footer.rowGroups.flatMap((group, rowGroup): Split[] => {
    if (group.rows === 0) return [];
    const statistics = new Map<number, ColumnStatistics>();
    let bytes = 0;
    for (const chunk of group.chunks) bytes += chunk.compressedBytes;
    fields.forEach((field, i) => {
      const node = nodes[i];
      const own = field.kind === "constant" ? constantStatistics(field, group.rows) : node === undefined ? undefined : chunkStatistics(group.chunks[node.firstLeaf], node, columns[i].type);
      if (own !== undefined) statistics.set(i, own);
    });
    return [
      {
        source: { kind: "parquet", path: file.path, fileBytes: file.bytes, modifiedMs: file.modifiedMs, rowGroup, firstRow: group.firstRow, fields },
        rows: group.rows,
        bytes,
        columns: statistics,
        file: { bytes: file.bytes, modifiedMs: file.modifiedMs },
      },
    ];
  });
}

function constantStatistics(field: Extract<FileField, { kind: "constant" }>, rows: number): ColumnStatistics {
  const isNull = field.value === null;
  return { min: field.value, max: field.value, nulls: isNull ? rows : 0, distinct: isNull ? 0 : 1 };
}
