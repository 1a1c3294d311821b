import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../../../catalog/expression.ts";
import { sameType } from "../../../catalog/types.ts";
import type { JoinKind, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { conjunction, conjuncts, disjunction, disjuncts, isCall } from "../../conjunctions.ts";
import { exprKey } from "../../expression-keys.ts";
import { rangesOf } from "../column-ranges.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import { substitute } from "../expression-traversal.ts";
import { outputIds } from "../plan-traversal.ts";
import { constraintsOf } from "../plan-properties.ts";
import type { NodeRule } from "../rule.ts";
import { filtered } from "./filter-pushdown.ts";

/** Which side may be filtered by what holds for its join partners: one whose rows without a partner do not show up. */
const FILTERABLE: Readonly<Record<JoinKind, { readonly left: boolean; readonly right: boolean }>> = {
  inner: { left: true, right: true },
  left: { left: false, right: true },
  right: { left: true, right: false },
  full: { left: false, right: false },
  semi: { left: true, right: true },
  anti: { left: false, right: true },
  mark: { left: false, right: false },
  single: { left: false, right: true },
};

/**
 * What is known of one side's key holds for the other side's: from `t.a = u.a` and `t.a > 5` comes `u.a > 5`. Conditions over one column of
 * integers, dates, strings and the like, where equal values are the same; `-0.0 = 0.0` but 1 / -0.0 is not 1 / 0.0. Not for the rows that an
 * outer join keeps: `t LEFT JOIN u ON t.a = u.a WHERE ...` filters `u` by what holds for `t`, never `t` by what holds for `u`.
 */
export const inferFiltersFromEqualities: NodeRule = {
  kind: "node",
  name: "InferFiltersFromConstraints",
  apply: (node) => {
    if (node.kind !== "join" || node.dependent || node.condition === undefined) return undefined;
    const allowed = FILTERABLE[node.join];
    const pairs = equalityPairs(node.condition, outputIds(node.left), outputIds(node.right));
    if (pairs.length === 0) return undefined;
    const left = allowed.left ? inferred(node.right, node.left, pairs.map(([l, r]) => [r, l] as const)) : [];
    const right = allowed.right ? inferred(node.left, node.right, pairs) : [];
    if (left.length === 0 && right.length === 0) return undefined;
    return { ...node, left: filtered(node.left, left), right: filtered(node.right, right) };
  },
};

type ColumnRef = Extract<Expr, { kind: "column" }>;

function equalityPairs(condition: Expr, left: ReadonlySet<ColumnId>, right: ReadonlySet<ColumnId>): readonly (readonly [ColumnRef, ColumnRef])[] {
  return conjuncts(condition).flatMap((conjunct): readonly (readonly [ColumnRef, ColumnRef])[] => {
    if (!isCall(conjunct, "=")) return [];
    const [a, b] = conjunct.args;
    if (a.kind !== "column" || b.kind !== "column" || !sameType(a.type, b.type) || a.type.kind === "float" || a.type.kind === "double") return [];
    if (left.has(a.id) && right.has(b.id)) return [[a, b]];
    return left.has(b.id) && right.has(a.id) ? [[b, a]] : [];
  });
}

/** Conditions for `to` from those of `from`, that `to` does not fulfil already. */
function inferred(from: LogicalPlan, to: LogicalPlan, pairs: readonly (readonly [ColumnRef, ColumnRef])[]): readonly Expr[] {
  const known = constraintsOf(to);
  const out = new Map<string, Expr>();
  for (const constraint of constraintsOf(from).values()) {
    const ids = referencedColumns(constraint);
    if (ids.size !== 1 || !isDeterministic(constraint) || mayRaise(constraint, rangesOf(from))) continue;
    for (const [source, target] of pairs) {
      if (!ids.has(source.id) || isNotNullTest(constraint)) continue;
      const moved = substitute(constraint, new Map([[source.id, columnExpr(target)]]));
      const key = exprKey(moved);
      if (!known.has(key)) out.set(key, moved);
    }
  }
  return [...out.values()];
}

/** Join keys that are NULL meet nothing anyway. */
function isNotNullTest(constraint: Expr): boolean {
  return isCall(constraint, "isnotnull");
}

/**
 * A disjunction over both sides implies one over each: `(a = 1 AND b = 2) OR (a = 2 AND b = 1)` lets only a IN (1, 2) and b IN (1, 2) pass
 * (TPC-H Q7). Where every branch asks something of one side alone that is asked there, first; the whole condition stays.
 */
export const inferSideDisjunctions: NodeRule = {
  kind: "node",
  name: "InferSideDisjunctions",
  apply: (node) => {
    if (node.kind !== "join" || node.dependent || node.condition === undefined) return undefined;
    const allowed = FILTERABLE[node.join];
    const implied = (side: LogicalPlan): readonly Expr[] => conjuncts(node.condition).flatMap((condition) => impliedBy(condition, side));
    const left = allowed.left ? implied(node.left) : [];
    const right = allowed.right ? implied(node.right) : [];
    if (left.length === 0 && right.length === 0) return undefined;
    return { ...node, left: filtered(node.left, left), right: filtered(node.right, right) };
  },
};

function impliedBy(condition: Expr, side: LogicalPlan): readonly Expr[] {
  if (!isCall(condition, "or")) return [];
  const known = constraintsOf(side);
  const out: Expr[] = [];
  // One table at a time, so that what is implied moves all the way down.
  for (const ids of columnOwners(side)) {
    const branches = disjuncts(condition).map((branch) => conjuncts(branch).filter((part) => isOver(part, ids) && isDeterministic(part) && !mayRaise(part, rangesOf(side))));
    if (branches.some((branch) => branch.length === 0)) continue;
    const implied = disjunction(branches.map((branch) => conjunction(branch) as Expr));
    if (!known.has(exprKey(implied))) out.push(implied);
  }
  return out;
}

function isOver(expr: Expr, ids: ReadonlySet<ColumnId>): boolean {
  const read = referencedColumns(expr);
  if (read.size === 0) return false;
  for (const id of read) if (!ids.has(id)) return false;
  return true;
}

/** The output columns of each input of a tree of joins. */
function columnOwners(plan: LogicalPlan): readonly ReadonlySet<ColumnId>[] {
  if (plan.kind === "join" && !plan.dependent) return [...columnOwners(plan.left), ...columnOwners(plan.right)];
  if (plan.kind === "filter") return columnOwners(plan.input);
  return [new Set(outputOf(plan).map((column) => column.id))];
}
