import { SparrowError } from "../../catalog/errors.ts";
import type { OpenTable, TableProvider, TableVersion } from "../../catalog/ports.ts";
import type { ColumnStatistics, Split, TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { type DeltaLog, inParallel } from "../../delta/delta-log.ts";
import { readDeletionVector } from "../../delta/deletion-vector.ts";
import { type ScanFile, scanFiles } from "../../delta/scan-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import { readFooter } from "../../executor/scan/parquet-file.ts";
import type { RowGroup, SchemaNode } from "../../executor/scan/parquet-footer.ts";
import { findColumn } from "../../executor/scan/parquet-reader.ts";
import { chunkStatistics } from "../../executor/scan/parquet-statistics.ts";
import { combineStatistics } from "../../executor/scan/table-statistics.ts";
import { localStorage } from "../local-storage.ts";
import { deltaLog } from "./delta-tables.ts";

/** Tables of a snapshot by the zone in which their partition values are read. */
const opened = new WeakMap<DeltaSnapshot, Map<string, Promise<TableSnapshot>>>();

/** Delta tables. Options: `timeZone`, of timestamps in partition values. */
export const deltaProvider: TableProvider = {
  format: "delta",
  async open(request) {
    const snapshot = await snapshotAsOf(deltaLog(request.location), request.asOf);
    return { ...(await openSnapshot(snapshot, request)), name: request.name };
  },
};

/** The snapshot of a version, of a time, or the latest. */
export async function snapshotAsOf(log: DeltaLog, asOf: TableVersion | undefined): Promise<DeltaSnapshot> {
  if (asOf === undefined) return log.latest();
  return log.at(asOf.kind === "version" ? asOf.version : await log.versionAt(Number(asOf.micros / 1000n)));
}

function openSnapshot(snapshot: DeltaSnapshot, { options, name }: OpenTable): Promise<TableSnapshot> {
  if (snapshot.fields.length === 0) {
    throw new SparrowError("DELTA_READ_TABLE_WITHOUT_COLUMNS", "428GU", `The Delta table ${name} has no columns: there is nothing to read from it.`, { tableName: name });
  }
  const zone = options.timeZone ?? "UTC";
  const byZone = opened.get(snapshot) ?? new Map<string, Promise<TableSnapshot>>();
  opened.set(snapshot, byZone);
  const known = byZone.get(zone);
  if (known !== undefined) return known;
  const table = tableOf(snapshot, zone);
  byZone.set(zone, table);
  // A file that is missing now may be back for the next query.
  table.catch(() => byZone.delete(zone));
  return table;
}

async function tableOf(snapshot: DeltaSnapshot, zone: string): Promise<TableSnapshot> {
  const { location, version, metadata, fields } = snapshot;
  const splits = (await snapshotSplits(snapshot, zone)).flatMap((file) => file.splits);
  return { name: location, columns: fields, version: `delta ${location} ${metadata.id} ${version} ${zone}`, splits, statistics: combineStatistics(splits, fields.length) };
}

/** A live file and what is read of it: one split per row group. */
export interface FileSplits {
  readonly file: ScanFile;
  readonly splits: readonly Split[];
}

export async function snapshotSplits(snapshot: DeltaSnapshot, zone: string): Promise<FileSplits[]> {
  const files = scanFiles(snapshot, (text) => parseTimestamp(text, zone));
  return inParallel(files, async (file) => ({ file, splits: await fileSplits(snapshot, file) }));
}

async function fileSplits({ location, fields }: DeltaSnapshot, file: ScanFile): Promise<Split[]> {
  const stored = await localStorage.stat(file.path);
  if (stored === undefined) throw missingFile(file.path, location);
  const [footer, deletedRows] = await Promise.all([readFooter(file.path, stored.bytes, undefined), file.add.deletionVector && readDeletionVector(localStorage, location, file.add.deletionVector)]);
  const nodes = file.fields.map((field) => (field.kind === "stored" ? findColumn(footer, field.name, field.fieldId) : undefined));
  const only = footer.rowGroups.length === 1;
  return footer.rowGroups.flatMap((group, rowGroup): Split[] => {
    const deleted = deletedRows === undefined ? 0 : countDeleted(deletedRows, group.firstRow, group.firstRow + group.rows);
    if (deleted === group.rows) return [];
    const columns = new Map<number, ColumnStatistics>();
    fields.forEach((column, i) => {
      const own = columnStatistics(file, i, nodes[i], group, only, column, deleted);
      if (own !== undefined) columns.set(i, own);
    });
    return [
      {
        source: { kind: "parquet", path: file.path, fileBytes: stored.bytes, modifiedMs: undefined, rowGroup, firstRow: group.firstRow, fields: file.fields, ...(deleted > 0 && { deletedRows }) },
        rows: group.rows - deleted,
        bytes: group.chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
        columns,
      },
    ];
  });
}

/** From the row group's own statistics, else from the log's, which are about the whole file. Counts of nulls hold only where no row is deleted. */
function columnStatistics(file: ScanFile, i: number, node: SchemaNode | undefined, group: RowGroup, only: boolean, column: StructField, deleted: number): ColumnStatistics | undefined {
  const field = file.fields[i];
  const rows = group.rows - deleted;
  if (field.kind === "constant" || node === undefined) {
    const value = field.kind === "constant" ? field.value : null;
    return { min: value, max: value, nulls: value === null ? rows : 0, distinct: value === null ? 0 : 1 };
  }
  const logged = file.columns.get(i);
  const own = chunkStatistics(group.chunks[node.firstLeaf], node, column.type);
  const best = own !== undefined && own.min !== null ? own : (logged ?? own);
  if (best === undefined) return undefined;
  const nulls = own?.nulls ?? (only ? logged?.nulls : undefined);
  return { ...best, nulls: deleted === 0 || nulls === 0 ? nulls : nulls === group.rows ? rows : undefined };
}

function countDeleted(ranges: Uint32Array, from: number, to: number): number {
  let rows = 0;
  for (let i = 0; i < ranges.length; i += 2) rows += Math.max(0, Math.min(to, ranges[i + 1]) - Math.max(from, ranges[i]));
  return rows;
}

function missingFile(path: string, location: string): SparrowError {
  return new SparrowError(
    "FAILED_READ_FILE.FILE_NOT_EXIST",
    "KD001",
    `Encountered error while reading file ${path}: it does not exist, though the log of the Delta table ${location} names it.`,
    { path },
    { origin: "data", hint: "It was deleted by hand, or by VACUUM when an older version is read." },
  );
}
