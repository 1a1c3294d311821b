import type { CastExpr } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, i32, i64 } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import { fromInt64 } from "./int128.ts";
import { asInt128, decimalValue } from "./decimal-arithmetic.ts";
import { narrow } from "./integer-arithmetic.ts";
import { oneLane } from "./null-flags.ts";
import { contains, intersect, powerOfTen, rangeOf, typeRange } from "./value-range.ts";

export function castIntegerToInteger(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = cast.type;
  const [x] = input.lanes;
  const range = rangeOf(input);
  const fromLong = input.type.kind === "long";
  if (to.kind === "long") return { type: to, lanes: [f.reusable(i64.extendI32S(x))], isNull: input.isNull, range };
  const low = fromLong ? f.reusable(i32.wrapI64(x)) : x;
  if (contains(typeRange(to), range)) return { type: to, lanes: [low], isNull: input.isNull, range };
  const result = f.reusable(narrow(to, low));
  if (cast.mode === "legacy") return { type: to, lanes: [result], isNull: input.isNull };
  const failed = fromLong ? i64.ne(i64.extendI32S(result), x) : i32.ne(result, x);
  return { type: to, lanes: [result], isNull: failWhere(ctx, cast, failed, input.isNull, [input]), range: intersect(range, typeRange(to)) };
}

export function castIntegerToFloat(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const [x] = input.lanes;
  const lane = cast.type.kind === "float" ? f32 : f64;
  return oneLane(ctx.f, cast.type, x.type === "i64" ? lane.convertI64S(x) : lane.convertI32S(x), input.isNull);
}

export function castFloatToFloat(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const [x] = input.lanes;
  return oneLane(ctx.f, cast.type, cast.type.kind === "float" ? f32.demoteF64(x) : f64.promoteF32(x), input.isNull);
}

/** Cuts toward zero. Outside of ANSI mode as Java does: to the nearest int or long, NaN to 0, then narrower types by their low bits. */
export function castFloatToInteger(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = cast.type;
  const [x] = input.lanes;
  const wide = to.kind === "long";
  const fromFloat = x.type === "f32";
  const truncated = wide ? (fromFloat ? i64.truncSatF32S(x) : i64.truncSatF64S(x)) : fromFloat ? i32.truncSatF32S(x) : i32.truncSatF64S(x);
  const result = f.reusable(wide ? truncated : narrow(to, truncated));
  if (cast.mode === "legacy") return { type: to, lanes: [result], isNull: input.isNull };
  const value = f.reusable(fromFloat ? f64.promoteF32(x) : x);
  const { min, max } = typeRange(to);
  const within = i32.and(f64.le(f64.floor(value), f64.const(Number(max))), f64.ge(f64.ceil(value), f64.const(Number(min))));
  return { type: to, lanes: [result], isNull: failWhere(ctx, cast, i32.eqz(within), input.isNull, [input]) };
}

/** Numbers are TRUE unless they are zero. */
export function castToBoolean(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const [x] = input.lanes;
  return oneLane(ctx.f, cast.type, differsFromZero(input, x), input.isNull);
}

function differsFromZero(input: EmittedValue, x: Val): Val {
  switch (x.type) {
    case "i32":
      return i32.ne(x, i32.const(0));
    case "f32":
      return f32.ne(x, f32.const(0));
    case "f64":
      return f64.ne(x, f64.const(0));
    default: {
      if (input.type.kind !== "decimal") return i64.ne(x, i64.const(0n));
      const { lo, hi } = asInt128(input);
      return input.lanes.length === 1 ? i64.ne(lo, i64.const(0n)) : i64.ne(i64.or(lo, hi), i64.const(0n));
    }
  }
}

/** TRUE is 1, FALSE is 0. Decimals have a scale of at most 18 and room for the 1. */
export function castBoolean(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = cast.type;
  const [x] = input.lanes;
  if (to.kind === "decimal") {
    const one = powerOfTen(to.scale);
    return decimalValue(to, fromInt64(f.reusable(i64.mul(i64.extendI32U(x), i64.const(one)))), input.isNull, { min: 0n, max: one });
  }
  const range = typeRange(BOOLEAN);
  switch (to.kind) {
    case "long":
      return { type: to, lanes: [f.reusable(i64.extendI32U(x))], isNull: input.isNull, range };
    case "float":
      return oneLane(f, to, f32.convertI32S(x), input.isNull);
    case "double":
      return oneLane(f, to, f64.convertI32S(x), input.isNull);
    default:
      return { type: to, lanes: [x], isNull: input.isNull, range };
  }
}
