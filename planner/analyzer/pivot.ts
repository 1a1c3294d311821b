import { commonTypeOf } from "../../catalog/coercion.ts";
import type { AggregateCall, Column, Expr } from "../../catalog/expression.ts";
import { callOperands, columnExpr, isNullable, referencedColumns, typeOf } from "../../catalog/expression.ts";
import { STRING } from "../../catalog/types.ts";
import type { AstExpr, Relation } from "../../parser/ast.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { analysisError, quoteSql, quoteType } from "./analysis-errors.ts";
import { applyFunction, evalMode, isConstant } from "./calls.ts";
import { castTo, literal } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import { renameColumns } from "./common-tables.ts";
import type { AggregateCollector, ExprEnvironment } from "./environment.ts";
import { callSite, freshColumn, resolveExpr } from "./expressions.ts";
import type { JoinHints, ScopedPlan } from "./relations.ts";
import { analyzeRelation, qualifierOf } from "./relations.ts";
import type { QueryEnvironment, ScopeColumn } from "./scope.ts";
import { isShown, EMPTY_SCOPE, scopeOf } from "./scope.ts";
import { attachSubqueries, subqueryCollector } from "./subqueries.ts";

type PivotRelation = Extract<Relation, { kind: "pivot" }>;

/** One value of PIVOT's IN list: the columns that it becomes, and when a row belongs to it. */
interface PivotValue {
  readonly name: string;
  readonly parts: readonly Expr[];
}

/**
 * PIVOT: grouped by every column that neither the aggregates nor FOR read. First one row per group and pivot value, then for each value
 * that row's aggregates; a value without rows gives NULL, for count() too, as in Spark.
 */
export function analyzePivot(relation: PivotRelation, env: QueryEnvironment, hints: JoinHints): ScopedPlan {
  const input = analyzeRelation(relation.input, env, hints);
  const subqueries = subqueryCollector();
  const inner: ExprEnvironment = { query: env, scope: input.scope, clause: "aggregate argument", subqueries };
  const collector: AggregateCollector = { calls: new Map(), inner };
  const aggregates = relation.aggregates.map((ast) => ({ name: ast.kind === "alias" ? ast.names[0].name : undefined, ast, expr: resolveExpr(ast, { ...inner, clause: "PIVOT", aggregates: collector }) }));
  const pivots = relation.columns.map((name) => resolveExpr({ kind: "name", name: { parts: [name], span: name.span }, span: name.span }, inner));
  for (const { expr, ast } of aggregates) refuseBareColumns(expr, collector, ast, env);
  const calls = [...collector.calls.values()];
  const read = new Set(calls.flatMap(({ call }) => [...aggregateReads(call)]));
  for (const p of pivots) referencedColumns(p, read);
  const groups = input.scope.filter((c) => isShown(c) && !read.has(c.column.id));
  const pivotColumns = pivots.map((expr, i) => ({ column: freshColumn(relation.columns[i].name, { type: typeOf(expr), nullable: isNullable(expr) }, inner), expr }));
  const perValue: LogicalPlan = { kind: "aggregate", input: attachSubqueries(input.plan, subqueries.pending), keys: [...groups.map((c) => ({ column: c.column, expr: columnExpr(c.column) })), ...pivotColumns], calls };
  const computed: Assignment[] = aggregates.map((a) => ({ column: freshColumn(a.name ?? prettySql(a.ast, env.pretty), { type: typeOf(a.expr), nullable: isNullable(a.expr) }, inner), expr: a.expr }));
  const prepared: LogicalPlan = { kind: "project", input: perValue, outputs: [...groups.map((c) => c.column), ...pivotColumns.map((p) => p.column)].map((column): Assignment => ({ column, expr: columnExpr(column) })).concat(computed) };
  const spread = relation.values.flatMap((ast) => valueColumns(pivotValue(ast, relation, env), pivotColumns.map((p) => p.column), computed, relation, inner));
  const keys = groups.map((c): Assignment => ({ column: c.column, expr: columnExpr(c.column) }));
  const plan: LogicalPlan = { kind: "aggregate", input: prepared, keys, calls: spread };
  return renamed({ plan, scope: [...groups.map((c): ScopeColumn => ({ ...c, qualifier: [] })), ...scopeOf(spread.map((s) => s.column))] }, relation);
}

function aggregateReads(call: AggregateCall): Set<number> {
  const read = new Set<number>();
  for (const operand of callOperands(call)) referencedColumns(operand, read);
  return read;
}

function refuseBareColumns(expr: Expr, collector: AggregateCollector, ast: AstExpr, env: QueryEnvironment): void {
  const made = new Set([...collector.calls.values()].map((c) => c.column.id));
  const read = referencedColumns(expr);
  if (read.size > 0 && [...read].every((id) => made.has(id))) return;
  const sql = prettySql(ast.kind === "alias" ? ast.operand : ast, env.pretty);
  throw analysisError("_LEGACY_ERROR_TEMP_1006", "42000", `Aggregate expression required for pivot, but '${sql}' did not appear in any aggregate function.`, { sql }, ast.span);
}

function pivotValue(ast: AstExpr, relation: PivotRelation, env: QueryEnvironment): PivotValue {
  const value = ast.kind === "alias" ? ast.operand : ast;
  const exprEnv: ExprEnvironment = { query: { ...env, outer: undefined }, scope: EMPTY_SCOPE, clause: "PIVOT" };
  const items = relation.columns.length > 1 && value.kind === "row" ? value.items : [value];
  const parts = items.map((item) => {
    const refuse = (): Error => analysisError("NON_LITERAL_PIVOT_VALUES", "42K08", `Literal expressions required for pivot values, found ${quoteSql(prettySql(item, env.pretty))}.`, { expression: quoteSql(prettySql(item, env.pretty)) }, item.span);
    if (item.kind === "name") throw refuse();
    const expr = resolveExpr(item, exprEnv);
    if (!isConstant(expr, exprEnv)) throw refuse();
    return expr;
  });
  if (parts.length !== relation.columns.length) {
    throw analysisError("PIVOT_VALUE_DATA_TYPE_MISMATCH", "42K09", `Invalid pivot value ${quoteSql(prettySql(value, env.pretty))}: it does not match the pivot columns.`, { value: prettySql(value, env.pretty), valueType: "struct", pivotType: "struct" }, value.span);
  }
  return { parts, name: ast.kind === "alias" ? ast.names[0].name : valueName(parts, env) };
}

/** A value as text: `2012`, `{2012, dotNET}`. */
function valueName(parts: readonly Expr[], env: QueryEnvironment): string {
  const texts = parts.map((p) => env.context.evaluate(castTo(p, STRING, "ansi")) ?? "null");
  return texts.length === 1 ? String(texts[0]) : `{${texts.join(", ")}}`;
}

function valueColumns(value: PivotValue, pivots: readonly Column[], aggregates: readonly Assignment[], relation: PivotRelation, env: ExprEnvironment): { readonly column: Column; readonly call: AggregateCall }[] {
  const tests = pivots.map((p, i) => {
    const site = callSite("<=>", relation.values[0], [], env);
    const expr = value.parts[i];
    if (typeOf(expr).kind !== p.type.kind && castable(expr, p) === undefined) {
      throw analysisError("PIVOT_VALUE_DATA_TYPE_MISMATCH", "42K09", `Invalid pivot value '${value.name}': value data type ${quoteType(typeOf(expr))} does not match pivot column data type ${quoteType(p.type)}.`, { value: value.name, valueType: quoteType(typeOf(expr)), pivotType: quoteType(p.type) }, relation.span);
    }
    return applyFunction("<=>", [columnExpr(p), castTo(expr, p.type, evalMode(env))], env, site);
  });
  const filter = tests.reduce((a, b) => applyFunction("and", [a, b], env, callSite("and", relation.values[0], [], env)));
  return aggregates.map(({ column }) => {
    const call: AggregateCall = { name: "first", args: [columnExpr(column)], distinct: false, filter, type: column.type, nullable: true, mode: evalMode(env), span: relation.span };
    return { call, column: freshColumn(aggregates.length === 1 ? value.name : `${value.name}_${column.name}`, call, env) };
  });
}

function castable(expr: Expr, column: Column): true | undefined {
  const [from, to] = [typeOf(expr).kind, column.type.kind];
  const numbers = ["byte", "short", "int", "long", "float", "double", "decimal"];
  return from === "null" || (numbers.includes(from) && numbers.includes(to)) || from === "string" || to === "string" ? true : undefined;
}

function renamed(result: ScopedPlan, relation: Extract<Relation, { kind: "pivot" | "unpivot" }>): ScopedPlan {
  const { alias } = relation;
  if (alias === undefined) return result;
  const query = renameColumns({ plan: result.plan, columns: result.scope.map((c) => c.column) }, alias.columns);
  return { plan: query.plan, scope: scopeOf(query.columns, qualifierOf(alias)) };
}

/** UNPIVOT: each row once per listed column (or group of columns), the others repeated. */
export function analyzeUnpivot(relation: Extract<Relation, { kind: "unpivot" }>, env: QueryEnvironment, hints: JoinHints): ScopedPlan {
  const input = analyzeRelation(relation.input, env, hints);
  const exprEnv: ExprEnvironment = { query: env, scope: input.scope, clause: "UNPIVOT" };
  const items = relation.items.map((item) => ({
    label: item.alias ?? item.columns.map((c) => c.parts[c.parts.length - 1].name).join("_"),
    exprs: item.columns.map((name) => resolveExpr({ kind: "name", name, span: name.span }, exprEnv)),
  }));
  const taken = new Set(items.flatMap((i) => i.exprs.flatMap((e) => [...referencedColumns(e)])));
  const kept = input.scope.filter((c) => isShown(c) && !taken.has(c.column.id));
  const values = relation.valueColumns.map((name, i) => {
    const column = items.map((item) => item.exprs[i]);
    const type = unpivotType(column, relation, env);
    return { exprs: column.map((e) => castTo(e, type, evalMode(exprEnv), relation.span)), column: freshColumn(name.name, { type, nullable: column.some(isNullable) }, exprEnv) };
  });
  const label = freshColumn(relation.nameColumn.name, { type: STRING, nullable: false }, exprEnv);
  const projections = items.map((item, i) => [...kept.map((c) => columnExpr(c.column)), literal(item.label, STRING), ...values.map((v) => v.exprs[i])]);
  const columns = [...kept.map((c) => c.column), label, ...values.map((v) => v.column)];
  let plan: LogicalPlan = { kind: "expand", input: input.plan, columns, projections };
  if (!relation.includeNulls) {
    const site = callSite("isnotnull", { kind: "null", span: relation.span }, [], exprEnv);
    const anyValue = values.map((v) => applyFunction("isnotnull", [columnExpr(v.column)], exprEnv, site)).reduce((a, b) => applyFunction("or", [a, b], exprEnv, site));
    plan = { kind: "filter", input: plan, condition: anyValue };
  }
  return renamed({ plan, scope: [...kept, ...scopeOf([label, ...values.map((v) => v.column)])] }, relation);
}

function unpivotType(column: readonly Expr[], relation: Extract<Relation, { kind: "unpivot" }>, env: QueryEnvironment): Column["type"] {
  const type = commonTypeOf(column.map(typeOf), env.context.settings.ansi);
  if (type !== undefined) return type;
  const types = column.map((e) => quoteType(typeOf(e))).join(", ");
  throw analysisError("UNPIVOT_VALUE_DATA_TYPE_MISMATCH", "42K09", `Unpivot value columns must share a least common type, some types do not: [${types}].`, { types }, relation.span);
}
