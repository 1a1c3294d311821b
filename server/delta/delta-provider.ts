import { assert, SparrowError } from "../../catalog/errors.ts";
import type { OpenTable, TableProvider, TableVersion } from "../../catalog/ports.ts";
import { type ColumnStatistics, type SourceFile, type Split, statisticsOfSome, type TableSnapshot } from "../../catalog/table.ts";
import type { AddFile } from "../../delta/actions.ts";
import { type DeltaLog, inParallel } from "../../delta/delta-log.ts";
import type { RowRangeSet } from "../../delta/row-ranges.ts";
import { rowTrackingColumns, rowTrackingFields } from "../../delta/row-tracking.ts";
import { type ScanFile, scanFiles } from "../../delta/scan-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import { openFileSplit } from "../../executor/scan/row-group-splits.ts";
import { combineStatistics } from "../../executor/scan/table-statistics.ts";
import { deletedRowsOf } from "./deletion-vectors.ts";
import { deltaLog } from "./delta-tables.ts";
import { localFileOf, storageAt } from "../storages.ts";
import { generatedBounds } from "./generated-bounds.ts";

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
  const { location, version, metadata, columns } = snapshot;
  const splits = (await snapshotSplits(snapshot, zone)).flatMap((file) => file.splits);
  return { name: location, columns, version: `delta ${location} ${metadata.id} ${version} ${zone}`, splits, statistics: combineStatistics(splits, columns.length), fileMetadata: fileMetadataOf(snapshot) };
}

/** A live file and what is read of it: the whole, or one split per row group. */
export interface FileSplits {
  readonly file: ScanFile;
  readonly splits: readonly Split[];
}

/** Rows of a file that are not deleted. */
export function liveRows({ splits }: FileSplits): number {
  return splits.reduce((sum, { rows }) => {
    assert(rows !== undefined, "a file whose rows are not known has been opened");
    return sum + rows;
  }, 0);
}

export async function snapshotSplits(snapshot: DeltaSnapshot, zone: string): Promise<FileSplits[]> {
  const files = scanFiles(snapshot, (text) => parseTimestamp(text, zone));
  return inParallel(files, async (file) => ({ file, splits: await fileSplits(snapshot, file) }));
}

/** Files of this size or more are opened when the table is: their row groups can then be skipped one by one. Not those that would have to be fetched. */
const OPENED_FILE_BYTES = 32 * 1024 * 1024;

/** A file that is small, and of which the log tells the rows, is opened when a query cannot do without it. `only`: other rows than the live ones. */
export async function fileSplits(snapshot: DeltaSnapshot, file: ScanFile, only?: { readonly deletedRows: RowRangeSet; readonly rows: number }): Promise<readonly Split[]> {
  const { add, path, fields: fileFields } = file;
  const deletedRows = only?.deletedRows ?? (add.deletionVector && (await deletedRowsOf(snapshot, add.deletionVector)));
  const rows = only?.rows ?? (file.rows === undefined ? undefined : file.rows - (add.deletionVector?.cardinality ?? 0));
  const source = { kind: "parquetFile", path, fields: fileFields, ...(deletedRows !== undefined && { deletedRows }) } as const;
  const split: Split = { source, rows, bytes: add.size, columns: fileStatistics(snapshot, file, rows, deletedRows !== undefined), file: sourceFile(snapshot, add) };
  if (rows === 0) return [];
  const isWorthOpening = add.size >= OPENED_FILE_BYTES && storageAt(path).localFile !== undefined;
  return rows === undefined || isWorthOpening ? openFileSplit(split, localFileOf, snapshot.fields) : [split];
}

/** What `_metadata` has of a Delta table. */
export function fileMetadataOf({ metadata }: Pick<DeltaSnapshot, "metadata">): "rows" | "trackedRows" {
  return rowTrackingColumns(metadata) === undefined ? "rows" : "trackedRows";
}

/** The file as `_metadata` shows it. */
function sourceFile(snapshot: Pick<DeltaSnapshot, "metadata">, add: AddFile): SourceFile {
  const { size: bytes, modificationTime: modifiedMs, baseRowId, defaultRowCommitVersion: commitVersion } = add;
  const [rowId, rowCommitVersion] = rowTrackingFields(snapshot, add);
  return rowId === undefined ? { bytes, modifiedMs } : { bytes, modifiedMs, tracked: { baseRowId, commitVersion, rowId, rowCommitVersion } };
}

/** What the log says of the file's columns, by its statistics and by the values of generated partition columns; where rows are deleted, counts of nulls no longer hold. */
export function fileStatistics(snapshot: DeltaSnapshot, file: ScanFile, rows: number | undefined, hasDeleted: boolean): ReadonlyMap<number, ColumnStatistics> {
  const { fields, columns } = file;
  const statistics = new Map<number, ColumnStatistics>();
  fields.forEach((field, i) => {
    const logged = columns.get(i);
    if (field.kind === "constant") statistics.set(i, { min: field.value, max: field.value, nulls: field.value === null ? rows : 0, distinct: field.value === null ? 0 : 1 });
    else if (logged !== undefined) statistics.set(i, hasDeleted ? statisticsOfSome(logged) : logged);
  });
  for (const [i, derived] of generatedBounds(snapshot, file, rows)) {
    const own = statistics.get(i);
    statistics.set(i, own === undefined ? derived : { ...own, min: own.min ?? derived.min, max: own.max ?? derived.max });
  }
  return statistics;
}
