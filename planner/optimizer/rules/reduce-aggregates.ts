import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import { equals } from "../../conjunctions.ts";
import { analyzeJoinCondition } from "../../join-keys.ts";
import type { LogicalAggregate, LogicalPlan } from "../../logical.ts";
import { inputsOf, mapInputs, outputOf } from "../../logical.ts";
import { estimate, estimateRows, registerDefinitions } from "../cardinality.ts";
import { isDeterministic } from "../expression-facts.ts";
import { withFreshColumns } from "../fresh-columns.ts";
import type { EqualityClass, JoinGraph } from "../join-order/join-graph.ts";
import { isLateFilter, isOrderable, joinGraph } from "../join-order/join-graph.ts";
import { forEachExpression, outputIds } from "../plan-traversal.ts";
import type { OptimizerContext, PlanRule } from "../rule.ts";

/** A filter on the key that leaves at most this share of its values is worth asking twice. */
const WORTHWHILE_SHARE = 0.2;

/**
 * A grouping that is joined on its key with a small, filtered table groups only the keys that are there: its input is semi-joined with a
 * second reading of that table. `l_quantity < (SELECT 0.2 * avg(l_quantity) ... WHERE l_partkey = p_partkey)` with 200 parts of 200,000 (TPC-H
 * Q17) needs 200 averages. Valid because the groups that are left out meet no row in the join; only for inner joins on group keys. Source: the
 * magic sets of Mumick et al., "Magic is Relevant" (SIGMOD 1990).
 */
export const reduceAggregates: PlanRule = {
  kind: "plan",
  name: "InjectSemiJoinIntoAggregate",
  apply: (plan, context) => {
    registerDefinitions(plan);
    return reduceBelow(plan, context);
  },
};

function reduceBelow(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  const startsTree = plan.kind === "filter" ? isLateFilter(plan) : plan.kind === "join" && isOrderable(plan);
  if (!startsTree) return mapInputs(plan, (input) => reduceBelow(input, context));
  const graph = joinGraph(plan, (relation) => relation);
  if (graph === undefined) return mapInputs(plan, (input) => reduceBelow(input, context));
  const reduced = new Map<LogicalPlan, LogicalPlan>();
  for (const relation of graph.relations) {
    const replacement = relation.kind === "inner" ? reduceRelation(graph, relation.plan, context) : undefined;
    reduced.set(relation.plan, replacement ?? reduceBelow(relation.plan, context));
  }
  const replace = (node: LogicalPlan): LogicalPlan => reduced.get(node) ?? mapInputs(node, replace);
  return mapInputs(plan, replace);
}

interface Reducer {
  readonly plan: LogicalPlan;
  readonly key: Extract<Expr, { kind: "column" }>;
  readonly share: number;
}

function reduceRelation(graph: JoinGraph, plan: LogicalPlan, context: OptimizerContext): LogicalPlan | undefined {
  const aggregate = aggregateBelow(plan);
  if (aggregate === undefined) return undefined;
  const own = outputIds(plan);
  for (const group of graph.classes) {
    const member = group.members.find((m) => own.has(m.column.id));
    const key = member === undefined ? undefined : groupKeyOf(plan, member.column.id);
    if (key === undefined) continue;
    const reducer = bestReducer(graph, group, plan);
    if (reducer === undefined || reducer.share > WORTHWHILE_SHARE || !isWorthwhile(reducer.plan, aggregate)) continue;
    return withReducedInput(plan, key, reducer, context);
  }
  return undefined;
}

/** The grouping under projections and filters. */
function aggregateBelow(plan: LogicalPlan): LogicalAggregate | undefined {
  if (plan.kind === "project" || plan.kind === "filter") return aggregateBelow(plan.input);
  return plan.kind === "aggregate" && plan.keys.length > 0 ? plan : undefined;
}

/** What the aggregate groups by to make this output column. */
function groupKeyOf(plan: LogicalPlan, id: ColumnId): Expr | undefined {
  if (plan.kind === "filter") return groupKeyOf(plan.input, id);
  if (plan.kind === "project") {
    const expr = plan.outputs.find((output) => output.column.id === id)?.expr;
    return expr?.kind === "column" ? groupKeyOf(plan.input, expr.id) : undefined;
  }
  if (plan.kind !== "aggregate") return undefined;
  const key = plan.keys.find((k) => k.column.id === id)?.expr;
  return key !== undefined && isDeterministic(key) ? key : undefined;
}

/** The relation whose filter leaves the fewest values of the class: one of its members, or a semi join's right side that a member is equal to. */
function bestReducer(graph: JoinGraph, group: EqualityClass, target: LogicalPlan): Reducer | undefined {
  let best: Reducer | undefined;
  const consider = (plan: LogicalPlan, key: Expr): void => {
    if (key.kind !== "column" || plan === target || !isFilteredTable(plan)) return;
    const share = (estimate(plan).columns.get(key.id)?.distinct ?? estimateRows(plan)) / group.domain;
    if (best === undefined || share < best.share) best = { plan, key, share };
  };
  for (const { column, relation } of group.members) if (graph.relations[relation].kind === "inner") consider(graph.relations[relation].plan, column);
  const members = new Set(group.members.map((m) => m.column.id));
  for (const { join, kind, plan } of graph.relations) {
    if (join === undefined || kind !== "semi") continue;
    const { keys } = analyzeJoinCondition("semi", join.condition, members, outputIds(plan));
    for (const key of keys) if (key.left.kind === "column" && !key.nullSafe) consider(plan, key.right);
  }
  return best;
}

/** Cheap to read a second time, and the same then: filters and projections of one table. */
function isFilteredTable(plan: LogicalPlan): boolean {
  if (plan.kind === "scan") return true;
  if (plan.kind !== "filter" && plan.kind !== "project") return false;
  let deterministic = true;
  forEachExpression(plan, (expr) => (deterministic &&= isDeterministic(expr)));
  return deterministic && isFilteredTable(plan.input);
}

function isWorthwhile(reducer: LogicalPlan, aggregate: LogicalAggregate): boolean {
  let table = reducer;
  while (inputsOf(table).length > 0) [table] = inputsOf(table);
  return estimateRows(table) <= 2 * estimateRows(aggregate.input);
}

function withReducedInput(plan: LogicalPlan, key: Expr, reducer: Reducer, context: OptimizerContext): LogicalPlan {
  if (plan.kind !== "aggregate") return mapInputs(plan, (input) => withReducedInput(input, key, reducer, context));
  const { plan: copy, renamed } = withFreshColumns(reducer.plan, context.nextColumnId);
  const right = outputOf(copy).find((column) => column.id === renamed.get(reducer.key.id));
  if (right === undefined) return plan;
  const keys: LogicalPlan = { kind: "project", input: copy, outputs: [{ column: right, expr: columnExpr(right) }] };
  return { ...plan, input: { kind: "join", join: "semi", left: plan.input, right: keys, condition: equals(key, columnExpr(right)), dependent: false } };
}
