import type { TableEntry, ViewEntry } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import { sqlTypeName } from "../../catalog/types.ts";
import { generationText } from "../../delta/generation-expression.ts";
import { identityOf } from "../../delta/identity-columns.ts";
import type { QualifiedName } from "../../parser/ast.ts";
import { withLogSchema } from "../delta/delta-target.ts";
import { CATALOG_NAME, partsOf, tableNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { commandColumns, commandResult, type StatementResult } from "../statement-result.ts";
import { findInCatalog } from "../table-resolution.ts";

/** SHOW CREATE TABLE, of tables and views. */
export async function runShowCreateTable(session: Session, name: QualifiedName): Promise<StatementResult> {
  const found = await findInCatalog(session, partsOf(name));
  if (found === undefined) throw tableNotFound(partsOf(name), name.span);
  const text = found.kind === "table" ? createTableText(await withLogSchema(found.entry)) : createViewText(found.entry);
  return commandResult(commandColumns("createtab_stmt"), [[text]]);
}

function createTableText(table: TableEntry): string {
  const lines = [
    `CREATE TABLE ${CATALOG_NAME}.${table.database}.${table.name} (`,
    `${table.schema.map((field) => `  ${columnText(field)}`).join(",\n")})`,
    `USING ${table.format}`,
    ...propertyLines("OPTIONS", table.options),
    ...(table.partitionColumns.length === 0 ? [] : [`PARTITIONED BY (${table.partitionColumns.map(identifier).join(", ")})`]),
    ...(table.clusteringColumns === undefined || table.clusteringColumns.length === 0 ? [] : [`CLUSTER BY (${table.clusteringColumns.map((path) => path.map(identifier).join(".")).join(", ")})`]),
    ...(table.comment === undefined ? [] : [`COMMENT ${literal(table.comment)}`]),
    ...(table.external ? [`LOCATION ${literal(table.location)}`] : []),
    ...propertyLines("TBLPROPERTIES", table.properties),
  ];
  return `${lines.join("\n")}\n`;
}

function createViewText(view: ViewEntry): string {
  const columns = view.columns.map(({ name, comment }) => `  ${identifier(name)}${comment === undefined ? "" : ` COMMENT ${literal(comment)}`}`);
  const head = `CREATE VIEW ${CATALOG_NAME}.${view.database}.${view.name}${columns.length === 0 ? "" : ` (\n${columns.join(",\n")})`}`;
  return `${[head, ...(view.comment === undefined ? [] : [`COMMENT ${literal(view.comment)}`]), ...propertyLines("TBLPROPERTIES", view.properties), `AS ${view.text}`].join("\n")}\n`;
}

function columnText({ name, type, nullable, metadata }: StructField): string {
  const comment = metadata?.comment;
  return `${identifier(name)} ${sqlTypeName(type)}${nullable ? "" : " NOT NULL"}${valueText({ name, type, nullable, metadata })}${typeof comment === "string" ? ` COMMENT ${literal(comment)}` : ""}`;
}

/** What gives a column its values: DEFAULT, GENERATED ALWAYS AS, or IDENTITY. */
function valueText(field: StructField): string {
  const identity = identityOf(field);
  if (identity !== undefined) return ` GENERATED ${identity.allowsExplicit ? "BY DEFAULT" : "ALWAYS"} AS IDENTITY (START WITH ${identity.start} INCREMENT BY ${identity.step})`;
  const generation = generationText(field);
  if (generation !== undefined) return ` GENERATED ALWAYS AS (${generation})`;
  const value = field.metadata?.CURRENT_DEFAULT;
  return typeof value === "string" ? ` DEFAULT ${value}` : "";
}

function propertyLines(keyword: string, properties: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? [] : [`${keyword} (\n${entries.map(([key, value]) => `  ${literal(key)} = ${literal(value)}`).join(",\n")})`];
}

function identifier(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Label and text of what DESCRIBE EXTENDED and SHOW TABLE EXTENDED tell of a table. */
export function tableDetails(table: TableEntry): [string, string][] {
  const properties = Object.entries(table.properties).map(([key, value]) => `${key}=${value}`);
  return [
    ["Catalog", CATALOG_NAME],
    ["Database", table.database],
    ["Table", table.name],
    ["Created Time", new Date(table.createdMs).toISOString()],
    ["Type", table.external ? "EXTERNAL" : "MANAGED"],
    ["Provider", table.format],
    ...(table.comment === undefined ? [] : [["Comment", table.comment] as [string, string]]),
    ...(properties.length === 0 ? [] : [["Table Properties", `[${properties.join(", ")}]`] as [string, string]]),
    ["Location", table.location],
    ...(table.statistics === undefined ? [] : [["Statistics", `${table.statistics.rows} rows`] as [string, string]]),
  ];
}
