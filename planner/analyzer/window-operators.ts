import type { Expr } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { mapSortKeys, mapWindowCall } from "../optimizer/plan-traversal.ts";
import type { PendingSubquery, PendingWindow, WindowCollector } from "./environment.ts";
import { exprKey, sortKeysKey } from "../expression-keys.ts";
import { attachSubqueries } from "./subqueries.ts";

/**
 * Subqueries of the select list, then one operator per distinct partition and order; subqueries that compare with a window's result come
 * after it.
 */
export function attachWindows(plan: LogicalPlan, subqueries: readonly PendingSubquery[], windows: WindowCollector, settle: (expr: Expr) => Expr): LogicalPlan {
  const calls = [...windows.calls.values()];
  const made = new Set(calls.map((c) => c.column.id));
  const isLate = (s: PendingSubquery): boolean => [...s.reads].some((id) => made.has(id));
  let result = attachSubqueries(
    plan,
    subqueries.filter((s) => !isLate(s)),
  );
  const groups = new Map<string, PendingWindow[]>();
  for (const call of calls) {
    const settled: PendingWindow = {
      column: call.column,
      partitionBy: call.partitionBy.map(settle),
      orderBy: mapSortKeys(call.orderBy, settle),
      call: mapWindowCall(call.call, settle),
    };
    const key = `${settled.partitionBy.map(exprKey).join(",")}|${sortKeysKey(settled.orderBy)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [settled]);
    else group.push(settled);
  }
  for (const group of groups.values()) {
    result = { kind: "window", input: result, partitionBy: group[0].partitionBy, orderBy: group[0].orderBy, calls: group.map((w) => ({ column: w.column, call: w.call })) };
  }
  return attachSubqueries(result, subqueries.filter(isLate));
}
