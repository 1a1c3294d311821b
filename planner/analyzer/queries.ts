import type { Expr } from "../../catalog/expression.ts";
import { columnExpr, typeOf } from "../../catalog/expression.ts";
import { isIntegral } from "../../catalog/types.ts";
import type { AstExpr, Query, QueryBody } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { analysisError, quoteType } from "./analysis-errors.ts";
import { isConstant } from "./calls.ts";
import { prettySql } from "./column-names.ts";
import { withCommonTables } from "./common-tables.ts";
import type { AnalysisContext, AnalyzedQuery } from "./context.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";
import { mentionsFileMetadata } from "./file-metadata.ts";
import { analyzeTable } from "./relations.ts";
import type { QueryEnvironment } from "./scope.ts";
import { EMPTY_SCOPE, scopeOf } from "./scope.ts";
import { analyzeSelect } from "./select.ts";
import { analyzeSetOperation } from "./set-operations.ts";
import { topLevelEnvironment } from "./standalone-expressions.ts";
import { applyOrder, ordinalOf, outputSortKey } from "./ordering.ts";
import { attachSubqueries, subqueryCollector } from "./subqueries.ts";
import { analyzeValues } from "./values.ts";

/**
 * From a syntax tree to a logical plan with every name, type and cast settled, after Spark 4's rules. Pure: tables and views were looked
 * up before (see `collectTableNames`). Raises SparrowError with Spark's condition and the span at fault.
 */
export function analyzeQuery(query: Query, context: AnalysisContext): AnalyzedQuery {
  return analyzeInEnvironment(query, topLevelEnvironment(context));
}

export function analyzeInEnvironment(query: Query, env: QueryEnvironment): AnalyzedQuery {
  const whole = env.readsFileMetadata === undefined ? { ...env, readsFileMetadata: mentionsFileMetadata(query) } : env;
  return withCommonTables(query, whole, (inner) => analyzeTail(query, inner));
}

/** Body, order and limit. A SELECT sees its ORDER BY, for that may name what it does not select. */
function analyzeTail(query: Query, env: QueryEnvironment): AnalyzedQuery {
  const limit = limitOf(query, env);
  if (query.body.kind === "select") return analyzeSelect(query.body, query, limit, env);
  const body = analyzeBody(query.body, env);
  return { columns: body.columns, plan: limit(sortOutput(query, body, env)) };
}

export function analyzeBody(body: QueryBody, env: QueryEnvironment): AnalyzedQuery {
  switch (body.kind) {
    case "select":
      return analyzeSelect(body, undefined, (plan) => plan, env);
    case "setOperation":
      return analyzeSetOperation(body, env);
    case "values":
      return analyzeValues(body.rows, body.alias, env);
    case "table":
      return analyzeTable(body, env);
    case "nested":
      return analyzeInEnvironment(body.query, env);
  }
}

/** ORDER BY and SORT BY over a body that is no SELECT: only its output columns can be named. */
function sortOutput(query: Query, body: AnalyzedQuery, env: QueryEnvironment): LogicalPlan {
  const subqueries = subqueryCollector();
  const exprEnv: ExprEnvironment = { query: env, scope: scopeOf(body.columns), clause: "ORDER BY", subqueries };
  const resolve = (ast: AstExpr): Expr => {
    const ordinal = ordinalOf(ast);
    return ordinal !== undefined && env.context.settings.orderByOrdinal ? columnExpr(outputSortKey(ordinal, body.columns, ast)) : resolveExpr(ast, exprEnv);
  };
  return applyOrder(query, body.plan, body.columns.map(columnExpr), resolve, exprEnv, (plan) => attachSubqueries(plan, subqueries.pending.splice(0)));
}

/** LIMIT and OFFSET as a function over plans; constants, checked once. */
function limitOf(query: Query, env: QueryEnvironment): (plan: LogicalPlan) => LogicalPlan {
  const limit = query.limit === undefined || query.limit === "all" ? undefined : rowCount("limit", query.limit, env);
  const offset = query.offset === undefined ? 0 : rowCount("offset", query.offset, env);
  if (limit === undefined && offset === 0) return (plan) => plan;
  return (input) => ({ kind: "limit", input, offset, ...(limit === undefined ? {} : { limit }) });
}

/** A constant, non-negative integer. */
export function rowCount(name: "limit" | "offset" | "tablesample", ast: AstExpr, env: QueryEnvironment): number {
  const exprEnv: ExprEnvironment = { query: { ...env, outer: undefined }, scope: EMPTY_SCOPE, clause: name.toUpperCase() };
  const refuse = (kind: string, message: string, more: Readonly<Record<string, string>>): Error => {
    const expr = prettySql(ast, env.pretty);
    return analysisError(`INVALID_LIMIT_LIKE_EXPRESSION.${kind}`, "42K0E", `The limit like expression "${expr}" is invalid. ${message}`, { name, expr: `"${expr}"`, ...more }, ast.span);
  };
  let expr: Expr;
  try {
    expr = resolveExpr(ast, exprEnv);
  } catch (error) {
    if (error instanceof Error && "condition" in error && String(error.condition).startsWith("UNRESOLVED_COLUMN") && ast.kind !== "name") throw refuse("IS_UNFOLDABLE", `The ${name} expression must evaluate to a constant value.`, {});
    throw error;
  }
  if (!isConstant(expr, exprEnv)) throw refuse("IS_UNFOLDABLE", `The ${name} expression must evaluate to a constant value.`, {});
  const type = typeOf(expr);
  if (!isIntegral(type) || type.kind === "long") throw refuse("DATA_TYPE", `The ${name} expression must be integer type, but got ${quoteType(type)}.`, { dataType: quoteType(type) });
  const value = expr.kind === "literal" ? expr.value : env.context.evaluate(expr);
  if (value === null) throw refuse("IS_NULL", `The evaluated ${name} expression must not be null.`, {});
  if (Number(value) < 0) throw refuse("IS_NEGATIVE", `The ${name} expression must be equal to or greater than 0, but got ${String(value)}.`, { v: String(value) });
  return Number(value);
}
