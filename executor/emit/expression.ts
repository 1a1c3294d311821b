import type { CallExpr, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { chainOperands, operands, typeOf } from "../../catalog/expression.ts";
import { InternalError } from "../../catalog/errors.ts";
import type { Label } from "../wasm/function-builder.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32 } from "../wasm/instructions.ts";
import { acceptsCast, emitCast } from "./casts.ts";
import { comparesByLanes } from "./comparison.ts";
import { emitByDictionary } from "./dictionary-predicates.ts";
import { emitCase, emitCoalesce, emitConnective, emitDecided, emitNot } from "./conditional.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { cheapToEvaluate, codeTerms, isSpecialForm, structuralKey } from "./expression-traits.ts";
import { emitMembership } from "./membership.ts";
import { nullOf } from "./null-flags.ts";
import { functionEmitter } from "./registry.ts";
import { literalRange } from "./value-range.ts";

/** Deeper trees are left to the interpreter: writing code for them would take more stack than there surely is. */
const MAX_DEPTH = 500;
/** Nodes of code that one expression may take: for more, compiling costs more than it saves, and in the end cannot be done. */
export const MAX_CODE_TERMS = 5000;

/** Whether the whole tree can be emitted. */
export function canEmit(expr: Expr): boolean {
  return !isDeeperThan(expr, MAX_DEPTH) && codeTerms(expr) <= MAX_CODE_TERMS && emitsTree(expr);
}

function isDeeperThan(expr: Expr, limit: number): boolean {
  let level: readonly Expr[] = [expr];
  for (let depth = 0; depth < limit; depth++) {
    level = level.flatMap(operands);
    if (level.length === 0) return false;
  }
  return true;
}

function emitsTree(expr: Expr): boolean {
  return emitsNode(expr) && operands(expr).every(emitsTree);
}

function emitsNode(expr: Expr): boolean {
  switch (expr.kind) {
    case "column":
    case "literal":
      return true;
    case "case":
      return expr.branches.length <= MAX_DEPTH;
    case "lambda":
      return false;
    case "cast":
      return acceptsCast(expr);
    case "in":
      return comparesByLanes(typeOf(expr.input));
    case "call":
      // The arguments of coalesce nest as branches of CASE do.
      return (isSpecialForm(expr.name) && expr.args.length <= MAX_DEPTH) || (functionEmitter(expr.name)?.accepts(expr) ?? false);
  }
}

/**
 * Code for the expression's value in the current row, written where `ctx.f` stands. Raises only if the expression does for this row.
 * Every subexpression is computed once per scope.
 */
export function emitExpr(expr: Expr, ctx: EmitContext): EmittedValue {
  if (expr.kind === "literal") return emitLiteral(expr, ctx);
  if (expr.kind === "column") return ctx.column(expr.id);
  const key = structuralKey(expr);
  const known = ctx.remembered(key);
  if (known !== undefined) return known;
  const value = emitByDictionary(expr, ctx, key) ?? emitCompound(expr, ctx);
  ctx.remember(key, value);
  return value;
}

function emitLiteral(literal: LiteralExpr, ctx: EmitContext): EmittedValue {
  if (literal.value === null) return nullOf(literal.type);
  if (literal.type.kind === "boolean") return { type: literal.type, lanes: [i32.const(literal.value === true ? 1 : 0)], isNull: undefined };
  return { ...ctx.literal(literal), range: literalRange(literal) };
}

function emitCompound(expr: Exclude<Expr, { kind: "literal" | "column" }>, ctx: EmitContext): EmittedValue {
  switch (expr.kind) {
    case "call":
      return emitCall(expr, ctx);
    case "cast":
      return emitCast(emitExpr(expr.input, ctx), expr, ctx);
    case "case":
      return emitCase(expr, ctx);
    case "in":
      return emitMembership(expr, ctx);
    case "lambda":
      throw new InternalError("a lambda has no value of its own");
  }
}

function emitCall(call: CallExpr, ctx: EmitContext): EmittedValue {
  switch (call.name) {
    case "and":
    case "or":
      return emitConnective(call, ctx);
    case "not":
      return emitNot(call, ctx);
    case "coalesce":
      return emitCoalesce(call, ctx);
  }
  const emitter = functionEmitter(call.name);
  if (emitter === undefined) throw new InternalError(`no code for function ${call.name}`);
  const args = call.args.map((arg) => emitExpr(arg, ctx));
  if ((emitter.nullIntolerant ?? true) && args.some((arg) => arg.isNull?.constant === 1)) return nullOf(call.type);
  return emitter.emit(args, call, ctx);
}

/** i32: 1 only where a boolean expression is TRUE. To be used at once or put into a local. */
export function emitCondition(expr: Expr, ctx: EmitContext): Val {
  return emitDecided(expr, ctx, true);
}

/**
 * Leaves through `reject` unless every condition is TRUE. They are tested in turn, and a row that one of them rejects reaches no later one that could raise;
 * neighbours that are cheap and cannot raise share one jump.
 */
export function emitFilters(conditions: readonly Expr[], ctx: EmitContext, reject: Label): void {
  const { f } = ctx;
  let pending: Val | undefined;
  const leave = (): void => {
    if (pending !== undefined) f.brIf(reject, i32.eqz(pending));
    pending = undefined;
  };
  for (const condition of conditions.flatMap((chain) => chainOperands(chain, "and"))) {
    const cheap = cheapToEvaluate(condition);
    if (!cheap) leave();
    const holds = emitCondition(condition, ctx);
    pending = f.reusable(pending === undefined ? holds : i32.and(pending, holds));
    if (!cheap) leave();
  }
  leave();
}
