import type { Expr } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import { sameType } from "../../../catalog/types.ts";
import { booleanCall, FALSE, isNullLiteral, TRUE } from "../../conjunctions.ts";
import { isDeterministic, isNullOnNull } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

/**
 * What is known of NULLs: a NULL argument makes a null-intolerant call NULL; a value that cannot be NULL answers IS NULL; coalesce ends at
 * the first argument that cannot be NULL. Not for AND and OR (`NULL AND FALSE` is FALSE), nor for what takes NULL as a value (`<=>`, concat_ws).
 */
export const nullPropagation: ExpressionRule = {
  kind: "expression",
  name: "NullPropagation",
  apply: (expr) => {
    if (expr.kind === "in" && isNullLiteral(expr.input)) return nullOf(expr);
    if (expr.kind === "cast" && isNullLiteral(expr.input)) return nullOf(expr);
    if (expr.kind !== "call") return undefined;
    if (isNullOnNull(expr.name) && expr.args.some(isNullLiteral)) return nullOf(expr);
    const [first, second] = expr.args;
    switch (expr.name) {
      case "isnull":
        return isNullable(first) || !isDeterministic(first) ? undefined : FALSE;
      case "isnotnull":
        return isNullable(first) || !isDeterministic(first) ? undefined : TRUE;
      case "<=>":
        if (isNullLiteral(first)) return booleanCall("isnull", [second]);
        if (isNullLiteral(second)) return booleanCall("isnull", [first]);
        return isNullable(first) || isNullable(second) ? undefined : { ...expr, name: "=", nullable: false };
      case "coalesce":
        return shorterCoalesce(expr);
      default:
        return undefined;
    }
  },
};

function nullOf(expr: Expr): Expr {
  return { kind: "literal", type: typeOf(expr), value: null };
}

function shorterCoalesce(expr: Extract<Expr, { kind: "call" }>): Expr | undefined {
  const args = expr.args.filter((arg) => !isNullLiteral(arg));
  const end = args.findIndex((arg) => !isNullable(arg));
  const kept = end >= 0 ? args.slice(0, end + 1) : args;
  if (kept.length === expr.args.length && kept.length > 1) return undefined;
  if (kept.length === 0) return nullOf(expr);
  if (kept.length === 1 && sameType(typeOf(kept[0]), expr.type)) return kept[0];
  return kept.length === expr.args.length ? undefined : { ...expr, args: kept, nullable: kept.every(isNullable) };
}
