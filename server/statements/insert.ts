import { SparrowError } from "../../catalog/errors.ts";
import type { Expr } from "../../catalog/expression.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import { parseExpression } from "../../parser/parse.ts";
import type { AstExpr, PartitionItem, Query, Statement } from "../../parser/ast.ts";
import type { AnalyzedQuery } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { assignToTable } from "../../planner/analyzer/table-assignment.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { executePlan } from "../execute-plan.ts";
import { CATALOG_NAME, displayName, quoted, unsupportedOperation } from "../object-names.ts";
import { partitionFolder } from "../partition-batches.ts";
import { analysisContext, planAnalyzed, prepareQuery, type RunOptions } from "../run-query.ts";
import { analysisSettingsOf } from "../session-facts.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { resolveTables } from "../table-resolution.ts";
import { type WriteMode, writeTable } from "../table-writer.ts";
import { propertiesOf } from "./create-view.ts";
import { requireTable } from "./require-table.ts";

type Insert = Extract<Statement, { kind: "insert" }>;

/** INSERT INTO and INSERT OVERWRITE, with a column list, BY NAME, or PARTITION (...). */
export async function runInsert(session: Session, statement: Insert, options: RunOptions): Promise<StatementResult> {
  const table = await requireTable(session, statement.table, "INSERT");
  const tableName = quoted(CATALOG_NAME, table.database, table.name);
  if (statement.replaceWhere !== undefined) throw unsupportedOperation("INSERT ... REPLACE WHERE", tableName);
  if (statement.schemaEvolution === true) throw unsupportedOperation("INSERT WITH SCHEMA EVOLUTION", tableName);
  rejectUnknownPartitions(table, statement);

  const tables = await resolveTables(session, collectTableNames(statement.query));
  const context = analysisContext(session, tables, options);
  const analyzed = analyzeQuery(statement.query, context);
  const constantOf = (ast: AstExpr): Expr => constantExpression(ast, (query) => analyzeQuery(query, context));
  const assigned = assignToTable(analyzed, {
    table: tableName,
    fields: table.schema,
    names: statement.columns?.map((column) => column.name) ?? (statement.byName ? analyzed.columns.map((column) => column.name) : undefined),
    constants: constantsOf(table, statement, constantOf),
    policy: analysisSettingsOf(session).storeAssignment,
    nextId: context.nextId,
    span: statement.span,
  });
  const { physical } = planAnalyzed(session, assigned, context);
  await writeTable({ ...targetOf(session, table), fields: table.schema }, writeMode(session, table, statement, constantOf), executePlan(session, physical, options.signal));
  session.engine.tableCache.drop(displayName(table));
  return emptyResult();
}

/** INSERT OVERWRITE DIRECTORY 'path' USING format: replaces what the folder holds. */
export async function runInsertDirectory(session: Session, statement: Extract<Statement, { kind: "insertDirectory" }>, options: RunOptions): Promise<StatementResult> {
  const prepared = await prepareQuery(session, statement.query, { ...options, text: undefined });
  const target = {
    format: (await session.engine.provider(statement.provider)).format,
    location: absolutePath(statement.path),
    fields: prepared.columns,
    partitionColumns: [],
    options: propertiesOf(statement.options),
    compression: parquetCodec(session),
  };
  await writeTable(target, { kind: "overwrite", prefix: "" }, executePlan(session, prepared.physical, options.signal));
  return emptyResult();
}

/** Where and how the rows of a table of the catalog are written. */
export function targetOf(session: Session, table: TableEntry) {
  const { format, location, partitionColumns, options } = table;
  return { format, location, partitionColumns, options, compression: parquetCodec(session) };
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

/** Static partition values; and defaults, where a column list or BY NAME may leave columns out. */
function constantsOf(table: TableEntry, statement: Insert, constantOf: (ast: AstExpr) => Expr): Map<string, Expr> {
  const constants = new Map<string, Expr>();
  const listed = new Set(statement.columns?.map((column) => column.name.toLowerCase()));
  if (statement.columns !== undefined) {
    for (const { name, metadata } of table.schema) {
      const text = metadata?.CURRENT_DEFAULT;
      if (typeof text === "string" && !listed.has(name.toLowerCase())) constants.set(name.toLowerCase(), constantOf(parseExpression(text)));
    }
  }
  for (const { column, value } of statement.partition ?? []) if (value !== undefined) constants.set(column.name.toLowerCase(), constantOf(value));
  return constants;
}

/** An expression without columns, as analysis of `SELECT expression` gives it. */
function constantExpression(ast: AstExpr, analyze: (query: Query) => AnalyzedQuery): Expr {
  const { span } = ast;
  const body = { kind: "select", hints: [], distinct: false, items: [ast], from: [], lateralViews: [], windows: [], span } as const;
  const { plan } = analyze({ kind: "query", with: [], recursive: false, body, orderBy: [], sortBy: [], distributeBy: [], clusterBy: [], windows: [], span });
  if (plan.kind === "project" && plan.outputs.length === 1) return plan.outputs[0].expr;
  throw new SparrowError("NON_LITERAL_PARTITION_VALUE", "42000", "A partition value or a default must be an expression without subqueries.", {}, { span });
}

function writeMode(session: Session, table: TableEntry, statement: Insert, constantOf: (ast: AstExpr) => Expr): WriteMode {
  if (statement.mode === "into") return { kind: "append" };
  if (session.settings.value("spark.sql.sources.partitionOverwriteMode") === "dynamic" && table.partitionColumns.length > 0) return { kind: "dynamic" };
  return { kind: "overwrite", prefix: staticPrefix(table, statement.partition ?? [], constantOf) };
}

/** Folder of the leading partition columns that have a value: what a static overwrite replaces. */
function staticPrefix(table: TableEntry, partition: readonly PartitionItem[], constantOf: (ast: AstExpr) => Expr): string {
  const folders: string[] = [];
  for (const name of table.partitionColumns) {
    const item = partition.find(({ column }) => column.name.toLowerCase() === name.toLowerCase());
    if (item?.value === undefined) break;
    const value = constantOf(item.value);
    if (value.kind !== "literal") throw new SparrowError("NON_LITERAL_PARTITION_VALUE", "42000", `The value of the partition column ${quoted(name)} must be a literal.`, { columnName: quoted(name) }, { span: item.value.span });
    folders.push(partitionFolder(name, value.value, value.type));
  }
  return folders.join("/");
}
