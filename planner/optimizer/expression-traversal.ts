import { assert } from "../../catalog/errors.ts";
import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { mapOperands } from "../../catalog/expression.ts";
import { conjunction, disjunction, isCall } from "../conjunctions.ts";
import { conjuncts, disjuncts } from "../conjunctions.ts";
import type { ExpressionRule, OptimizerContext } from "./rule.ts";

const MAX_REPLACEMENTS = 200;

/** Chains of `and` / `or` longer than this are walked as lists and come back as balanced trees. */
const LONG_CHAIN = 8;

/** Bottom-up, each node until no rule fires; the very same object when none did. `fired` collects the names of those that did. */
export function rewriteExpression(
  expr: Expr,
  rules: readonly ExpressionRule[],
  context: OptimizerContext,
  settled: WeakSet<Expr>,
  fired: Set<string>,
): Expr {
  const rewrite = (node: Expr): Expr => {
    let current = node;
    for (let replacements = 0; ; replacements++) {
      assert(replacements < MAX_REPLACEMENTS, "expression rules work against each other");
      if (current.kind === "literal" || settled.has(current)) return current;
      current = mapChainOperands(current, rewrite);
      const replaced = applyOne(current);
      if (replaced === undefined) break;
      current = replaced;
    }
    settled.add(current);
    return current;
  };
  const applyOne = (node: Expr): Expr | undefined => {
    for (const rule of rules) {
      const replaced = rule.apply(node, context);
      if (replaced !== undefined && replaced !== node) {
        fired.add(rule.name);
        return replaced;
      }
    }
    return undefined;
  };
  return rewrite(expr);
}

/** `mapOperands` that takes a long chain of `and` or `or` as one node, so that the call depth does not follow its length. */
export function mapChainOperands(expr: Expr, f: (operand: Expr) => Expr): Expr {
  if (!isCall(expr, "and") && !isCall(expr, "or")) return mapOperands(expr, f);
  const operands = expr.name === "and" ? conjuncts(expr) : disjuncts(expr);
  if (operands.length < LONG_CHAIN) return mapOperands(expr, f);
  const mapped = operands.map(f);
  if (mapped.every((operand, i) => operand === operands[i]) && isBalanced(expr, operands.length)) return expr;
  return expr.name === "and" ? (conjunction(mapped) ?? expr) : disjunction(mapped);
}

/** A balanced tree of n operands has depth ceil(log2 n); deeper ones are made anew. */
function isBalanced(expr: Expr, operandCount: number): boolean {
  const limit = Math.ceil(Math.log2(operandCount)) + 1;
  const name = expr.kind === "call" ? expr.name : "";
  const depthWithin = (node: Expr, left: number): boolean => !isCall(node, name) || (left > 0 && node.args.every((arg) => depthWithin(arg, left - 1)));
  return depthWithin(expr, limit);
}

/** The expression with columns replaced by what they stand for; columns that the map does not have stay. */
export function substitute(expr: Expr, replacements: ReadonlyMap<ColumnId, Expr>): Expr {
  if (expr.kind === "column") return replacements.get(expr.id) ?? expr;
  return mapChainOperands(expr, (operand) => substitute(operand, replacements));
}
