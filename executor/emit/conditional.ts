import type { CallExpr, CaseExpr, Expr } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32, select } from "../wasm/instructions.ts";
import { falseLane, trueLane } from "./boolean-lanes.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { answeredByDictionary } from "./dictionary-predicates.ts";
import { emitCondition, emitExpr } from "./expression.ts";
import { cheapToEvaluate, mayRaise } from "./expression-traits.ts";
import { JoinedValue } from "./joined-value.ts";
import { FALSE, oneLane, orFlags } from "./null-flags.ts";

/** `and`, `or`. The right side is evaluated only where the left one has not decided, unless evaluating it is cheaper than the jump and cannot raise. */
export function emitConnective(call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const [left, right] = call.args;
  const conjunction = call.name === "and";
  const a = emitExpr(left, ctx);
  if (cheapToEvaluate(right)) return connect(conjunction, a, emitExpr(right, ctx), ctx);
  const result = new JoinedValue(f, BOOLEAN, call.nullable);
  f.if(
    conjunction ? falseLane(a) : trueLane(a),
    () => result.assign({ type: BOOLEAN, lanes: [conjunction ? i32.const(0) : i32.const(1)], isNull: undefined }),
    () => ctx.scoped(() => result.assign(connect(conjunction, a, emitExpr(right, ctx), ctx))),
  );
  return result.value();
}

/** Kleene's connectives. The lane is right where it counts: a NULL side's lane is 0 or 1, and the other side decides or the result is NULL. */
function connect(conjunction: boolean, a: EmittedValue, b: EmittedValue, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const [x] = a.lanes;
  const [y] = b.lanes;
  const lane = conjunction ? i32.and(x, y) : i32.or(x, y);
  const either = orFlags(a.isNull, b.isNull);
  if (either === undefined) return oneLane(f, BOOLEAN, lane, undefined);
  const decides = (value: EmittedValue): Val => (conjunction ? value.lanes[0] : i32.eqz(value.lanes[0]));
  // NULL unless one side, not NULL itself, has decided.
  const open = (value: EmittedValue): Val => (value.isNull === undefined ? decides(value) : i32.or(value.isNull, decides(value)));
  const isNull = i32.and(either, i32.and(open(a), open(b)));
  return { type: BOOLEAN, lanes: [f.reusable(lane)], isNull: f.reusable(isNull) };
}

/**
 * i32: whether a boolean expression is TRUE (`wanted` true) or FALSE (`wanted` false), without making its NULL flag where that is not needed. Evaluates no
 * further than this takes. To be used at once or put into a local.
 */
export function emitDecided(expr: Expr, ctx: EmitContext, wanted: boolean): Val {
  const { f } = ctx;
  if (expr.kind === "call" && expr.name === "not") return emitDecided(expr.args[0], ctx, !wanted);
  if (expr.kind === "call" && (expr.name === "and" || expr.name === "or") && !answeredByDictionary(expr, ctx)) {
    const [left, right] = expr.args;
    const both = (expr.name === "and") === wanted;
    if (cheapToEvaluate(right)) {
      const a = f.reusable(emitDecided(left, ctx, wanted));
      const b = emitDecided(right, ctx, wanted);
      return both ? i32.and(a, b) : i32.or(a, b);
    }
    const result = f.local("i32");
    if (!mayRaise(right)) {
      f.set(result, emitDecided(left, ctx, wanted));
      f.if(both ? get(result) : i32.eqz(get(result)), () => ctx.scoped(() => f.set(result, emitDecided(right, ctx, wanted))));
      return get(result);
    }
    // Where the left side is NULL the right one is evaluated, and may raise, though the answer is known.
    const a = emitExpr(left, ctx);
    const decides = expr.name === "or";
    f.if(
      decides ? trueLane(a) : falseLane(a),
      () => f.set(result, i32.const(decides === wanted ? 1 : 0)),
      () =>
        ctx.scoped(() => {
          const b = emitDecided(right, ctx, wanted);
          f.set(result, both ? i32.and(wanted ? trueLane(a) : falseLane(a), b) : b);
        }),
    );
    return get(result);
  }
  const value = emitExpr(expr, ctx);
  return wanted ? trueLane(value) : falseLane(value);
}

/** CASE: with jumps, or by selection where all parts are cheap and cannot raise. */
export function emitCase(expr: CaseExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const parts = [...expr.branches.flatMap((branch) => [branch.when, branch.then]), expr.otherwise];
  if (expr.branches.length <= 4 && parts.slice(1).every(cheapToEvaluate)) return selectCase(expr, ctx);
  const result = new JoinedValue(f, expr.type, expr.nullable);
  const assign = (value: Expr): void => ctx.scoped(() => result.assign(emitExpr(value, ctx)));
  const branch = (index: number): void => {
    if (index === expr.branches.length) {
      assign(expr.otherwise);
      return;
    }
    const { when, then } = expr.branches[index];
    f.if(
      emitCondition(when, ctx),
      () => assign(then),
      () => ctx.scoped(() => branch(index + 1)),
    );
  };
  branch(0);
  return result.value();
}

function selectCase(expr: CaseExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const conditions = expr.branches.map((branch) => f.reusable(emitCondition(branch.when, ctx)));
  const values = expr.branches.map((branch) => emitExpr(branch.then, ctx));
  let result = emitExpr(expr.otherwise, ctx);
  for (let i = expr.branches.length - 1; i >= 0; i--) {
    const otherwise = result;
    const lanes = values[i].lanes.map((lane, k) => f.reusable(select(conditions[i], lane, otherwise.lanes[k])));
    const nullable = values[i].isNull !== undefined || otherwise.isNull !== undefined;
    const isNull = nullable ? f.reusable(select(conditions[i], values[i].isNull ?? FALSE, otherwise.isNull ?? FALSE)) : undefined;
    result = { type: expr.type, lanes, isNull };
  }
  return result;
}

/** `coalesce`: the first argument that is not NULL. */
export function emitCoalesce(call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const first = emitExpr(call.args[0], ctx);
  if (first.isNull === undefined || call.args.length === 1) return { ...first, type: call.type };
  const result = new JoinedValue(f, call.type, call.nullable);
  const step = (index: number, value: EmittedValue): void => {
    if (value.isNull === undefined || index + 1 === call.args.length) {
      result.assign(value);
      return;
    }
    f.if(
      value.isNull,
      () => ctx.scoped(() => step(index + 1, emitExpr(call.args[index + 1], ctx))),
      () => result.assign({ ...value, isNull: undefined }),
    );
  };
  step(0, first);
  return result.value();
}

export function emitNot(call: CallExpr, ctx: EmitContext): EmittedValue {
  const value = emitExpr(call.args[0], ctx);
  return oneLane(ctx.f, BOOLEAN, i32.eqz(value.lanes[0]), value.isNull);
}
