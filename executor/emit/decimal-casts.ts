import type { CastExpr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64, select } from "../wasm/instructions.ts";
import { asDecimalType, asInt128, callWide, decimalValue, OVERFLOW_MARK, scaleUp } from "./decimal-arithmetic.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import type { Int128 } from "./int128.ts";
import { beyond128, fromInt64 } from "./int128.ts";
import { narrow } from "./integer-arithmetic.ts";
import { FALSE, orFlags } from "./null-flags.ts";
import { contains, fitsInt64, intersect, powerOfTen, rangeOf, typeRange } from "./value-range.ts";

/** Doubles hold every integer up to it. */
const EXACT_DOUBLE = 2n ** 53n;
/** Doubles hold every power of ten up to this exponent. */
const EXACT_POWER = 22;

/** i32: whether a value leaves its type, for a value that fits 128 bits. */
function leavesType(value: Int128, range: ValueRange, type: DataType): Val {
  const limit = powerOfTen(asDecimalType(type).precision);
  if (!fitsInt64(range)) return beyond128(value, limit);
  return i32.or(range.max < limit ? i32.const(0) : i64.geS(value.lo, i64.const(limit)), range.min > -limit ? i32.const(0) : i64.leS(value.lo, i64.const(-limit)));
}

function checked(value: Int128, range: ValueRange, input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const own = typeRange(cast.type);
  if (contains(own, range)) return decimalValue(cast.type, value, input.isNull, range);
  const isNull = failWhere(ctx, cast, leavesType(value, range, cast.type), input.isNull, [input]);
  return decimalValue(cast.type, value, isNull, intersect(range, own));
}

/** Whether scaling up cannot leave 128 bits unnoticed. */
const MAX_RANGE = { min: -(2n ** 127n), max: 2n ** 127n - 1n };

export function castIntegerToDecimal(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const [x] = input.lanes;
  const wide: EmittedValue = { ...input, lanes: [x.type === "i64" ? x : f.reusable(i64.extendI32S(x))], range: rangeOf(input) };
  return rescale(wide, 0, cast, input, ctx);
}

export function castDecimalToDecimal(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  return rescale(input, asDecimalType(input.type).scale, cast, input, ctx);
}

function rescale(value: EmittedValue, scale: number, cast: CastExpr, input: EmittedValue, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = asDecimalType(cast.type);
  const digits = to.scale - scale;
  const range = rangeOf(value);
  if (digits >= 0) {
    const factor = powerOfTen(digits);
    if (contains(MAX_RANGE, { min: range.min * factor, max: range.max * factor })) {
      const scaled = scaleUp(ctx, value, digits);
      return checked(scaled.value, scaled.range, input, cast, ctx);
    }
    // Scaling up could leave 128 bits: the kernel says so by its mark.
    const x = asInt128(value);
    const scaled = callWide(ctx, "decimal_multiply_power", [x.lo, x.hi, i32.const(digits)]);
    const failed = f.reusable(i32.or(i64.eq(scaled.hi, i64.const(OVERFLOW_MARK)), beyond128(scaled, powerOfTen(to.precision))));
    return decimalValue(to, scaled, failWhere(ctx, cast, failed, input.isNull, [input]), undefined);
  }
  const divisor = powerOfTen(-digits);
  const rounded = { min: range.min / divisor - 1n, max: range.max / divisor + 1n };
  if (fitsInt64(range) && -digits <= 18) {
    const [x] = value.lanes;
    const half = divisor / 2n;
    // Adding half of the divisor could leave 64 bits only beyond 18 digits.
    if (fitsInt64({ min: range.min - half, max: range.max + half })) {
      const offset = select(i64.ltS(x, i64.const(0n)), i64.const(-half), i64.const(half));
      return checked(fromInt64(f.reusable(i64.divS(i64.add(x, offset), i64.const(divisor)))), rounded, input, cast, ctx);
    }
  }
  const x = asInt128(value);
  return checked(callWide(ctx, "decimal_round", [x.lo, x.hi, i32.const(-digits)]), rounded, input, cast, ctx);
}

/** Cuts the fraction off. */
export function castDecimalToInteger(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = cast.type;
  const { scale } = asDecimalType(input.type);
  const divisor = powerOfTen(scale);
  const range = rangeOf(input);
  const whole = { min: range.min / divisor, max: range.max / divisor };
  const value: Int128 = fitsInt64(range) && scale <= 18 ? fromInt64(scale === 0 ? input.lanes[0] : f.reusable(i64.divS(input.lanes[0], i64.const(divisor)))) : callTruncate(ctx, input, scale);
  const lane = to.kind === "long" ? value.lo : f.reusable(narrow(to, i32.wrapI64(value.lo)));
  if (contains(typeRange(to), whole)) return { type: to, lanes: [lane], isNull: input.isNull, range: whole };
  // Java's narrowing of the low 64 bits.
  if (cast.mode === "legacy") return { type: to, lanes: [lane], isNull: input.isNull };
  const extended = to.kind === "long" ? lane : i64.extendI32S(lane);
  const differs = to.kind === "long" ? i64.ne(value.hi, i64.shrS(value.lo, i64.const(63n))) : i32.or(i64.ne(extended, value.lo), i64.ne(value.hi, i64.shrS(value.lo, i64.const(63n))));
  return { type: to, lanes: [lane], isNull: failWhere(ctx, cast, differs, input.isNull, [input]), range: intersect(whole, typeRange(to)) };
}

function callTruncate(ctx: EmitContext, input: EmittedValue, scale: number): Int128 {
  const x = asInt128(input);
  return callWide(ctx, "decimal_truncate", [x.lo, x.hi, i32.const(scale)]);
}

/** The nearest double: by one exact division where both parts are exact doubles, else through the digits. */
export function castDecimalToFloat(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const { scale } = asDecimalType(input.type);
  const range = rangeOf(input);
  const single = cast.type.kind === "float";
  const result = f.local(single ? "f32" : "f64");
  const inPlace = (): Val => f64.div(f64.convertI64S(input.lanes[0]), f64.const(10 ** scale));
  const x = asInt128(input);
  const exactly = (): void => {
    const nearest = f.call(ctx.kernel(single ? "decimal_to_float" : "decimal_to_double"), [x.lo, x.hi, i32.const(scale)]);
    f.set(result, single ? f32.demoteF64(nearest) : nearest);
  };
  // A float made from a rounded double could be rounded twice, but not from an exact one.
  if (scale <= EXACT_POWER && !single) {
    const whole = { min: -EXACT_DOUBLE, max: EXACT_DOUBLE };
    if (contains(whole, range)) f.set(result, inPlace());
    else {
      const fits = i32.and(i64.eq(x.hi, i64.shrS(x.lo, i64.const(63n))), i64.leU(i64.add(x.lo, i64.const(EXACT_DOUBLE)), i64.const(2n * EXACT_DOUBLE)));
      f.if(
        fits,
        () => f.set(result, inPlace()),
        () => exactly(),
      );
    }
  } else exactly();
  return { type: cast.type, lanes: [get(result)], isNull: input.isNull };
}

/** Through the digits of the text of the number as a double, as Spark does. NaN and infinities are NULL in every mode. */
export function castFloatToDecimal(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const to = asDecimalType(cast.type);
  const [x] = input.lanes;
  const wide = x.type === "f32" ? f.reusable(f64.promoteF32(x)) : x;
  const value = callWide(ctx, "double_to_decimal", [wide, i32.const(to.scale)]);
  const failed = f.reusable(i32.or(i64.eq(value.hi, i64.const(OVERFLOW_MARK)), beyond128(value, powerOfTen(to.precision))));
  // x - x is 0 for finite numbers only.
  const unknown = f.reusable(orFlags(input.isNull, f64.ne(f64.sub(wide, wide), f64.const(0))) ?? FALSE);
  return decimalValue(to, value, failWhere(ctx, cast, failed, unknown, [input]), undefined);
}
