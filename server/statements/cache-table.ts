import { SparrowError } from "../../catalog/errors.ts";
import { MEMORY_AND_DISK, parseStorageLevel, type StorageLevel } from "../../catalog/storage-level.ts";
import type { QualifiedName, Query, Statement } from "../../parser/ast.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { cachedPlan } from "../cache/cached-plans.ts";
import type { CachedPlan } from "../cache/relation-cache.ts";
import { abortion, fillCache } from "../execute-query.ts";
import { partsOf, quoted } from "../object-names.ts";
import { analysisContext, planAnalyzed, type PreparedQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { resolveTables } from "../table-resolution.ts";
import { runCreateView } from "./create-view.ts";
import { selectAll } from "./relation-schema.ts";

type CacheTable = Extract<Statement, { kind: "cacheTable" }>;

/** CACHE [LAZY] TABLE name [OPTIONS ('storageLevel' = ...)] [AS query]: of a table or a view; with a query of a temporary view that it makes. */
export async function runCacheTable(session: Session, statement: CacheTable, options: RunOptions): Promise<StatementResult> {
  const { name, lazy } = statement;
  const level = levelOf(statement);
  if (statement.definition !== undefined) await createView(session, name, statement.definition, options);
  try {
    await cacheQuery(session, quoted(...partsOf(name)), selectAll(name), level, options, lazy);
  } catch (error) {
    if (statement.definition !== undefined) session.dropTemporaryView(name.parts[0].name);
    throw error;
  }
  return emptyResult();
}

/** Has a query's result cached: at once, or when it is first read. */
export async function cacheQuery(session: Session, name: string, query: Query, level: StorageLevel, options: RunOptions, lazy: boolean): Promise<void> {
  if (!level.memory && !level.disk) return;
  const { plan, prepare } = await analyzed(session, name, query, options);
  const { cache } = session.engine;
  cache.add(plan, level);
  if (lazy) return;
  const signal = options.signal ?? new AbortController().signal;
  try {
    await fillCache(session, prepare().missing, signal);
  } catch (error) {
    cache.remove(plan.identity, false);
    throw abortion(signal, 0) ?? error;
  }
}

/** Forgets a query's result. `cascade`: and everything cached that is made of it. */
export async function uncacheQuery(session: Session, query: Query, options: RunOptions, cascade: boolean): Promise<void> {
  const { plan } = await analyzed(session, "", query, options);
  session.engine.cache.remove(plan.identity, cascade);
}

/** UNCACHE TABLE: with what is cached and made of it, unless it is a temporary view; as in Spark. */
export async function runUncacheTable(session: Session, { name, ifExists }: Extract<Statement, { kind: "uncacheTable" }>): Promise<StatementResult> {
  try {
    await uncacheRelation(session, name);
  } catch (error) {
    if (!(ifExists && error instanceof SparrowError && error.condition === "TABLE_OR_VIEW_NOT_FOUND")) throw error;
  }
  return emptyResult();
}

export async function uncacheRelation(session: Session, name: QualifiedName): Promise<void> {
  await uncacheQuery(session, selectAll(name), {}, session.temporaryView(partsOf(name)) === undefined);
}

/** REFRESH TABLE: what is cached of it is cached anew when it is next read. What is not cached is read anew by every query. */
export async function runRefreshTable(session: Session, { name }: Extract<Statement, { kind: "refreshTable" }>, options: RunOptions): Promise<StatementResult> {
  const { plan } = await analyzed(session, "", selectAll(name), options);
  session.engine.cache.refresh(plan.identity);
  return emptyResult();
}

async function analyzed(session: Session, name: string, query: Query, options: RunOptions): Promise<{ readonly plan: CachedPlan; readonly prepare: () => PreparedQuery }> {
  const tables = await resolveTables(session, collectTableNames(query));
  const context = analysisContext(session, tables, options);
  const found = analyzeQuery(query, context);
  return { plan: cachedPlan(name, found.plan, tables), prepare: () => planAnalyzed(session, found, context, tables) };
}

async function createView(session: Session, name: QualifiedName, definition: NonNullable<CacheTable["definition"]>, options: RunOptions): Promise<void> {
  if (name.parts.length > 1) {
    const prefix = quoted(...partsOf(name).slice(0, -1));
    throw new SparrowError("_LEGACY_ERROR_TEMP_0037", "42601", `It is not allowed to add catalog/namespace prefix ${prefix} to the table name in CACHE TABLE AS SELECT.`, { quoted: prefix }, { span: name.span });
  }
  await runCreateView(session, { kind: "createView", name, ...definition, columns: [], temporary: true, global: false, orReplace: false, ifNotExists: false, properties: [], span: name.span }, options);
}

/** Source: Spark leaves other options out of account. */
function levelOf({ options }: CacheTable): StorageLevel {
  const level = options.find(({ key }) => key.toLowerCase() === "storagelevel");
  return level === undefined ? MEMORY_AND_DISK : parseStorageLevel(level.value);
}
