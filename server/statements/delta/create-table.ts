import { SparrowError } from "../../../catalog/errors.ts";
import type { TableEntry } from "../../../catalog/ports.ts";
import type { StructField } from "../../../catalog/types.ts";
import { isNested, sqlTypeName } from "../../../catalog/types.ts";
import type { Action } from "../../../delta/actions.ts";
import { checkFeedColumns } from "../../../delta/change-data-feed.ts";
import { protectionOf } from "../../../delta/checkpoint-protection.ts";
import { clusteringAction, clusteringColumns, clusteringColumnsOf, columnName } from "../../../delta/clustering.ts";
import { lastColumnId, mapColumns, rejectCharacters, unmappedFields } from "../../../delta/column-mapping.ts";
import { READS_NOTHING, READS_TABLE } from "../../../delta/conflicts.ts";
import { notDeltaTable } from "../../../delta/errors.ts";
import { isWritten } from "../../../delta/idempotent-write.ts";
import { checkStatisticsColumns, type LeafColumn } from "../../../delta/indexed-columns.ts";
import { newMetadata } from "../../../delta/new-table.ts";
import { removalOf } from "../../../delta/remove-file.ts";
import { withRowTrackingColumns } from "../../../delta/row-tracking.ts";
import { schemaText } from "../../../delta/schema-json.ts";
import { type DeltaSnapshot, snapshotOf } from "../../../delta/snapshot.ts";
import { protocolFor, upgradedProtocol } from "../../../delta/table-features.ts";
import { EMPTY_STATE } from "../../../delta/table-state.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import { removalMetrics } from "../../delta/change-metrics.ts";
import { commitStatement } from "../../delta/commit-statement.ts";
import { checkDeclaredColumns } from "../../delta/declared-columns.ts";
import { deltaLog } from "../../delta/delta-tables.ts";
import { findDeltaTarget } from "../../delta/delta-target.ts";
import { endSessionWrite, sessionWrite } from "../../delta/idempotent-statement.ts";
import { NOTHING_WRITTEN, writeMetrics, writeTableRows, writtenActions } from "../../delta/rows-to-files.ts";
import { defaultProperties, requestedProperties } from "../../delta/table-properties.ts";
import { executeQuery } from "../../execute-query.ts";
import { CATALOG_NAME, partsOf, quoted } from "../../object-names.ts";
import { prepareQuery, type RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { fieldsOf } from "../column-definitions.ts";
import { dropTableEntry } from "../drop.ts";

type CreateTable = Extract<Statement, { kind: "createTable" }>;

/**
 * CREATE [OR REPLACE] TABLE ... USING delta, also AS a query: one commit, then the catalog's entry, which has no schema of its own, for the log has it. A location
 * that holds a Delta table already is taken as it is, if what is declared agrees with it.
 */
export async function createDeltaTable(session: Session, described: TableEntry, statement: CreateTable, existing: TableEntry | undefined, options: RunOptions): Promise<StatementResult> {
  const replacesDelta = existing?.format === "delta" && statement.location === undefined;
  const location = replacesDelta ? existing.location : described.location;
  const entry: TableEntry = { ...described, location, external: replacesDelta ? existing.external : described.external, schema: [], partitionColumns: [], properties: {}, options: {} };
  if (existing !== undefined && existing.format !== "delta") await dropTableEntry(session, existing);
  const log = deltaLog(location);
  const before = (await log.exists()) ? await log.latest() : undefined;
  const replaces = statement.mode !== "create";
  if (before === undefined || replaces) await commitTable(session, { described, statement, log, before }, options);
  else if (statement.query !== undefined) throw alreadyExists(described);
  else checkAgreement(described, orderedFields(statement, described), statement, before.fields, before.metadata.partitionColumns);
  await session.engine.catalog.putTable(entry, existing === undefined || existing.format !== "delta" ? "create" : "replace");
  return emptyResult();
}

/** CREATE [OR REPLACE] TABLE ``delta.`/path` ``: the same commit, and no entry in the catalog. */
export async function createDeltaPathTable(session: Session, described: TableEntry, statement: CreateTable, options: RunOptions): Promise<StatementResult> {
  const log = deltaLog(described.location);
  const before = (await log.exists()) ? await log.latest() : undefined;
  if (before === undefined && statement.mode === "replace") throw notDeltaTable(described.location);
  if (before !== undefined && statement.mode === "create") {
    if (statement.ifNotExists) return emptyResult();
    throw alreadyExists(described);
  }
  await commitTable(session, { described, statement, log, before }, options);
  return emptyResult();
}

interface Creation {
  readonly described: TableEntry;
  readonly statement: CreateTable;
  readonly log: ReturnType<typeof deltaLog>;
  readonly before: DeltaSnapshot | undefined;
}

async function commitTable(session: Session, { described, statement, log, before }: Creation, options: RunOptions): Promise<void> {
  if (before !== undefined) checkWrite(before, "change");
  const write = statement.query === undefined ? undefined : sessionWrite(session);
  if (write !== undefined && before !== undefined && isWritten(before, write, Date.now())) return endSessionWrite(session);
  const plan = () => prepareQuery(session, statement.query as NonNullable<CreateTable["query"]>, { ...options, text: undefined });
  const prepared = statement.query === undefined ? undefined : await plan();
  const declared = unmappedFields(prepared === undefined ? orderedFields(statement, described) : prepared.columns.map(({ name, type }) => ({ name, type, nullable: true })));
  if (declared.length === 0) throw noSchema(described);
  const partitionColumns = described.partitionColumns.map((name) => partitionField(described, declared, name).name);
  rejectDuplicates(declared);
  if (partitionColumns.length === declared.length) throw new SparrowError("ALL_PARTITION_COLUMNS_NOT_ALLOWED", "KD005", "Cannot use all columns for partition columns.", {});
  checkDeclaredColumns(session, declared, partitionColumns);
  const model = statement.like === undefined ? undefined : await (await findDeltaTarget(session, statement.like))?.log.latest();
  const requested = requestedProperties({ ...defaultProperties(session), ...described.properties }, quoted(CATALOG_NAME, described.database, described.name));
  const { fields, configuration } = mapColumns({ fields: declared, configuration: { ...(model && inherited(model)), ...requested.configuration, ...(before && protectionOf(before.metadata)) } }, "new", before && lastColumnId(before));
  rejectCharacters(fields, configuration);
  const clusterBy = statement.clusterBy?.map(partsOf) ?? (model && clusteringColumns(model)?.map(({ path }) => path));
  const clusteredBy = clusterBy && clusteringColumnsOf(clusterBy, fields, configuration);
  const features = clusteredBy === undefined ? requested.features : [...requested.features, "clustering"];
  checkFeedColumns(fields, configuration);
  checkStatisticsColumns(fields, { configuration, partitionColumns });
  const metadata = newMetadata({ fields, partitionColumns, configuration: withRowTrackingColumns(configuration), description: described.comment ?? model?.metadata.description, id: before?.metadata.id });
  const protocol = before === undefined ? protocolFor({ fields, configuration }, features) : upgradedProtocol(before.protocol, { fields, configuration }, features);
  const planned = snapshotOf(log.location, before?.version ?? -1n, { ...EMPTY_STATE, protocol, metadata });
  checkWrite(planned, "append");
  const written = prepared === undefined ? NOTHING_WRITTEN : await writeTableRows(session, planned, executeQuery(session, prepared, options.signal, plan));
  const now = Date.now();
  const removals = before === undefined ? [] : [...before.files.values()].map((file) => removalOf(file, true, now));
  const actions: Action[] = [...(protocol === before?.protocol ? [] : [{ kind: "protocol", protocol } as const]), { kind: "metaData", metaData: metadata }, ...clusteringChange(before, clusteredBy), ...removals, ...writtenActions(written)];
  const verb = { create: "CREATE TABLE", replace: "REPLACE TABLE", createOrReplace: "CREATE OR REPLACE TABLE" }[statement.mode];
  await commitStatement(session, log, {
    snapshot: before,
    actions,
    reads: before === undefined ? READS_NOTHING : READS_TABLE,
    operation: prepared === undefined ? verb : `${verb} AS SELECT`,
    operationParameters: { partitionBy: partitionColumns, clusterBy: (clusteredBy ?? []).map(columnName), description: described.comment ?? null, isManaged: String(!described.external), properties: requested.configuration },
    operationMetrics: prepared === undefined ? {} : { ...writeMetrics(written), ...(before !== undefined && removalMetrics(actions)) },
    ...(write !== undefined && { write }),
  });
  if (write !== undefined) endSessionWrite(session);
}

/** CLUSTER BY of the statement; a table that is replaced without it is clustered no more. */
function clusteringChange(before: DeltaSnapshot | undefined, columns: readonly LeafColumn[] | undefined): Action[] {
  if (columns !== undefined) return [clusteringAction(columns)];
  return before !== undefined && (clusteringColumns(before) ?? []).length > 0 ? [clusteringAction([])] : [];
}

/** Properties that CREATE TABLE LIKE takes over: all but those that count what happened to the other table. */
function inherited({ metadata }: DeltaSnapshot): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.configuration).filter(([key]) => !/^delta\.(inCommitTimestampEnablement|columnMapping\.maxColumnId|rowTracking\.|requireCheckpointProtection)/.test(key)));
}

/** The declared columns in the order in which they are written: unlike tables over files, a Delta table keeps partition columns in their place. */
function orderedFields(statement: CreateTable, described: TableEntry): readonly StructField[] {
  // Identity columns begin anew.
  if (statement.like !== undefined) return described.schema.map(({ metadata, ...field }) => (metadata === undefined ? field : { ...field, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== "delta.identity.highWaterMark")) }));
  return fieldsOf([...statement.columns, ...statement.partitionedBy.flatMap((item) => ("type" in item ? [item] : []))]);
}

function partitionField({ database, name }: TableEntry, fields: readonly StructField[], column: string): StructField {
  const field = fields.find((candidate) => candidate.name.toLowerCase() === column.toLowerCase());
  if (field !== undefined) {
    if (isNested(field.type)) throw new SparrowError("INVALID_PARTITION_COLUMN_DATA_TYPE", "0A000", `A column of the type "${sqlTypeName(field.type)}" cannot be a partition column.`, { type: `"${sqlTypeName(field.type)}"` });
    return field;
  }
  const tableCols = fields.map((candidate) => quoted(candidate.name)).join(", ");
  throw new SparrowError("COLUMN_NOT_DEFINED_IN_TABLE", "42703", `partition column ${quoted(column)} is not defined in table ${quoted(CATALOG_NAME, database, name)}, defined table columns are: ${tableCols}.`, { colType: "partition", colName: quoted(column), tableName: quoted(CATALOG_NAME, database, name), tableCols });
}

function rejectDuplicates(fields: readonly StructField[]): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name.toLowerCase())) throw new SparrowError("DELTA_DUPLICATE_COLUMNS_FOUND", "42711", `Found duplicate column(s) in the table's columns: ${name}.`, { coltype: "in the table's columns", duplicateCols: name });
    seen.add(name.toLowerCase());
  }
}

function checkAgreement({ location }: TableEntry, fields: readonly StructField[], statement: CreateTable, stored: readonly StructField[], storedPartitions: readonly string[]): void {
  if (fields.length === 0) return;
  const partitions = statement.partitionedBy.map((item) => ("type" in item ? item.name.name : item.name));
  const plain = (all: readonly StructField[]): string => schemaText(all.map(({ name, type, nullable }) => ({ name, type, nullable })));
  if (plain(fields) === plain(unmappedFields(stored)) && JSON.stringify(partitions) === JSON.stringify(storedPartitions)) return;
  throw new SparrowError("DELTA_CREATE_TABLE_SCHEME_MISMATCH", "42KD7", `The specified schema does not match the existing schema at ${location}: the table there has ${plain(stored)}, partitioned by (${storedPartitions.join(", ")}).`, { path: location, existingSchema: plain(stored), specifiedSchema: plain(fields) });
}

function noSchema({ database, name }: TableEntry): SparrowError {
  return new SparrowError("DELTA_SCHEMA_NOT_PROVIDED", "42908", `The table schema is not provided for ${quoted(CATALOG_NAME, database, name)}: give its columns, AS a query, or the LOCATION of a Delta table.`, {});
}

function alreadyExists({ location }: TableEntry): SparrowError {
  return new SparrowError("DELTA_TABLE_ALREADY_EXISTS", "42P07", `There is a Delta table at ${location} already.`, { tableName: location });
}

