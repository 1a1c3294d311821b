import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../../catalog/expression.ts";
import type { Assignment, LogicalAggregate, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { isTrue } from "../../conjunctions.ts";
import { exprKey } from "../../expression-keys.ts";
import { isDeterministic } from "../expression-facts.ts";
import { equalColumns, isUnique } from "../plan-properties.ts";
import type { NodeRule } from "../rule.ts";

/**
 * Group keys that another key decides are not grouped by: constants, the same expression twice, a column that the input sets equal to another
 * key. They come back in a projection above. The last key stays: `SELECT 1 FROM t WHERE FALSE GROUP BY 1` is empty, without a key it is a row.
 */
export const removeRedundantKeys: NodeRule = {
  kind: "node",
  name: "RemoveRedundantAggregateKeys",
  apply: (node) => {
    if (node.kind !== "aggregate" || node.keys.length < 2) return undefined;
    const kept: Assignment[] = [];
    const derived = new Map<ColumnId, Expr>();
    const equal = equalColumns(node.input);
    const byExpression = new Map<string, (typeof kept)[number]>();
    for (const key of node.keys) {
      const name = isDeterministic(key.expr) ? exprKey(key.expr) : undefined;
      const same = (name === undefined ? undefined : byExpression.get(name)) ?? (equal.length === 0 ? undefined : kept.find((other) => isEqualColumn(other.expr, key.expr, equal)));
      if (same !== undefined) derived.set(key.column.id, columnExpr(same.column));
      else if (key.expr.kind === "literal") derived.set(key.column.id, key.expr);
      else {
        kept.push(key);
        if (name !== undefined) byExpression.set(name, key);
      }
    }
    if (derived.size === 0) return undefined;
    if (kept.length === 0) {
      kept.push(node.keys[0]);
      derived.delete(node.keys[0].column.id);
      if (derived.size === 0) return undefined;
    }
    const outputs = outputOf(node).map((column) => ({ column, expr: derived.get(column.id) ?? columnExpr(column) }));
    return { kind: "project", input: { ...node, keys: kept }, outputs };
  },
};

/** Equal values of a type that are also the same: not -0.0 and 0.0, nor strings under a collation. */
const EXACT_EQUALITY: ReadonlySet<string> = new Set(["byte", "short", "int", "long", "date", "timestamp", "timestamp_ntz", "boolean", "decimal"]);

function isEqualColumn(a: Expr, b: Expr, equal: readonly (readonly [ColumnId, ColumnId])[]): boolean {
  if (a.kind !== "column" || b.kind !== "column" || a.type.kind !== b.type.kind || !EXACT_EQUALITY.has(a.type.kind)) return false;
  return equal.some(([x, y]) => (x === a.id && y === b.id) || (x === b.id && y === a.id));
}

/** DISTINCT of rows that are distinct already, by a lower grouping for example. */
export const removeRedundantDistinct: NodeRule = {
  kind: "node",
  name: "RemoveRedundantAggregates",
  apply: (node) => {
    if (node.kind !== "aggregate" || node.calls.length > 0 || node.keys.length === 0) return undefined;
    const columns = new Set(node.keys.flatMap((key) => (key.expr.kind === "column" ? [key.expr.id] : [])));
    if (!isUnique(node.input, columns) || !node.keys.every((key) => isDeterministic(key.expr))) return undefined;
    return { kind: "project", input: node.input, outputs: node.keys };
  },
};

/** A semi or anti join finds a row or none: its right side need not be distinct, nor ordered. */
export const removeDistinctUnderSemiJoin: NodeRule = {
  kind: "node",
  name: "EliminateDistinctUnderSemiJoin",
  apply: (node) => {
    if (node.kind !== "join" || node.dependent || (node.join !== "semi" && node.join !== "anti" && node.join !== "mark")) return undefined;
    const right = withoutDistinct(node.right);
    return right === node.right ? undefined : { ...node, right };
  },
};

function withoutDistinct(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === "aggregate" && plan.calls.length === 0 && plan.keys.length > 0) return { kind: "project", input: plan.input, outputs: plan.keys };
  if (plan.kind === "project") {
    const input = withoutDistinct(plan.input);
    return input === plan.input ? plan : { ...plan, input };
  }
  return plan;
}

const DISTINCT_IS_NOTHING: ReadonlySet<string> = new Set(["min", "max", "bool_and", "bool_or", "every", "some", "any", "collect_set"]);

/** Calls in their simplest form: min(DISTINCT x) is min(x), count of what cannot be NULL is count(*), FILTER (WHERE TRUE) is none. */
export const simplifyAggregateCalls: NodeRule = {
  kind: "node",
  name: "SimplifyAggregateCalls",
  apply: (node) => {
    if (node.kind !== "aggregate") return undefined;
    let changed = false;
    const calls = node.calls.map((c): LogicalAggregate["calls"][number] => {
      let { call } = c;
      if (call.distinct && DISTINCT_IS_NOTHING.has(call.name)) call = { ...call, distinct: false };
      if (call.name === "count" && !call.distinct && call.args.length > 0 && call.args.every((arg) => !isNullable(arg) && isDeterministic(arg))) call = { ...call, args: [] };
      if (call.filter !== undefined && isTrue(call.filter)) call = { ...call, filter: undefined };
      if (call === c.call) return c;
      changed = true;
      return { ...c, call };
    });
    return changed ? { ...node, calls } : undefined;
  },
};
