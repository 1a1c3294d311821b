import type { Expr } from "../../catalog/expression.ts";
import { mapOperands } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { mapInputs } from "../logical.ts";
import { mapExpressions } from "../optimizer/plan-traversal.ts";
import { exprKey } from "./expression-keys.ts";

/** The expression with every part that equals a key (see `exprKey`) replaced; a part inside a replaced one is not looked at. */
export function replaceByKey(expr: Expr, replacements: ReadonlyMap<string, Expr>): Expr {
  if (replacements.size === 0 || expr.kind === "literal") return expr;
  return replacements.get(exprKey(expr)) ?? mapOperands(expr, (o) => replaceByKey(o, replacements));
}

/** Rewrites every expression of a plan, inputs included. */
export function mapPlanExpressions(plan: LogicalPlan, f: (expr: Expr) => Expr): LogicalPlan {
  return mapExpressions(
    mapInputs(plan, (input) => mapPlanExpressions(input, f)),
    f,
  );
}
