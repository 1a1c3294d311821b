import { isDeterministic, seesPartition } from "../expression-facts.ts";
import { forEachExpression } from "../plan-traversal.ts";
import { rowBounds } from "../plan-properties.ts";
import type { LogicalPlan } from "../../logical.ts";
import type { NodeRule } from "../rule.ts";

/** A limit that cuts nothing goes; of two the smaller one counts. With an OFFSET in the lower one the rows are counted from there. */
export const combineLimits: NodeRule = {
  kind: "node",
  name: "EliminateLimits",
  apply: (node) => {
    if (node.kind !== "limit") return undefined;
    if (node.offset === 0 && rowBounds(node.input).max <= (node.limit ?? Infinity)) return node.input;
    const { input } = node;
    if (input.kind !== "limit") return undefined;
    const rest = input.limit === undefined ? Infinity : Math.max(0, input.limit - node.offset);
    const limit = Math.min(node.limit ?? Infinity, rest);
    return { kind: "limit", input: input.input, limit: limit === Infinity ? undefined : limit, offset: input.offset + node.offset };
  },
};

/**
 * Fewer rows earlier: a limit goes below a projection; the inputs of UNION ALL and the left side of a left join need not give more rows than
 * it lets through. Not below a filter, a sort or an inner join: `SELECT * FROM t WHERE a > 3 LIMIT 5` may have to read all of `t`.
 */
export const limitPushdown: NodeRule = {
  kind: "node",
  name: "LimitPushDown",
  apply: (node) => {
    if (node.kind !== "limit") return undefined;
    const { input } = node;
    if (input.kind === "project" && input.outputs.every((output) => isDeterministic(output.expr))) return { ...input, input: { ...node, input: input.input } };
    if (node.limit === undefined) return undefined;
    const rows = node.limit + node.offset;
    if (input.kind === "setOperation" && input.operation === "union" && input.all) {
      const inputs = input.inputs.map((branch) => {
        const plan = limited(branch.plan, rows);
        return plan === branch.plan ? branch : { ...branch, plan };
      });
      return inputs.every((branch, i) => branch === input.inputs[i]) ? undefined : { ...node, input: { ...input, inputs } };
    }
    if (input.kind === "join" && !input.dependent && (input.join === "left" || input.join === "mark")) {
      const left = limited(input.left, rows);
      return left === input.left ? undefined : { ...node, input: { ...input, left } };
    }
    return undefined;
  },
};

function limited(plan: LogicalPlan, rows: number): LogicalPlan {
  if (rowBounds(plan).max <= rows) return plan;
  return { kind: "limit", input: plan, limit: rows, offset: 0 };
}

/** Aggregates whose value depends on the order of their input rows. */
const ORDER_MATTERS: ReadonlySet<string> = new Set(["first", "first_value", "last", "last_value", "any_value", "collect_list", "collect_set", "array_agg", "listagg", "string_agg", "mode", "max_by", "min_by"]);

/**
 * A sort whose order nobody sees: below a grouping that does not mind, below a join or another sort, of one row. A sort under a LIMIT stays, it
 * says which rows are kept.
 */
export const eliminateSorts: NodeRule = {
  kind: "node",
  name: "EliminateSorts",
  apply: (node) => {
    switch (node.kind) {
      case "sort": {
        if (rowBounds(node.input).max <= 1) return node.input;
        const order = node.order.filter((key) => key.expr.kind !== "literal");
        if (order.length === 0) return node.input;
        if (order.length < node.order.length) return { ...node, order };
        const input = node.global ? withoutSort(node.input) : node.input;
        return input === node.input ? undefined : { ...node, input };
      }
      case "aggregate": {
        if (node.calls.some((c) => ORDER_MATTERS.has(c.call.name))) return undefined;
        const input = withoutSort(node.input);
        return input === node.input ? undefined : { ...node, input };
      }
      case "join": {
        if (node.dependent) return undefined;
        const [left, right] = [withoutSort(node.left), withoutSort(node.right)];
        return left === node.left && right === node.right ? undefined : { ...node, left, right };
      }
      default:
        return undefined;
    }
  },
};

/** The plan without sorts that only projections and filters stand above. */
function withoutSort(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === "sort") return plan.input;
  if (plan.kind === "project" || plan.kind === "filter") {
    const input = withoutSort(plan.input);
    return input === plan.input ? plan : { ...plan, input };
  }
  return plan;
}

/**
 * A repartition only spreads rows; under another one, a sort or a grouping it is for nothing. Counter-example: `GROUP BY spark_partition_id()` asks for the partitions
 * themselves.
 */
export const collapseRepartitions: NodeRule = {
  kind: "node",
  name: "CollapseRepartition",
  apply: (node) => {
    if (node.kind !== "repartition" && node.kind !== "aggregate" && !(node.kind === "sort" && node.global)) return undefined;
    if (node.input.kind !== "repartition") return undefined;
    let isSeen = false;
    forEachExpression(node, (expr) => (isSeen ||= seesPartition(expr)));
    return isSeen ? undefined : { ...node, input: node.input.input };
  },
};
