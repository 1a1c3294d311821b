import type { DecimalOperator } from "../coercion.ts";
import { commonType, commonTypeOf, decimalFor, decimalForInteger, decimalResult } from "../coercion.ts";
import type { SparrowError } from "../errors.ts";
import { unreachable } from "../errors.ts";
import type { DataType } from "../types.ts";
import { BOOLEAN, DATE, DOUBLE, INT, INTERVAL_DT, isIntegral, isNumeric, isStringLike, LONG, STRING, TIMESTAMP } from "../types.ts";
import { differentTypes, notOrderable, operandsDiffer, typeMismatch, unexpectedInputType, wrongOperandType } from "./argument-errors.ts";
import { checkCount, coerceArguments, scalar, scalarBy } from "./define.ts";
import { ANY, BOOLEAN_TYPE, DAY_TIME_INTERVAL, INT_TYPE, isComparable, isOrderable, NUMERIC, oneOf, STRING_TYPE, YEAR_MONTH_INTERVAL, CALENDAR_INTERVAL_TYPE } from "./expected-types.ts";
import type { FunctionSignature, Resolution, ResolveContext, ScalarSignature } from "./signature.ts";

const NUMERIC_OR_INTERVAL = '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")';

const HOUR_TO_SECOND: DataType = { kind: "interval_dt", from: "hour", to: "second" };

function failing(context: ResolveContext): Resolution["nullable"] {
  return context.ansi ? "any" : "always";
}

function isInterval(type: DataType): boolean {
  return type.kind === "interval_dt" || type.kind === "interval_ym" || type.kind === "calendar_interval";
}

function isTimestamp(type: DataType): boolean {
  return type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

/**
 * The decimal type of an operand that meets a decimal: an integer literal counts by its own digits, other integers by their type's.
 * Source: Spark's `DecimalPrecision.nondecimalAndDecimal`.
 */
function asDecimal(type: DataType, literal: ResolveContext["literals"][number]): DataType & { kind: "decimal" } {
  if (isIntegral(type) && (typeof literal === "number" || typeof literal === "bigint")) return decimalForInteger(BigInt(literal));
  return decimalFor(type);
}

/** String operands become the number type they meet: see `commonType`; outside of ANSI mode always double. */
function promoteStrings(left: DataType, right: DataType, ansi: boolean): [DataType, DataType] {
  if (isStringLike(left) && isStringLike(right)) return ansi ? [STRING, STRING] : [DOUBLE, DOUBLE];
  const meets = (other: DataType): DataType => (ansi && isIntegral(other) ? LONG : DOUBLE);
  if (isStringLike(left) && (isNumeric(right) || right.kind === "null")) return right.kind === "null" ? [DOUBLE, DOUBLE] : [meets(right), right];
  if (isStringLike(right) && (isNumeric(left) || left.kind === "null")) return left.kind === "null" ? [DOUBLE, DOUBLE] : [left, meets(left)];
  return [left, right];
}

/** Arithmetic on numbers; `div` gives bigint for every type. */
function numericArithmetic(operator: DecimalOperator | "div", args: readonly DataType[], context: ResolveContext, accepted: string): Resolution {
  const [left, right] = promoteStrings(args[0], args[1], context.ansi);
  const nullable = failing(context);
  if (left.kind === "null" && right.kind === "null") {
    const type = operator === "div" ? LONG : DOUBLE;
    return { args: [type, type], result: type, nullable: "always" };
  }
  if (isNumeric(left) && isNumeric(right) && (left.kind === "decimal" || right.kind === "decimal") && left.kind !== "float" && left.kind !== "double" && right.kind !== "float" && right.kind !== "double") {
    const a = asDecimal(left, context.literals[0]);
    const b = asDecimal(right, context.literals[1]);
    return { args: [a, b], result: operator === "div" ? LONG : decimalResult(operator, a, b), nullable };
  }
  const common = commonType(left, right, context.ansi);
  if (common === undefined || isInterval(left) !== isInterval(right) || (left.kind !== right.kind && !isNumeric(common) && !isStringLike(left) && !isStringLike(right))) throw operandsDiffer(context, left, right);
  if (!isNumeric(common)) throw wrongOperandType(context, accepted, common);
  if (operator === "/") return { args: [DOUBLE, DOUBLE], result: DOUBLE, nullable };
  if (operator === "div") {
    if (common.kind === "decimal") return { args: [common, common], result: LONG, nullable };
    if (!isIntegral(common) && context.ansi) throw wrongOperandType(context, '("BIGINT" or "DECIMAL" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")', common);
    return { args: [LONG, LONG], result: LONG, nullable };
  }
  return { args: [common, common], result: common.kind === "decimal" ? decimalResult(operator, common, common) : common, nullable };
}

/** `+` and `-` where a date, time, timestamp or interval takes part; undefined when none does. Source: Spark's `BinaryArithmeticWithDatetimeResolver`. */
function temporalArithmetic(operator: "+" | "-", args: readonly DataType[], context: ResolveContext): Resolution | undefined {
  const [left, right] = args;
  const of = (a: DataType, b: DataType, result: DataType): Resolution => ({ args: [a, b], result, nullable: failing(context) });
  if (operator === "+" && !isInterval(right) && (isInterval(left) || (right.kind === "date" && left.kind !== "date"))) {
    const swapped = temporalArithmetic("+", [right, left], context);
    return swapped && { ...swapped, args: [swapped.args[1], swapped.args[0]] };
  }
  if (isInterval(left) && isInterval(right)) {
    const common = left.kind === right.kind ? commonType(left, right, context.ansi) : undefined;
    if (common === undefined) throw notTimestamp(context, left, right);
    return of(common, common, common);
  }
  if (isInterval(right)) {
    if (left.kind === "null") return of(right, right, right);
    if (isStringLike(left)) return right.kind === "interval_ym" ? undefined : of(TIMESTAMP, right, STRING);
    if (left.kind === "time" && right.kind === "interval_dt") return of(left, right, { kind: "time", precision: Math.max(left.precision, right.to === "second" ? 6 : 0) });
    if (isTimestamp(left)) return of(left, right, left);
    if (left.kind !== "date") {
      if (right.kind === "interval_ym") return undefined;
      throw notTimestamp(context, left, right);
    }
    if (right.kind === "interval_dt" && !(right.from === "day" && right.to === "day")) return of(TIMESTAMP, right, TIMESTAMP);
    return of(DATE, right, DATE);
  }
  if (isInterval(left) && right.kind === "null") return of(left, left, left);
  if (left.kind === "time" || right.kind === "time") {
    const time = left.kind === "time" ? left : right;
    const other = left.kind === "time" ? right : left;
    if (other.kind === "null") return operator === "-" && left.kind === "null" ? of(time, time, HOUR_TO_SECOND) : left.kind === "null" ? of(INTERVAL_DT, time, time) : of(time, INTERVAL_DT, time);
    if (operator === "-" && (isStringLike(other) || other.kind === "time")) return of(time, time, HOUR_TO_SECOND);
  }
  if (isTimestamp(left) && right.kind === "null") return of(left, INTERVAL_DT, left);
  if (operator === "+" && left.kind === "null" && isTimestamp(right)) return of(INTERVAL_DT, right, right);
  if (operator === "-" && (isTimestamp(left) || isTimestamp(right))) {
    const other = isTimestamp(left) ? right : left;
    if (!(isTimestamp(other) || other.kind === "date" || other.kind === "null" || isStringLike(other))) {
      throw unexpectedInputType(context, isTimestamp(left) ? 1 : 0, other, '("TIMESTAMP" or "TIMESTAMP_NTZ")');
    }
    const common = left.kind === right.kind ? left : isTimestamp(left) && isTimestamp(right) ? TIMESTAMP : isTimestamp(left) ? left : right;
    return of(common, common, INTERVAL_DT);
  }
  if (operator === "-" && right.kind === "date" && isNumeric(left)) throw unexpectedInputType(context, 0, left, '"DATE"');
  if (operator === "-" && right.kind === "date" && (left.kind === "date" || left.kind === "null" || isStringLike(left))) return of(DATE, DATE, { kind: "interval_dt", from: "day", to: "day" });
  if (left.kind === "date" && !isStringLike(right)) {
    if (right.kind === "date") throw wrongOperandType(context, NUMERIC_OR_INTERVAL, DATE);
    if (right.kind === "int" || right.kind === "short" || right.kind === "byte" || right.kind === "null") return of(DATE, right.kind === "null" ? INT : right, DATE);
    throw typeMismatch({ ...context, name: operator === "+" ? "date_add" : "date_sub" }, "UNEXPECTED_INPUT_TYPE", `the second argument needs an integer of at most 32 bits.`, {
      paramIndex: "second",
      requiredType: '("INT" or "SMALLINT" or "TINYINT")',
      inputSql: `"${context.sqlText?.().args[1] ?? "argument 2"}"`,
      inputType: `"${right.kind === "long" ? "BIGINT" : right.kind === "decimal" ? `DECIMAL(${right.precision},${right.scale})` : right.kind.toUpperCase()}"`,
    });
  }
  return undefined;
}

/** What is shifted by days and times must be a timestamp. */
function notTimestamp(context: ResolveContext, left: DataType, right: DataType): SparrowError {
  const [index, type] = isInterval(right) ? [0, left] : [1, right];
  return unexpectedInputType(context, index, type, '("TIMESTAMP" or "TIMESTAMP_NTZ")');
}

/** Multiplication and division of intervals by numbers. */
function intervalScaling(operator: "*" | "/", args: readonly DataType[], context: ResolveContext): Resolution | undefined {
  const [left, right] = args;
  if (isInterval(left) && isInterval(right)) throw wrongOperandType(context, '"NUMERIC"', left);
  const interval = isInterval(left) ? left : operator === "*" && isInterval(right) ? right : undefined;
  if (interval === undefined) return undefined;
  const other = interval === left ? right : left;
  const number = isNumeric(other) && interval.kind !== "calendar_interval" ? other : isNumeric(other) || isStringLike(other) || other.kind === "null" ? DOUBLE : undefined;
  if (number === undefined) return undefined;
  const result = interval.kind === "interval_dt" ? INTERVAL_DT : interval.kind === "interval_ym" ? { kind: "interval_ym" as const, from: "year" as const, to: "month" as const } : interval;
  return { args: interval === left ? [left, number] : [number, right], result, nullable: failing(context) };
}

function arithmetic(operator: "+" | "-" | "*" | "/" | "%" | "div", name: string = operator): ScalarSignature {
  return scalarBy(name, (args, context) => {
    checkCount(context, args.length, 2, 2);
    switch (operator) {
      case "+":
      case "-":
        return temporalArithmetic(operator, args, context) ?? numericArithmetic(operator, args, context, NUMERIC_OR_INTERVAL);
      case "*":
        return intervalScaling(operator, args, context) ?? numericArithmetic(operator, args, context, '"NUMERIC"');
      case "/":
        return intervalScaling(operator, args, context) ?? numericArithmetic(operator, args, context, '("DOUBLE" or "DECIMAL")');
      case "%":
        return numericArithmetic(operator, args, context, '"NUMERIC"');
      case "div":
        if (isInterval(args[0]) && args[0].kind === args[1].kind && args[0].kind !== "calendar_interval") return { args, result: LONG, nullable: failing(context) };
        return numericArithmetic(operator, args, context, '("BIGINT" or "DECIMAL" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")');
      default:
        return unreachable(operator);
    }
  });
}

/**
 * The type in which two operands are compared. Outside of ANSI mode a string becomes the other side's type (double for decimals).
 * Source: Spark's `TypeCoercion.findCommonTypeForBinaryComparison`.
 */
function comparisonType(left: DataType, right: DataType, ansi: boolean): DataType | undefined {
  if (!ansi) {
    const text = isStringLike(left) ? right : isStringLike(right) ? left : undefined;
    if (text !== undefined && !isStringLike(text)) {
      if (text.kind === "decimal") return DOUBLE;
      if (isNumeric(text) || text.kind === "date" || text.kind === "timestamp" || text.kind === "timestamp_ntz" || text.kind === "boolean" || text.kind === "binary") return text;
    }
    if (left.kind === "boolean" && isNumeric(right)) return right;
    if (right.kind === "boolean" && isNumeric(left)) return left;
  }
  return commonType(left, right, ansi);
}

function comparison(name: string, nullable: Resolution["nullable"], ordered: boolean, aliases?: readonly string[]): ScalarSignature {
  return scalarBy(
    name,
    (args, context) => {
      checkCount(context, args.length, 2, 2);
      const common = literalAwareComparisonType(args, context);
      if (common === undefined) throw operandsDiffer(context, args[0], args[1]);
      if (ordered ? !isOrderable(common) : !isComparable(common)) throw notOrderable(context, common);
      return { args: [common, common], result: BOOLEAN, nullable };
    },
    { aliases },
  );
}

/** An integer literal beside a decimal counts by its own digits. */
function literalAwareComparisonType(args: readonly DataType[], context: ResolveContext): DataType | undefined {
  const [left, right] = args;
  if (left.kind === "decimal" && isIntegral(right)) return commonType(left, asDecimal(right, context.literals[1]), context.ansi);
  if (right.kind === "decimal" && isIntegral(left)) return commonType(asDecimal(left, context.literals[0]), right, context.ansi);
  return comparisonType(left, right, context.ansi);
}

function logical(name: "and" | "or"): ScalarSignature {
  return scalarBy(name, (args, context) => {
    checkCount(context, args.length, 2, 2);
    const common = commonType(args[0], args[1], context.ansi);
    if (common === undefined) throw operandsDiffer(context, args[0], args[1]);
    if (common.kind !== "boolean" && common.kind !== "null") throw wrongOperandType(context, '"BOOLEAN"', common);
    return { args: [BOOLEAN, BOOLEAN], result: BOOLEAN, nullable: "any" };
  });
}

function bitwise(name: string): ScalarSignature {
  return scalarBy(name, (args, context) => {
    checkCount(context, args.length, 2, 2);
    const [left, right] = args.map((t, i) => (isStringLike(t) ? (isIntegral(args[1 - i]) && context.ansi ? LONG : t) : t));
    const common = commonType(left, right, context.ansi);
    if (common === undefined) throw operandsDiffer(context, args[0], args[1]);
    if (common.kind === "null") return { args: [INT, INT], result: INT, nullable: "always" };
    if (!isIntegral(common)) throw wrongOperandType(context, '"INTEGRAL"', common);
    return { args: [common, common], result: common, nullable: "any" };
  });
}

const SHIFTED = oneOf(INT_TYPE, { name: '"BIGINT"', accepts: (t) => t.kind === "long", implicit: () => undefined });

function shift(name: string, alias: string): ScalarSignature {
  return scalar(name, [SHIFTED, INT_TYPE], (args) => args[0], { aliases: [alias] });
}

const SIGNED = oneOf(NUMERIC, DAY_TIME_INTERVAL, YEAR_MONTH_INTERVAL, CALENDAR_INTERVAL_TYPE);

/** All arguments brought to their common type, or DATA_DIFF_TYPES. */
export function allOfOneType(args: readonly DataType[], context: ResolveContext): DataType {
  const common = commonTypeOf(args, context.ansi);
  if (common === undefined) throw differentTypes(context, args);
  return common;
}

/** `concat`, `||`: strings, binaries or arrays; a mixture is text. */
const concat = scalarBy("concat", (args, context) => {
  if (args.length === 0) return { args: [], result: STRING, nullable: "never" };
  if (args.some((t) => t.kind === "array")) {
    const common = commonTypeOf(args, context.ansi);
    if (common === undefined || common.kind !== "array") throw differentTypes(context, args);
    return { args: args.map(() => common), result: common, nullable: "any" };
  }
  if (args.every((t) => t.kind === "binary")) return { args, result: { kind: "binary" }, nullable: "any" };
  args.forEach((type, i) => {
    if (type.kind === "map" || type.kind === "struct" || type.kind === "variant") {
      throw typeMismatch(context, "UNEXPECTED_INPUT_TYPE", `the argument has the type ${type.kind}.`, {
        paramIndex: ["first", "second", "third", "fourth"][i] ?? `${i + 1}th`,
        requiredType: '("STRING" or "BINARY" or "ARRAY")',
        inputSql: `"${context.sqlText?.().args[i] ?? `argument ${i + 1}`}"`,
        inputType: `"${type.kind.toUpperCase()}"`,
      });
    }
  });
  return { args: args.map(() => STRING), result: STRING, nullable: "any" };
});

const LIKE_PARAMETERS = [STRING_TYPE, STRING_TYPE, STRING_TYPE];

function textTest(name: string): ScalarSignature {
  return scalarBy(name, (args, context) => {
    checkCount(context, args.length, 2, 2);
    if (args[0].kind === "binary" && args[1].kind === "binary") return { args, result: BOOLEAN, nullable: "any" };
    return { args: coerceArguments(args, [STRING_TYPE], context), result: BOOLEAN, nullable: "any" };
  });
}

export const operatorSignatures: readonly FunctionSignature[] = [
  arithmetic("+"),
  arithmetic("-"),
  arithmetic("*"),
  arithmetic("/"),
  arithmetic("div"),
  { ...arithmetic("%"), aliases: ["mod"] },
  scalarBy("pmod", (args, context) => {
    checkCount(context, args.length, 2, 2);
    return numericArithmetic("%", args, context, '"NUMERIC"');
  }),
  comparison("=", "any", false, ["=="]),
  comparison("<=>", "never", false, ["equal_null"]),
  comparison("<>", "any", false, ["!="]),
  comparison("<", "any", true),
  comparison("<=", "any", true),
  comparison(">", "any", true),
  comparison(">=", "any", true),
  logical("and"),
  logical("or"),
  scalar("not", [BOOLEAN_TYPE], BOOLEAN, { aliases: ["!"] }),
  scalar("isnull", [ANY], BOOLEAN, { nullable: "never" }),
  scalar("isnotnull", [ANY], BOOLEAN, { nullable: "never" }),
  scalar("istrue", [BOOLEAN_TYPE], BOOLEAN, { nullable: "never" }),
  scalar("isfalse", [BOOLEAN_TYPE], BOOLEAN, { nullable: "never" }),
  bitwise("&"),
  bitwise("|"),
  bitwise("^"),
  scalarBy("~", (args, context) => {
    checkCount(context, args.length, 1, 1);
    if (args[0].kind === "null") return { args: [INT], result: INT, nullable: "always" };
    if (isStringLike(args[0])) return { args: [LONG], result: LONG, nullable: failing(context) };
    if (!isIntegral(args[0])) {
      throw typeMismatch(context, "UNEXPECTED_INPUT_TYPE", "the operator takes integers.", { paramIndex: "first", requiredType: '"INTEGRAL"', inputSql: `"${context.sqlText?.().args[0] ?? "argument 1"}"`, inputType: `"${args[0].kind.toUpperCase()}"` });
    }
    return { args, result: args[0], nullable: "any" };
  }),
  shift("<<", "shiftleft"),
  shift(">>", "shiftright"),
  shift(">>>", "shiftrightunsigned"),
  scalar("negative", [SIGNED], (args) => args[0], { fails: true }),
  scalar("positive", [SIGNED], (args) => args[0]),
  concat,
  scalar("like", LIKE_PARAMETERS, BOOLEAN, { optional: 1 }),
  scalar("ilike", LIKE_PARAMETERS, BOOLEAN, { optional: 1 }),
  scalar("rlike", [STRING_TYPE, STRING_TYPE], BOOLEAN, { aliases: ["regexp", "regexp_like"] }),
  textTest("startswith"),
  textTest("endswith"),
  textTest("contains"),
  scalarBy("coalesce", (args, context) => {
    checkCount(context, args.length, 1, Number.POSITIVE_INFINITY);
    const common = allOfOneType(args, context);
    return { args: args.map(() => common), result: common, nullable: (nullable) => nullable.every(Boolean) };
  }),
  extremum("greatest"),
  extremum("least"),
];

function extremum(name: string): ScalarSignature {
  return scalarBy(name, (args, context) => {
    checkCount(context, args.length, 2, Number.POSITIVE_INFINITY);
    const common = allOfOneType(args, context);
    if (!isOrderable(common)) throw notOrderable(context, common);
    return { args: args.map(() => common), result: common, nullable: (nullable) => nullable.every(Boolean) };
  });
}
