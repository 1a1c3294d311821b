import { SparrowError } from "../../catalog/errors.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { partsOf, quoted } from "../object-names.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { type FileSource, resolveTables } from "../table-resolution.ts";

/** CACHE TABLE: the table's columns into the pool, at once. LAZY means the same: what is asked for is going to be read. */
export async function runCacheTable(session: Session, { name, query, span }: Extract<Statement, { kind: "cacheTable" }>, options: RunOptions): Promise<StatementResult> {
  if (query !== undefined) throw new SparrowError("UNSUPPORTED_FEATURE.CACHE_QUERY", "0A000", "The feature is not supported: CACHE TABLE ... AS query.", {}, { span });
  const { snapshot, source } = await fileSnapshot(session, name);
  if (snapshot.cached === undefined) await cache(session, snapshot, source, options.signal);
  return emptyResult();
}

export async function runUncacheTable(session: Session, { name, ifExists }: Extract<Statement, { kind: "uncacheTable" }>): Promise<StatementResult> {
  let found: Awaited<ReturnType<typeof fileSnapshot>>;
  try {
    found = await fileSnapshot(session, name);
  } catch (error) {
    if (ifExists && error instanceof SparrowError && error.condition === "TABLE_OR_VIEW_NOT_FOUND") return emptyResult();
    throw error;
  }
  session.engine.tableCache.drop(found.snapshot);
  return emptyResult();
}

export function runClearCache(session: Session): StatementResult {
  session.engine.tableCache.clear();
  return emptyResult();
}

/** REFRESH TABLE: a cached table is read anew; one that is not cached is read anew by every query. */
export async function runRefreshTable(session: Session, { name }: Extract<Statement, { kind: "refreshTable" }>, options: RunOptions): Promise<StatementResult> {
  const { snapshot } = await fileSnapshot(session, name);
  if (snapshot.cached === undefined) return emptyResult();
  session.engine.tableCache.drop(snapshot);
  const fresh = await fileSnapshot(session, name);
  await cache(session, fresh.snapshot, fresh.source, options.signal);
  return emptyResult();
}

async function cache({ engine }: Session, snapshot: TableSnapshot, { format, request }: FileSource, signal: AbortSignal | undefined): Promise<void> {
  const executor = await engine.executor();
  const pooled = await executor.cacheTable(snapshot, signal ?? new AbortController().signal);
  engine.tableCache.put(format, request, pooled, () => executor.dropCached(pooled));
}

async function fileSnapshot(session: Session, name: QualifiedName): Promise<{ readonly snapshot: TableSnapshot; readonly source: FileSource }> {
  const reference = { name: partsOf(name), span: name.span };
  const tables = await resolveTables(session, [reference]);
  for (const [snapshot, source] of tables.sources) if (tables.lookup(reference)?.kind === "table") return { snapshot, source };
  const table = quoted(...partsOf(name));
  throw new SparrowError("UNSUPPORTED_FEATURE.CACHE_VIEW", "0A000", `The feature is not supported: caching the view ${table}.`, { table }, { span: name.span, hint: "Cache the tables that it reads." });
}
