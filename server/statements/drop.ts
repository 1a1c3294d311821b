import { rm } from "node:fs/promises";
import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { partsOf, quoted, tableNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { findInCatalog } from "../table-resolution.ts";

/** DROP TABLE and DROP VIEW; a temporary view goes by either, as in Spark. */
export async function runDrop(session: Session, { object, name, ifExists }: Extract<Statement, { kind: "drop" }>): Promise<StatementResult> {
  const parts = partsOf(name);
  if (session.temporaryView(parts) !== undefined) {
    await uncacheView(session, name);
    session.dropTemporaryView(parts[0]);
    return emptyResult();
  }
  const found = await findInCatalog(session, parts);
  if (found === undefined) {
    if (ifExists) return emptyResult();
    throw tableNotFound(parts, name.span);
  }
  if (found.kind !== object) throw wrongObject(object, found.kind, quoted(found.entry.database, found.entry.name), name.span);
  if (found.kind === "table") await dropTableEntry(session, found.entry);
  else {
    await uncacheView(session, name);
    await session.engine.catalog.dropView(found.entry.database, found.entry.name);
  }
  return emptyResult();
}

/** What is cached of a view goes with it, or with its query when it gets another. */
export async function uncacheView(session: Session, name: QualifiedName): Promise<void> {
  if (session.engine.cache.isEmpty) return;
  const { uncacheRelation } = await import("./cache-table.ts");
  try {
    await uncacheRelation(session, name);
  } catch (error) {
    // A view that cannot be read any more is not cached: what was went with the tables that it read.
    if (!(error instanceof SparrowError)) throw error;
  }
}

/** Takes a table out of the catalog, and its files from the disk where they are the catalog's own. */
export async function dropTableEntry(session: Session, entry: TableEntry): Promise<void> {
  await session.engine.catalog.dropTable(entry.database, entry.name);
  session.engine.cache.locationDropped(entry.location);
  if (!entry.external) await rm(entry.location, { recursive: true, force: true });
}

function wrongObject(wanted: "table" | "view", is: "table" | "view", name: string, span: { readonly start: number; readonly end: number }): SparrowError {
  const operation = `DROP ${wanted.toUpperCase()}`;
  return wanted === "table"
    ? new SparrowError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "42809", `'${operation}' expects a table but ${name} is a ${is}.`, { viewName: name, operation }, { span, hint: "Use DROP VIEW." })
    : new SparrowError("EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", "42809", `The table ${name} does not support ${operation}. It is a ${is}.`, { tableName: name, operation }, { span, hint: "Use DROP TABLE." });
}
