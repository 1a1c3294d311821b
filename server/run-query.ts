import { InternalError } from "../catalog/errors.ts";
import type { ColumnId } from "../catalog/expression.ts";
import type { StructField } from "../catalog/types.ts";
import { lookupFunction } from "../catalog/functions/registry.ts";
import { evaluate } from "../executor/interpret.ts";
import { type MissingRows, planOverCache } from "./cache/cached-plans.ts";
import type { CacheEntry } from "./cache/relation-cache.ts";
import { executeQuery } from "./execute-query.ts";
import type { Query } from "../parser/ast.ts";
import { analyzeQuery } from "../planner/analyzer/queries.ts";
import type { AnalysisContext, AnalyzedQuery, Parameters, VariableValue } from "../planner/analyzer/context.ts";
import { collectTableNames } from "../planner/analyzer/table-names.ts";
import { type LogicalPlan, outputOf, type PlannedColumns } from "../planner/logical.ts";
import { optimize, parseExcludedRules } from "../planner/optimizer/optimize.ts";
import type { OptimizerContext } from "../planner/optimizer/rule.ts";
import { recursionsOf, type StoredRows, withStoredRows } from "../planner/recursion.ts";
import { planPhysical } from "../planner/physical-planner.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import { type ParametersInput, queryParameters } from "./query-parameters.ts";
import { isRepeatable } from "./syntax-tree.ts";
import { analysisSettingsOf, evalContext, sessionFacts } from "./session-facts.ts";
import type { Session } from "./session.ts";
import type { StatementResult } from "./statement-result.ts";
import { type ResolvedTables, resolveTables } from "./table-resolution.ts";

/** What a caller may say about one statement. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly parameters?: ParametersInput;
  /** Values for `?` and `:name` with their types: those of EXECUTE IMMEDIATE. */
  readonly bound?: Parameters;
  /** How many EXECUTE IMMEDIATE are around the statement. */
  readonly depth?: number;
  /** Other than the session's variables. */
  readonly lookupVariable?: (name: string) => VariableValue | undefined;
  /** Settings for this statement alone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The statement's text: what its plan is cached under. */
  readonly text?: string;
}

/** A query that has gone through the planner. */
export interface PreparedQuery {
  readonly columns: readonly StructField[];
  readonly analyzed: LogicalPlan;
  readonly optimized: LogicalPlan;
  readonly physical: PhysicalPlan;
  /** Versions of the cached relations that the plan reads. */
  readonly cachedVersions: readonly string[];
  /** What is to be cached before the query runs, and what gives its rows. */
  readonly missing: readonly (MissingRows & { readonly prepare: () => PreparedQuery })[];
  /** Of a query that reads recursive tables: its plans read what stands in for them, and are not run. */
  readonly recursive?: RecursiveQuery;
}

/** What is to be run before a query over recursive tables is. */
export interface RecursiveQuery {
  readonly query: PlannedColumns;
  readonly recursions: ReturnType<typeof recursionsOf>;
  /** Plans the query, or a part of its recursions, over rows that are there. */
  readonly plan: (query: PlannedColumns, rows: StoredRows) => PreparedQuery;
}

/** The life of a query, once it is parsed: names -> snapshots -> analyzed -> optimized -> physical plan -> batches. */
export async function runQuery(session: Session, query: Query, options: RunOptions): Promise<StatementResult> {
  const prepared = await prepareQuery(session, query, options);
  return { columns: prepared.columns, batches: executeQuery(session, prepared, options.signal, () => prepareQuery(session, query, options), { text: options.text }) };
}

/** `runQuery` up to the physical plan, which is taken from the plan cache where text, settings and snapshots are those of an earlier query. */
export async function prepareQuery(session: Session, query: Query, options: RunOptions): Promise<PreparedQuery> {
  const tables = await resolveTables(session, collectTableNames(query));
  const key = cacheKey(session, query, tables, options);
  const known = key === undefined ? undefined : session.engine.plans.get(key);
  if (known !== undefined) return known;

  const context = analysisContext(session, tables, options);
  const analyzed = analyzeQuery(query, context);
  const prepared = planAnalyzed(session, analyzed, context, tables);
  if (key !== undefined) session.engine.plans.set(key, prepared);
  return prepared;
}

/** What comes after analysis: optimized and physical plan. `except`: what is being cached, and is not read from the cache. */
export function planAnalyzed(session: Session, analyzed: AnalyzedQuery, context: AnalysisContext, tables: ResolvedTables, except?: CacheEntry): PreparedQuery {
  const { plan, versions, missing } = planOverCache(analyzed.plan, tables, session.engine.cache, except);
  const optimized = optimize(plan, optimizerContext(session, context));
  const { settings } = session;
  const physical = planPhysical(optimized, {
    partitions: settings.number("spark.sql.adaptive.coalescePartitions.initialPartitionNum") ?? settings.number("spark.sql.shuffle.partitions"),
    sharedTableBytes: settings.number("spark.sql.autoBroadcastJoinThreshold"),
  });
  const columns = analyzed.columns.map(({ name, type, nullable }) => ({ name, type, nullable }));
  const recursions = recursionsOf(optimized);
  const overRows: RecursiveQuery["plan"] = (query, rows) => planAnalyzed(session, { ...query, plan: withStoredRows(query.plan, rows) }, context, tables, except);
  const recursive = recursions.length === 0 ? undefined : { query: analyzed, recursions, plan: overRows };
  return { columns, analyzed: analyzed.plan, optimized, physical, ...(recursive && { recursive }), cachedVersions: versions, missing: missing.map((rows) => ({ ...rows, prepare: () => planAnalyzed(session, { plan: rows.plan, columns: outputOf(rows.plan) }, context, tables, rows.entry) })) };
}

/** What analysis may look at: tables are pinned, the clock is read once, and ids are counted for all steps of planning together. */
export function analysisContext(session: Session, tables: ResolvedTables, options: RunOptions): AnalysisContext {
  const facts = sessionFacts(session);
  const values = evalContext(facts, session.timeZone);
  let lastId = 0;
  return {
    lookupTable: (reference) => tables.lookup(reference),
    lookupFunction,
    settings: analysisSettingsOf(session),
    evaluate: (expr) => evaluate(expr, noColumn, values),
    parameters: parametersOf(options),
    lookupVariable: options.lookupVariable ?? ((name) => session.variables.get(name)),
    session: facts,
    nextId: () => ++lastId,
  };
}

function parametersOf(options: RunOptions): Parameters | undefined {
  return options.bound ?? queryParameters(options.parameters);
}

function optimizerContext(session: Session, { evaluate, nextId }: AnalysisContext): OptimizerContext {
  const excludedRules = parseExcludedRules(session.settings.text("spark.sql.optimizer.excludedRules") ?? "");
  return { enabled: !excludedRules.has("all"), excludedRules, evaluate, nextColumnId: nextId };
}

function noColumn(id: ColumnId): never {
  throw new InternalError(`a constant expression reads column ${id}`);
}

/** The key of a query that means the same each time; undefined for one that reads the clock or draws random numbers. */
function cacheKey(session: Session, query: Query, tables: ResolvedTables, options: RunOptions): string | undefined {
  if (options.text === undefined || ![query, ...tables.views.values()].every(isRepeatable)) return undefined;
  const parameters = JSON.stringify(parametersOf(options), (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value instanceof Map ? [...value] : value));
  return JSON.stringify([options.text, session.database, session.timeZone, session.settings.given(), parameters, session.variables.versionsRead([query, ...tables.views.values()]), tables.version, session.engine.cache.generation]);
}
