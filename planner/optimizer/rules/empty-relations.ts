import type { Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import type { LogicalJoin, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { conjuncts, FALSE, isFalse, isTrue } from "../../conjunctions.ts";
import { mapExpressions } from "../plan-traversal.ts";
import { rowBounds } from "../plan-properties.ts";
import type { NodeRule } from "../rule.ts";
import { withNullAsFalse } from "./boolean-simplification.ts";

/** WHERE and ON let only TRUE pass: NULL in them is FALSE; a filter by TRUE is none. */
export const simplifyConditions: NodeRule = {
  kind: "node",
  name: "ReplaceNullWithFalseInPredicate",
  apply: (node) => {
    if (node.kind === "join" && node.join === "mark") return undefined;
    if (node.kind === "filter") {
      if (isTrue(node.condition)) return node.input;
      const condition = withNullAsFalse(node.condition);
      return condition === node.condition ? undefined : { ...node, condition };
    }
    if (node.kind !== "join" || node.condition === undefined) return undefined;
    if (isTrue(node.condition)) return { ...node, condition: undefined };
    const changed = mapExpressions(node, withNullAsFalse);
    return changed === node ? undefined : changed;
  },
};

function emptyRelation(plan: LogicalPlan): LogicalPlan {
  return { kind: "values", columns: outputOf(plan), rows: [] };
}

function isEmpty(plan: LogicalPlan): boolean {
  return plan.kind === "values" && plan.rows.length === 0;
}

/**
 * What reads nothing gives nothing: empty inputs go up the plan. Not through an aggregate without keys, which gives a row:
 * `SELECT count(*) FROM t WHERE FALSE` is 0. An outer join with an empty side is a projection with NULLs.
 */
export const propagateEmptyRelations: NodeRule = {
  kind: "node",
  name: "PropagateEmptyRelation",
  apply: (node) => {
    switch (node.kind) {
      case "filter":
        return isEmpty(node.input) || conjuncts(node.condition).some(isFalse) ? emptyRelation(node) : undefined;
      case "aggregate":
        return node.keys.length > 0 && isEmpty(node.input) ? emptyRelation(node) : undefined;
      case "limit":
        return node.limit === 0 || isEmpty(node.input) ? emptyRelation(node) : undefined;
      case "project":
      case "expand":
      case "window":
      case "sort":
      case "generate":
      case "sample":
      case "repartition":
        return isEmpty(node.input) ? emptyRelation(node) : undefined;
      case "join":
        return node.dependent ? undefined : joinWithEmptySide(node);
      case "setOperation": {
        if (node.operation !== "union" || !node.inputs.some((input) => isEmpty(input.plan))) return undefined;
        const inputs = node.inputs.filter((input) => !isEmpty(input.plan));
        return inputs.length === 0 ? emptyRelation(node) : { ...node, inputs };
      }
      case "scan":
      case "values":
      case "range":
      case "cte":
      case "cteReference":
        return undefined;
    }
  },
};

function joinWithEmptySide(node: LogicalJoin): LogicalPlan | undefined {
  const never = node.condition !== undefined && isFalse(node.condition);
  const noLeft = isEmpty(node.left);
  const noRight = isEmpty(node.right) || never;
  const extended = (kept: LogicalPlan): LogicalPlan => {
    const ids = new Set(outputOf(kept).map((column) => column.id));
    return { kind: "project", input: kept, outputs: outputOf(node).map((column) => ({ column, expr: ids.has(column.id) ? columnExpr(column) : nullOf(column.type) })) };
  };
  switch (node.join) {
    case "inner":
      return noLeft || noRight ? emptyRelation(node) : undefined;
    case "semi":
      if (node.condition === undefined && rowBounds(node.right).min >= 1) return node.left;
      return noLeft || noRight ? emptyRelation(node) : undefined;
    case "anti":
      if (noLeft || (node.condition === undefined && rowBounds(node.right).min >= 1)) return emptyRelation(node);
      return noRight ? node.left : undefined;
    case "left":
    case "single":
      return noLeft ? emptyRelation(node) : noRight ? extended(node.left) : undefined;
    case "right":
      if (isEmpty(node.right)) return emptyRelation(node);
      return noLeft || never ? extended(node.right) : undefined;
    case "full":
      if (noLeft && isEmpty(node.right)) return emptyRelation(node);
      return isEmpty(node.right) ? extended(node.left) : noLeft ? extended(node.right) : undefined;
    case "mark": {
      if (noLeft) return emptyRelation(node);
      if (!noRight || node.mark === undefined) return undefined;
      const { mark } = node;
      return { kind: "project", input: node.left, outputs: [...outputOf(node.left).map((column) => ({ column, expr: columnExpr(column) })), { column: mark, expr: FALSE }] };
    }
  }
}

function nullOf(type: Parameters<typeof columnExpr>[0]["type"]): Expr {
  return { kind: "literal", type, value: null };
}

/** A union of one input is that input under the union's column names; a union in a union is one. */
export const flattenUnions: NodeRule = {
  kind: "node",
  name: "CombineUnions",
  apply: (node) => {
    if (node.kind !== "setOperation" || node.operation !== "union" || !node.all) return undefined;
    if (node.inputs.length === 1) {
      const [input] = node.inputs;
      const byId = new Map(outputOf(input.plan).map((column) => [column.id, column]));
      return { kind: "project", input: input.plan, outputs: node.columns.map((column, i) => ({ column, expr: columnExpr(byId.get(input.columns[i]) ?? column) })) };
    }
    if (!node.inputs.some((input) => isUnionAll(input.plan))) return undefined;
    const inputs = node.inputs.flatMap((input) => {
      const { plan } = input;
      if (plan.kind !== "setOperation" || !isUnionAll(plan)) return [input];
      const position = new Map(plan.columns.map((column, i) => [column.id, i]));
      return plan.inputs.map((inner) => ({ plan: inner.plan, columns: input.columns.map((id) => inner.columns[position.get(id) as number]) }));
    });
    return { ...node, inputs };
  },
};

function isUnionAll(plan: LogicalPlan): boolean {
  return plan.kind === "setOperation" && plan.operation === "union" && plan.all;
}
