import { readdir } from "node:fs/promises";
import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import type { Query } from "../../parser/ast.ts";
import { executeQuery } from "../execute-query.ts";
import { CATALOG_NAME, quoted } from "../object-names.ts";
import { type PreparedQuery, prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { writeTable } from "../table-writer.ts";
import { targetOf } from "./insert.ts";

/** CREATE TABLE ... AS SELECT: writes the rows first, then the catalog's entry; a table that it replaces keeps its rows until then. */
export async function createTableAsSelect(session: Session, described: TableEntry, query: Query, existing: TableEntry | undefined, options: RunOptions): Promise<StatementResult> {
  const plan = (): Promise<PreparedQuery> => prepareQuery(session, query, { ...options, text: undefined });
  const prepared = await plan();
  const { columns } = prepared;
  const schema = withPartitionsLast(described, columns);
  if (existing === undefined && !described.external) await rejectUsedLocation(described);
  const target = { ...targetOf(session, described), fields: columns };
  await writeTable(target, { kind: "overwrite", prefix: "" }, executeQuery(session, prepared, options.signal, plan));
  session.engine.cache.locationChanged(target.location);
  await session.engine.catalog.putTable({ ...described, schema }, existing === undefined ? "create" : "replace");
  return emptyResult();
}

/** Tables over files take NULL in every column. */
function withPartitionsLast({ partitionColumns, database, name }: TableEntry, columns: readonly StructField[]): StructField[] {
  const nullable = columns.map((column) => ({ ...column, nullable: true }));
  const keys = partitionColumns.map((key) => {
    const column = nullable.find((candidate) => candidate.name.toLowerCase() === key.toLowerCase());
    if (column !== undefined) return column;
    const tableCols = columns.map((candidate) => quoted(candidate.name)).join(", ");
    throw new SparrowError("COLUMN_NOT_DEFINED_IN_TABLE", "42703", `partition column ${quoted(key)} is not defined in table ${quoted(CATALOG_NAME, database, name)}, defined table columns are: ${tableCols}.`, { colType: "partition", colName: quoted(key), tableName: quoted(CATALOG_NAME, database, name), tableCols });
  });
  return [...nullable.filter((column) => !keys.includes(column)), ...keys];
}

async function rejectUsedLocation({ database, name, location }: TableEntry): Promise<void> {
  const entries = await readdir(location).catch(() => []);
  if (entries.length === 0) return;
  const identifier = quoted(CATALOG_NAME, database, name);
  throw new SparrowError("LOCATION_ALREADY_EXISTS", "42710", `Cannot name the managed table as ${identifier}, as its associated location '${location}' already exists. Please pick a different table name, or remove the existing location first.`, { location, identifier });
}
