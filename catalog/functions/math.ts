import { decimalFor } from "../coercion.ts";
import type { DataType } from "../types.ts";
import { BYTE, decimal, DOUBLE, INT, isIntegral, LONG, MAX_DECIMAL_PRECISION, STRING } from "../types.ts";
import { notFoldable, wrongNumberOfArguments } from "./argument-errors.ts";
import { checkCount, coerceArguments, macro, scalar, scalarBy } from "./define.ts";
import { ANY_DECIMAL, BINARY_TYPE, BOOLEAN_TYPE, DAY_TIME_INTERVAL, DOUBLE_TYPE, exactly, INT_TYPE, INTEGRAL, LONG_TYPE, NUMERIC, oneOf, STRING_TYPE, YEAR_MONTH_INTERVAL } from "./expected-types.ts";
import type { FunctionSignature, ResolveContext, ScalarSignature } from "./signature.ts";

function unaryDouble(name: string, aliases?: readonly string[]): ScalarSignature {
  return scalar(name, [DOUBLE_TYPE], DOUBLE, { aliases });
}

/** Logarithms of what is not positive are NULL. */
function logarithm(name: string): ScalarSignature {
  return scalar(name, [DOUBLE_TYPE], DOUBLE, { nullable: "always" });
}

/** Type of a decimal rounded to `scale` digits. Source: Spark's `RoundBase.dataType`. */
function roundedDecimal(type: DataType & { kind: "decimal" }, scale: number): DataType {
  const integerDigits = type.precision - type.scale + 1;
  if (scale < 0) return decimal(Math.min(Math.max(integerDigits, -scale + 1), MAX_DECIMAL_PRECISION), 0);
  const newScale = Math.min(type.scale, scale);
  return decimal(Math.min(integerDigits + newScale, MAX_DECIMAL_PRECISION), newScale);
}

function foldedScale(context: ResolveContext, given: number): number {
  if (given < 2) return 0;
  const scale = context.literals[1];
  if (scale === null) return 0;
  if (typeof scale !== "number" && typeof scale !== "bigint") throw notFoldable(context, 1, "scale", INT);
  return Number(scale);
}

function rounding(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 2);
    const args = coerceArguments(given, [NUMERIC, INT_TYPE], context);
    const scale = foldedScale(context, given.length);
    const result = args[0].kind === "decimal" ? roundedDecimal(args[0], scale) : args[0];
    return { args, result, nullable: context.ansi ? "any" : "always" };
  });
}

/** `ceil(x)` gives bigint (a decimal stays decimal); `ceil(x, scale)` a decimal. */
function directedRounding(name: string, aliases?: readonly string[]): ScalarSignature {
  return scalarBy(
    name,
    (given, context) => {
      checkCount(context, given.length, 1, 2);
      if (given.length === 2) {
        const args = coerceArguments(given, [NUMERIC, INT_TYPE], context);
        const input = args[0].kind === "decimal" ? args[0] : decimalFor(args[0]);
        return { args: [input, args[1]], result: roundedDecimal(input, foldedScale(context, 2)), nullable: "always" };
      }
      const input = isIntegral(given[0]) ? LONG : coerceArguments(given, [oneOf(DOUBLE_TYPE, ANY_DECIMAL, LONG_TYPE)], context)[0];
      if (input.kind !== "decimal") return { args: [input], result: LONG, nullable: "any" };
      return { args: [input], result: input.scale === 0 ? input : decimal(Math.min(input.precision - input.scale + 1, MAX_DECIMAL_PRECISION), 0), nullable: "any" };
    },
    { aliases },
  );
}

function tryArithmetic(name: string, operator: string): FunctionSignature {
  return macro(name, 2, (args, _context, build) => build.call(operator, args, "try"));
}

export const mathSignatures: readonly FunctionSignature[] = [
  scalar("abs", [oneOf(NUMERIC, DAY_TIME_INTERVAL, YEAR_MONTH_INTERVAL)], (args) => args[0], { fails: true }),
  scalar("sign", [oneOf(DOUBLE_TYPE, DAY_TIME_INTERVAL, YEAR_MONTH_INTERVAL)], DOUBLE, { aliases: ["signum"] }),
  directedRounding("ceil", ["ceiling"]),
  directedRounding("floor"),
  rounding("round"),
  rounding("bround"),
  unaryDouble("rint"),
  unaryDouble("sqrt"),
  unaryDouble("cbrt"),
  unaryDouble("exp"),
  unaryDouble("expm1"),
  logarithm("ln"),
  logarithm("log10"),
  logarithm("log2"),
  logarithm("log1p"),
  scalar("log", [DOUBLE_TYPE, DOUBLE_TYPE], DOUBLE, { optional: 1, nullable: "always" }),
  scalar("power", [DOUBLE_TYPE, DOUBLE_TYPE], DOUBLE, { aliases: ["pow"] }),
  ...["sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "degrees", "radians"].map((name) => unaryDouble(name)),
  scalar("atan2", [DOUBLE_TYPE, DOUBLE_TYPE], DOUBLE),
  scalar("hypot", [DOUBLE_TYPE, DOUBLE_TYPE], DOUBLE),
  scalar("pi", [], DOUBLE, { nullable: "never" }),
  scalar("e", [], DOUBLE, { nullable: "never" }),
  scalar("factorial", [INT_TYPE], LONG, { nullable: "always" }),
  scalar("bin", [LONG_TYPE], STRING),
  scalar("hex", [oneOf(LONG_TYPE, BINARY_TYPE, STRING_TYPE)], STRING),
  scalar("unhex", [STRING_TYPE, BOOLEAN_TYPE], { kind: "binary" }, { optional: 1, nullable: "always" }),
  scalar("conv", [STRING_TYPE, INT_TYPE, INT_TYPE, BOOLEAN_TYPE], STRING, { optional: 1, nullable: "always" }),
  scalar("isnan", [oneOf(DOUBLE_TYPE, exactly({ kind: "float" }))], { kind: "boolean" }, { nullable: "never" }),
  scalarBy("nanvl", (given, context) => {
    checkCount(context, given.length, 2, 2);
    if (given.every((t) => t.kind === "float")) return { args: given, result: given[0], nullable: "always" };
    return { args: coerceArguments(given, [DOUBLE_TYPE], context), result: DOUBLE, nullable: "always" };
  }),
  scalar("bit_count", [oneOf(INTEGRAL, { ...BOOLEAN_TYPE, implicit: () => undefined })], INT),
  scalar("getbit", [INTEGRAL, INT_TYPE], BYTE, { aliases: ["bit_get"] }),
  scalarBy("width_bucket", (given, context) => {
    checkCount(context, given.length, 4, 4);
    const interval = given[0].kind === "interval_ym" ? YEAR_MONTH_INTERVAL : given[0].kind === "interval_dt" ? DAY_TIME_INTERVAL : undefined;
    const value = interval ?? oneOf(DOUBLE_TYPE, YEAR_MONTH_INTERVAL, DAY_TIME_INTERVAL);
    return { args: coerceArguments(given, [value, interval ?? DOUBLE_TYPE, interval ?? DOUBLE_TYPE, LONG_TYPE], context), result: LONG, nullable: "always" };
  }),
  scalar("rand", [LONG_TYPE], DOUBLE, { optional: 1, aliases: ["random"], deterministic: false, seed: 0, nullable: "never" }),
  scalar("randn", [LONG_TYPE], DOUBLE, { optional: 1, deterministic: false, seed: 0, nullable: "never" }),
  tryArithmetic("try_add", "+"),
  tryArithmetic("try_subtract", "-"),
  tryArithmetic("try_multiply", "*"),
  tryArithmetic("try_divide", "/"),
  tryArithmetic("try_mod", "%"),
  scalarBy("uniform", (given, context) => {
    if (given.length < 2 || given.length > 3) throw wrongNumberOfArguments(context, given.length, [2, 3]);
    const args = coerceArguments(given, [NUMERIC, NUMERIC, LONG_TYPE], context);
    const whole = isIntegral(args[0]) && isIntegral(args[1]);
    const type: DataType = whole ? (args[0].kind === "long" || args[1].kind === "long" ? LONG : INT) : DOUBLE;
    return { args: [type, type, ...args.slice(2)], result: type, nullable: "any" };
  }, { deterministic: false, seed: 2 }),
];
