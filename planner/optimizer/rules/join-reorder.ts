import type { Expr } from "../../../catalog/expression.ts";
import { conjunction, equals } from "../../conjunctions.ts";
import type { LogicalPlan } from "../../logical.ts";
import { mapInputs, outputOf } from "../../logical.ts";
import { registerDefinitions } from "../cardinality.ts";
import type { JoinPlan } from "../join-order/enumeration.ts";
import { bestJoinPlan } from "../join-order/enumeration.ts";
import { isNewWith, loneOuter } from "../join-order/join-cost.ts";
import type { JoinGraph, RelationSet } from "../join-order/join-graph.ts";
import { isLateFilter, isOrderable, joinGraph } from "../join-order/join-graph.ts";
import type { PlanRule } from "../rule.ts";
import { filtered } from "./filter-pushdown.ts";

/**
 * Inner joins in the cheapest order by estimates, with the semi, anti, outer, mark and scalar-subquery joins that hang on them each at the best
 * place. Valid because inner joins commute and associate, and a join that neither loses nor adds what others look at can be done before
 * or after them. Joins with hints and full joins stay where they are, and so does a left join whose columns a later condition
 * reads: `(a LEFT JOIN b ON a.x = b.x) JOIN c ON coalesce(b.y, 0) = c.y` joins c last.
 */
export const reorderJoins: PlanRule = {
  kind: "plan",
  name: "CostBasedJoinReorder",
  apply: (plan) => {
    registerDefinitions(plan);
    return reorder(plan);
  },
};

function reorder(plan: LogicalPlan): LogicalPlan {
  const startsTree = plan.kind === "filter" ? isLateFilter(plan) : plan.kind === "join" && isOrderable(plan);
  if (!startsTree) return mapInputs(plan, reorder);
  const graph = joinGraph(plan, reorder);
  const best = graph === undefined ? undefined : bestJoinPlan(graph);
  if (graph === undefined || best === undefined) return mapInputs(plan, reorder);
  const joined = build(best, graph, new Set());
  const output = outputOf(plan);
  const given = outputOf(joined);
  if (given.length === output.length && given.every((column, i) => column.id === output[i].id)) return joined;
  return { kind: "project", input: joined, outputs: graph.outputs };
}

/** The logical joins of the chosen order. `done`: predicates that stand somewhere below already. */
function build(plan: JoinPlan, graph: JoinGraph, done: Set<Expr>): LogicalPlan {
  if (plan.inputs === undefined) {
    const relation = graph.relations[31 - Math.clz32(plan.relations)];
    const own = graph.predicates.filter((predicate) => predicate.relations === plan.relations && !done.has(predicate.expr)).map((predicate) => predicate.expr);
    for (const expr of own) done.add(expr);
    return filtered(relation.plan, own);
  }
  const [a, b] = plan.inputs;
  const outerA = loneOuter(graph, a.relations);
  const outerB = loneOuter(graph, b.relations);
  const outer = outerA ?? outerB;
  if (outer?.join !== undefined) {
    const left = build(outerA === undefined ? a : b, graph, done);
    return filtered({ ...outer.join, left, right: outer.plan }, outer.after);
  }
  const left = build(a, graph, done);
  const right = build(b, graph, done);
  const conditions = conditionsBetween(graph, a.relations, b.relations, done);
  return { kind: "join", join: "inner", left, right, condition: conjunction(conditions), dependent: false };
}

function conditionsBetween(graph: JoinGraph, a: RelationSet, b: RelationSet, done: Set<Expr>): readonly Expr[] {
  const out: Expr[] = [];
  for (const group of graph.classes) {
    const left = group.members.find((member) => (a & (1 << member.relation)) !== 0);
    const right = group.members.find((member) => (b & (1 << member.relation)) !== 0);
    if (left !== undefined && right !== undefined) out.push(equals(left.column, right.column));
  }
  for (const predicate of graph.predicates) {
    if (done.has(predicate.expr) || !(isNewWith(predicate.relations, a, b, a | b) || predicate.relations === 0)) continue;
    done.add(predicate.expr);
    out.push(predicate.expr);
  }
  return out;
}
