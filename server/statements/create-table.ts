import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import type { Statement } from "../../parser/ast.ts";
import { openLog } from "../delta/delta-target.ts";
import { displayName, type ObjectName, partsOf, quoted, requireObjectName, schemaNotFound, tableNotFound } from "../object-names.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { findInCatalog } from "../table-resolution.ts";
import { fieldsOf } from "./column-definitions.ts";
import { propertiesOf } from "./create-view.ts";
import { dropTableEntry } from "./drop.ts";
import { requireTable } from "./require-table.ts";

type CreateTable = Extract<Statement, { kind: "createTable" }>;

/** CREATE [OR REPLACE] TABLE, also LIKE another one and AS a query. */
export async function runCreateTable(session: Session, statement: CreateTable, options: RunOptions): Promise<StatementResult> {
  refuseUnsupported(statement);
  const path = deltaPath(statement.name);
  if (path !== undefined) return createPathTable(session, statement, path, options);
  const name = requireObjectName(statement.name, session.database);
  const database = await session.engine.catalog.database(name.database);
  if (database === undefined) throw schemaNotFound(name.database, statement.name.span);
  const existing = await findInCatalog(session, [name.database, name.name]);
  if (existing !== undefined && statement.mode === "create") {
    if (statement.ifNotExists) return emptyResult();
    throw alreadyExists(name, statement);
  }
  if (existing?.kind === "view") throw alreadyExists(name, statement);
  if (existing === undefined && statement.mode === "replace") throw tableNotFound(partsOf(statement.name), statement.name.span);

  const { clone } = statement;
  if (clone !== undefined) {
    const described = await describeTable(session, { ...statement, provider: "delta" }, name, database.location);
    return (await import("./delta/clone-table.ts")).cloneTable(session, described, statement, clone, existing?.entry);
  }
  const described = await describeTable(session, statement, name, database.location);
  if (described.format === "delta") {
    const { createDeltaTable } = await import("./delta/create-table.ts");
    return createDeltaTable(session, described, statement, existing?.entry, options);
  }
  if (statement.clusterBy !== undefined) throw unsupportedOverFiles("CLUSTER BY", statement.span);
  if (statement.columns.some((column) => column.generated !== undefined || column.identity !== undefined)) throw unsupportedOverFiles("generated and identity columns", statement.span);
  if (statement.query !== undefined) {
    const { createTableAsSelect } = await import("./create-table-as-select.ts");
    return createTableAsSelect(session, described, statement.query, existing?.entry, options);
  }
  if (existing !== undefined) await dropTableEntry(session, existing.entry);
  const entry = { ...described, schema: await declaredOrFoundSchema(session, described, statement) };
  if (!entry.external) await mkdir(entry.location, { recursive: true });
  await session.engine.catalog.putTable(entry, "create");
  return emptyResult();
}

/** The path of ``delta.`/path` ``. */
function deltaPath(name: CreateTable["name"]): string | undefined {
  const [schema, path, ...more] = partsOf(name);
  return schema.toLowerCase() === "delta" && path?.includes("/") === true && more.length === 0 ? path : undefined;
}

/** A Delta table that no catalog knows. */
async function createPathTable(session: Session, statement: CreateTable, path: string, options: RunOptions): Promise<StatementResult> {
  if ((statement.provider ?? "delta").toLowerCase() !== "delta") throw unsupportedOverFiles(`USING ${statement.provider} for ${quoted(...partsOf(statement.name))}`, statement.span);
  const described = await describeTable(session, { ...statement, location: path, provider: "delta" }, { database: "delta", name: path }, path);
  const { createDeltaPathTable } = await import("./delta/create-table.ts");
  return createDeltaPathTable(session, described, statement, options);
}

function refuseUnsupported({ constraints, span, buckets, clusterBy, partitionedBy }: CreateTable): void {
  const other = buckets !== undefined ? "BUCKETING" : partitionedBy.length > 0 ? "PARTITIONED_BY" : undefined;
  if (clusterBy !== undefined && other !== undefined) throw new SparrowError(`SPECIFY_CLUSTER_BY_WITH_${other}_IS_NOT_ALLOWED`, "42908", `Cannot specify both CLUSTER BY and ${other === "BUCKETING" ? "CLUSTERED BY INTO BUCKETS" : "PARTITIONED BY"}.`, {}, { span });
  const feature = buckets !== undefined ? "CLUSTERED BY" : constraints.length > 0 ? "CHECK constraints" : undefined;
  if (feature !== undefined) throw unsupportedOverFiles(feature, span);
}

function unsupportedOverFiles(feature: string, span: CreateTable["span"]): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000", `The feature is not supported: ${feature} of tables over files.`, { operation: feature }, { span });
}

/** The entry that the statement describes; the schema as far as it is written. */
async function describeTable(session: Session, statement: CreateTable, name: ObjectName, databaseLocation: string): Promise<TableEntry> {
  const model = statement.like === undefined ? undefined : await requireTable(session, statement.like, "CREATE TABLE LIKE");
  const { path, ...options } = propertiesOf(statement.options);
  const location = statement.location ?? path;
  const format = statement.provider ?? model?.format ?? (location !== undefined && (await (await openLog(absolutePath(location))).exists()) ? "delta" : String(session.settings.value("spark.sql.sources.default")));
  const provider = await session.engine.provider(format);
  const { schema, partitionColumns } = partitioned(statement, model);
  return {
    ...name,
    format: provider.format,
    location: location === undefined ? join(databaseLocation, name.name.toLowerCase()) : absolutePath(location),
    external: location !== undefined,
    schema,
    partitionColumns,
    options: { ...model?.options, ...options },
    properties: propertiesOf(statement.properties),
    comment: statement.comment,
    createdMs: Date.now(),
  };
}

/** Partition columns come last, whether they are named again (`PARTITIONED BY (p)`) or declared there (`PARTITIONED BY (p INT)`). */
function partitioned(statement: CreateTable, model: TableEntry | undefined): { schema: StructField[]; partitionColumns: string[] } {
  if (model !== undefined) return { schema: [...model.schema], partitionColumns: [...model.partitionColumns] };
  const declared = statement.partitionedBy.flatMap((item) => ("type" in item ? fieldsOf([item]) : []));
  const partitionColumns = statement.partitionedBy.map((item) => ("type" in item ? item.name.name : item.name));
  const columns = [...fieldsOf(statement.columns), ...declared];
  rejectDuplicates(columns, statement);
  if (columns.length === 0) return { schema: [], partitionColumns };
  const keys = partitionColumns.map((name) => {
    const field = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) throw new SparrowError("COLUMN_NOT_DEFINED_IN_TABLE", "42703", `partition column ${quoted(name)} is not defined in table ${quoted(...partsOf(statement.name))}, defined table columns are: ${columns.map((column) => quoted(column.name)).join(", ")}.`, { colType: "partition", colName: quoted(name), tableName: quoted(...partsOf(statement.name)), tableCols: columns.map((column) => quoted(column.name)).join(", ") }, { span: statement.span });
    return field;
  });
  return { schema: [...columns.filter((column) => !keys.includes(column)), ...keys], partitionColumns: keys.map((key) => key.name) };
}

function rejectDuplicates(columns: readonly StructField[], { span }: CreateTable): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    const key = name.toLowerCase();
    if (seen.has(key)) throw new SparrowError("COLUMN_ALREADY_EXISTS", "42711", `The column ${quoted(key)} already exists. Choose another name or rename the existing column.`, { columnName: quoted(key) }, { span });
    seen.add(key);
  }
}

/** A table over existing files may leave its columns out: they are found now, and stand from then on. */
async function declaredOrFoundSchema(session: Session, entry: TableEntry, statement: CreateTable): Promise<readonly StructField[]> {
  if (entry.schema.length > 0) return entry.schema;
  const provider = await session.engine.provider(entry.format);
  if (!entry.external) {
    throw new SparrowError("UNABLE_TO_INFER_SCHEMA", "42KD9", `Unable to infer schema for ${entry.format}. It must be specified manually.`, { format: entry.format }, { span: statement.span });
  }
  const snapshot = await provider.open({ name: displayName(entry), location: entry.location, schema: undefined, partitionColumns: entry.partitionColumns, options: entry.options });
  return snapshot.columns;
}

function alreadyExists({ database, name }: ObjectName, statement: CreateTable): SparrowError {
  const relationName = quoted(database, name);
  return new SparrowError("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", `Cannot create table or view ${relationName} because it already exists. Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.`, { relationName }, { span: statement.name.span });
}
