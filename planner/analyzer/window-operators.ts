import type { Expr } from "../../catalog/expression.ts";
import type { AstExpr, Select } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import type { PendingSubquery, PendingWindow, WindowCollector } from "./environment.ts";
import { exprKey, sortKeysKey } from "./expression-keys.ts";
import { mapPlanExpressions, mapSortKeys, mapWindowCall } from "./plan-expressions.ts";
import { attachSubqueries } from "./subqueries.ts";

/**
 * Subqueries of the select list, then one operator per distinct partition and order; subqueries that compare with a window's result come
 * after it. `rewrite` brings what subqueries read up over the aggregation.
 */
export function attachWindows(plan: LogicalPlan, subqueries: readonly PendingSubquery[], windows: WindowCollector, settle: (expr: Expr, ast: AstExpr) => Expr, select: Select, rewrite: ((expr: Expr) => Expr) | undefined): LogicalPlan {
  const at: AstExpr = { kind: "null", span: select.span };
  const lifted = rewrite === undefined ? subqueries : subqueries.map((s) => liftSubquery(s, rewrite));
  const calls = [...windows.calls.values()];
  const made = new Set(calls.map((c) => c.column.id));
  const isLate = (s: PendingSubquery): boolean => [...s.reads].some((id) => made.has(id));
  let result = attachSubqueries(
    plan,
    lifted.filter((s) => !isLate(s)),
  );
  const groups = new Map<string, PendingWindow[]>();
  for (const call of calls) {
    const settled: PendingWindow = {
      column: call.column,
      partitionBy: call.partitionBy.map((e) => settle(e, at)),
      orderBy: mapSortKeys(call.orderBy, (e) => settle(e, at)),
      call: mapWindowCall(call.call, (e) => settle(e, at)),
    };
    const key = `${settled.partitionBy.map(exprKey).join(",")}|${sortKeysKey(settled.orderBy)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [settled]);
    else group.push(settled);
  }
  for (const group of groups.values()) {
    result = { kind: "window", input: result, partitionBy: group[0].partitionBy, orderBy: group[0].orderBy, calls: group.map((w) => ({ column: w.column, call: w.call })) };
  }
  return attachSubqueries(result, lifted.filter(isLate));
}

export function liftSubquery(subquery: PendingSubquery, rewrite: (expr: Expr) => Expr): PendingSubquery {
  return {
    ...subquery,
    plan: subquery.dependent ? mapPlanExpressions(subquery.plan, rewrite) : subquery.plan,
    ...(subquery.condition === undefined ? {} : { condition: rewrite(subquery.condition) }),
  };
}
