import type { Expr } from "../../../catalog/expression.ts";
import { isNullable } from "../../../catalog/expression.ts";
import { booleanCall, conjunction, conjuncts, disjunction, disjuncts, FALSE, isCall, isFalse, isNullLiteral, isTrue, TRUE } from "../../conjunctions.ts";
import { exprKey } from "../../expression-keys.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

/**
 * AND, OR and NOT by the laws that hold in three-valued logic. `x AND NOT x` is FALSE only where x cannot be NULL, else it may be NULL:
 * `SELECT (b AND NOT b) IS NULL FROM t` sees the difference. Comparisons take a NOT in: NOT (a < b) is a >= b, NULL where either is NULL.
 */
export const booleanSimplification: ExpressionRule = {
  kind: "expression",
  name: "BooleanSimplification",
  apply: (expr) => {
    if (expr.kind !== "call") return undefined;
    if (expr.name === "and" || expr.name === "or") return simplifiedChain(expr, expr.name);
    if (expr.name === "not") return negated(expr.args[0]);
    if (expr.name === "istrue" && !isNullable(expr.args[0])) return expr.args[0];
    if (expr.name === "isfalse" && !isNullable(expr.args[0])) return booleanCall("not", [expr.args[0]]);
    return undefined;
  },
};

function simplifiedChain(expr: Expr, connective: "and" | "or"): Expr | undefined {
  const items = connective === "and" ? conjuncts(expr) : disjuncts(expr);
  const isNeutral = connective === "and" ? isTrue : isFalse;
  const isAbsorbing = connective === "and" ? isFalse : isTrue;
  const seen = new Set<string>();
  const kept: Expr[] = [];
  for (const item of items) {
    if (isAbsorbing(item)) return item;
    if (isNeutral(item)) continue;
    const key = exprKey(item);
    if (seen.has(key) && isDeterministic(item)) continue;
    seen.add(key);
    kept.push(item);
  }
  for (const item of kept) if (isCall(item, "not") && !isNullable(item) && isDeterministic(item) && seen.has(exprKey(item.args[0]))) return connective === "and" ? FALSE : TRUE;
  if (kept.length === items.length) return undefined;
  if (kept.length === 0) return connective === "and" ? TRUE : FALSE;
  return connective === "and" ? conjunction(kept) : disjunction(kept);
}

const OPPOSITE: Readonly<Record<string, string>> = { "=": "<>", "<>": "=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", isnull: "isnotnull", isnotnull: "isnull" };

function negated(operand: Expr): Expr | undefined {
  if (isTrue(operand)) return FALSE;
  if (isFalse(operand)) return TRUE;
  if (operand.kind !== "call") return undefined;
  if (operand.name === "not") return operand.args[0];
  if (operand.name === "and") return disjunction(conjuncts(operand).map((item) => booleanCall("not", [item])));
  if (operand.name === "or") return conjunction(disjuncts(operand).map((item) => booleanCall("not", [item])));
  const opposite = OPPOSITE[operand.name];
  return opposite === undefined ? undefined : { ...operand, name: opposite };
}

/**
 * What all branches of a disjunction ask is asked once and first: (a AND b) OR (a AND c) is a AND (b OR c), and a branch that asks no more
 * absorbs the others. Then `a` can become a join condition or a filter (TPC-H Q19). Holds in three-valued logic. Not for a condition
 * that can raise: `(x AND 1 / y > 0) OR (z AND 1 / y > 0)` does not divide where neither x nor z is TRUE.
 */
export const factorDisjunctions: ExpressionRule = {
  kind: "expression",
  name: "FactorDisjunctions",
  apply: (expr) => {
    if (!isCall(expr, "or")) return undefined;
    const branches = disjuncts(expr).map(conjuncts);
    if (branches.length < 2 || branches.some((branch) => branch.length === 0)) return undefined;
    const keys = branches.map((branch) => new Set(branch.map(exprKey)));
    const common = branches[0].filter((item) => keys.every((set) => set.has(exprKey(item))) && isDeterministic(item) && !mayRaise(item));
    if (common.length === 0) return undefined;
    const commonKeys = new Set(common.map(exprKey));
    const rests = branches.map((branch) => branch.filter((item) => !commonKeys.has(exprKey(item))));
    if (rests.some((rest) => rest.length === 0)) return conjunction(common);
    return conjunction([...common, disjunction(rests.map((rest) => conjunction(rest) as Expr))]);
  },
};

/**
 * In a condition that only lets TRUE pass (WHERE, ON, CASE WHEN, FILTER), NULL is as good as FALSE. Not for values: `SELECT NULL AND x`.
 * The very same object when nothing changes.
 */
export function withNullAsFalse(condition: Expr): Expr {
  if (isNullLiteral(condition)) return FALSE;
  if (isCall(condition, "and") || isCall(condition, "or")) {
    const isAnd = condition.name === "and";
    const items = isAnd ? conjuncts(condition) : disjuncts(condition);
    const changed = items.map(withNullAsFalse);
    if (changed.every((item, i) => item === items[i])) return condition;
    return isAnd ? (conjunction(changed) ?? TRUE) : disjunction(changed);
  }
  return condition;
}
