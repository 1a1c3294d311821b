import { assert } from "../../../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../../catalog/expression.ts";
import { BOOLEAN } from "../../../catalog/types.ts";
import type { Assignment, LogicalAggregate, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { mapInputs, outputOf } from "../../logical.ts";
import { booleanCall, conjunction, conjuncts, equalityBetween, FALSE, TRUE } from "../../conjunctions.ts";
import { isDeterministic } from "../expression-facts.ts";
import { substitute } from "../expression-traversal.ts";
import { freeColumns, outputIds } from "../plan-traversal.ts";
import type { OptimizerContext, PlanRule } from "../rule.ts";
import { Domain } from "./domain.ts";
import { isNullWhen, valueOverNoRows } from "./empty-groups.ts";
import { projected, pullUpConditions, readsAny } from "./pull-up.ts";
import type { Pushed } from "./push-domain.ts";
import { orOverNoRows, pushDomain, throughGrouping } from "./push-domain.ts";

/**
 * Dependent joins become plain joins, whatever the correlation, in the cheapest of three ways:
 * 1. correlated conditions that sit in filters only move into the join condition: EXISTS and IN give plain semi, anti and mark joins
 * 2. an aggregate without keys is grouped by the columns that its filter sets equal to outer ones and left-joined; over no rows
 *    `count` is 0, not NULL
 * 3. else the domain of outer values is pushed into the subquery (`pushDomain`)
 * No dependent join is left afterwards.
 */
export const unnestSubqueries: PlanRule = {
  kind: "plan",
  name: "UnnestSubqueries",
  apply: (plan, context) => unnestBelow(plan, context),
};

/** Inner dependent joins first: what is left of them in a subquery are plain nodes that read outer columns. */
function unnestBelow(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  const node = mapInputs(plan, (input) => unnestBelow(input, context));
  return node.kind === "join" && node.dependent ? unnest(node, context) : node;
}

function unnest(join: LogicalJoin, context: OptimizerContext): LogicalPlan {
  const outer = new Set([...outputIds(join.left)].filter((id) => freeColumns(join.right).has(id)));
  if (outer.size === 0) return { ...join, dependent: false };
  assert(join.join !== "right" && join.join !== "full", `a ${join.join} join cannot be dependent`);
  const right = isExistence(join) ? withoutOrderAndLimit(join.right) : join.right;
  return pulledUp(join, right, outer) ?? groupedAggregate(join, right, outer, context) ?? throughDomain(join, right, outer, context);
}

/** Only whether there is a row matters, not what is in it. */
function isExistence(join: LogicalJoin): boolean {
  return join.condition === undefined && (join.join === "semi" || join.join === "anti" || join.join === "mark");
}

/** EXISTS (... ORDER BY ... LIMIT 1) asks the same without them; its select list does not matter either. */
function withoutOrderAndLimit(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === "sort" || (plan.kind === "limit" && plan.offset === 0 && (plan.limit ?? 1) > 0)) return withoutOrderAndLimit(plan.input);
  if (plan.kind === "project" && plan.outputs.every((output) => isDeterministic(output.expr))) return withoutOrderAndLimit(plan.input);
  return plan;
}

function pulledUp(join: LogicalJoin, right: LogicalPlan, outer: ReadonlySet<ColumnId>): LogicalPlan | undefined {
  const pulled = pullUpConditions(right, outer);
  if (pulled === undefined) return undefined;
  if (join.join !== "mark") return withOutputOf(join, { ...join, right: pulled.plan, condition: conjunction([...pulled.conditions, ...conjuncts(join.condition)]), dependent: false });
  const { plan, conditions } = twoValued(pulled.plan, pulled.conditions, outer);
  return withOutputOf(join, { ...join, right: plan, condition: conjunction([...conditions, ...conjuncts(join.condition)]), dependent: false });
}

/**
 * A filter drops a row for which its condition is unknown, a mark join takes note of it. So conditions that come from filters are made
 * two-valued: `inner = outer` as `inner <=> outer` over inner rows that are not NULL, others as coalesce(condition, FALSE).
 */
function twoValued(plan: LogicalPlan, conditions: readonly Expr[], outer: ReadonlySet<ColumnId>): { readonly plan: LogicalPlan; readonly conditions: readonly Expr[] } {
  const filters: Expr[] = [];
  const inner = outputIds(plan);
  const changed = conditions.map((condition): Expr => {
    if (!isNullable(condition)) return condition;
    const equality = equalityBetween(condition, (side) => !readsAny(side, inner), (side) => readsAny(side, inner) && !readsAny(side, outer));
    if (equality === undefined) return { kind: "call", name: "coalesce", args: [condition, FALSE], type: BOOLEAN, nullable: false, mode: "ansi" };
    if (isNullable(equality.right)) filters.push(booleanCall("isnotnull", [equality.right]));
    return booleanCall("<=>", [equality.left, equality.right]);
  });
  const condition = conjunction(filters);
  return { plan: condition === undefined ? plan : { kind: "filter", input: plan, condition }, conditions: changed };
}

/** Join kinds that keep every left row or, like a lateral inner join, find exactly one right row for it. */
const TAKES_ONE_ROW: ReadonlySet<LogicalJoin["join"]> = new Set(["inner", "left", "single"]);

/** Projections over an aggregate without keys, which gives exactly one row for each outer one. */
function groupedAggregate(join: LogicalJoin, right: LogicalPlan, outer: ReadonlySet<ColumnId>, context: OptimizerContext): LogicalPlan | undefined {
  if (!TAKES_ONE_ROW.has(join.join) || join.condition !== undefined) return undefined;
  const projection = projectedAggregate(right);
  if (projection.aggregate === undefined) return undefined;
  const { aggregate, outputs } = withFreshCalls(projection.aggregate, projection.outputs, context);
  const domain = new Domain(join.left, outer, context.nextColumnId);
  const pushed = throughGrouping(aggregate, new Set([...freeColumns(aggregate)].filter((id) => outer.has(id))), domain);
  const nullOverNoRows = new Set(aggregate.calls.filter((c) => valueOverNoRows(c.call).value === null).map((c) => c.column.id));
  const overNoRows = new Map<ColumnId, Expr>(aggregate.calls.map((c) => [c.column.id, valueOverNoRows(c.call)]));
  // Above the join the aggregates are NULL where it finds nothing.
  const extended = new Map<ColumnId, Expr>(outputOf(aggregate).map((column) => [column.id, { ...columnExpr(column), nullable: true }]));
  // What reads outer columns in the select list is computed above the join, where the outer row is at hand; so is what is not NULL over no rows.
  const present: Column = { id: context.nextColumnId(), name: "present", type: BOOLEAN, nullable: true };
  const below: Assignment[] = [];
  const above: Assignment[] = [];
  for (const output of outputs) {
    if (isNullWhen(output.expr, nullOverNoRows) && !readsAny(output.expr, outer)) {
      below.push(output);
      above.push({ column: output.column, expr: { ...columnExpr(output.column), nullable: true } });
      continue;
    }
    above.push({ column: output.column, expr: orOverNoRows(substitute(output.expr, extended), substitute(output.expr, overNoRows), present) });
    for (const column of outputOf(aggregate)) if (readsAny(output.expr, new Set([column.id])) && !below.some((b) => b.column.id === column.id)) below.push({ column, expr: columnExpr(column) });
  }
  const values = [...pushed.columnOf.values()].map((value) => value.column);
  for (const column of values) if (!below.some((b) => b.column.id === column.id)) below.push({ column, expr: columnExpr(column) });
  below.push({ column: { ...present, nullable: false }, expr: TRUE });
  const joined: LogicalJoin = {
    ...join,
    join: "left",
    left: domain.outerPlan(),
    right: { kind: "project", input: pushed.plan, outputs: below },
    condition: conjunction(valueEqualities(pushed, join)),
    dependent: false,
  };
  const outputsOfLeft = outputOf(join.left).map((column) => ({ column, expr: columnExpr(column) }));
  const nullableAbove = above.map((a) => ({ ...a, column: { ...a.column, nullable: true } }));
  return domain.around({ kind: "project", input: joined, outputs: [...outputsOfLeft, ...nullableAbove] });
}

/** The calls under ids of their own: above the join the subquery's columns have other values where it finds nothing. */
function withFreshCalls(aggregate: LogicalAggregate, outputs: readonly Assignment[], context: OptimizerContext): { readonly aggregate: LogicalAggregate; readonly outputs: readonly Assignment[] } {
  const calls = aggregate.calls.map((c) => ({ ...c, column: { ...c.column, id: context.nextColumnId() } }));
  const renamed = new Map<ColumnId, Expr>(aggregate.calls.map((c, i) => [c.column.id, columnExpr(calls[i].column)]));
  return { aggregate: { ...aggregate, calls }, outputs: outputs.map((output) => ({ column: output.column, expr: substitute(output.expr, renamed) })) };
}

/** The aggregate below projections, which are put together into one. */
function projectedAggregate(plan: LogicalPlan): { readonly aggregate: LogicalAggregate | undefined; readonly outputs: readonly Assignment[] } {
  if (plan.kind === "aggregate") {
    const outputs = plan.calls.map((c) => ({ column: c.column, expr: columnExpr(c.column) }));
    return { aggregate: plan.keys.length === 0 ? plan : undefined, outputs };
  }
  if (plan.kind !== "project" || !plan.outputs.every((output) => isDeterministic(output.expr))) return { aggregate: undefined, outputs: [] };
  const below = projectedAggregate(plan.input);
  const definitions = new Map(below.outputs.map((output) => [output.column.id, output.expr]));
  return { aggregate: below.aggregate, outputs: plan.outputs.map((output) => ({ column: output.column, expr: substitute(output.expr, definitions) })) };
}

function throughDomain(join: LogicalJoin, right: LogicalPlan, outer: ReadonlySet<ColumnId>, context: OptimizerContext): LogicalPlan {
  const domain = new Domain(join.left, outer, context.nextColumnId);
  const pushed = pushDomain(right, outer, domain);
  const condition = conjunction([...valueEqualities(pushed, join), ...conjuncts(join.condition)]);
  return domain.around(withOutputOf(join, { ...join, left: domain.outerPlan(), right: pushed.plan, condition, dependent: false }));
}

/** Outer rows meet the subquery's rows of their own values; NULL is a value like others unless it is known to have no rows. */
function valueEqualities(pushed: Pushed, join: LogicalJoin): readonly Expr[] {
  const outerColumns = new Map(outputOf(join.left).map((column) => [column.id, column]));
  return [...pushed.columnOf].map(([id, value]) => {
    const outerColumn = outerColumns.get(id);
    assert(outerColumn !== undefined, "a domain column that the outer plan does not give");
    const nullMatters = join.join === "mark" ? outerColumn.nullable || value.column.nullable : outerColumn.nullable && !value.neverNull;
    return booleanCall(nullMatters ? "<=>" : "=", [columnExpr(outerColumn), columnExpr(value.column)]);
  });
}

/** The new plan with the columns of the old one only. */
function withOutputOf(before: LogicalJoin, after: LogicalPlan): LogicalPlan {
  return projected(after, outputOf(before));
}
