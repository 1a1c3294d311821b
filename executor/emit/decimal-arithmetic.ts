import { InternalError } from "../../catalog/errors.ts";
import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType, DecimalType } from "../../catalog/types.ts";
import { isWideDecimal } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32, i64, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import type { Int128 } from "./int128.ts";
import { add128, beyond128, constant128, fitsInt64At, fromInt64, fromLanes, mul128, mul64, sub128 } from "./int128.ts";
import { anyNull } from "./null-flags.ts";
import { contains, differenceRange, fitsInt64, intersect, powerOfTen, productRange, rangeOf, scaledRange, sumRange, typeRange } from "./value-range.ts";

const MAX_PRECISION = 38;
/** The kernels' mark for a result beyond 38 digits, in the high lane: no decimal has it. */
export const OVERFLOW_MARK = -(2n ** 63n);

export function asDecimalType(type: DataType): DecimalType {
  if (type.kind !== "decimal") throw new InternalError(`expected a decimal, not ${type.kind}`);
  return type;
}

export function asInt128(value: EmittedValue): Int128 {
  return value.lanes.length === 1 || fitsInt64(rangeOf(value)) ? fromInt64(value.lanes[0]) : fromLanes(value.lanes);
}

/** A decimal value in the lanes of its type. */
export function decimalValue(type: DataType, value: Int128, isNull: Val | undefined, range: ValueRange | undefined): EmittedValue {
  return { type, lanes: isWideDecimal(type) ? [value.lo, value.hi] : [value.lo], isNull, range };
}

/** Runs a kernel that gives 128 bits: the low half as its result, the high half asked for afterwards. */
export function callWide(ctx: EmitContext, kernel: string, args: readonly Val[]): Int128 {
  const { f } = ctx;
  const lo = get(f.let(f.call(ctx.kernel(kernel), args)));
  const hi = get(f.let(f.call(ctx.kernel("result_high"), [])));
  return { lo, hi };
}

/** The value times 10^digits, known to stay within 128 bits. */
export function scaleUp(ctx: EmitContext, value: EmittedValue, digits: number): { value: Int128; range: ValueRange } {
  const range = rangeOf(value);
  if (digits === 0) return { value: asInt128(value), range };
  const factor = powerOfTen(digits);
  const scaled = scaledRange(range, factor);
  const { f } = ctx;
  if (fitsInt64(scaled)) return { value: fromInt64(f.reusable(i64.mul(value.lanes[0], i64.const(factor)))), range: scaled };
  if (fitsInt64(range) && digits <= 18) return { value: mul64(f, value.lanes[0], i64.const(factor)), range: scaled };
  return { value: mul128(f, asInt128(value), constant128(factor)), range: scaled };
}

/** Digits of an exact sum. */
function sumPrecision(a: DecimalType, b: DecimalType): number {
  return Math.max(a.scale, b.scale) + Math.max(a.precision - a.scale, b.precision - b.scale) + 1;
}

/** Sums whose operands at the common scale exceed 38 digits, or that lose digits of scale, are left to the TypeScript implementation. */
export function acceptsDecimalSum(call: CallExpr): boolean {
  const [a, b] = call.args.map((arg) => asDecimalType(typeOf(arg)));
  const result = asDecimalType(call.type);
  return result.scale === Math.max(a.scale, b.scale) && sumPrecision(a, b) <= MAX_PRECISION + 1;
}

/** Whether a decimal result can exceed its type: only where Spark had to cut the type to 38 digits. */
export function decimalMayOverflow(call: CallExpr): boolean {
  if (call.type.kind !== "decimal") return false;
  const [a, b] = call.args.map((arg) => asDecimalType(typeOf(arg)));
  switch (call.name) {
    case "+":
    case "-":
      return sumPrecision(a, b) > MAX_PRECISION;
    case "*":
      return a.precision + b.precision + 1 > MAX_PRECISION;
    default:
      return true;
  }
}

/** `+` and `-`. Where the result's type was not cut to 38 digits it holds every sum, and nothing is checked. */
export function emitDecimalSum(operator: "+" | "-", a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const type = asDecimalType(call.type);
  const x = scaleUp(ctx, a, type.scale - asDecimalType(a.type).scale);
  const y = scaleUp(ctx, b, type.scale - asDecimalType(b.type).scale);
  const isNull = anyNull(f, [a, b]);
  const exact = operator === "+" ? sumRange(x.range, y.range) : differenceRange(x.range, y.range);
  const op = operator === "+" ? "add" : "sub";
  if (fitsInt64(exact)) {
    return decimalValue(type, fromInt64(f.reusable(i64[op](x.value.lo, y.value.lo))), isNull, intersect(exact, typeRange(type)));
  }
  const sum = operator === "+" ? add128(f, x.value, y.value) : sub128(f, x.value, y.value);
  if (contains(typeRange(type), exact)) return decimalValue(type, sum, isNull, exact);
  const signs = operator === "+" ? i64.and(i64.xor(x.value.hi, sum.hi), i64.xor(y.value.hi, sum.hi)) : i64.and(i64.xor(x.value.hi, y.value.hi), i64.xor(x.value.hi, sum.hi));
  const failed = i32.or(i64.ltS(signs, i64.const(0n)), beyond128(sum, powerOfTen(type.precision)));
  const nullFlag = failWhere(ctx, call, failed, isNull, [a, b]);
  return decimalValue(type, sum, nullFlag, undefined);
}

/** `*`. The exact product has the sum of the scales; what Spark's type has less is rounded away, half up. */
export function emitDecimalProduct(a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const type = asDecimalType(call.type);
  const dropped = asDecimalType(a.type).scale + asDecimalType(b.type).scale - type.scale;
  const isNull = anyNull(f, [a, b]);
  const exact = productRange(rangeOf(a), rangeOf(b));
  const narrowOperands = fitsInt64(rangeOf(a)) && fitsInt64(rangeOf(b));
  if (dropped === 0) {
    if (fitsInt64(exact)) return decimalValue(type, fromInt64(f.reusable(i64.mul(a.lanes[0], b.lanes[0]))), isNull, intersect(exact, typeRange(type)));
    if (narrowOperands) return decimalValue(type, mul64(f, a.lanes[0], b.lanes[0]), isNull, intersect(exact, typeRange(type)));
    if (contains(typeRange(type), exact)) return decimalValue(type, mul128(f, asInt128(a), asInt128(b)), isNull, exact);
  }
  const x = asInt128(a);
  const y = asInt128(b);
  const lo = f.local("i64");
  const hi = f.local("i64");
  const throughKernel = (): void => {
    const product = callWide(ctx, "decimal_multiply", [x.lo, x.hi, y.lo, y.hi, i32.const(dropped)]);
    f.set(lo, product.lo);
    f.set(hi, product.hi);
  };
  if (dropped > 0) {
    throughKernel();
  } else {
    // Two operands of 64 bits, the rule in practice, have a product of less than 38 digits.
    const small = i32.and(fitsInt64At(x), fitsInt64At(y));
    f.if(
      small,
      () =>
        ctx.scoped(() => {
          const product = mul64(f, x.lo, y.lo);
          f.set(lo, product.lo);
          f.set(hi, product.hi);
        }),
      () => ctx.scoped(throughKernel),
    );
  }
  const product = { lo: get(lo), hi: get(hi) };
  const nullFlag = failWhere(ctx, call, i64.eq(product.hi, i64.const(OVERFLOW_MARK)), isNull, [a, b]);
  return decimalValue(type, product, nullFlag, undefined);
}

/** `/`, rounded half up to the result's scale. */
export function emitDecimalQuotient(a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const type = asDecimalType(call.type);
  const digits = type.scale - asDecimalType(a.type).scale + asDecimalType(b.type).scale;
  const x = asInt128(a);
  const y = asInt128(b);
  const zero = i64.eqz(i64.or(y.lo, y.hi));
  const isNull = failWhere(ctx, call, f.reusable(zero), anyNull(f, [a, b]), [a, b]);
  const quotient = callWide(ctx, "decimal_divide", [x.lo, x.hi, y.lo, y.hi, i32.const(digits)]);
  const failed = beyond128(quotient, powerOfTen(type.precision));
  const nullFlag = failWhere(ctx, call, failed, isNull, [a, b]);
  return decimalValue(type, quotient, nullFlag, undefined);
}

/** Operands of `div` that are 64-bit at their common scale. */
export function acceptsWholeQuotient(call: CallExpr): boolean {
  const types = call.args.map((arg) => asDecimalType(typeOf(arg)));
  const scale = Math.max(...types.map((type) => type.scale));
  return types.every((type) => type.precision + scale - type.scale <= 18);
}

/** `div`: the quotient without its fraction, a bigint. */
export function emitWholeQuotient(a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const scale = Math.max(asDecimalType(a.type).scale, asDecimalType(b.type).scale);
  const x = scaleUp(ctx, a, scale - asDecimalType(a.type).scale);
  const y = scaleUp(ctx, b, scale - asDecimalType(b.type).scale);
  const zero = f.reusable(i64.eqz(y.value.lo));
  const isNull = failWhere(ctx, call, zero, anyNull(f, [a, b]), [a, b]);
  // In a NULL row the lanes may be the two whose quotient traps.
  const unsafe = i32.or(zero, i64.eq(y.value.lo, i64.const(-1n)));
  const quotient = i64.divS(x.value.lo, f.reusable(select(unsafe, i64.const(1n), y.value.lo)));
  const negated = select(i64.eq(y.value.lo, i64.const(-1n)), i64.sub(i64.const(0n), x.value.lo), quotient);
  return { type: call.type, lanes: [f.reusable(negated)], isNull };
}

/** `%` and `pmod` at the larger of both scales. */
export function emitDecimalRemainder(name: "%" | "pmod", a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const type = asDecimalType(call.type);
  const x = scaleUp(ctx, a, type.scale - asDecimalType(a.type).scale);
  const y = scaleUp(ctx, b, type.scale - asDecimalType(b.type).scale);
  const zero = f.reusable(i64.eqz(i64.or(y.value.lo, y.value.hi)));
  const isNull = failWhere(ctx, call, zero, anyNull(f, [a, b]), [a, b]);
  if (fitsInt64(x.range) && fitsInt64(y.range)) {
    const divisor = f.reusable(select(zero, i64.const(1n), y.value.lo));
    const remainder = f.reusable(i64.remS(x.value.lo, divisor));
    const positive = name === "%" ? remainder : f.reusable(select(i64.ltS(remainder, i64.const(0n)), i64.remS(i64.add(remainder, divisor), divisor), remainder));
    return remainderOf(name, fromInt64(positive), isNull, a, b, call, ctx);
  }
  const remainder = callWide(ctx, name === "%" ? "decimal_remainder" : "decimal_positive_remainder", [x.value.lo, x.value.hi, y.value.lo, y.value.hi]);
  return remainderOf(name, remainder, isNull, a, b, call, ctx);
}

/** A positive remainder can be as large as the divisor, and so beyond the result's type; a plain one is never larger than either operand. */
function remainderOf(name: "%" | "pmod", value: Int128, isNull: Val | undefined, a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const type = asDecimalType(call.type);
  if (name === "%") return decimalValue(type, value, isNull, undefined);
  return decimalValue(type, value, failWhere(ctx, call, beyond128(value, powerOfTen(type.precision)), isNull, [a, b]), undefined);
}

/** Operands of `%` that stay within 38 digits at their common scale. */
export function acceptsDecimalRemainder(call: CallExpr): boolean {
  const [a, b] = call.args.map((arg) => asDecimalType(typeOf(arg)));
  return asDecimalType(call.type).scale === Math.max(a.scale, b.scale) && sumPrecision(a, b) <= MAX_PRECISION + 1;
}
