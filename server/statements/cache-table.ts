import { SparrowError } from "../../catalog/errors.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { partsOf, quoted } from "../object-names.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { resolveTables } from "../table-resolution.ts";

/** CACHE TABLE: the table's columns into the pool, at once. LAZY means the same: what is asked for is going to be read. */
export async function runCacheTable(session: Session, { name, query, span }: Extract<Statement, { kind: "cacheTable" }>, options: RunOptions): Promise<StatementResult> {
  if (query !== undefined) throw new SparrowError("UNSUPPORTED_FEATURE.CACHE_QUERY", "0A000", "The feature is not supported: CACHE TABLE ... AS query.", {}, { span });
  const snapshot = await fileSnapshot(session, name);
  if (snapshot.cached !== undefined) return emptyResult();
  const executor = await session.engine.executor();
  session.engine.tableCache.put(await executor.cacheTable(snapshot, options.signal ?? new AbortController().signal));
  return emptyResult();
}

export async function runUncacheTable(session: Session, { name, ifExists }: Extract<Statement, { kind: "uncacheTable" }>): Promise<StatementResult> {
  const { tableCache } = session.engine;
  const snapshot = await fileSnapshot(session, name);
  if (tableCache.get(snapshot.name) === undefined) {
    if (ifExists) return emptyResult();
    const table = quoted(...partsOf(name));
    throw new SparrowError("TABLE_NOT_CACHED", "42P01", `The table ${table} is not cached.`, { table }, { span: name.span });
  }
  await dropFromCache(session, snapshot.name);
  return emptyResult();
}

export async function runClearCache(session: Session): Promise<StatementResult> {
  for (const name of session.engine.tableCache.names()) await dropFromCache(session, name);
  return emptyResult();
}

/** REFRESH TABLE: the next query reads the files anew. */
export async function runRefreshTable(session: Session, { name }: Extract<Statement, { kind: "refreshTable" }>): Promise<StatementResult> {
  await dropFromCache(session, (await fileSnapshot(session, name)).name);
  return emptyResult();
}

/** Forgets a cached table and frees its memory. */
export async function dropFromCache(session: Session, name: string): Promise<void> {
  const cached = session.engine.tableCache.drop(name);
  if (cached !== undefined) (await session.engine.executor()).dropCached(cached);
}

async function fileSnapshot(session: Session, name: QualifiedName): Promise<TableSnapshot> {
  const reference = { name: partsOf(name), span: name.span };
  const found = (await resolveTables(session, [reference])).lookup(reference);
  if (found?.kind === "table") return found.snapshot;
  const table = quoted(...partsOf(name));
  throw new SparrowError("UNSUPPORTED_FEATURE.CACHE_VIEW", "0A000", `The feature is not supported: caching the view ${table}.`, { table }, { span: name.span, hint: "Cache the tables that it reads." });
}
