import type { Expr } from "../../../catalog/expression.ts";
import { operands, typeOf } from "../../../catalog/expression.ts";
import { isStringLike } from "../../../catalog/types.ts";
import { conjunction, conjuncts } from "../../conjunctions.ts";
import { estimate } from "../cardinality.ts";
import { rangesOf } from "../column-ranges.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import { selectivityOf } from "../selectivity.ts";
import type { NodeRule } from "../rule.ts";

/**
 * Conjuncts of a filter in the order in which they drop most rows for least work: numbers before text, equality before patterns. Only where none
 * of them can raise: `b <> 0 AND a / b > 1` keeps its order.
 */
export const orderConditions: NodeRule = {
  kind: "node",
  name: "OrderConditions",
  apply: (node) => {
    if (node.kind !== "filter") return undefined;
    const conditions = conjuncts(node.condition);
    if (conditions.length < 2) return undefined;
    const ranges = rangesOf(node);
    if (conditions.some((condition) => !isDeterministic(condition) || mayRaise(condition, ranges))) return undefined;
    const { columns } = estimate(node.input);
    // The rank of a predicate: what it costs by what it drops. Source: Hellerstein and Stonebraker, "Predicate Migration" (SIGMOD 1993).
    const ranked = conditions.map((condition) => ({ condition, rank: workOf(condition) / Math.max(0.01, 1 - selectivityOf(condition, columns)) }));
    ranked.sort((a, b) => a.rank - b.rank);
    if (ranked.every((item, i) => item.condition === conditions[i])) return undefined;
    const condition = conjunction(ranked.map((item) => item.condition));
    return condition === undefined ? undefined : { ...node, condition };
  },
};

/** Per row, in comparisons of two numbers. */
const PATTERN = 30;
const TEXT = 6;
const LOOKUP = 4;

const PATTERNS: ReadonlySet<string> = new Set(["like", "ilike", "rlike", "contains", "endswith", "regexp_like"]);

function workOf(expr: Expr): number {
  const own = expr.kind === "literal" || expr.kind === "column" ? 0 : expr.kind === "in" ? LOOKUP : 1;
  const text = operands(expr).some((operand) => isStringLike(typeOf(operand)));
  const factor = expr.kind === "call" && PATTERNS.has(expr.name) ? PATTERN : text ? TEXT : 1;
  return operands(expr).reduce((sum, operand) => sum + workOf(operand), own * factor);
}
