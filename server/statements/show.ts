import { unreachable } from "../../catalog/errors.ts";
import { functionNames } from "../../catalog/functions/registry.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { findDeltaTarget, withLogSchema } from "../delta/delta-target.ts";
import { matchesPattern } from "../name-pattern.ts";
import { CATALOG_NAME, partsOf, requireDatabaseName, schemaNotFound, tableNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { commandColumns, commandResult, type CommandValue, type StatementResult } from "../statement-result.ts";
import { findInCatalog } from "../table-resolution.ts";
import { relationSchema } from "./relation-schema.ts";
import { runShowCreateTable, tableDetails } from "./show-create-table.ts";
import { requireTable } from "./require-table.ts";

type Show = Extract<Statement, { kind: "show" }>;

export async function runShow(session: Session, statement: Show): Promise<StatementResult> {
  const { what, pattern } = statement;
  switch (what) {
    case "catalogs":
      return commandResult(commandColumns("catalog"), matching([CATALOG_NAME], pattern));
    case "databases":
      return commandResult(commandColumns("namespace"), matching((await session.engine.catalog.databases()).map((database) => database.name), pattern));
    case "functions":
      return commandResult(commandColumns("function"), matching(functionNames().toSorted(), pattern));
    case "currentNamespace":
      return commandResult(commandColumns("catalog", "namespace"), [[CATALOG_NAME, session.database]]);
    case "tables":
      return showTables(session, statement);
    case "views":
      return showViews(session, statement);
    case "tableExtended":
      return showTableExtended(session, statement);
    case "columns":
      return commandResult(commandColumns("col_name"), (await relationSchema(session, requireName(statement))).columns.map((column) => [column.name]));
    case "tblproperties":
      return showTableProperties(session, statement);
    case "partitions":
      return showPartitions(session, statement);
    case "createTable":
      return runShowCreateTable(session, requireName(statement));
  }
  return unreachable(what);
}

function requireName({ name, span }: Show): QualifiedName {
  return name ?? { parts: [], span };
}

function matching(names: readonly string[], pattern: string | undefined): CommandValue[][] {
  return names.filter((name) => matchesPattern(name, pattern)).map((name) => [name]);
}

const LISTING = (nameColumn: string) => commandColumns("namespace", nameColumn, { name: "isTemporary", type: BOOLEAN });

/** Tables and views of a database, then the session's temporary views. Source: Spark's `ShowTablesCommand`. */
async function showTables(session: Session, { name, pattern }: Show): Promise<StatementResult> {
  const database = await existingDatabase(session, name);
  const { catalog } = session.engine;
  const stored = [...(await catalog.tables(database)), ...(await catalog.views(database))].map((entry) => entry.name);
  return commandResult(LISTING("tableName"), listing(session, database, stored, pattern));
}

async function showViews(session: Session, { name, pattern }: Show): Promise<StatementResult> {
  const database = await existingDatabase(session, name);
  const stored = (await session.engine.catalog.views(database)).map((view) => view.name);
  return commandResult(LISTING("viewName"), listing(session, database, stored, pattern));
}

function listing(session: Session, database: string, stored: readonly string[], pattern: string | undefined): CommandValue[][] {
  const temporary = [...session.temporaryViews.values()].map((view) => view.name);
  const inOrder = (names: readonly string[]): string[] => names.filter((name) => matchesPattern(name, pattern)).toSorted();
  return [...inOrder(stored).map((name): CommandValue[] => [database, name, false]), ...inOrder(temporary).map((name): CommandValue[] => ["", name, true])];
}

async function existingDatabase(session: Session, name: QualifiedName | undefined): Promise<string> {
  const database = name === undefined ? session.database : requireDatabaseName(name);
  const entry = await session.engine.catalog.database(database);
  if (entry === undefined) throw schemaNotFound(database, name?.span);
  return entry.name;
}

async function showTableExtended(session: Session, { name, pattern }: Show): Promise<StatementResult> {
  const database = await existingDatabase(session, name);
  const tables = (await session.engine.catalog.tables(database)).filter((table) => matchesPattern(table.name, pattern));
  const columns = commandColumns("namespace", "tableName", { name: "isTemporary", type: BOOLEAN }, "information");
  return commandResult(columns, tables.map((table) => [database, table.name, false, tableDetails(table).map(([label, text]) => `${label}: ${text}\n`).join("")]));
}

/** Values that are nobody's business. Source: Spark's `spark.sql.redaction.options.regex` and `spark.redaction.regex`. */
const SECRET = /secret|password|token|access[.]?key|url/i;

async function showTableProperties(session: Session, statement: Show): Promise<StatementResult> {
  const name = requireName(statement);
  const found = await findInCatalog(session, partsOf(name));
  if (session.temporaryView(partsOf(name)) !== undefined) return commandResult(commandColumns("key", "value"), []);
  if (found === undefined) throw tableNotFound(partsOf(name), name.span);
  const { database, name: table, properties } = found.kind === "table" ? await withLogSchema(found.entry) : found.entry;
  if (statement.key !== undefined) {
    const missing = `Table ${CATALOG_NAME}.${database}.${table} does not have property: ${statement.key}`;
    return commandResult(commandColumns("key", "value"), [[statement.key, properties[statement.key] ?? missing]]);
  }
  const rows = Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return commandResult(commandColumns("key", "value"), rows.map(([key, value]) => [key, SECRET.test(key) ? "*********(redacted)" : value]));
}

/** Partition folders that have files, as `p=1/q=x`. */
async function showPartitions(session: Session, statement: Show): Promise<StatementResult> {
  const delta = await findDeltaTarget(session, requireName(statement));
  if (delta !== undefined) return (await import("./delta/show-partitions.ts")).showDeltaPartitions(delta);
  const table = await requireTable(session, requireName(statement), "SHOW PARTITIONS");
  const found = new Set<string>();
  for await (const file of session.engine.storage.list(table.location, { recursive: true })) {
    const folders = file.path.split("/").slice(0, -1);
    if (folders.length === table.partitionColumns.length && folders.every((folder) => folder.includes("="))) found.add(folders.join("/"));
  }
  const wanted = (statement.partition ?? []).flatMap(({ column, value }) => (value?.kind === "string" ? [`${column.name}=${value.value}`] : value?.kind === "number" ? [`${column.name}=${value.text}`] : []));
  const rows = [...found].filter((path) => wanted.every((folder) => path.split("/").includes(folder))).toSorted();
  return commandResult(commandColumns("partition"), rows.map((path) => [path]));
}
