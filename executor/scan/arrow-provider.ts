import { SparrowError } from "../../catalog/errors.ts";
import type { TableProvider } from "../../catalog/ports.ts";
import type { FileField, Split, TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { parseArrow, readArrowFile } from "./arrow-file.ts";
import { fieldsOfArrow } from "./arrow-types.ts";
import { filesVersion, requestedFiles } from "./file-listing.ts";
import { inferPartitionColumns, partitionValue } from "./partition-values.ts";
import { combineStatistics } from "./table-statistics.ts";

/** Tables of Arrow IPC files (file or stream format); one split per record batch. */
export const arrowProvider: TableProvider = {
  format: "arrow",
  async open(request) {
    const files = await requestedFiles(request);
    const partitionFields = inferPartitionColumns(files);
    let columns = request.schema;
    const splits: Split[] = [];
    for (const file of files) {
      const { schema, batches } = readArrowFile(file.path);
      columns ??= [...fieldsOfArrow(schema), ...partitionFields];
      const stored = new Map(schema.fields.map((field) => [field.name.toLowerCase(), field.name]));
      const partition = new Map(partitionFields.map((field, i) => [field.name.toLowerCase(), file.partition[i][1]]));
      const fields = columns.map((column): FileField => {
        const folder = partition.get(column.name.toLowerCase());
        if (folder !== undefined) return { kind: "constant", value: partitionValue(folder, column.type) };
        const name = stored.get(column.name.toLowerCase());
        return name === undefined ? { kind: "constant", value: null } : { kind: "stored", name };
      });
      batches.forEach((batch, i) => {
        if (batch.numRows > 0) splits.push({ source: { kind: "arrow", path: file.path, batch: i, fields }, rows: batch.numRows, bytes: Math.ceil(file.bytes / batches.length), file: { bytes: file.bytes, modifiedMs: file.modifiedMs } });
      });
    }
    if (columns === undefined) {
      throw new SparrowError("UNABLE_TO_INFER_SCHEMA", "42KD9", `Unable to infer schema for Arrow: ${request.location} has no data files. It must be specified manually.`, { format: "Arrow" });
    }
    return { name: request.name, columns, version: filesVersion(files), splits, statistics: combineStatistics(splits, columns.length), fileMetadata: "files" };
  },
};

/** A table of an Arrow IPC stream's bytes, for embedders; `version` must differ for other bytes. */
export function ipcTable(name: string, bytes: Uint8Array, version: string): TableSnapshot {
  const { schema, batches } = parseArrow(bytes, name);
  const columns: readonly StructField[] = fieldsOfArrow(schema);
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const fields = columns.map((column): FileField => ({ kind: "stored", name: column.name }));
  const splits: Split[] = [{ source: { kind: "ipc", bytes, fields }, rows, bytes: bytes.length }];
  return { name, columns, version, splits, statistics: combineStatistics(splits, columns.length) };
}
