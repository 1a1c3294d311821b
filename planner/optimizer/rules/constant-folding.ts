import { SparrowError } from "../../../catalog/errors.ts";
import type { Expr } from "../../../catalog/expression.ts";
import { operands, typeOf } from "../../../catalog/expression.ts";
import { isDeterministic } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

/**
 * An expression of literals becomes its value. One that raises stays as it is, for it may never be reached:
 * `CASE WHEN b THEN 1 / 0 ELSE 0 END` raises only where b is TRUE. Not for rand() and its like.
 */
export const constantFolding: ExpressionRule = {
  kind: "expression",
  name: "ConstantFolding",
  apply: (expr, context) => {
    if (expr.kind === "literal" || expr.kind === "column" || expr.kind === "lambda") return undefined;
    if (!operands(expr).every(isConstant) || !isDeterministic(expr)) return undefined;
    const type = typeOf(expr);
    try {
      return { kind: "literal", type, value: context.evaluate(expr) };
    } catch (error) {
      // RangeError: a value that this process cannot hold, such as repeat('x', 2000000000).
      if (error instanceof SparrowError || error instanceof RangeError) return undefined;
      throw error;
    }
  },
};

function isConstant(expr: Expr): boolean {
  return expr.kind === "literal" || (expr.kind === "lambda" && isClosed(expr.body, new Set(expr.parameters.map((p) => p.id))));
}

/** Reads nothing but the lambda's own parameters. */
function isClosed(expr: Expr, parameters: ReadonlySet<number>): boolean {
  if (expr.kind === "column") return parameters.has(expr.id);
  const inner = expr.kind === "lambda" ? new Set([...parameters, ...expr.parameters.map((p) => p.id)]) : parameters;
  return operands(expr).every((operand) => isClosed(operand, inner));
}
