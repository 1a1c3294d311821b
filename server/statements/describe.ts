import { SparrowError } from "../../catalog/errors.ts";
import { lookupFunction } from "../../catalog/functions/registry.ts";
import type { StructField } from "../../catalog/types.ts";
import { STRING, typeName } from "../../catalog/types.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { withLogSchema } from "../delta/delta-target.ts";
import { CATALOG_NAME, partsOf, quoted, requireDatabaseName, schemaNotFound } from "../object-names.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { commandColumns, commandResult, type CommandValue, type StatementResult } from "../statement-result.ts";
import { type CatalogObject, findInCatalog } from "../table-resolution.ts";
import { relationSchema } from "./relation-schema.ts";
import { tableDetails } from "./show-create-table.ts";

const COLUMN_LIST = commandColumns("col_name", "data_type", { name: "comment", type: STRING, nullable: true });

/** DESCRIBE [TABLE] [EXTENDED] of a table, a view or a path. Source: Spark's `DescribeTableCommand`. */
export async function runDescribeTable(session: Session, statement: Extract<Statement, { kind: "describeTable" }>): Promise<StatementResult> {
  const { columns } = await relationSchema(session, statement.name);
  const parts = partsOf(statement.name);
  const found = session.temporaryView(parts) === undefined ? await findInCatalog(session, parts) : undefined;
  const stored = found?.kind === "table" ? { ...found, entry: await withLogSchema(found.entry) } : found;
  const fields = withComments(columns, stored);
  if (statement.column !== undefined) return describeColumn(fields, statement.column);
  const rows = fields.map(columnRow);
  if (stored?.kind === "table") {
    rows.push(...columnSection("# Partition Information", stored.entry.partitionColumns, fields));
    rows.push(...columnSection("# Clustering Information", (stored.entry.clusteringColumns ?? []).map((path) => path.join(".")), leavesOf(fields)));
  }
  if (statement.extended && stored !== undefined) {
    rows.push(["", "", ""], [stored.kind === "table" ? "# Detailed Table Information" : "# Detailed View Information", "", ""]);
    rows.push(...details(stored).map(([label, text]) => [label, text, ""]));
  }
  return commandResult(COLUMN_LIST, rows);
}

/** Columns and the fields of their structs at every depth, these under their whole names. */
function leavesOf(fields: readonly StructField[]): StructField[] {
  return fields.flatMap((field) => [field, ...(field.type.kind === "struct" ? leavesOf(field.type.fields).map((inner) => ({ ...inner, name: `${field.name}.${inner.name}` })) : [])]);
}

function columnSection(title: string, names: readonly string[], fields: readonly StructField[]): CommandValue[][] {
  if (names.length === 0) return [];
  const own = fields.filter((field) => names.some((name) => name.toLowerCase() === field.name.toLowerCase()));
  return [[title, "", ""], ["# col_name", "data_type", "comment"], ...own.map(columnRow)];
}

export async function runDescribeQuery(session: Session, { query }: Extract<Statement, { kind: "describeQuery" }>, options: RunOptions): Promise<StatementResult> {
  const { columns } = await prepareQuery(session, query, { ...options, text: undefined });
  return commandResult(COLUMN_LIST, columns.map(columnRow));
}

export async function runDescribeDatabase(session: Session, { name, extended }: Extract<Statement, { kind: "describeDatabase" }>): Promise<StatementResult> {
  const database = await session.engine.catalog.database(requireDatabaseName(name));
  if (database === undefined) throw schemaNotFound(requireDatabaseName(name), name.span);
  const properties = Object.entries(database.properties).map(([key, value]) => `(${key},${value})`);
  const rows = [
    ["Catalog Name", CATALOG_NAME],
    ["Namespace Name", database.name],
    ["Comment", database.comment ?? ""],
    ["Location", database.location],
    ...(extended ? [["Properties", properties.length === 0 ? "" : `(${properties.join(", ")})`]] : []),
  ];
  return commandResult(commandColumns("info_name", "info_value"), rows);
}

export function runDescribeFunction({ name }: Extract<Statement, { kind: "describeFunction" }>): StatementResult {
  const parts = partsOf(name);
  const signature = lookupFunction(parts[parts.length - 1].toLowerCase());
  if (signature === undefined) {
    throw new SparrowError("UNRESOLVED_ROUTINE", "42883", `Cannot resolve routine ${quoted(...parts)} on search path [\`system\`.\`builtin\`].`, { routineName: quoted(...parts), searchPath: "[`system`.`builtin`]" }, { span: name.span });
  }
  const aliases = signature.aliases === undefined ? [] : [[`Also: ${signature.aliases.join(", ")}`]];
  return commandResult(commandColumns("function_desc"), [[`Function: ${signature.name}`], [`Kind: ${signature.kind}`], ...aliases]);
}

function describeColumn(columns: readonly StructField[], name: QualifiedName): StatementResult {
  const wanted = partsOf(name);
  const field = columns.find((column) => column.name.toLowerCase() === wanted[wanted.length - 1].toLowerCase());
  if (field === undefined) {
    throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${quoted(...wanted)} cannot be resolved. Did you mean one of the following? [${columns.map((column) => quoted(column.name)).join(", ")}].`, { objectName: quoted(...wanted), proposal: columns.map((column) => quoted(column.name)).join(", ") }, { span: name.span });
  }
  return commandResult(commandColumns("info_name", "info_value"), [["col_name", field.name], ["data_type", typeName(field.type)], ["comment", commentOf(field) ?? "NULL"]]);
}

function columnRow(field: StructField): CommandValue[] {
  return [field.name, typeName(field.type), commentOf(field) ?? null];
}

function commentOf({ metadata }: StructField): string | undefined {
  return typeof metadata?.comment === "string" ? metadata.comment : undefined;
}

/** Analysis keeps names and types; comments are the catalog's. */
function withComments(columns: readonly StructField[], stored: CatalogObject | undefined): readonly StructField[] {
  if (stored === undefined) return columns;
  if (stored.kind === "table") return columns.map((column) => stored.entry.schema.find((field) => field.name === column.name) ?? column);
  const comments = new Map(stored.entry.columns.map(({ name, comment }) => [name, comment]));
  return columns.map((column) => (comments.get(column.name) === undefined ? column : { ...column, metadata: { comment: comments.get(column.name) } }));
}

function details(stored: CatalogObject): [string, string][] {
  if (stored.kind === "table") return tableDetails(stored.entry);
  const { entry } = stored;
  return [
    ["Catalog", CATALOG_NAME],
    ["Database", entry.database],
    ["Table", entry.name],
    ["Created Time", new Date(entry.createdMs).toISOString()],
    ["Type", "VIEW"],
    ...(entry.comment === undefined ? [] : [["Comment", entry.comment] as [string, string]]),
    ["View Text", entry.text],
  ];
}
