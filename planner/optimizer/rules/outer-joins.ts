import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import type { JoinKind, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { mapInputs, outputOf } from "../../logical.ts";
import { analyzeJoinCondition } from "../../join-keys.ts";
import { columnsForcingNull, nullRejectedColumns } from "../expression-facts.ts";
import { outputIds } from "../plan-traversal.ts";
import { isUnique, rowBounds } from "../plan-properties.ts";
import type { NodeRule, PlanRule } from "../rule.ts";

/**
 * An outer join whose NULL-extended rows are dropped above is not an outer join: `t LEFT JOIN u ON t.a = u.a WHERE u.x > 3` is an inner join,
 * a FULL JOIN becomes LEFT, RIGHT or inner. What is dropped is carried down from filters, join conditions and select lists; aggregates and
 * windows that look at all rows end it: `SELECT count(*) OVER () ... ` would count fewer.
 */
export const eliminateOuterJoins: PlanRule = {
  kind: "plan",
  name: "EliminateOuterJoin",
  apply: (plan) => eliminate(plan, new Set()),
};

/** `rejected`: rows with a NULL in one of these columns do not matter. */
function eliminate(plan: LogicalPlan, rejected: ReadonlySet<ColumnId>): LogicalPlan {
  const below = (input: LogicalPlan, ids: Iterable<ColumnId>): LogicalPlan => eliminate(input, new Set(ids));
  switch (plan.kind) {
    case "filter":
      return mapInputs(plan, (input) => below(input, [...rejected, ...nullRejectedColumns(plan.condition)]));
    case "project":
      return mapInputs(plan, (input) => below(input, through(plan.outputs, rejected)));
    case "aggregate":
      return mapInputs(plan, (input) => below(input, plan.keys.length === 0 ? [] : through(plan.keys, rejected)));
    case "sort":
    case "repartition":
      return mapInputs(plan, (input) => eliminate(input, rejected));
    case "window": {
      const partition = new Set(plan.partitionBy.flatMap((expr) => (expr.kind === "column" ? [expr.id] : [])));
      return mapInputs(plan, (input) => below(input, [...rejected].filter((id) => partition.has(id))));
    }
    case "setOperation": {
      if (plan.operation !== "union" || !plan.all) return mapInputs(plan, (input) => below(input, []));
      const inputs = plan.inputs.map((input) => {
        const mapped = below(input.plan, input.columns.filter((_, i) => rejected.has(plan.columns[i].id)));
        return mapped === input.plan ? input : { ...input, plan: mapped };
      });
      return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs };
    }
    case "join":
      return eliminateJoin(plan, rejected);
    case "scan":
    case "values":
    case "range":
    case "expand":
    case "limit":
    case "generate":
    case "sample":
    case "cte":
    case "cteReference":
      return mapInputs(plan, (input) => below(input, []));
  }
}

function through(outputs: readonly { readonly column: { readonly id: ColumnId }; readonly expr: Expr }[], rejected: ReadonlySet<ColumnId>): Iterable<ColumnId> {
  return outputs.flatMap((output) => (rejected.has(output.column.id) ? [...columnsForcingNull(output.expr)] : []));
}

function eliminateJoin(plan: LogicalJoin, rejected: ReadonlySet<ColumnId>): LogicalPlan {
  const [left, right] = [outputIds(plan.left), outputIds(plan.right)];
  const rejectsLeft = [...rejected].some((id) => left.has(id));
  const rejectsRight = [...rejected].some((id) => right.has(id));
  const join = simplerKind(plan.join, rejectsLeft, rejectsRight);
  const byCondition = plan.condition === undefined ? [] : [...nullRejectedColumns(plan.condition)];
  const needsMatch = { left: join === "inner" || join === "semi" || join === "right", right: join === "inner" || join === "semi" || join === "left" || join === "anti" || join === "single" };
  const keepsRejected = { left: join !== "right" && join !== "full", right: join === "inner" || join === "right" };
  const forLeft = [...(keepsRejected.left ? rejected : []), ...(needsMatch.left ? byCondition : [])].filter((id) => left.has(id));
  const forRight = [...(keepsRejected.right ? rejected : []), ...(needsMatch.right ? byCondition : [])].filter((id) => right.has(id));
  const newLeft = eliminate(plan.left, new Set(forLeft));
  const newRight = eliminate(plan.right, new Set(forRight));
  return newLeft === plan.left && newRight === plan.right && join === plan.join ? plan : { ...plan, join, left: newLeft, right: newRight };
}

function simplerKind(join: JoinKind, rejectsLeft: boolean, rejectsRight: boolean): JoinKind {
  switch (join) {
    case "left":
      return rejectsRight ? "inner" : join;
    case "right":
      return rejectsLeft ? "inner" : join;
    case "full":
      return rejectsLeft && rejectsRight ? "inner" : rejectsLeft ? "left" : rejectsRight ? "right" : join;
    case "inner":
    case "semi":
    case "anti":
    case "mark":
    case "single":
      return join;
  }
}

/**
 * A scalar subquery that gives at most one row per left row is a plain left join, and one that gives exactly one row an inner join without
 * condition. By structure (grouping keys, aggregates without keys), not by statistics: two rows must raise an error.
 */
export const simplifySingleJoins: NodeRule = {
  kind: "node",
  name: "SimplifySingleJoin",
  apply: (node) => {
    if (node.kind !== "join" || node.dependent || (node.join !== "single" && node.join !== "left")) return undefined;
    const right = rowBounds(node.right);
    if (right.min === 1 && right.max === 1 && node.condition === undefined) return { ...node, join: "inner" };
    if (node.join === "left") return undefined;
    const { keys } = analyzeJoinCondition(node.join, node.condition, outputIds(node.left), outputIds(node.right));
    const columns = new Set(keys.flatMap((key) => (key.right.kind === "column" ? [key.right.id] : [])));
    return isUnique(node.right, columns) ? { ...node, join: "left" } : undefined;
  },
};

/** RIGHT JOIN as LEFT JOIN with the sides turned, so that other rules see one form. */
export const turnRightJoins: NodeRule = {
  kind: "node",
  name: "TurnRightJoins",
  apply: (node) => {
    if (node.kind !== "join" || node.join !== "right") return undefined;
    const hint = node.hint === undefined ? undefined : { left: node.hint.right, right: node.hint.left };
    const turned: LogicalPlan = { ...node, join: "left", left: node.right, right: node.left, hint };
    return { kind: "project", input: turned, outputs: outputOf(node).map((column) => ({ column, expr: columnExpr(column) })) };
  },
};
