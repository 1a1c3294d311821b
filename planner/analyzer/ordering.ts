import type { Expr, SortKey } from "../../catalog/expression.ts";
import type { AstExpr, Query } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { analysisError } from "./analysis-errors.ts";
import type { ExprEnvironment } from "./environment.ts";
import { sortKey } from "./sort-keys.ts";

/** The position that an integer literal in GROUP BY or ORDER BY means, or undefined. */
export function ordinalOf(ast: AstExpr): number | undefined {
  return ast.kind === "number" && ast.suffix === "" && /^-?\d+$/.test(ast.text) ? Number(ast.text) : undefined;
}

/** ORDER BY 2: the output column at that place, from 1. */
export function outputSortKey<T>(ordinal: number, outputs: readonly T[], ast: AstExpr): T {
  if (ordinal < 1 || ordinal > outputs.length) {
    throw analysisError("ORDER_BY_POS_OUT_OF_RANGE", "42805", `ORDER BY position ${ordinal} is not in select list (valid range is [1, ${outputs.length}]).`, { index: String(ordinal), size: String(outputs.length) }, ast.span);
  }
  return outputs[ordinal - 1];
}

/** ORDER BY, SORT BY, DISTRIBUTE BY and CLUSTER BY on top of a plan. `attach` adds the joins of subqueries in the keys. */
export function applyOrder(query: Query, plan: LogicalPlan, outputs: readonly Expr[], resolve: (ast: AstExpr) => Expr, env: ExprEnvironment, attach: (plan: LogicalPlan) => LogicalPlan): LogicalPlan {
  const order = orderKeys(query, outputs, resolve, env);
  const partition = [...query.distributeBy, ...query.clusterBy].map(resolve);
  const local: SortKey[] = [
    ...query.sortBy.map((item) => sortKey(item, resolve(item.expr), env)),
    ...query.clusterBy.map((ast) => sortKey({ expr: ast, ascending: true, span: ast.span }, resolve(ast), env)),
  ];
  let result = attach(plan);
  if (partition.length > 0) result = { kind: "repartition", input: result, mode: "repartition", by: partition };
  if (local.length > 0) result = { kind: "sort", input: result, order: local, global: false };
  if (order.length > 0) result = { kind: "sort", input: result, order, global: true };
  return result;
}

export function orderKeys(query: Query, outputs: readonly Expr[], resolve: (ast: AstExpr) => Expr, env: ExprEnvironment): readonly SortKey[] {
  if (query.orderByAll !== undefined) {
    const { ascending, nullsFirst } = query.orderByAll;
    return outputs.map((expr) => sortKey({ expr: { kind: "null", span: query.span }, ascending, nullsFirst, span: query.span }, expr, env));
  }
  return query.orderBy.map((item) => sortKey(item, resolve(item.expr), env));
}

/** Whether ORDER BY and its like ask for anything. */
export function asksForOrder(query: Query): boolean {
  return query.orderBy.length > 0 || query.orderByAll !== undefined || query.sortBy.length > 0 || query.distributeBy.length > 0 || query.clusterBy.length > 0;
}
