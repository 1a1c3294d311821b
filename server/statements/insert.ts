import { SparrowError } from "../../catalog/errors.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { PartitionItem, Statement } from "../../parser/ast.ts";
import type { AnalysisContext } from "../../planner/analyzer/context.ts";
import { bindInsert } from "../../planner/analyzer/insert.ts";
import { analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { findDeltaTarget } from "../delta/delta-target.ts";
import { defaultOf } from "../delta/derived-columns.ts";
import { executeQuery } from "../execute-query.ts";
import { CATALOG_NAME, quoted, unsupportedOperation } from "../object-names.ts";
import { partitionFolder } from "../partition-batches.ts";
import { analysisContext, planAnalyzed, type PreparedQuery, prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { resolveTables, withTimeZone } from "../table-resolution.ts";
import { type WriteMode, writeTable } from "../table-writer.ts";
import { propertiesOf } from "./create-view.ts";
import { requireTable } from "./require-table.ts";

type Insert = Extract<Statement, { kind: "insert" }>;

/** INSERT INTO and INSERT OVERWRITE, with a column list, BY NAME, or PARTITION (...). */
export async function runInsert(session: Session, statement: Insert, options: RunOptions): Promise<StatementResult> {
  const deltaTarget = await findDeltaTarget(session, statement.table);
  if (deltaTarget !== undefined) return (await import("./delta/insert.ts")).runDeltaInsert(session, deltaTarget, statement, options);
  const table = await requireTable(session, statement.table, "INSERT");
  const tableName = quoted(CATALOG_NAME, table.database, table.name);
  if (statement.options !== undefined) throw unsupportedOperation("INSERT with options", tableName);
  if (statement.replaceWhere !== undefined) throw unsupportedOperation("INSERT ... REPLACE WHERE", tableName);
  if (statement.schemaEvolution === true) throw unsupportedOperation("INSERT WITH SCHEMA EVOLUTION", tableName);
  rejectUnknownPartitions(table, statement);

  const plan = async (): Promise<PreparedQuery> => {
    const tables = await resolveTables(session, collectTableNames(statement.query));
    const context = analysisContext(session, tables, options);
    const { columns, byName, partition, query, span } = statement;
    const binding = { table: [CATALOG_NAME, table.database, table.name], fields: table.schema, columns, byName, partition, defaultOf, fitsText: true, query, span };
    return planAnalyzed(session, bindInsert(binding, context), context, tables);
  };
  const prepared = await plan();
  const target = { ...targetOf(session, table), fields: table.schema };
  await writeTable(target, await writeMode(session, table, statement, options), executeQuery(session, prepared, options.signal, plan, { text: options.text }));
  session.engine.cache.locationChanged(table.location);
  return emptyResult();
}

/** INSERT OVERWRITE DIRECTORY 'path' USING format: replaces what the folder holds. */
export async function runInsertDirectory(session: Session, statement: Extract<Statement, { kind: "insertDirectory" }>, options: RunOptions): Promise<StatementResult> {
  const plan = (): Promise<PreparedQuery> => prepareQuery(session, statement.query, { ...options, text: undefined });
  const prepared = await plan();
  const { format } = await session.engine.provider(statement.provider);
  if (format === "delta") throw unsupportedOperation("INSERT OVERWRITE DIRECTORY", quoted(statement.path));
  const target = {
    format,
    location: absolutePath(statement.path),
    fields: prepared.columns,
    partitionColumns: [],
    options: withTimeZone(session, format, propertiesOf(statement.options)),
    compression: parquetCodec(session),
  };
  await writeTable(target, { kind: "overwrite", prefix: "" }, executeQuery(session, prepared, options.signal, plan));
  session.engine.cache.locationChanged(target.location);
  return emptyResult();
}

/** Where and how the rows of a table of the catalog are written. */
export function targetOf(session: Session, table: TableEntry) {
  const { format, location, partitionColumns } = table;
  return { format, location, partitionColumns, options: withTimeZone(session, format, table.options), compression: parquetCodec(session) };
}

function parquetCodec(session: Session): string {
  return String(session.settings.value("spark.sql.parquet.compression.codec"));
}

function rejectUnknownPartitions(table: TableEntry, { partition, span }: Insert): void {
  for (const { column } of partition ?? []) {
    if (table.partitionColumns.some((name) => name.toLowerCase() === column.name.toLowerCase())) continue;
    const tableName = quoted(CATALOG_NAME, table.database, table.name);
    throw new SparrowError("NON_PARTITION_COLUMN", "42000", `PARTITION clause cannot contain the non-partition column: ${quoted(column.name)}.`, { columnName: quoted(column.name), tableName }, { span: column.span ?? span });
  }
}

async function writeMode(session: Session, table: TableEntry, statement: Insert, options: RunOptions): Promise<WriteMode> {
  if (statement.mode === "into") return { kind: "append" };
  if (session.settings.value("spark.sql.sources.partitionOverwriteMode") === "dynamic" && table.partitionColumns.length > 0) return { kind: "dynamic" };
  const context = analysisContext(session, await resolveTables(session, []), options);
  return { kind: "overwrite", prefix: staticPrefix(table, statement.partition ?? [], context) };
}

/** Folder of the leading partition columns that have a value: what a static overwrite replaces. */
function staticPrefix(table: TableEntry, partition: readonly PartitionItem[], context: AnalysisContext): string {
  const folders: string[] = [];
  for (const name of table.partitionColumns) {
    const item = partition.find(({ column }) => column.name.toLowerCase() === name.toLowerCase());
    if (item?.value === undefined) break;
    const value = analyzeExpression(item.value, [], context);
    folders.push(partitionFolder(name, context.evaluate(value), typeOf(value)));
  }
  return folders.join("/");
}
