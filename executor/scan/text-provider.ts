import { SparrowError } from "../../catalog/errors.ts";
import type { OpenTable } from "../../catalog/ports.ts";
import type { FileField, Split, TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { lowerCaseOptions, valueOptions } from "./text-options.ts";
import type { DataFile } from "./file-listing.ts";
import { filesVersion, requestedFiles } from "./file-listing.ts";
import { inferPartitionColumns, partitionValue } from "./partition-values.ts";
import { combineStatistics } from "./table-statistics.ts";
import { textRanges } from "./text-file.ts";

export interface TextFormat {
  readonly kind: "csv" | "json";
  /** Spark's name of the format in messages. */
  readonly title: string;
  /** Whether a range of a file can be read by itself. */
  readonly splittable: boolean;
  /** The columns that the files hold, partition columns left out. */
  readonly infer: (files: readonly DataFile[]) => StructField[];
}

/** A table of text files, cut at lines into byte ranges. A stored field's id is its position among the file's columns; the corrupt record's column has none. */
export async function openTextTable(request: OpenTable, format: TextFormat): Promise<TableSnapshot> {
  const files = await requestedFiles(request);
  if (request.schema === undefined && files.length === 0) {
    throw new SparrowError("UNABLE_TO_INFER_SCHEMA", "42KD9", `Unable to infer schema for ${format.title}: ${request.location} has no data files. It must be specified manually.`, {
      format: format.title,
    });
  }
  const { corruptRecord } = valueOptions(lowerCaseOptions(request.options));
  const partitionFields = inferPartitionColumns(files);
  const inFolders = new Set(partitionFields.map((field) => field.name.toLowerCase()));
  const columns = request.schema ?? [...format.infer(files).filter((field) => !inFolders.has(field.name.toLowerCase())), ...partitionFields];
  const splits = files.flatMap((file): Split[] => {
    const partition = new Map(partitionFields.map((field, i) => [field.name.toLowerCase(), file.partition[i][1]]));
    let position = 0;
    const fields = columns.map((column): FileField => {
      const folder = partition.get(column.name.toLowerCase());
      if (folder !== undefined) return { kind: "constant", value: partitionValue(folder, column.type) };
      if (column.name === corruptRecord) return { kind: "stored", name: column.name };
      return { kind: "stored", name: column.name, fieldId: position++ };
    });
    return textRanges(file.path, file.bytes, format.splittable).map(({ start, end }) => ({
      source: { kind: format.kind, path: file.path, start, end, options: request.options, fields },
      rows: undefined,
      bytes: end - start,
      file: { bytes: file.bytes, modifiedMs: file.modifiedMs },
    }));
  });
  return { name: request.name, columns, version: filesVersion(files), splits, statistics: combineStatistics(splits, columns.length), fileMetadata: "files" };
}
