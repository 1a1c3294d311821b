import type { Expr } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import { typeName } from "../../../catalog/types.ts";
import { disjunction, disjuncts, equals, isCall } from "../../conjunctions.ts";
import { exprKey } from "../../expression-keys.ts";
import { isDeterministic } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

/** Lists that have been through the rule: the optimizer asks in every round, and a list may have a million values. */
const distinctLists = new WeakSet<readonly Expr[]>();

/** IN of one value is an equality; equal values count once. NULL stays in the list: `3 IN (1, NULL)` is NULL, not FALSE. */
export const optimizeIn: ExpressionRule = {
  kind: "expression",
  name: "OptimizeIn",
  apply: (expr) => {
    if (expr.kind !== "in" || distinctLists.has(expr.list)) return undefined;
    const seen = new Set<unknown>();
    const list: Expr[] = [];
    for (const item of expr.list) {
      // A list has one type. A number, text or NULL is its own key; 0.0 and -0.0 are equal in SQL and here.
      const key = item.kind === "literal" && (item.value === null || typeof item.value !== "object") ? item.value : exprKey(item);
      if (seen.has(key) && isDeterministic(item)) continue;
      seen.add(key);
      list.push(item);
    }
    if (list.length === 1) return equals(expr.input, list[0]);
    distinctLists.add(list.length === expr.list.length ? expr.list : list);
    return list.length === expr.list.length ? undefined : { ...expr, list, nullable: isNullable(expr.input) || list.some(isNullable) };
  },
};

/** Fewer equalities than this are compared one after the other. */
const LEAST_EQUALITIES = 3;

/**
 * `x = 1 OR x = 2 OR x IN (3, 4) OR y` is `x IN (1, 2, 3, 4) OR y`, in three-valued logic too: one look-up instead of a chain of comparisons.
 * For literals only, as another value could raise where a branch before it is TRUE.
 */
export const combineEqualities: ExpressionRule = {
  kind: "expression",
  name: "CombineEqualities",
  apply: (expr) => {
    if (!isCall(expr, "or")) return undefined;
    const branches = disjuncts(expr);
    if (branches.length < LEAST_EQUALITIES) return undefined;
    const tests = branches.map(literalsOf);
    const groups = Map.groupBy(
      tests.filter((t) => t !== undefined),
      (t) => t.key,
    );
    const merged = new Set([...groups].filter(([, group]) => group.length > 1 && group.reduce((sum, t) => sum + t.list.length, 0) >= LEAST_EQUALITIES).map(([key]) => key));
    if (merged.size === 0) return undefined;
    const out: Expr[] = [];
    branches.forEach((branch, i) => {
      const key = tests[i]?.key;
      if (key === undefined || !merged.has(key)) out.push(branch);
      else if (groups.get(key)?.[0] === tests[i]) out.push(asIn(groups.get(key) as readonly LiteralTest[]));
    });
    return disjunction(out);
  },
};

interface LiteralTest {
  readonly key: string;
  readonly input: Expr;
  readonly list: readonly Expr[];
}

function literalsOf(expr: Expr): LiteralTest | undefined {
  const [input, list]: readonly [Expr | undefined, readonly Expr[]] = expr.kind === "in" ? [expr.input, expr.list] : isCall(expr, "=") ? [expr.args[0], [expr.args[1]]] : [undefined, []];
  if (input === undefined || input.kind === "literal" || !list.every((item) => item.kind === "literal") || !isDeterministic(input)) return undefined;
  return { key: `${typeName(typeOf(input))} ${exprKey(input)}`, input, list };
}

function asIn(group: readonly LiteralTest[]): Expr {
  const [{ input }] = group;
  const list = group.flatMap((t) => t.list);
  return { kind: "in", input, list, nullable: isNullable(input) || list.some(isNullable) };
}
