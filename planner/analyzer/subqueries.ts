import { commonType } from "../../catalog/coercion.ts";
import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, referencedColumns, typeOf } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { AstExpr, Query } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { outputOf } from "../logical.ts";
import { analysisError, dataTypeMismatch, quoteType, unsupported } from "./analysis-errors.ts";
import { applyFunction, evalMode } from "./calls.ts";
import { castTo } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import type { AnalyzedQuery } from "./context.ts";
import type { ExprEnvironment, PendingSubquery, SubqueryCollector } from "./environment.ts";
import { callSite, freshColumn, not, resolveExpr } from "./expressions.ts";
import { analyzeInEnvironment } from "./queries.ts";
import type { OuterScope } from "./scope.ts";

export function subqueryCollector(known: SubqueryCollector["known"] = new Map()): SubqueryCollector {
  return { pending: [], known: new Map(known) };
}

/** The plan with the subqueries' joins on top; `rewrite` brings what they read of the outer query up to the place where they are attached. */
export function attachSubqueries(plan: LogicalPlan, subqueries: readonly PendingSubquery[]): LogicalPlan {
  return subqueries.reduce<LogicalPlan>(
    (left, s) => ({
      kind: "join",
      join: s.join,
      left,
      right: s.plan,
      dependent: s.dependent,
      ...(s.condition === undefined ? {} : { condition: s.condition }),
      ...(s.mark === undefined ? {} : { mark: s.mark }),
    }),
    plan,
  );
}

interface Subquery {
  readonly query: AnalyzedQuery;
  readonly dependent: boolean;
  readonly reads: Set<ColumnId>;
  /** Names of the outer columns read, one for each mention. */
  readonly mentions: readonly string[];
}

function analyzeSubquery(query: Query, env: ExprEnvironment): Subquery {
  const outer: OuterScope = { scope: env.scope, outer: env.query.outer, used: new Set(), mentions: [], ...(env.clause === "HAVING" ? { aggregating: env } : {}) };
  const analyzed = analyzeInEnvironment(query, { ...env.query, outer });
  return { query: analyzed, dependent: outer.used.size > 0, reads: outer.used, mentions: outer.mentions };
}

/** The same text in the same clause is the same subquery. */
function once(ast: AstExpr, env: ExprEnvironment, make: (collector: SubqueryCollector) => Expr): Expr {
  const collector = env.subqueries;
  if (collector === undefined) {
    throw analysisError("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_EXPRESSION_IN_JOIN_CONDITION", "0A000", `Unsupported subquery expression: a subquery cannot stand in ${env.clause}.`, {}, ast.span);
  }
  const key = JSON.stringify(ast, (name, value: unknown) => (name === "span" ? undefined : typeof value === "bigint" ? String(value) : value));
  let known = collector.known.get(key);
  if (known === undefined) {
    const expr = make(collector);
    known = { expr, text: prettySql(ast, env.query.pretty) };
    collector.known.set(key, known);
  }
  env.query.pretty.set(ast, known.text);
  return known.expr;
}

/** `(SELECT ...)` as a value: a `single` join, whose column is NULL where the subquery gives no row. */
export function resolveScalarSubquery(ast: AstExpr & { kind: "scalarSubquery" }, env: ExprEnvironment): Expr {
  return once(ast, env, (collector) => {
    const { query, dependent, reads, mentions } = analyzeSubquery(ast.query, env);
    if (query.columns.length !== 1) {
      throw analysisError("INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN", "42823", `Invalid subquery: Scalar subquery must return only one column, but got ${query.columns.length}.`, { number: String(query.columns.length) }, ast.span);
    }
    const column = query.columns[0];
    env.query.pretty.set(ast, `scalarsubquery(${mentions.join(", ")})`);
    collector.pending.push({ join: "single", plan: query.plan, dependent, reads });
    return columnExpr({ ...column, nullable: true });
  });
}

export function resolveExists(ast: AstExpr & { kind: "exists" }, env: ExprEnvironment): Expr {
  return once(ast, env, (collector) => {
    const { query, dependent, reads, mentions } = analyzeSubquery(ast.query, env);
    env.query.pretty.set(ast, `exists(${mentions.join(", ")})`);
    const mark: Column = freshColumn("exists", { type: BOOLEAN, nullable: false }, env);
    collector.pending.push({ join: "mark", plan: query.plan, mark, dependent, reads });
    return columnExpr(mark);
  });
}

export function resolveInSubquery(ast: AstExpr & { kind: "inSubquery" }, env: ExprEnvironment): Expr {
  const positive = ast.negated ? { ...ast, negated: false } : ast;
  const result = once(positive, env, (collector) => {
    const { plan, condition, dependent, reads } = inJoin(positive, env);
    const mark: Column = freshColumn("in", { type: BOOLEAN, nullable: isNullable(condition) }, env);
    collector.pending.push({ join: "mark", plan, condition, mark, dependent, reads });
    return columnExpr(mark);
  });
  if (!ast.negated) return result;
  env.query.pretty.set(ast, () => `(NOT ${prettySql(positive, env.query.pretty)})`);
  return not(result, ast, env);
}

/** `a IN (SELECT x ...)`: the subquery's plan and `a = x`, for each part of a row. */
function inJoin(ast: AstExpr & { kind: "inSubquery" }, env: ExprEnvironment): { readonly plan: LogicalPlan; readonly condition: Expr; readonly dependent: boolean; readonly reads: ReadonlySet<ColumnId> } {
  const parts = ast.operand.kind === "row" ? ast.operand.items : [ast.operand];
  const values = parts.map((p) => resolveExpr(p, env));
  const { query, dependent, reads, mentions } = analyzeSubquery(ast.query, env);
  const shown = prettySql(ast, env.query.pretty);
  env.query.pretty.set(ast, shown.replace(/listquery\(\)(?=\)\)$)/, `listquery(${mentions.join(", ")})`));
  for (const value of values) referencedColumns(value, reads);
  if (query.columns.length !== values.length) {
    const left = parts.map((p) => `"${prettySql(p, env.query.pretty)}"`).join(", ");
    const right = query.columns.map((c) => `"${c.name}"`).join(", ");
    throw dataTypeMismatch(
      "IN_SUBQUERY_LENGTH_MISMATCH",
      prettySql({ ...ast, negated: false }, env.query.pretty),
      `The number of columns in the left hand side of an IN subquery does not match the number of columns in the output of subquery. Left hand side columns(length: ${values.length}): [${left}], right hand side columns(length: ${query.columns.length}): [${right}].`,
      { leftLength: String(values.length), leftColumns: left, rightLength: String(query.columns.length), rightColumns: right },
      ast.span,
    );
  }
  const { ansi } = env.query.context.settings;
  const equalities = values.map((value, i) => {
    const column = columnExpr(query.columns[i]);
    const common = commonType(typeOf(value), column.type, ansi);
    if (common === undefined) throw inTypesDiffer(ast, values, query.columns, env);
    const mode = evalMode(env);
    return applyFunction("=", [castTo(value, common, mode), castTo(column, common, mode)], env, callSite("=", ast, [], env));
  });
  const condition = equalities.reduce((a, b) => applyFunction("and", [a, b], env, callSite("and", ast, [], env)));
  return { plan: query.plan, condition, dependent, reads };
}

function inTypesDiffer(ast: AstExpr & { kind: "inSubquery" }, values: readonly Expr[], columns: readonly Column[], env: ExprEnvironment): Error {
  const mismatched = values.flatMap((v, i) => (commonType(typeOf(v), columns[i].type, env.query.context.settings.ansi) === undefined ? [`(${columns[i].name}:${quoteType(columns[i].type)}, ${quoteType(typeOf(v))})`] : []));
  const leftType = values.map((v) => quoteType(typeOf(v))).join(", ");
  const rightType = columns.map((c) => quoteType(c.type)).join(", ");
  return dataTypeMismatch(
    "IN_SUBQUERY_DATA_TYPE_MISMATCH",
    prettySql({ ...ast, negated: false }, env.query.pretty),
    `The data type of one or more elements in the left hand side of an IN subquery is not compatible with the data type of the output of the subquery. Mismatched columns: [${mismatched.join(", ")}], left side: [${leftType}], right side: [${rightType}].`,
    { mismatchedColumns: mismatched.join(", "), leftType, rightType },
    ast.span,
  );
}

/** EXISTS, NOT EXISTS and IN as a whole conjunct of WHERE: a semi or anti join; undefined for any other conjunct. NOT IN keeps its three values. */
export function filteringSubquery(ast: AstExpr, env: ExprEnvironment): PendingSubquery | undefined {
  const negated = ast.kind === "unary" && ast.operator === "not" ? ast.operand : undefined;
  const exists = ast.kind === "exists" ? ast : negated?.kind === "exists" ? negated : undefined;
  if (exists !== undefined) {
    const { query, dependent, reads } = analyzeSubquery(exists.query, env);
    return { join: negated === undefined ? "semi" : "anti", plan: query.plan, dependent, reads };
  }
  if (ast.kind === "inSubquery" && !ast.negated) {
    const { plan, condition, dependent, reads } = inJoin(ast, env);
    return { join: "semi", plan, condition, dependent, reads };
  }
  return undefined;
}

/** Each subquery of an ON condition attached to the one side of the join that its values come from. */
export function attachToSides(left: LogicalPlan, right: LogicalPlan, subqueries: readonly PendingSubquery[], ast: AstExpr): { readonly left: LogicalPlan; readonly right: LogicalPlan } {
  const leftIds = new Set(outputOf(left).map((c) => c.id));
  const rightIds = new Set(outputOf(right).map((c) => c.id));
  let sides = { left, right };
  for (const subquery of subqueries) {
    const reads = (ids: ReadonlySet<ColumnId>): boolean => [...subquery.reads].some((id) => ids.has(id));
    if (!reads(rightIds)) sides = { ...sides, left: attachSubqueries(sides.left, [subquery]) };
    else if (!reads(leftIds)) sides = { ...sides, right: attachSubqueries(sides.right, [subquery]) };
    else throw unsupported("a subquery in the condition of an outer join that reads columns of both sides", ast.span);
  }
  return sides;
}
