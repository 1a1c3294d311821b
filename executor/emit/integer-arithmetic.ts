import type { CallExpr, Expr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f64, get, i32, i64, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import { anyNull } from "./null-flags.ts";
import { contains, differenceRange, intersect, productRange, rangeOf, sumRange, typeRange } from "./value-range.ts";

export type IntegerOperator = "+" | "-" | "*";

/** Beneath it a product of two longs, estimated in double, is surely one of 64 bits. */
const SAFE_PRODUCT = 9.2e18;
const SIGN_SHIFT = i32.const(31);

/** Cuts an i32 to the type's width, as Java's narrowing does. */
export function narrow(type: DataType, value: Val): Val {
  if (type.kind === "byte") return i32.extend8S(value);
  if (type.kind === "short") return i32.extend16S(value);
  return value;
}

export function isLong(type: DataType): boolean {
  return type.kind === "long";
}

function exactRange(operator: IntegerOperator, a: ValueRange, b: ValueRange): ValueRange {
  switch (operator) {
    case "+":
      return sumRange(a, b);
    case "-":
      return differenceRange(a, b);
    case "*":
      return productRange(a, b);
  }
}

/** `+ - *` of byte, short, int or long, both operands of the result's type. */
export function emitIntegerArithmetic(operator: IntegerOperator, a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const { type, mode } = call;
  const exact = exactRange(operator, rangeOf(a), rangeOf(b));
  const isNull = anyNull(f, [a, b]);
  const [x] = a.lanes;
  const [y] = b.lanes;
  const wide = isLong(type);
  const op = operator === "+" ? "add" : operator === "-" ? "sub" : "mul";
  const raw = wide ? i64[op](x, y) : i32[op](x, y);
  if (contains(typeRange(type), exact)) return { type, lanes: [f.reusable(raw)], isNull, range: exact };
  if (mode === "legacy") return { type, lanes: [f.reusable(narrow(type, raw))], isNull };
  const range = intersect(exact, typeRange(type));
  if (!wide && operator === "*" && type.kind === "int") {
    const product = f.reusable(i64.mul(i64.extendI32S(x), i64.extendI32S(y)));
    const result = f.reusable(i32.wrapI64(product));
    const failed = i64.ne(i64.extendI32S(result), product);
    return { type, lanes: [result], isNull: failWhere(ctx, call, failed, isNull, [a, b]), range };
  }
  const result = f.reusable(raw);
  const failed = wide ? longOverflow(operator, x, y, result, ctx) : type.kind === "int" ? i32.shrU(signDiffers(operator, i32, x, y, result), SIGN_SHIFT) : i32.ne(narrow(type, result), result);
  return { type, lanes: [result], isNull: failWhere(ctx, call, failed, isNull, [a, b]), range };
}

/** Negative where a sum (difference) has a sign that its operands exclude. */
function signDiffers(operator: "+" | "-" | "*", lane: typeof i32 | typeof i64, x: Val, y: Val, result: Val): Val {
  return operator === "+" ? lane.and(lane.xor(x, result), lane.xor(y, result)) : lane.and(lane.xor(x, y), lane.xor(x, result));
}

function longOverflow(operator: IntegerOperator, x: Val, y: Val, result: Val, ctx: EmitContext): Val {
  if (operator !== "*") return i64.ltS(signDiffers(operator, i64, x, y, result), i64.const(0n));
  const { f } = ctx;
  const failed = f.local("i32");
  f.set(failed, i32.const(0));
  const estimate = f64.abs(f64.mul(f64.convertI64S(x), f64.convertI64S(y)));
  f.if(f64.gt(estimate, f64.const(SAFE_PRODUCT)), () => {
    // The estimate excludes x = 0; the smallest long times -1 is the one case in which the division itself would overflow.
    const minusOne = i64.eq(x, i64.const(-1n));
    f.if(
      minusOne,
      () => f.set(failed, i64.eq(y, i64.const(-(2n ** 63n)))),
      () => f.set(failed, i64.ne(i64.divS(result, x), y)),
    );
  });
  return get(failed);
}

/** Whether an integer divisor is a literal that division can neither fail nor overflow with. */
export function harmlessDivisor(divisor: Expr): boolean {
  if (divisor.kind !== "literal" || divisor.value === null) return false;
  const value = Number(divisor.value as number | bigint);
  return value !== 0 && value !== -1;
}

/** `div`, `%`, `pmod` of integers. NULL rows hold anything, so the divisor is replaced by 1 there: WebAssembly traps at a division by zero. */
export function emitIntegerDivision(operator: "div" | "%" | "pmod", a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const { type, mode } = call;
  const wide = a.lanes[0].type === "i64";
  const lane = wide ? i64 : i32;
  const constant = (value: number): Val => (wide ? i64.const(BigInt(value)) : i32.const(value));
  const [x] = a.lanes;
  const [y] = b.lanes;
  const operandsNull = anyNull(f, [a, b]);
  let isNull = operandsNull;
  let divisor = y;
  if (!harmlessDivisor(call.args[1])) {
    const zero = f.reusable(lane.eqz(y));
    isNull = failWhere(ctx, call, zero, operandsNull, [a, b]);
    divisor = f.reusable(select(zero, constant(1), y));
  }
  if (operator === "div") {
    // Ranges say nothing of NULL rows, and the smallest number divided by -1 traps.
    if (!harmlessDivisor(call.args[1]) && (a.isNull !== undefined || rangeOf(a).min <= typeRange(a.type).min)) {
      const overflow = f.reusable(i32.and(lane.eq(x, wide ? i64.const(-(2n ** 63n)) : i32.const(-(2 ** 31))), lane.eq(divisor, constant(-1))));
      if (mode === "ansi" || mode === "try") isNull = failWhere(ctx, call, overflow, isNull, [a, b]);
      divisor = f.reusable(select(overflow, constant(1), divisor));
    }
    const quotient = lane.divS(x, divisor);
    return { type, lanes: [f.reusable(type.kind === "long" && !wide ? i64.extendI32S(quotient) : quotient)], isNull };
  }
  const remainder = f.reusable(lane.remS(x, divisor));
  if (operator === "%") return { type, lanes: [remainder], isNull };
  // The sum of two negative numbers wraps, as it does in Spark.
  const positive = select(lane.ltS(remainder, constant(0)), lane.remS(lane.add(remainder, divisor), divisor), remainder);
  return { type, lanes: [f.reusable(positive)], isNull };
}

/** `negative` and `abs` of integers. */
export function emitSignChange(name: "negative" | "abs", a: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const { type, mode } = call;
  const wide = a.lanes[0].type === "i64";
  const lane = wide ? i64 : i32;
  const zero = wide ? i64.const(0n) : i32.const(0);
  const [x] = a.lanes;
  const known = rangeOf(a);
  const smallest = typeRange(type).min;
  const negated = f.reusable(lane.sub(zero, x));
  const result = f.reusable(narrow(type, name === "negative" ? negated : select(lane.ltS(x, zero), negated, x)));
  if (known.min > smallest || mode === "legacy") return { type, lanes: [result], isNull: a.isNull };
  const overflow = lane.eq(x, wide ? i64.const(smallest) : i32.const(Number(smallest)));
  const isNull = failWhere(ctx, call, overflow, a.isNull, [a]);
  return { type, lanes: [result], isNull };
}
