import type { Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isStringLike, STRING, TIMESTAMP } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { applyFunction, evalMode } from "./calls.ts";
import { castTo } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { callSite, resolveExpr } from "./expressions.ts";

/** Chains that lean to the left are walked in a loop: a long sum does not use up the stack. */
export function resolveBinary(ast: AstExpr & { kind: "binary_op" }, env: ExprEnvironment): Expr {
  if (ast.operator === "and" || ast.operator === "or") return resolveLogical(ast, ast.operator, env);
  const chain: (AstExpr & { kind: "binary_op" })[] = [];
  let leftmost: AstExpr = ast;
  while (leftmost.kind === "binary_op" && leftmost.operator !== "and" && leftmost.operator !== "or") {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let result = resolveExpr(leftmost, env);
  for (const node of chain.toReversed()) {
    const right = resolveExpr(node.right, env);
    showTemporal(node, typeOf(result), typeOf(right), env);
    const name = node.operator === "||" ? "concat" : node.operator;
    const isTextPlusInterval = (name === "+" || name === "-") && (isShiftedText(result, right) || (name === "+" && isShiftedText(right, result)));
    const operands = isTextPlusInterval ? [result, right].map((e) => (isStringLike(typeOf(e)) ? castTo(e, TIMESTAMP, evalMode(env), node.span) : e)) : [result, right];
    const applied = applyFunction(name, operands, env, callSite(name, node, [node.left, node.right], env));
    result = isTextPlusInterval ? castTo(applied, STRING, evalMode(env), node.span) : applied;
  }
  return result;
}

/** A chain of AND or of OR as a balanced tree, which every walk over it can recurse into; operands keep their order. */
function resolveLogical(ast: AstExpr & { kind: "binary_op" }, operator: "and" | "or", env: ExprEnvironment): Expr {
  const operands = logicalOperands(ast, operator).map((operand) => ({ ast: operand, expr: resolveExpr(operand, env) }));
  const combine = (from: number, to: number): { readonly ast: AstExpr; readonly expr: Expr } => {
    if (to - from === 1) return operands[from];
    const middle = (from + to) >>> 1;
    const [left, right] = [combine(from, middle), combine(middle, to)];
    return { ast, expr: applyFunction(operator, [left.expr, right.expr], env, callSite(operator, ast, [left.ast, right.ast], env)) };
  };
  return combine(0, operands.length).expr;
}

/** The operands of a chain of one logical operator, left to right. */
export function logicalOperands(ast: AstExpr, operator: "and" | "or"): readonly AstExpr[] {
  const result: AstExpr[] = [];
  const open: AstExpr[] = [ast];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "binary_op" && next.operator === operator) open.push(next.right, next.left);
    else result.push(next);
  }
  return result;
}

/** A string beside an interval is a timestamp, and the sum a string again. Source: Spark's `BinaryArithmeticWithDatetimeResolver`. */
function isShiftedText(text: Expr, interval: Expr): boolean {
  const { kind } = typeOf(interval);
  return isStringLike(typeOf(text)) && (kind === "interval_dt" || kind === "interval_ym" || kind === "calendar_interval");
}

/** Arithmetic with dates, timestamps and intervals is shown as the functions that Spark makes of it. */
function showTemporal(ast: AstExpr & { kind: "binary_op" }, left: DataType, right: DataType, env: ExprEnvironment): void {
  const { pretty } = env.query;
  const form = temporalForm(ast.operator, left, right);
  if (form !== undefined) pretty.set(ast, () => form(prettySql(ast.left, pretty), prettySql(ast.right, pretty)));
}

function temporalForm(operator: string, left: DataType, right: DataType): ((l: string, r: string) => string) | undefined {
  const isInterval = (t: DataType): boolean => t.kind === "interval_dt" || t.kind === "interval_ym" || t.kind === "calendar_interval";
  if (operator === "*") return isInterval(right) ? (l, r) => `(${r} * ${l})` : undefined;
  if (operator !== "+" && operator !== "-") return undefined;
  const isWhole = (t: DataType): boolean => t.kind === "int" || t.kind === "short" || t.kind === "byte";
  const isDays = (t: DataType): boolean => t.kind === "interval_dt" && t.from === "day" && t.to === "day";
  const isMoment = (t: DataType): boolean => t.kind === "date" || t.kind === "timestamp" || t.kind === "timestamp_ntz" || t.kind === "time" || isStringLike(t);
  if (left.kind === "time" && right.kind === "time") return (l, r) => `${l} ${operator} ${r}`;
  if (operator === "+" && (isInterval(left) || isWhole(left)) && (right.kind === "date" || (isInterval(left) && isMoment(right)))) {
    const swapped = temporalForm(operator, right, left);
    return swapped && ((l, r) => swapped(r, l));
  }
  if (left.kind === "date" && isWhole(right)) return (l, r) => `date_${operator === "+" ? "add" : "sub"}(${l}, ${r})`;
  if (left.kind === "date" && isDays(right)) return (l, r) => (operator === "+" ? `date_add(${l}, extractansiintervaldays(${r}))` : `date_add(${l}, (- extractansiintervaldays(${r})))`);
  return isMoment(left) && isInterval(right) ? (l, r) => `${l} ${operator} ${r}` : undefined;
}
