import type { Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../../catalog/expression.ts";
import type { LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { booleanCall, conjunction, conjuncts, FALSE, isCall, TRUE } from "../../conjunctions.ts";
import { substitute } from "../expression-traversal.ts";
import { rowBounds } from "../plan-properties.ts";
import type { NodeRule } from "../rule.ts";

/**
 * A filter by the mark itself makes a mark join a semi join, one by NOT mark an anti join: of EXISTS a plain one; of IN one that also counts a
 * row for which the comparison is unknown, as `x NOT IN (SELECT y ...)` is not TRUE once some y is NULL. Where neither side can be NULL
 * nothing is unknown and the anti join is plain. Not for a mark under OR: `WHERE x IN (SELECT ...) OR y > 3` keeps rows without a match.
 */
export const replaceMarkJoins: NodeRule = {
  kind: "node",
  name: "ReplaceMarkJoin",
  apply: (node) => {
    if (node.kind !== "filter" || node.input.kind !== "join" || node.input.join !== "mark" || node.input.dependent || node.input.mark === undefined) return undefined;
    const { mark, ...join } = node.input;
    const conditions = conjuncts(node.condition);
    const isMark = (expr: Expr): boolean => expr.kind === "column" && expr.id === mark.id;
    const wanted = conditions.some(isMark) || conditions.some((c) => isCall(c, "istrue") && isMark(c.args[0]));
    const unwanted = conditions.some((c) => isCall(c, "not") && isMark(c.args[0]));
    if (!wanted && !unwanted) return undefined;
    const value = wanted ? TRUE : FALSE;
    const replaced: LogicalPlan = wanted ? { ...join, join: "semi" } : { ...join, join: "anti", condition: conjunction(conjuncts(join.condition).map(trueOrUnknown)) };
    const outputs = outputOf(node).map((column) => ({ column, expr: column.id === mark.id ? value : columnExpr(column) }));
    const rest = conjunction(conditions.filter((c) => !isMark(c)).map((c) => substitute(c, new Map([[mark.id, value]]))));
    const marked: LogicalPlan = { kind: "project", input: replaced, outputs };
    return rest === undefined ? marked : { kind: "filter", input: marked, condition: rest };
  },
};

function trueOrUnknown(condition: Expr): Expr {
  return isNullable(condition) ? booleanCall("or", [condition, booleanCall("isnull", [condition])]) : condition;
}

/** EXISTS without correlation asks for one row. Not for IN, where each row may be the one that is equal. */
export const semiJoinsWithoutCondition: NodeRule = {
  kind: "node",
  name: "LimitExistence",
  apply: (node) => {
    if (node.kind !== "join" || node.condition !== undefined || node.dependent) return undefined;
    if (node.join !== "semi" && node.join !== "anti" && node.join !== "mark") return undefined;
    // One row of the right side says as much as all of them.
    if (rowBounds(node.right).max <= 1) return undefined;
    return { ...node, right: { kind: "limit", input: node.right, limit: 1, offset: 0 } };
  },
};
