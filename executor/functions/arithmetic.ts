import type { DecimalOperator } from "../../catalog/coercion.ts";
import { arithmeticOverflow, binaryArithmeticOverflow, divideByZero, intervalDividedByZero, intervalOverflow, remainderByZero } from "../../catalog/runtime-errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { isIntegral, isNumeric } from "../../catalog/types.ts";
import type { CalendarInterval, Value } from "../../catalog/values.ts";
import type { IntegralKind } from "./cast-numeric.ts";
import { fitsIntegral, integralValue, toDecimalType, wrapIntegral } from "./cast-numeric.ts";
import { decimalToDouble, divideHalfUp, pow10, rescale } from "./decimal-arithmetic.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, failure } from "./scalar-function.ts";
import { addTemporal } from "./temporal-arithmetic.ts";

const TRY_NAMES: Readonly<Record<string, string>> = { "+": "try_add", "-": "try_subtract", "*": "try_multiply" };

function isIntegralKind(kind: DataType["kind"]): kind is IntegralKind {
  return kind === "byte" || kind === "short" || kind === "int" || kind === "long";
}

function integral(operator: "+" | "-" | "*", a: bigint, b: bigint, kind: IntegralKind, call: ScalarCall): Value {
  const result = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
  if (fitsIntegral(result, kind)) return integralValue(result, kind);
  if (call.mode === "legacy") return wrapIntegral(result, kind);
  if (kind === "byte" || kind === "short") throw binaryArithmeticOverflow(Number(a), operator, Number(b), call.type, TRY_NAMES[operator], call.span);
  throw arithmeticOverflow(TRY_NAMES[operator], call.span);
}

function floating(type: DataType, value: number): number {
  return type.kind === "float" ? Math.fround(value) : value;
}

/** Exact for the four operators, then rounded HALF_UP to the result's scale. */
export function decimalArithmetic(operator: DecimalOperator, a: bigint, aScale: number, b: bigint, bScale: number, call: ScalarCall & { readonly type: DataType & { kind: "decimal" } }): Value {
  const { type } = call;
  const scale = Math.max(aScale, bScale);
  switch (operator) {
    case "+":
      return toDecimalType(rescale(a, aScale, scale) + rescale(b, bScale, scale), scale, type, call.mode);
    case "-":
      return toDecimalType(rescale(a, aScale, scale) - rescale(b, bScale, scale), scale, type, call.mode);
    case "*":
      return toDecimalType(a * b, aScale + bScale, type, call.mode);
    case "/": {
      if (b === 0n) return failure(call, () => divideByZero(call.span));
      // One digit more than the result's scale suffices for rounding only if it is not itself rounded: divide at the result's scale at once.
      const shift = type.scale - aScale + bScale;
      return toDecimalType(shift >= 0 ? divideHalfUp(a * pow10(shift), b) : divideHalfUp(a, b * pow10(-shift)), type.scale, type, call.mode);
    }
    case "%": {
      if (b === 0n) return failure(call, () => remainderByZero(call.span));
      return toDecimalType(rescale(a, aScale, scale) % rescale(b, bScale, scale), scale, type, call.mode);
    }
  }
}

function scaleOf(type: DataType): number {
  return type.kind === "decimal" ? type.scale : 0;
}

function hasDecimalResult(call: ScalarCall): call is ScalarCall & { readonly type: DataType & { kind: "decimal" } } {
  return call.type.kind === "decimal";
}

function additive(operator: "+" | "-"): ScalarFunction {
  return define(operator, (args, call) => {
    const { kind } = call.type;
    const [a, b] = args;
    if (isIntegralKind(kind)) return integral(operator, BigInt(a as number | bigint), BigInt(b as number | bigint), kind, call);
    if (kind === "float" || kind === "double") return floating(call.type, operator === "+" ? (a as number) + (b as number) : (a as number) - (b as number));
    if (hasDecimalResult(call)) return decimalArithmetic(operator, a as bigint, scaleOf(call.argTypes[0]), b as bigint, scaleOf(call.argTypes[1]), call);
    return addTemporal(operator, a, b, call);
  });
}

const multiply = define("*", ([a, b], call) => {
  const { kind } = call.type;
  if (isIntegralKind(kind)) return integral("*", BigInt(a as number | bigint), BigInt(b as number | bigint), kind, call);
  if (kind === "float" || kind === "double") return floating(call.type, (a as number) * (b as number));
  if (hasDecimalResult(call)) return decimalArithmetic("*", a as bigint, scaleOf(call.argTypes[0]), b as bigint, scaleOf(call.argTypes[1]), call);
  return isNumeric(call.argTypes[0]) ? scaleInterval(b, call.argTypes[1], a, call.argTypes[0], false, call) : scaleInterval(a, call.argTypes[0], b, call.argTypes[1], false, call);
});

const divide = define("/", ([a, b], call) => {
  if (hasDecimalResult(call)) return decimalArithmetic("/", a as bigint, scaleOf(call.argTypes[0]), b as bigint, scaleOf(call.argTypes[1]), call);
  if (call.type.kind === "double") return b === 0 ? failure(call, () => divideByZero(call.span)) : (a as number) / (b as number);
  return scaleInterval(a, call.argTypes[0], b, call.argTypes[1], true, call);
});

/** A number as a fraction of integers; undefined for doubles, which have their own rounding. */
function asFraction(value: Value, type: DataType): { readonly numerator: bigint; readonly denominator: bigint } | undefined {
  if (type.kind === "decimal") return { numerator: value as bigint, denominator: pow10(type.scale) };
  return type.kind === "float" || type.kind === "double" ? undefined : { numerator: BigInt(value as number | bigint), denominator: 1n };
}

/** Java's `Math.round` made half away from zero, as Guava's HALF_UP that Spark uses for intervals. */
function roundHalfUp(value: number): bigint | undefined {
  if (!Number.isFinite(value)) return undefined;
  return BigInt(value < 0 ? -Math.round(-value) : Math.round(value));
}

/** interval x number and interval / number, rounded HALF_UP. */
function scaleInterval(interval: Value, intervalType: DataType, number: Value, numberType: DataType, dividing: boolean, call: ScalarCall): Value {
  if (intervalType.kind === "calendar_interval") return scaleCalendarInterval(interval as CalendarInterval, number as number, dividing, call);
  const whole = BigInt(interval as number | bigint);
  const fraction = asFraction(number, numberType);
  let result: bigint | undefined;
  if (fraction === undefined) {
    if (dividing && number === 0) return failure(call, () => intervalDividedByZero(call.span));
    result = roundHalfUp(dividing ? Number(whole) / (number as number) : Number(whole) * (number as number));
  } else if (dividing) {
    if (fraction.numerator === 0n) return failure(call, () => intervalDividedByZero(call.span));
    result = divideHalfUp(whole * fraction.denominator, fraction.numerator);
  } else {
    result = divideHalfUp(whole * fraction.numerator, fraction.denominator);
  }
  const bits = intervalType.kind === "interval_ym" ? 32 : 64;
  if (result === undefined || BigInt.asIntN(bits, result) !== result) throw intervalOverflow(dividing ? "try_divide" : "try_multiply", call.span);
  return intervalType.kind === "interval_ym" ? Number(result) : result;
}

/** Fractions of a month are dropped into nothing, fractions of a day into microseconds. Source: Spark's `IntervalUtils.fromDoubles`. */
function scaleCalendarInterval(interval: CalendarInterval, number: number, dividing: boolean, call: ScalarCall): Value {
  if (dividing && number === 0) return failure(call, () => intervalDividedByZero(call.span));
  const of = (part: number): number => (dividing ? part / number : part * number);
  const months = Math.trunc(of(interval.months));
  const daysExact = of(interval.days);
  const days = Math.trunc(daysExact);
  const micros = roundHalfUp(of(Number(interval.micros)) + (daysExact - days) * 86_400_000_000);
  if (micros === undefined || Math.abs(months) > 2147483647 || Math.abs(days) > 2147483647 || BigInt.asIntN(64, micros) !== micros) return failure(call, () => intervalOverflow(undefined, call.span));
  return { months, days, micros };
}

const remainder = define("%", ([a, b], call) => {
  if (hasDecimalResult(call)) return decimalArithmetic("%", a as bigint, scaleOf(call.argTypes[0]), b as bigint, scaleOf(call.argTypes[1]), call);
  if (b === 0 || b === 0n) return failure(call, () => remainderByZero(call.span));
  return typeof a === "bigint" ? a % (b as bigint) : floating(call.type, positiveZero(call.type, (a as number) % (b as number)));
});

/** Integers have no negative zero. */
function positiveZero(type: DataType, value: number): number {
  return value === 0 && type.kind !== "float" && type.kind !== "double" ? 0 : value;
}

const positiveModulo = define("pmod", ([a, b], call) => {
  if (hasDecimalResult(call)) {
    if (b === 0n) return failure(call, () => remainderByZero(call.span));
    const scale = Math.max(scaleOf(call.argTypes[0]), scaleOf(call.argTypes[1]));
    const divisor = rescale(b as bigint, scaleOf(call.argTypes[1]), scale);
    const rest = rescale(a as bigint, scaleOf(call.argTypes[0]), scale) % divisor;
    return toDecimalType(rest < 0n ? (rest + divisor) % divisor : rest, scale, call.type, call.mode);
  }
  if (b === 0 || b === 0n) return failure(call, () => remainderByZero(call.span));
  // Java's sum of two integers wraps.
  if (typeof a === "bigint") {
    const rest = a % (b as bigint);
    return rest < 0n ? BigInt.asIntN(64, rest + (b as bigint)) % (b as bigint) : rest;
  }
  const rest = (a as number) % (b as number);
  if (rest >= 0 || Number.isNaN(rest)) return floating(call.type, positiveZero(call.type, rest));
  const sum = rest + (b as number);
  return floating(call.type, positiveZero(call.type, (isIntegral(call.type) ? sum | 0 : sum) % (b as number)));
});

const wholeDivide = define("div", ([a, b], call) => {
  const [left, right] = call.argTypes;
  const interval = left.kind === "interval_ym" || left.kind === "interval_dt";
  const scale = Math.max(scaleOf(left), scaleOf(right));
  const dividend = rescale(BigInt(a as number | bigint), scaleOf(left), scale);
  const divisor = rescale(BigInt(b as number | bigint), scaleOf(right), scale);
  if (divisor === 0n) return failure(call, () => (interval ? intervalDividedByZero(call.span) : divideByZero(call.span)));
  const result = dividend / divisor;
  if (fitsIntegral(result, "long")) return result;
  if (call.mode === "legacy") return BigInt.asIntN(64, result);
  throw arithmeticOverflow("try_divide", call.span);
});

const negative = define("negative", ([value], call) => {
  const { kind } = call.type;
  if (isIntegralKind(kind)) {
    const result = -BigInt(value as number | bigint);
    if (fitsIntegral(result, kind)) return integralValue(result, kind);
    if (call.mode === "legacy") return value;
    throw arithmeticOverflow(undefined, call.span);
  }
  if (kind === "calendar_interval") {
    const interval = value as CalendarInterval;
    return { months: -interval.months, days: -interval.days, micros: -interval.micros };
  }
  if (typeof value === "bigint") {
    if (kind === "interval_dt" && !fitsIntegral(-value, "long")) throw intervalOverflow(undefined, call.span);
    return -value;
  }
  if (kind === "interval_ym") {
    if (value === -2147483648) throw intervalOverflow(undefined, call.span);
    return value === 0 ? 0 : -(value as number);
  }
  return -(value as number);
});

const absolute = define("abs", ([value], call) => {
  const { kind } = call.type;
  if (typeof value === "bigint") {
    if (kind !== "decimal" && !fitsIntegral(-value, "long")) {
      if (call.mode === "legacy") return value;
      throw kind === "interval_dt" ? intervalOverflow(undefined, call.span) : arithmeticOverflow(undefined, call.span);
    }
    return value < 0n ? -value : value;
  }
  if (isIntegralKind(kind) && (value as number) < 0 && !fitsIntegral(-BigInt(value as number), kind)) {
    if (call.mode === "legacy") return value;
    throw arithmeticOverflow(undefined, call.span);
  }
  return Math.abs(value as number);
});

/** Numbers as doubles, decimals included. */
export function asDouble(value: Value, type: DataType): number {
  return type.kind === "decimal" ? decimalToDouble(value as bigint, type.scale) : Number(value);
}

function bitwise(name: string, onNumbers: (a: number, b: number) => number, onBigints: (a: bigint, b: bigint) => bigint): ScalarFunction {
  return define(name, ([a, b]) => (typeof a === "bigint" ? onBigints(a, b as bigint) : onNumbers(a as number, b as number)));
}

function shift(name: string, onNumbers: (a: number, by: number) => number, onBigints: (a: bigint, by: bigint) => bigint): ScalarFunction {
  return define(name, ([a, by]) => (typeof a === "bigint" ? BigInt.asIntN(64, onBigints(a, BigInt((by as number) & 63))) : onNumbers(a as number, by as number)));
}

export const arithmeticFunctions: readonly ScalarFunction[] = [
  additive("+"),
  additive("-"),
  multiply,
  divide,
  wholeDivide,
  remainder,
  positiveModulo,
  negative,
  define("positive", ([value]) => value),
  absolute,
  bitwise("&", (a, b) => a & b, (a, b) => a & b),
  bitwise("|", (a, b) => a | b, (a, b) => a | b),
  bitwise("^", (a, b) => a ^ b, (a, b) => a ^ b),
  define("~", ([value]) => (typeof value === "bigint" ? ~value : ~(value as number))),
  shift("<<", (a, by) => a << by, (a, by) => a << by),
  shift(">>", (a, by) => a >> by, (a, by) => a >> by),
  shift(">>>", (a, by) => (a >>> by) | 0, (a, by) => BigInt.asUintN(64, a) >> by),
];
