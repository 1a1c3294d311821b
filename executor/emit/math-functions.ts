import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { DOUBLE, isFractional, isIntegral } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64, select } from "../wasm/instructions.ts";
import { compareValues, comparesByLanes } from "./comparison.ts";
import { asDecimalType, asInt128, callWide, decimalValue } from "./decimal-arithmetic.ts";
import { castDecimalToDecimal } from "./decimal-casts.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { add128, constant128, fromInt64, negate128, sub128 } from "./int128.ts";
import type { Int128 } from "./int128.ts";
import { emitSignChange } from "./integer-arithmetic.ts";
import { anyNull, FALSE, oneLane, orFlags } from "./null-flags.ts";
import { fitsInt64, powerOfTen, rangeOf } from "./value-range.ts";

function isDouble(call: CallExpr): boolean {
  return call.args.every((arg) => typeOf(arg).kind === "double");
}

function ofDouble(emit: (x: Val, ctx: EmitContext) => Val, cost = 2): FunctionEmitter {
  return { accepts: isDouble, cost, emit: ([a], call, ctx) => oneLane(ctx.f, call.type, emit(a.lanes[0], ctx), a.isNull) };
}

/** A function of `Math`, by the host. */
function hosted(name: string): FunctionEmitter {
  return ofDouble((x, ctx) => ctx.f.call(ctx.kernel(`math_${name}`), [x]), 20);
}

/** NULL for numbers up to `floor`, of which there is no logarithm. */
function logarithm(name: string, floor: number): FunctionEmitter {
  return {
    accepts: isDouble,
    cost: 20,
    emit: ([a], call, ctx) => {
      const { f } = ctx;
      const undefinedAt = f64.le(a.lanes[0], f64.const(floor));
      const isNull = f.reusable(orFlags(a.isNull, undefinedAt) ?? FALSE);
      return oneLane(f, call.type, f.call(ctx.kernel(`math_${name}`), [a.lanes[0]]), isNull);
    },
  };
}

function logarithmToBase([base, x]: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const notPositive = (value: EmittedValue): Val => f64.le(value.lanes[0], f64.const(0));
  const isNull = f.reusable(orFlags(anyNull(f, [base, x]), i32.or(notPositive(base), notPositive(x))) ?? FALSE);
  const ln = (value: EmittedValue): Val => f.call(ctx.kernel("math_ln"), [value.lanes[0]]);
  const above = f.let(ln(x));
  return oneLane(f, call.type, f64.div(get(above), ln(base)), isNull);
}

/** Where it is not negative; its negation elsewhere. */
function magnitude(ctx: EmitContext, value: Int128): Int128 {
  const { f } = ctx;
  const negated = negate128(f, value);
  const negative = f.reusable(i64.ltS(value.hi, i64.const(0n)));
  return { lo: f.reusable(select(negative, negated.lo, value.lo)), hi: f.reusable(select(negative, negated.hi, value.hi)) };
}

function emitAbs(a: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  if (isIntegral(call.type)) return emitSignChange("abs", a, call, ctx);
  if (call.type.kind === "float") return oneLane(f, call.type, f32.abs(a.lanes[0]), a.isNull);
  if (call.type.kind === "double") return oneLane(f, call.type, f64.abs(a.lanes[0]), a.isNull);
  if (fitsInt64(rangeOf(a))) {
    const [x] = a.lanes;
    return decimalValue(call.type, fromInt64(f.reusable(select(i64.ltS(x, i64.const(0n)), i64.sub(i64.const(0n), x), x))), a.isNull, undefined);
  }
  return decimalValue(call.type, magnitude(ctx, asInt128(a)), a.isNull, undefined);
}

/** The whole number at or below (`floor`), or at or above (`ceil`), a decimal: cut, after moving away from zero what cutting would move the other way. */
function roundDirected(name: "floor" | "ceil", a: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const { scale } = asDecimalType(a.type);
  if (scale === 0) return { ...a, type: call.type };
  const almost = powerOfTen(scale) - 1n;
  const range = rangeOf(a);
  if (fitsInt64({ min: range.min - almost, max: range.max + almost })) {
    const [x] = a.lanes;
    const moved = name === "floor" ? select(i64.ltS(x, i64.const(0n)), i64.sub(x, i64.const(almost)), x) : select(i64.gtS(x, i64.const(0n)), i64.add(x, i64.const(almost)), x);
    return decimalValue(call.type, fromInt64(f.reusable(i64.divS(moved, i64.const(almost + 1n)))), a.isNull, undefined);
  }
  const x = asInt128(a);
  const moved = name === "floor" ? sub128(f, x, constant128(almost)) : add128(f, x, constant128(almost));
  const negative = i64.ltS(x.hi, i64.const(0n));
  const move = f.reusable(name === "floor" ? negative : i32.eqz(negative));
  const chosen = { lo: select(move, moved.lo, x.lo), hi: select(move, moved.hi, x.hi) };
  return decimalValue(call.type, callWide(ctx, "decimal_truncate", [chosen.lo, chosen.hi, i32.const(scale)]), a.isNull, undefined);
}

function directed(name: "floor" | "ceil"): FunctionEmitter {
  return {
    accepts: (call) => {
      const type = typeOf(call.args[0]);
      if (call.args.length !== 1) return false;
      return type.kind === "long" || type.kind === "double" || (type.kind === "decimal" && (type.precision < 38 || type.scale === 0));
    },
    emit: ([a], call, ctx) => {
      switch (a.type.kind) {
        case "decimal":
          return roundDirected(name, a, call, ctx);
        case "double":
          return oneLane(ctx.f, call.type, i64.truncSatF64S(f64[name](a.lanes[0])), a.isNull);
        default:
          return a;
      }
    },
  };
}

function literalScale(call: CallExpr): number | undefined {
  const [, scale] = call.args;
  if (scale === undefined) return 0;
  return scale.kind === "literal" && typeof scale.value === "number" ? scale.value : undefined;
}

/** Doubles are rounded up to this many digits. */
const MAX_INLINE_SCALE = 8;
/** Products below it keep all digits of the middle between two results within fifteen: such middles are texts of one double each. */
const LARGEST_SURE = 1e14;

/**
 * Half away from zero by the digits of the shortest text, as Spark does. The middle between the two results, as a double, is the quotient of two exact
 * integers; a number whose text ends there is that very double.
 */
function roundDouble(x: Val, scale: number, ctx: EmitContext): Val {
  const { f } = ctx;
  const result = f.local("f64");
  const factor = 10 ** scale;
  const scaled = f.reusable(f64.mul(x, f64.const(factor)));
  f.if(
    f64.lt(f64.abs(scaled), f64.const(LARGEST_SURE)),
    () => {
      const whole = f.reusable(f64.floor(scaled));
      const middle = f.reusable(f64.div(f64.add(f64.add(whole, whole), f64.const(1)), f64.const(2 * factor)));
      const up = select(f64.gt(x, f64.const(0)), f64.ge(x, middle), f64.gt(x, middle));
      f.set(result, f64.div(f64.add(whole, f64.convertI32S(up)), f64.const(factor)));
    },
    () => f.set(result, f.call(ctx.kernel("round_double"), [x, i32.const(scale)])),
  );
  return get(result);
}

function isRounded(type: DataType, scale: number): boolean {
  if (type.kind === "decimal") return scale >= 0;
  return isIntegral(type) ? scale >= 0 : type.kind === "double" && scale >= 0 && scale <= MAX_INLINE_SCALE;
}

function roundDecimal(a: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  return castDecimalToDecimal(a, { kind: "cast", input: call.args[0], type: call.type, nullable: call.nullable, mode: call.mode, span: call.span }, ctx);
}

/** `greatest` and `least` pass over NULLs. */
function extremum(operator: ">" | "<"): FunctionEmitter {
  return {
    accepts: (call) => call.args.every((arg) => comparesByLanes(typeOf(arg))),
    nullIntolerant: false,
    cost: 4,
    emit: (args, call, ctx) => {
      const { f } = ctx;
      return args.slice(1).reduce<EmittedValue>((best, next) => {
        if (next.isNull?.constant === 1) return best;
        if (best.isNull?.constant === 1) return { ...next, type: call.type };
        const beats = compareValues(operator, next, best, ctx);
        const overNull = best.isNull === undefined ? beats : i32.or(beats, best.isNull);
        const take = f.reusable(next.isNull === undefined ? overNull : i32.and(overNull, i32.eqz(next.isNull)));
        const lanes = next.lanes.map((lane, i) => f.reusable(select(take, lane, best.lanes[i])));
        const isNull = next.isNull === undefined || best.isNull === undefined ? undefined : f.reusable(i32.and(next.isNull, best.isNull));
        return { type: call.type, lanes, isNull };
      }, { type: call.type, lanes: args[0].lanes, isNull: args[0].isNull });
    },
  };
}

const HOSTED_MATH: readonly string[] = ["cbrt", "exp", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"];

export const mathFunctionEmitters: FunctionEmitters = {
  ...Object.fromEntries(HOSTED_MATH.map((name) => [name, hosted(name)])),
  "abs": {
    accepts: (call) => isIntegral(call.type) || isFractional(call.type) || call.type.kind === "decimal",
    raises: (call) => call.mode === "ansi" && isIntegral(call.type),
    emit: ([a], call, ctx) => emitAbs(a, call, ctx),
  },
  "sign": ofDouble((x) => select(f64.gt(x, f64.const(0)), f64.const(1), select(f64.lt(x, f64.const(0)), f64.const(-1), x))),
  "sqrt": ofDouble(f64.sqrt, 5),
  "rint": ofDouble(f64.nearest),
  "degrees": ofDouble((x) => f64.div(f64.mul(x, f64.const(180)), f64.const(Math.PI)), 5),
  "radians": ofDouble((x) => f64.mul(f64.div(x, f64.const(180)), f64.const(Math.PI)), 5),
  "ln": logarithm("ln", 0),
  "log10": logarithm("log10", 0),
  "log2": logarithm("log2", 0),
  "log1p": logarithm("log1p", -1),
  "log": { accepts: isDouble, cost: 40, emit: (args, call, ctx) => (args.length === 1 ? logarithm("ln", 0).emit(args, call, ctx) : logarithmToBase(args, call, ctx)) },
  "power": {
    accepts: isDouble,
    cost: 25,
    emit: ([x, y], call, ctx) => oneLane(ctx.f, call.type, ctx.f.call(ctx.kernel("math_power"), [x.lanes[0], y.lanes[0]]), anyNull(ctx.f, [x, y])),
  },
  "atan2": {
    accepts: isDouble,
    cost: 25,
    emit: ([y, x], call, ctx) => {
      const positive = (value: EmittedValue): Val => f64.add(value.lanes[0], f64.const(0));
      return oneLane(ctx.f, call.type, ctx.f.call(ctx.kernel("math_atan2"), [positive(y), positive(x)]), anyNull(ctx.f, [x, y]));
    },
  },
  "pi": { accepts: () => true, cost: 0, emit: () => ({ type: DOUBLE, lanes: [f64.const(Math.PI)], isNull: undefined }) },
  "e": { accepts: () => true, cost: 0, emit: () => ({ type: DOUBLE, lanes: [f64.const(Math.E)], isNull: undefined }) },
  "floor": directed("floor"),
  "ceil": directed("ceil"),
  "round": {
    accepts: (call) => {
      const scale = literalScale(call);
      return scale !== undefined && isRounded(typeOf(call.args[0]), scale);
    },
    raises: (call) => call.mode === "ansi" && call.type.kind === "decimal",
    cost: 6,
    emit: ([a], call, ctx) => {
      if (a.type.kind === "decimal") return roundDecimal(a, call, ctx);
      if (a.type.kind === "double") return oneLane(ctx.f, call.type, roundDouble(a.lanes[0], literalScale(call) ?? 0, ctx), a.isNull);
      return a;
    },
  },
  "bit_count": {
    accepts: (call) => isIntegral(typeOf(call.args[0])) || typeOf(call.args[0]).kind === "boolean",
    emit: ([a], call, ctx) => {
      const [x] = a.lanes;
      return oneLane(ctx.f, call.type, i32.wrapI64(i64.popcnt(x.type === "i64" ? x : i64.extendI32S(x))), a.isNull);
    },
  },
  "greatest": extremum(">"),
  "least": extremum("<"),
};
