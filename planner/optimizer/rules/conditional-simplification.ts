import type { Expr } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import { sameType } from "../../../catalog/types.ts";
import { booleanCall, isFalse, isNullLiteral, isTrue, sameExpr } from "../../conjunctions.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";
import { withNullAsFalse } from "./boolean-simplification.ts";

/**
 * CASE: branches that are never taken go, one that is always taken ends the list, branches that all give the same are that.
 * The last only where no condition can raise: `CASE WHEN 1 / x > 0 THEN 1 ELSE 1 END` divides.
 */
export const simplifyConditionals: ExpressionRule = {
  kind: "expression",
  name: "SimplifyConditionals",
  apply: (expr) => {
    if (expr.kind !== "case") return undefined;
    const conditions = expr.branches.map((branch) => withNullAsFalse(branch.when));
    const always = conditions.findIndex(isTrue);
    const reached = always >= 0 ? expr.branches.slice(0, always) : expr.branches;
    const otherwise = always >= 0 ? expr.branches[always].then : expr.otherwise;
    const branches = reached.flatMap((branch, i) => (isFalse(conditions[i]) || isNullLiteral(conditions[i]) ? [] : [conditions[i] === branch.when ? branch : { ...branch, when: conditions[i] }]));
    const values = [...branches.map((branch) => branch.then), otherwise];
    if (values.every((value) => sameExpr(value, values[0]) && isDeterministic(value)) && branches.every((branch) => !mayRaise(branch.when)) && sameType(typeOf(values[0]), expr.type)) return values[0];
    const condition = asCondition(branches, otherwise);
    if (condition !== undefined) return condition;
    if (branches.length === expr.branches.length && branches.every((branch, i) => branch === expr.branches[i])) return undefined;
    return { ...expr, branches, otherwise, nullable: values.some(isNullable) };
  },
};

/** `CASE WHEN c THEN TRUE ELSE FALSE END` is c where that cannot be NULL. */
function asCondition(branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise: Expr): Expr | undefined {
  if (branches.length !== 1 || isNullable(branches[0].when)) return undefined;
  if (isTrue(branches[0].then) && isFalse(otherwise)) return branches[0].when;
  if (isFalse(branches[0].then) && isTrue(otherwise)) return booleanCall("not", [branches[0].when]);
  return undefined;
}
