import { SparrowError } from "../catalog/errors.ts";
import type { Expr } from "../catalog/expression.ts";
import type { Value } from "../catalog/values.ts";
import type { StructField } from "../catalog/types.ts";
import { lookupFunction } from "../catalog/functions/registry.ts";
import { executePlan } from "./execute-plan.ts";
import type { Query } from "../parser/ast.ts";
import { analyzeQuery } from "../planner/analyzer/queries.ts";
import type { AnalysisContext } from "../planner/analyzer/context.ts";
import { collectTableNames } from "../planner/analyzer/table-names.ts";
import type { LogicalPlan } from "../planner/logical.ts";
import { optimize, parseExcludedRules } from "../planner/optimizer/optimize.ts";
import type { OptimizerContext } from "../planner/optimizer/rule.ts";
import { planPhysical } from "../planner/physical-planner.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import { type ParametersInput, queryParameters } from "./query-parameters.ts";
import { isRepeatable } from "./repeatable-query.ts";
import { analysisSettingsOf, sessionFacts } from "./session-facts.ts";
import type { Session } from "./session.ts";
import type { StatementResult } from "./statement-result.ts";
import { type ResolvedTables, resolveTables } from "./table-resolution.ts";

/** What a caller may say about one statement. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly parameters?: ParametersInput;
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
}

/** The life of a query, once it is parsed: names -> snapshots -> analyzed -> optimized -> physical plan -> batches. */
export async function runQuery(session: Session, query: Query, options: RunOptions): Promise<StatementResult> {
  const prepared = await prepareQuery(session, query, options);
  return { columns: prepared.columns, batches: executePlan(session, prepared.physical, options.signal) };
}

/** `runQuery` up to the physical plan, which is taken from the plan cache where text, settings and snapshots are those of an earlier query. */
export async function prepareQuery(session: Session, query: Query, options: RunOptions): Promise<PreparedQuery> {
  const tables = await resolveTables(session, collectTableNames(query));
  const key = cacheKey(session, query, tables, options);
  const known = key === undefined ? undefined : session.engine.plans.get(key);
  if (known !== undefined) return known;

  const nextId = idCounter();
  const analyzed = analyzeQuery(query, analysisContext(session, tables, options, nextId));
  const optimized = optimizePlan(session, analyzed.plan, nextId);
  const physical = planPhysical(optimized);
  const columns = analyzed.columns.map(({ name, type, nullable }) => ({ name, type, nullable }));
  const prepared = { columns, analyzed: analyzed.plan, optimized, physical };
  if (key !== undefined) session.engine.plans.set(key, prepared);
  return prepared;
}

/** Ids of a query's columns and common tables: shared by all steps of planning, so that none is given twice. */
export function idCounter(): () => number {
  let last = 0;
  return () => ++last;
}

/** What analysis may look at: tables are pinned, the clock is read once. */
export function analysisContext(session: Session, tables: ResolvedTables, options: RunOptions, nextId: () => number): AnalysisContext {
  return {
    lookupTable: (reference) => tables.lookup(reference),
    lookupFunction,
    settings: analysisSettingsOf(session),
    evaluate: evaluator(session),
    parameters: queryParameters(options.parameters),
    session: sessionFacts(session),
    nextId,
  };
}

export function optimizePlan(session: Session, plan: LogicalPlan, nextId: () => number): LogicalPlan {
  const excluded = parseExcludedRules(session.settings.text("spark.sql.optimizer.excludedRules") ?? "");
  const context: OptimizerContext = {
    enabled: !excluded.has("all"),
    excludedRules: excluded,
    evaluate: evaluator(session),
    nextColumnId: nextId,
  };
  return optimize(plan, context);
}

/** Values of expressions without columns, for constant folding. */
function evaluator(_session: Session): (expr: Expr) => Value {
  return (expr) => {
    if (expr.kind === "literal") return expr.value;
    throw new SparrowError("UNSUPPORTED_FEATURE.CONSTANT_FOLDING", "0A000", "The feature is not supported: constant expressions.");
  };
}

/** The key of a query that means the same each time; undefined for one that reads the clock or draws random numbers. */
function cacheKey(session: Session, query: Query, tables: ResolvedTables, options: RunOptions): string | undefined {
  if (options.text === undefined || ![query, ...tables.viewQueries].every(isRepeatable)) return undefined;
  const parameters = JSON.stringify(queryParameters(options.parameters), (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value instanceof Map ? [...value] : value));
  return JSON.stringify([options.text, session.database, session.timeZone, session.settings.given(), parameters, tables.version]);
}
