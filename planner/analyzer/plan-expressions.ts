import type { Expr } from "../../catalog/expression.ts";
import { isNullable, mapOperands, operands } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { mapInputs } from "../logical.ts";
import { mapExpressions } from "../optimizer/plan-traversal.ts";
import { exprKey } from "../expression-keys.ts";

/** The expression with every part that equals a key (see `exprKey`) replaced; a part inside a replaced one is not looked at. */
export function replaceByKey(expr: Expr, replacements: ReadonlyMap<string, Expr>): Expr {
  if (replacements.size === 0 || expr.kind === "literal") return expr;
  return replacements.get(exprKey(expr)) ?? withNullsOf(mapOperands(expr, (o) => replaceByKey(o, replacements)), expr);
}

/** Rewrites every expression of a plan, inputs included. */
export function mapPlanExpressions(plan: LogicalPlan, f: (expr: Expr) => Expr): LogicalPlan {
  return mapExpressions(
    mapInputs(plan, (input) => mapPlanExpressions(input, f)),
    f,
  );
}

/** A replacement may be NULL where the original is not, as keys are under ROLLUP: then what is computed from it may be, too. */
function withNullsOf(mapped: Expr, original: Expr): Expr {
  if (mapped === original || mapped.kind === "literal" || mapped.kind === "lambda" || mapped.nullable) return mapped;
  const before = operands(original);
  return operands(mapped).some((operand, i) => isNullable(operand) && !isNullable(before[i])) ? { ...mapped, nullable: true } : mapped;
}
