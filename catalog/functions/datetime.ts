import type { EvalMode, Expr } from "../expression.ts";
import { typeOf } from "../expression.ts";
import { SparrowError } from "../errors.ts";
import type { DataType } from "../types.ts";
import { DATE, decimal, DOUBLE, INT, INTERVAL_DT, INTERVAL_YM, isStringLike, LONG, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../types.ts";
import { unexpectedInputType } from "./argument-errors.ts";
import type { ExpectedType } from "./expected-types.ts";
import { checkCount, coerceArguments, macro, scalar, scalarBy } from "./define.ts";
import { ANY_TIMESTAMP, BOOLEAN_TYPE, DATE_TYPE, exactly, INT_TYPE, INTEGRAL, LONG_TYPE, NUMERIC, oneOf, STRING_TYPE, TIME_TYPE, TIMESTAMP_NTZ_TYPE, TIMESTAMP_TYPE } from "./expected-types.ts";
import type { ExpressionBuilder, FunctionSignature, ResolveContext, ScalarSignature } from "./signature.ts";

const SECONDS_TYPE = decimal(16, 6);

/** Field names of EXTRACT and date_part, lower case, to the function that gives the field of a date or timestamp. */
const FIELD_FUNCTIONS: Readonly<Record<string, string>> = {
  ...spellings("year", "y", "years", "yr", "yrs"),
  ...spellings("yearofweek"),
  ...spellings("quarter", "qtr"),
  ...spellings("month", "mon", "mons", "months"),
  ...spellings("weekofyear", "week", "weeks", "w"),
  ...spellings("day", "d", "days"),
  ...spellings("dayofweek", "dow"),
  ...spellings("dayofweek_iso", "dow_iso"),
  ...spellings("dayofyear", "doy"),
  ...spellings("hour", "h", "hours", "hr", "hrs"),
  ...spellings("minute", "m", "min", "mins", "minutes"),
  ...spellings("second_with_fraction", "second", "s", "sec", "seconds", "secs"),
};

function spellings(canonical: string, ...others: readonly string[]): Record<string, string> {
  return Object.fromEntries([canonical, ...others].map((name) => [name, canonical]));
}

/** What the function for a field of an interval is called. */
const INTERVAL_FIELDS: Readonly<Record<string, string>> = { year: "interval_years", month: "interval_months", day: "interval_days", hour: "interval_hours", minute: "interval_minutes", second_with_fraction: "interval_seconds" };

function isInterval(type: DataType): boolean {
  return type.kind === "interval_ym" || type.kind === "interval_dt" || type.kind === "calendar_interval";
}

function extractField(args: readonly Expr[], context: ResolveContext, build: ExpressionBuilder): Expr {
  const field = context.literals[0];
  if (field === null) return build.literal(null, DOUBLE);
  if (typeof field !== "string") {
    throw new SparrowError("NON_FOLDABLE_ARGUMENT", "42K08", "The field to extract must be a constant string.", { funcName: `\`${context.name}\``, paramName: "`field`", paramType: '"STRING"' }, { span: context.span });
  }
  const source = typeOf(args[1]);
  const canonical = FIELD_FUNCTIONS[field.toLowerCase()];
  const invalid = (): SparrowError =>
    new SparrowError("INVALID_EXTRACT_FIELD", "42601", `Cannot extract \`${field}\` from ${context.sqlText?.().args[1] ?? "the argument"}.`, { field: `\`${field}\``, expr: `"${context.sqlText?.().args[1] ?? "source"}"` }, { span: context.span });
  if (isInterval(source)) {
    const name = INTERVAL_FIELDS[canonical];
    const months = name === "interval_years" || name === "interval_months";
    if (name === undefined || (source.kind === "interval_ym" && !months) || (source.kind === "interval_dt" && months)) throw invalid();
    return build.call(name, [args[1]]);
  }
  if (canonical === undefined) throw invalid();
  if (source.kind === "time" && canonical !== "hour" && canonical !== "minute" && canonical !== "second_with_fraction") throw invalid();
  return build.call(canonical, [args[1]]);
}

function ofDate(name: string, aliases?: readonly string[]): ScalarSignature {
  return scalar(name, [DATE_TYPE], INT, { aliases });
}

const CLOCK = oneOf(TIME_TYPE, ANY_TIMESTAMP);

/** hour, minute, second take a time or a timestamp; a string is a timestamp. */
function ofClock(name: string, result: DataType): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 1);
    const args = given[0].kind === "time" ? [...given] : coerceArguments(given, [ANY_TIMESTAMP], context);
    if (!CLOCK.accepts(args[0])) throw unexpectedInputType(context, 0, given[0], ANY_TIMESTAMP.name);
    return { args, result, nullable: "any" };
  });
}

function intervalField(name: string, kinds: readonly DataType["kind"][], result: DataType): ScalarSignature {
  return scalar(name, [{ name: '"INTERVAL"', accepts: (t) => kinds.includes(t.kind), implicit: () => undefined }], result);
}

/** A call of another function whose failures are NULL. */
function tryOf(name: string, of: string, counts: readonly [number, number]): FunctionSignature {
  return macro(name, counts, (args, _context, build) => build.call(of, args, "try"));
}

function parsing(name: string, result: DataType): ScalarSignature {
  return scalar(name, [oneOf(STRING_TYPE, DATE_TYPE, TIMESTAMP_TYPE, TIMESTAMP_NTZ_TYPE, NUMERIC), STRING_TYPE], result, { optional: 1, fails: true });
}

/** `to_date(x)` is a cast, `to_date(x, format)` parses by the pattern. */
function castOrParse(name: string, type: DataType, mode?: EvalMode): FunctionSignature {
  return macro(name, [1, 2], (args, _context, build) => (args.length === 1 ? build.cast(args[0], type, mode) : build.call(`${name.replace(/^try_/, "")}_by_pattern`, args, mode)));
}

/** A parameter without implicit casts, save of NULL. */
function only(expected: ExpectedType, type: DataType): ExpectedType {
  return { ...expected, implicit: (given) => (given.kind === "null" ? type : undefined) };
}

function makeTimestamp(name: string, result: DataType, zone: boolean): ScalarSignature {
  return scalarBy(name, (given, context) => {
    if (given.length <= 3) {
      checkCount(context, given.length, 1, zone ? 3 : 2);
      return { args: coerceArguments(given, [only(DATE_TYPE, DATE), only(TIME_TYPE, { kind: "time", precision: 6 }), STRING_TYPE], context), result, nullable: context.ansi ? "any" : "always" };
    }
    checkCount(context, given.length, 6, zone ? 7 : 6);
    return { args: coerceArguments(given, [INT_TYPE, INT_TYPE, INT_TYPE, INT_TYPE, INT_TYPE, exactly(SECONDS_TYPE), STRING_TYPE], context), result, nullable: context.ansi ? "any" : "always" };
  });
}

/** `date_add(date, days)`: the days are no wider than int; text must be a constant integer. Source: Spark's `DateAdd`, `StringLiteralCoercion`. */
function shiftedByDays(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 2);
    const [date] = coerceArguments(given.slice(0, 1), [DATE_TYPE], context);
    const days = given[1];
    const text = context.literals[1];
    if (isStringLike(days) && typeof text === "string") {
      if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new SparrowError("SECOND_FUNCTION_ARGUMENT_NOT_INTEGER", "22023", `The second argument of ${context.name} must be an integer.`, { functionName: `\`${context.name}\`` }, { span: context.span });
      return { args: [date, INT], result: DATE, nullable: "any" };
    }
    if (days.kind !== "int" && days.kind !== "short" && days.kind !== "byte" && days.kind !== "null") throw unexpectedInputType(context, 1, days, '("INT" or "SMALLINT" or "TINYINT")');
    return { args: [date, days.kind === "null" ? INT : days], result: DATE, nullable: "any" };
  });
}

const now = (name: string, type: DataType, aliases?: readonly string[]): ScalarSignature => scalar(name, [], type, { aliases, nullable: "never" });

export const datetimeSignatures: readonly FunctionSignature[] = [
  now("current_date", DATE, ["curdate"]),
  now("current_timestamp", TIMESTAMP, ["now"]),
  now("localtimestamp", TIMESTAMP_NTZ),
  scalar("current_time", [INT_TYPE], (_args, context) => ({ kind: "time", precision: Number(context.literals[0] ?? 6) }), { optional: 1, nullable: "never" }),
  now("current_timezone", STRING),
  ofDate("year"),
  ofDate("quarter"),
  ofDate("month"),
  ofDate("day", ["dayofmonth"]),
  ofDate("dayofweek"),
  ofDate("dayofweek_iso"),
  ofDate("weekday"),
  ofDate("dayofyear"),
  ofDate("weekofyear"),
  ofDate("yearofweek"),
  ofClock("hour", INT),
  ofClock("minute", INT),
  ofClock("second", INT),
  ofClock("second_with_fraction", decimal(8, 6)),
  intervalField("interval_years", ["interval_ym", "calendar_interval"], INT),
  intervalField("interval_months", ["interval_ym", "calendar_interval"], { kind: "byte" }),
  intervalField("interval_days", ["interval_dt", "calendar_interval"], INT),
  intervalField("interval_hours", ["interval_dt", "calendar_interval"], { kind: "byte" }),
  intervalField("interval_minutes", ["interval_dt", "calendar_interval"], { kind: "byte" }),
  intervalField("interval_seconds", ["interval_dt", "calendar_interval"], decimal(8, 6)),
  macro("date_part", 2, extractField, ["datepart", "extract"]),
  scalar("monthname", [DATE_TYPE], STRING),
  scalar("dayname", [DATE_TYPE], STRING),
  scalar("last_day", [DATE_TYPE], DATE),
  scalar("next_day", [DATE_TYPE, STRING_TYPE], DATE, { fails: true }),
  scalar("add_months", [DATE_TYPE, INT_TYPE], DATE),
  scalar("months_between", [TIMESTAMP_TYPE, TIMESTAMP_TYPE, BOOLEAN_TYPE], DOUBLE, { optional: 1 }),
  shiftedByDays("date_add"),
  shiftedByDays("date_sub"),
  scalar("datediff", [DATE_TYPE, DATE_TYPE], INT, { aliases: ["date_diff"] }),
  scalar("timestampadd", [STRING_TYPE, LONG_TYPE, ANY_TIMESTAMP], (args) => args[2]),
  scalar("timestampdiff", [STRING_TYPE, ANY_TIMESTAMP, ANY_TIMESTAMP], LONG, { check: (args) => (args[1].kind === args[2].kind ? undefined : [args[0], TIMESTAMP, TIMESTAMP]) }),
  macro("dateadd", [2, 3], (args, _context, build) => build.call(args.length === 2 ? "date_add" : "timestampadd", args)),
  scalar("trunc", [DATE_TYPE, STRING_TYPE], DATE, { nullable: "always" }),
  scalarBy("date_trunc", (given, context) => {
    checkCount(context, given.length, 2, 2);
    const args = coerceArguments(given, [STRING_TYPE, TIMESTAMP_TYPE], context);
    return { args: [args[0], given[1].kind === "timestamp_ntz" ? TIMESTAMP_NTZ : args[1]], result: given[1].kind === "timestamp_ntz" ? TIMESTAMP_NTZ : TIMESTAMP, nullable: "always" };
  }),
  scalarBy("date_format", (given, context) => {
    checkCount(context, given.length, 2, 2);
    const [value, format] = coerceArguments(given, [oneOf(ANY_TIMESTAMP, TIME_TYPE), STRING_TYPE], context);
    return { args: [value.kind === "time" ? value : TIMESTAMP, format], result: STRING, nullable: "any" };
  }),
  castOrParse("to_date", DATE),
  castOrParse("try_to_date", DATE, "try"),
  castOrParse("to_timestamp", TIMESTAMP),
  castOrParse("to_timestamp_ltz", TIMESTAMP),
  castOrParse("to_timestamp_ntz", TIMESTAMP_NTZ),
  castOrParse("try_to_timestamp", TIMESTAMP, "try"),
  parsing("to_date_by_pattern", DATE),
  parsing("to_timestamp_by_pattern", TIMESTAMP),
  parsing("to_timestamp_ltz_by_pattern", TIMESTAMP),
  parsing("to_timestamp_ntz_by_pattern", TIMESTAMP_NTZ),
  scalar("unix_timestamp", [oneOf(STRING_TYPE, DATE_TYPE, ANY_TIMESTAMP), STRING_TYPE], LONG, { optional: 2, fails: true }),
  scalar("to_unix_timestamp", [oneOf(STRING_TYPE, DATE_TYPE, ANY_TIMESTAMP), STRING_TYPE], LONG, { optional: 1, fails: true }),
  scalar("from_unixtime", [LONG_TYPE, STRING_TYPE], STRING, { optional: 1 }),
  scalar("from_utc_timestamp", [TIMESTAMP_TYPE, STRING_TYPE], TIMESTAMP),
  scalar("to_utc_timestamp", [TIMESTAMP_TYPE, STRING_TYPE], TIMESTAMP),
  scalarBy("convert_timezone", (given, context) => {
    checkCount(context, given.length, 2, 3);
    const parameters = given.length === 2 ? [STRING_TYPE, TIMESTAMP_NTZ_TYPE] : [STRING_TYPE, STRING_TYPE, TIMESTAMP_NTZ_TYPE];
    return { args: coerceArguments(given, parameters, context), result: TIMESTAMP_NTZ, nullable: "any" };
  }),
  scalar("make_date", [INT_TYPE, INT_TYPE, INT_TYPE], DATE, { fails: true }),
  makeTimestamp("make_timestamp", TIMESTAMP, true),
  makeTimestamp("make_timestamp_ltz", TIMESTAMP, true),
  makeTimestamp("make_timestamp_ntz", TIMESTAMP_NTZ, false),
  tryOf("try_make_timestamp", "make_timestamp", [1, 7]),
  tryOf("try_make_timestamp_ltz", "make_timestamp_ltz", [1, 7]),
  tryOf("try_make_timestamp_ntz", "make_timestamp_ntz", [1, 6]),
  scalar("make_interval", [INT_TYPE, INT_TYPE, INT_TYPE, INT_TYPE, INT_TYPE, INT_TYPE, exactly(decimal(18, 6))], { kind: "calendar_interval" }, { optional: 7, fails: true }),
  tryOf("try_make_interval", "make_interval", [1, 7]),
  scalar("make_dt_interval", [INT_TYPE, INT_TYPE, INT_TYPE, exactly(decimal(18, 6))], INTERVAL_DT, { optional: 4 }),
  scalar("make_ym_interval", [INT_TYPE, INT_TYPE], INTERVAL_YM, { optional: 2 }),
  scalar("make_time", [INT_TYPE, INT_TYPE, exactly(SECONDS_TYPE)], { kind: "time", precision: 6 }, { fails: true }),
  scalar("to_time", [STRING_TYPE, STRING_TYPE], { kind: "time", precision: 6 }, { optional: 1 }),
  tryOf("try_to_time", "to_time", [1, 2]),
  scalar("time_diff", [STRING_TYPE, TIME_TYPE, TIME_TYPE], LONG, { aliases: ["timediff"] }),
  scalar("time_trunc", [STRING_TYPE, TIME_TYPE], (args) => args[1]),
  scalar("time_from_seconds", [NUMERIC], { kind: "time", precision: 6 }),
  scalar("time_from_millis", [INTEGRAL], { kind: "time", precision: 6 }),
  scalar("time_from_micros", [INTEGRAL], { kind: "time", precision: 6 }),
  scalar("time_to_seconds", [TIME_TYPE], decimal(14, 6)),
  scalar("time_to_millis", [TIME_TYPE], LONG),
  scalar("time_to_micros", [TIME_TYPE], LONG),
  scalar("timestamp_seconds", [NUMERIC], TIMESTAMP, { nullable: "always" }),
  scalar("timestamp_millis", [INTEGRAL], TIMESTAMP),
  scalar("timestamp_micros", [INTEGRAL], TIMESTAMP),
  scalar("unix_seconds", [TIMESTAMP_TYPE], LONG),
  scalar("unix_millis", [TIMESTAMP_TYPE], LONG),
  scalar("unix_micros", [TIMESTAMP_TYPE], LONG),
  scalar("unix_date", [DATE_TYPE], INT),
  scalar("date_from_unix_date", [INT_TYPE], DATE),
];
