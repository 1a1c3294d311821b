import type { Expr } from "../../../catalog/expression.ts";
import { isNullable } from "../../../catalog/expression.ts";
import { equals, exprKey } from "../../conjunctions.ts";
import { isDeterministic } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

/** IN of one value is an equality; equal values count once. NULL stays in the list: `3 IN (1, NULL)` is NULL, not FALSE. */
export const optimizeIn: ExpressionRule = {
  kind: "expression",
  name: "OptimizeIn",
  apply: (expr) => {
    if (expr.kind !== "in") return undefined;
    const seen = new Set<string>();
    const list: Expr[] = [];
    for (const item of expr.list) {
      const key = exprKey(item);
      if (seen.has(key) && isDeterministic(item)) continue;
      seen.add(key);
      list.push(item);
    }
    if (list.length === 1) return equals(expr.input, list[0]);
    return list.length === expr.list.length ? undefined : { ...expr, list, nullable: isNullable(expr.input) || list.some(isNullable) };
  },
};
