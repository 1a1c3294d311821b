import type { Expr, LiteralExpr } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import type { DataType } from "../../../catalog/types.ts";
import { isIntegral, sameType } from "../../../catalog/types.ts";
import { booleanCall, FALSE, isFalse, isTrue, sameExpr, TRUE, UNKNOWN } from "../../conjunctions.ts";
import { isDeterministic, isSafeCast, typeRange } from "../expression-facts.ts";
import type { ExpressionRule } from "../rule.ts";

const MIRRORED: Readonly<Record<string, string>> = { "=": "=", "<=>": "<=>", "<>": "<>", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/**
 * Comparisons in one form: the literal on the right, `x = TRUE` as x, and an expression with itself decided
 * (NaN equals NaN in Spark; where it can be NULL the answer still is).
 */
export const canonicalizeComparisons: ExpressionRule = {
  kind: "expression",
  name: "CanonicalizeComparisons",
  apply: (expr) => {
    if (expr.kind !== "call" || !(expr.name in MIRRORED) || expr.args.length !== 2) return undefined;
    const [left, right] = expr.args;
    if (left.kind === "literal" && right.kind !== "literal") return { ...expr, name: MIRRORED[expr.name], args: [right, left] };
    if (expr.name === "=" && isTrue(right)) return left;
    if (expr.name === "=" && isFalse(right)) return booleanCall("not", [left]);
    if (left.kind !== "literal" && isDeterministic(left) && sameExpr(left, right)) {
      if (expr.name === "<=>") return TRUE;
      const holds = expr.name === "=" || expr.name === "<=" || expr.name === ">=";
      return decided(left, holds);
    }
    return undefined;
  },
};

/** TRUE or FALSE where the expression is not NULL, else NULL. */
function decided(input: Expr, holds: boolean): Expr {
  if (!isNullable(input)) return holds ? TRUE : FALSE;
  return holds ? booleanCall("or", [booleanCall("isnotnull", [input]), UNKNOWN]) : booleanCall("and", [booleanCall("isnull", [input]), UNKNOWN]);
}

/** A cast that keeps every value is dropped when it is to the same type, or below another cast of numbers. */
export const simplifyCasts: ExpressionRule = {
  kind: "expression",
  name: "SimplifyCasts",
  apply: (expr) => {
    if (expr.kind !== "cast") return undefined;
    if (sameType(typeOf(expr.input), expr.type)) return expr.input;
    if (expr.input.kind !== "cast") return undefined;
    const inner = expr.input;
    const from = typeOf(inner.input);
    if (!isIntegral(from) || !isIntegral(inner.type) || !isSafeCast(from, inner.type)) return undefined;
    return isIntegral(expr.type) || expr.type.kind === "decimal" || expr.type.kind === "double" ? { ...expr, input: inner.input } : undefined;
  },
};

/**
 * `CAST(x AS wider) op literal` compares x itself, with the literal in x's own type: statistics, hash keys and compiled code then see a plain
 * column. For integers and decimals cast to a type that holds every value of theirs; a literal between two values or outside of the
 * type's range decides or moves the comparison. Not for casts that round: `CAST(d AS INT) = 1` also holds for 1.5.
 */
export const unwrapCastInComparison: ExpressionRule = {
  kind: "expression",
  name: "UnwrapCastInBinaryComparison",
  apply: (expr) => {
    if (expr.kind === "in") return unwrapIn(expr);
    if (expr.kind !== "call" || !(expr.name in MIRRORED)) return undefined;
    const [cast, literal] = expr.args;
    if (cast.kind !== "cast" || literal.kind !== "literal" || literal.value === null) return undefined;
    const position = positionInSourceType(cast.input, literal);
    if (position === undefined) return undefined;
    return comparedWithSource(expr.name === "!=" ? "<>" : expr.name, cast.input, position);
  },
};

/** Where a literal lies among the values of the uncast type: on one (`exact`), or just above `floor`; below or above all of them. */
type Position = { readonly kind: "exact"; readonly value: LiteralExpr } | { readonly kind: "between"; readonly floor: LiteralExpr } | { readonly kind: "below" } | { readonly kind: "above" };

function comparedWithSource(name: string, input: Expr, position: Position): Expr {
  if (position.kind === "exact") return booleanCall(name, [input, position.value]);
  switch (name) {
    case "<=>":
      return FALSE;
    case "=":
      return decided(input, false);
    case "<>":
      return decided(input, true);
    default: {
      const isLess = name === "<" || name === "<=";
      if (position.kind === "between") return booleanCall(isLess ? "<=" : ">", [input, position.floor]);
      return decided(input, isLess === (position.kind === "above"));
    }
  }
}

function unwrapIn(expr: Extract<Expr, { kind: "in" }>): Expr | undefined {
  if (expr.input.kind !== "cast") return undefined;
  const { input } = expr.input;
  const list: Expr[] = [];
  for (const item of expr.list) {
    if (item.kind !== "literal") return undefined;
    if (item.value === null) {
      list.push({ ...item, type: typeOf(input) });
      continue;
    }
    const position = positionInSourceType(input, item);
    if (position === undefined) return undefined;
    if (position.kind === "exact") list.push(position.value);
  }
  if (list.length === 0) return decided(input, false);
  return { kind: "in", input, list, nullable: isNullable(input) || list.some(isNullable) };
}

function positionInSourceType(input: Expr, literal: LiteralExpr): Position | undefined {
  const from = typeOf(input);
  const to = literal.type;
  if (!isDeterministic(input) || !isSafeCast(from, to)) return undefined;
  const source = fixedPoint(from);
  const target = fixedPoint(to);
  const range = typeRange(from);
  if (source === undefined || target === undefined || range === undefined || target.scale < source.scale) return undefined;
  if (typeof literal.value !== "number" && typeof literal.value !== "bigint") return undefined;
  const unit = 10n ** BigInt(target.scale - source.scale);
  const wide = BigInt(literal.value);
  const floor = wide / unit - (wide % unit < 0n ? 1n : 0n);
  if (floor < range.min) return { kind: "below" };
  if (floor > range.max || (floor === range.max && floor * unit !== wide)) return { kind: "above" };
  const value: LiteralExpr = { kind: "literal", type: from, value: from.kind === "long" || from.kind === "decimal" ? floor : Number(floor) };
  return floor * unit === wide ? { kind: "exact", value } : { kind: "between", floor: value };
}

function fixedPoint(type: DataType): { readonly scale: number } | undefined {
  if (isIntegral(type)) return { scale: 0 };
  return type.kind === "decimal" ? { scale: type.scale } : undefined;
}
