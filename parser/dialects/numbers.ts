import type { AstExpr } from "../ast.ts";
import type { Lowering } from "./lowering.ts";

/** Divisions whose result would depend on whether both sides are integers, which is not known yet. */
export function checkDivisions(l: Lowering, expr: AstExpr): AstExpr {
  if (!l.dialect.integerDivision) return expr;
  const stack = [expr];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.kind !== "binary_op") continue;
    if (top.operator === "/" && !isFractional(top.left) && !isFractional(top.right)) l.refuse("/, which drops the remainder of integers there; cast a side, or write DIV in Spark SQL", top.span);
    stack.push(top.left, top.right);
  }
  return expr;
}

/** Whether an expression certainly is no integer. */
export function isFractional(expr: AstExpr): boolean {
  switch (expr.kind) {
    case "number":
      return /[.e]/i.test(expr.text);
    case "cast":
      return expr.type.kind === "double" || expr.type.kind === "float" || expr.type.kind === "decimal";
    case "unary":
      return isFractional(expr.operand);
    case "binary_op":
      return "+-*/".includes(expr.operator) && (isFractional(expr.left) || isFractional(expr.right));
    case "call":
      return expr.name.parts.length === 1 && ["avg", "sqrt", "stddev", "variance"].includes(expr.name.parts[0].name.toLowerCase());
    default:
      return false;
  }
}
