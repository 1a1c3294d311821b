import { assert } from "../../catalog/errors.ts";
import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import { mapOperands } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { mapInputs } from "../logical.ts";
import { exprKey } from "./expression-keys.ts";

/** The expression with every part that equals a key (see `exprKey`) replaced; a part inside a replaced one is not looked at. */
export function replaceByKey(expr: Expr, replacements: ReadonlyMap<string, Expr>): Expr {
  if (replacements.size === 0 || expr.kind === "literal") return expr;
  return replacements.get(exprKey(expr)) ?? mapOperands(expr, (o) => replaceByKey(o, replacements));
}

export function mapSortKeys(keys: readonly SortKey[], f: (expr: Expr) => Expr): readonly SortKey[] {
  return keys.map((k) => ({ ...k, expr: f(k.expr) }));
}

export function mapAggregateCall(call: AggregateCall, f: (expr: Expr) => Expr): AggregateCall {
  return {
    ...call,
    args: call.args.map(f),
    ...(call.filter === undefined ? {} : { filter: f(call.filter) }),
    ...(call.orderBy === undefined ? {} : { orderBy: mapSortKeys(call.orderBy, f) }),
  };
}

export function mapWindowCall(call: WindowCall, f: (expr: Expr) => Expr): WindowCall {
  return { ...call, args: call.args.map(f), ...(call.filter === undefined ? {} : { filter: f(call.filter) }) };
}

/** Rewrites every expression of a plan, inputs included. */
export function mapPlanExpressions(plan: LogicalPlan, f: (expr: Expr) => Expr): LogicalPlan {
  const node = mapInputs(plan, (input) => mapPlanExpressions(input, f));
  switch (node.kind) {
    case "scan":
      return { ...node, skipBy: node.skipBy.map(f) };
    case "values":
    case "range":
    case "limit":
    case "setOperation":
    case "sample":
    case "cte":
    case "cteReference":
      return node;
    case "filter":
      return { ...node, condition: f(node.condition) };
    case "project":
      return { ...node, outputs: node.outputs.map((o) => ({ ...o, expr: f(o.expr) })) };
    case "aggregate":
      return { ...node, keys: node.keys.map((k) => ({ ...k, expr: f(k.expr) })), calls: node.calls.map((c) => ({ ...c, call: mapAggregateCall(c.call, f) })) };
    case "expand":
      return { ...node, projections: node.projections.map((p) => p.map(f)) };
    case "window":
      return { ...node, partitionBy: node.partitionBy.map(f), orderBy: mapSortKeys(node.orderBy, f), calls: node.calls.map((c) => ({ ...c, call: mapWindowCall(c.call, f) })) };
    case "join":
      return node.condition === undefined ? node : { ...node, condition: f(node.condition) };
    case "sort":
      return { ...node, order: mapSortKeys(node.order, f) };
    case "generate":
      return { ...node, args: node.args.map(f) };
    case "repartition":
      return { ...node, by: node.by.map(f) };
  }
}

/** Ids by expression: what `replaceByKey` takes to give columns other ids. */
export function columnReplacements(pairs: readonly (readonly [ColumnId, Expr])[]): ReadonlyMap<string, Expr> {
  const map = new Map<string, Expr>();
  for (const [id, expr] of pairs) {
    assert(!map.has(`#${id}`), `column ${id} is replaced twice`);
    map.set(`#${id}`, expr);
  }
  return map;
}
