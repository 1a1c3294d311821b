import type { CallExpr, Expr, LiteralExpr } from "../catalog/expression.ts";
import { chainOperands, isNullable, typeOf } from "../catalog/expression.ts";
import { BOOLEAN } from "../catalog/types.ts";
import { exprKey } from "./expression-keys.ts";

export const TRUE: LiteralExpr = { kind: "literal", type: BOOLEAN, value: true };
export const FALSE: LiteralExpr = { kind: "literal", type: BOOLEAN, value: false };
export const UNKNOWN: LiteralExpr = { kind: "literal", type: BOOLEAN, value: null };

/** The operands of a chain of `and`, left to right, however it is nested; [] for no condition and for TRUE. */
export function conjuncts(expr: Expr | undefined): readonly Expr[] {
  if (expr === undefined || isTrue(expr)) return [];
  return chainOperands(expr, "and");
}

/** The operands of a chain of `or`, left to right. */
export function disjuncts(expr: Expr): readonly Expr[] {
  return chainOperands(expr, "or");
}

/** The conjunction of the conditions in this order; undefined for none. A balanced tree, so that its depth is logarithmic. */
export function conjunction(conditions: readonly Expr[]): Expr | undefined {
  return conditions.length === 0 ? undefined : balanced("and", conditions, 0, conditions.length);
}

/** The disjunction of at least one condition, as a balanced tree. */
export function disjunction(conditions: readonly Expr[]): Expr {
  return conditions.length === 0 ? FALSE : balanced("or", conditions, 0, conditions.length);
}

function balanced(name: "and" | "or", items: readonly Expr[], from: number, to: number): Expr {
  if (to - from === 1) return items[from];
  const middle = (from + to) >> 1;
  return booleanCall(name, [balanced(name, items, from, middle), balanced(name, items, middle, to)]);
}

/** A call of a boolean function that is NULL only when an argument can be, and that cannot raise by itself. */
export function booleanCall(name: string, args: readonly Expr[]): CallExpr {
  const nullable = name === "isnull" || name === "isnotnull" || name === "<=>" ? false : args.some(isNullable);
  return { kind: "call", name, args, type: BOOLEAN, nullable, mode: "ansi" };
}

export function equals(left: Expr, right: Expr): CallExpr {
  return booleanCall("=", [left, right]);
}

export function isCall(expr: Expr, name: string): expr is CallExpr {
  return expr.kind === "call" && expr.name === name;
}

export function isTrue(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === true;
}

export function isFalse(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === false;
}

export function isNullLiteral(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === null;
}

/** Structural equality: same values for the same row, given that both are deterministic. Spans do not count. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "column":
      return b.kind === "column" && a.id === b.id;
    case "literal":
      return b.kind === "literal" && exprKey(a) === exprKey(b);
    case "call":
      return b.kind === "call" && a.name === b.name && a.mode === b.mode && a.args.length === b.args.length && a.type.kind === b.type.kind && a.args.every((x, i) => sameExpr(x, b.args[i]));
    case "cast":
    case "case":
    case "in":
    case "lambda":
      return exprKey(a) === exprKey(b);
  }
}

/** `a = b` or `a <=> b` between the two sides given by the predicates, turned so that `left` is on the left; undefined for anything else. */
export function equalityBetween(
  condition: Expr,
  readsLeft: (expr: Expr) => boolean,
  readsRight: (expr: Expr) => boolean,
): { readonly left: Expr; readonly right: Expr; readonly nullSafe: boolean } | undefined {
  if (condition.kind !== "call" || (condition.name !== "=" && condition.name !== "<=>")) return undefined;
  const [a, b] = condition.args;
  const nullSafe = condition.name === "<=>";
  if (typeOf(a).kind === "null" || typeOf(b).kind === "null") return undefined;
  if (readsLeft(a) && readsRight(b)) return { left: a, right: b, nullSafe };
  if (readsLeft(b) && readsRight(a)) return { left: b, right: a, nullSafe };
  return undefined;
}
