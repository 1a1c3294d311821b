import { assert, type Span, SparrowError } from "../../catalog/errors.ts";
import type { FileField, Split, TableSnapshot } from "../../catalog/table.ts";
import { isIntegral, LONG, STRING, type StructField, TIMESTAMP } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { Action, AddFile, PartitionTexts, RemoveFile } from "../../delta/actions.ts";
import { checkFeedColumnsOf, checkRecorded, type FeedRange, FEED_COLUMNS, type FileChange, fileChanges } from "../../delta/change-data-feed.ts";
import { type CommitTime, firstVersionFrom, versionAtTime } from "../../delta/commit-times.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import { complementOf, differenceOf, rowCount, type RowRangeSet } from "../../delta/row-ranges.ts";
import { scanFile } from "../../delta/scan-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import { castValue } from "../../executor/functions/cast.ts";
import { combineStatistics } from "../../executor/scan/table-statistics.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";
import type { TableReference } from "../../planner/analyzer/table-names.ts";
import { partsOf, quoted } from "../object-names.ts";
import type { Session } from "../session.ts";
import { absolutePath } from "../storage-paths.ts";
import { constantValue } from "../time-travel.ts";
import { deletedRowsOf } from "./deletion-vectors.ts";
import { fileSplits } from "./delta-provider.ts";
import { type DeltaTarget, openLog, requireDeltaTarget } from "./delta-target.ts";

const COLUMN_TYPES = { _change_type: STRING, _commit_version: LONG, _commit_timestamp: TIMESTAMP };

/** Columns behind the table's own. */
const COLUMNS: readonly StructField[] = FEED_COLUMNS.map((name) => ({ name, type: COLUMN_TYPES[name], nullable: true }));

/**
 * `table_changes('t', start[, end])` and `table_changes_by_path('path', start[, end])`: the rows that commits have inserted, updated and deleted. Versions are whole
 * numbers, times are texts or timestamps; both ends are included. Source: Delta Spark's CDCReader.
 */
export async function openTableChanges(session: Session, { name: [functionName], call = [], span }: TableReference): Promise<TableSnapshot> {
  if (call.length < 2 || call.length > 3 || call.some((argument) => argument.name !== undefined)) {
    throw new SparrowError("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", `The function \`${functionName}\` takes a table, the first version or time, and perhaps the last one.`, { functionName: quoted(functionName), expectedNum: "[2, 3]", actualNum: String(call.length), docroot: "https://spark.apache.org/docs/latest" }, { span });
  }
  const [table, first, last] = call.map((argument) => argument.value);
  const { log, name } = await feedTarget(session, functionName, table);
  const latest = await log.latest();
  const times = await log.commitTimes();
  const bounds = { start: boundary(session, first), end: last === undefined ? undefined : boundary(session, last) };
  const range = feedRange(session, times, latest.version, bounds);
  const read = range !== undefined && readsAsAtEnd(session, latest) ? await log.at(range.end) : latest;
  const columns = [...read.fields, ...COLUMNS];
  const splits = range === undefined ? [] : await changedRows(log, read, range, times, session.timeZone);
  const version = `changes ${log.location} ${latest.metadata.id} ${read.version} ${range?.start}-${range?.end} ${session.timeZone}`;
  return { name: `${functionName}(${name.join(".")})`, columns, version, splits, statistics: combineStatistics(splits, columns.length) };
}

/** Whether the columns are those of the last version that is read, or of the latest one. Mapped columns can have been renamed and dropped in between. */
function readsAsAtEnd({ settings }: Session, { mapping }: DeltaSnapshot): boolean {
  const mode = settings.text("spark.databricks.delta.changeDataFeed.defaultSchemaModeForColumnMappingTable")?.toLowerCase() ?? "endversion";
  return mapping !== "none" && mode === "endversion";
}

async function feedTarget(session: Session, functionName: string, argument: AstExpr): Promise<Pick<DeltaTarget, "log" | "name">> {
  const { value } = constantValue(session, argument);
  if (typeof value !== "string") throw new SparrowError("INVALID_PARAMETER_VALUE.TABLE_CHANGES", "22023", `The first argument of \`${functionName}\` must be the text of a table's name or path.`, { functionName: quoted(functionName) }, { span: argument.span });
  if (functionName.toLowerCase() === "table_changes_by_path") return { log: await openLog(absolutePath(value)), name: ["delta", value] };
  const name = parseExpression(value);
  if (name.kind !== "name") throw new SparrowError("INVALID_PARAMETER_VALUE.TABLE_CHANGES", "22023", `'${value}' is no table's name.`, { functionName: quoted(functionName) }, { span: argument.span });
  return requireDeltaTarget(session, { ...name.name, span: argument.span, parts: partsOf(name.name).map((part) => ({ name: part, quoted: true, span: argument.span })) }, "table_changes");
}

type Boundary = { readonly kind: "version"; readonly version: bigint } | { readonly kind: "time"; readonly timestampMs: number };

/** Raises DELTA_CDC_READ_NULL_RANGE_BOUNDARY, DELTA_TIMESTAMP_INVALID. */
function boundary(session: Session, argument: AstExpr): Boundary {
  const { value, type } = constantValue(session, argument);
  if (value === null) throw new SparrowError("DELTA_CDC_READ_NULL_RANGE_BOUNDARY", "22004", "CDC read start/end parameters cannot be null. Please provide a valid version or timestamp.", {}, { span: argument.span });
  if (isIntegral(type)) return { kind: "version", version: BigInt(value as number | bigint) };
  const micros = castValue(value, type, TIMESTAMP, "try", session.timeZone);
  if (micros === null) throw invalidTimestamp(String(value), argument.span);
  return { kind: "time", timestampMs: Number((micros as bigint) / 1000n) };
}

function invalidTimestamp(timestamp: string, span: Span): SparrowError {
  return new SparrowError("DELTA_TIMESTAMP_INVALID", "42816", `The provided timestamp ('${timestamp}') cannot be converted to a valid timestamp.`, { expr: timestamp }, { span });
}

/** The versions that are meant; undefined for none. Raises DELTA_INVALID_CDC_RANGE, DELTA_CDC_START_VERSION_AFTER_LATEST, DELTA_TIMESTAMP_GREATER_THAN_COMMIT. */
function feedRange(session: Session, times: readonly CommitTime[], latest: bigint, bounds: { readonly start: Boundary; readonly end: Boundary | undefined }): FeedRange | undefined {
  const allowsBeyond = session.settings.text("spark.databricks.delta.changeDataFeed.timestampOutOfRange.enabled")?.toLowerCase() === "true";
  const start = bounds.start.kind === "version" ? bounds.start.version : firstVersionFrom(times, bounds.start.timestampMs, allowsBeyond);
  if (start > latest) {
    if (allowsBeyond) return undefined;
    throw new SparrowError("DELTA_CDC_START_VERSION_AFTER_LATEST", "22003", `The start version ${start} for reading change data is invalid: it is after the latest version of the table, ${latest}.`, { start: String(start), latest: String(latest) });
  }
  const end = bounds.end === undefined ? latest : bounds.end.kind === "version" ? bounds.end.version : versionAtTime(times, bounds.end.timestampMs, allowsBeyond);
  // Two times between the same two commits.
  if (bounds.start.kind === "time" && bounds.end?.kind === "time" && bounds.start.timestampMs <= bounds.end.timestampMs && end === start - 1n) return undefined;
  if (end < start) throw new SparrowError("DELTA_INVALID_CDC_RANGE", "22003", `CDC range from start ${start} to end ${end} was invalid. End cannot be before start.`, { start: String(start), end: String(end) });
  return { start, end: end < latest ? end : latest };
}

async function changedRows(log: DeltaLog, read: DeltaSnapshot, range: FeedRange, times: readonly CommitTime[], zone: string): Promise<readonly Split[]> {
  const timeOf = new Map(times.map(({ version, timestampMs }) => [version, timestampMs]));
  const commits: { readonly version: bigint; readonly actions: readonly Action[] }[] = [];
  const first = (await log.at(range.start)).metadata;
  checkRecorded(range, range.start, first);
  for (let { start: version } = range; version <= range.end; version++) {
    const actions = await log.readCommit(version);
    const metadata = actions.findLast((action) => action.kind === "metaData");
    if (metadata?.kind === "metaData") {
      checkRecorded(range, version, metadata.metaData);
      checkFeedColumnsOf(range, version, metadata.metaData, read, "change");
    }
    commits.push({ version, actions });
  }
  checkFeedColumnsOf(range, range.start, first, read, "data");
  // A table that was replaced: the rows that went have the columns of before.
  const [{ actions }] = commits;
  if (range.start > 0n && actions.some(({ kind }) => kind === "metaData") && actions.some((action) => action.kind === "remove" && action.remove.dataChange)) {
    checkFeedColumnsOf(range, range.start - 1n, (await log.at(range.start - 1n)).metadata, read, "data");
  }
  const splits: Split[] = [];
  for (const { version, actions } of commits) {
    const timestampMs = timeOf.get(version);
    const commit: readonly Value[] = [version, timestampMs === undefined ? null : BigInt(timestampMs) * 1000n];
    for (const change of fileChanges(actions)) splits.push(...(await splitsOf(log, read, version, change, commit, zone)));
  }
  return splits;
}

/** The changed rows of a file, with the feed's columns. */
async function splitsOf(log: DeltaLog, read: DeltaSnapshot, version: bigint, change: FileChange, commit: readonly Value[], zone: string): Promise<readonly Split[]> {
  const rowsOf = async (add: AddFile, type: FileField, rows?: RowRangeSet): Promise<readonly Split[]> => {
    const file = scanFile(read, add, (text) => parseTimestamp(text, zone));
    const constants = commit.map((value): FileField => ({ kind: "constant", value }));
    const only = rows === undefined ? undefined : { deletedRows: complementOf(rows), rows: rowCount(rows) };
    return fileSplits({ ...read, fields: [...read.fields, ...COLUMNS] }, { ...file, fields: [...file.fields, type, ...constants] }, only);
  };
  const typed = (value: string): FileField => ({ kind: "constant", value });
  switch (change.kind) {
    case "recorded":
      return rowsOf({ ...change.file, modificationTime: 0 }, { kind: "stored", name: "_change_type" });
    case "added":
      return rowsOf(change.add, typed("insert"));
    case "removed":
      return rowsOf(await removedFile(log, version, change.remove), typed("delete"));
    case "marked": {
      const before = await deletedRowsOf(read, change.remove.deletionVector);
      const after = await deletedRowsOf(read, change.add.deletionVector);
      const file = { ...change.add, deletionVector: undefined };
      return [...(await rowsOf(file, typed("delete"), differenceOf(after, before))), ...(await rowsOf(file, typed("insert"), differenceOf(before, after)))];
    }
  }
}

/** A removed file as it was; where the removal does not say, the version before does. */
async function removedFile(log: DeltaLog, version: bigint, remove: RemoveFile): Promise<AddFile> {
  const { partitionValues, size, stats } = remove;
  if (partitionValues !== undefined && size !== undefined) return { ...remove, partitionValues, size, modificationTime: 0, ...(stats !== undefined && { stats }) };
  const before = await log.at(version - 1n);
  const add = [...before.files.values()].find((file) => file.path === remove.path);
  assert(add !== undefined, `the removed file ${remove.path} was live in version ${version - 1n}`);
  return { ...add, ...(partitionValues !== undefined && { partitionValues: partitionValues satisfies PartitionTexts }) };
}
