import type { DataType } from "../types.ts";
import { BOOLEAN, decimal, DOUBLE, INTERVAL_DT, INTERVAL_YM, isIntegral, LONG, MAX_DECIMAL_PRECISION, STRING } from "../types.ts";
import { notFoldable, notOrderable, unexpectedInputType } from "./argument-errors.ts";
import { aggregate } from "./define.ts";
import { ANY, ANY_TIMESTAMP, arrayOf, BINARY_TYPE, BOOLEAN_TYPE, DATE_TYPE, DAY_TIME_INTERVAL, DOUBLE_TYPE, INT_TYPE, INTEGRAL, isOrderable, LONG_TYPE, NUMERIC, oneOf, STRING_TYPE, YEAR_MONTH_INTERVAL } from "./expected-types.ts";
import type { AggregateSignature, FunctionSignature, ResolveContext } from "./signature.ts";

const SUMMABLE = oneOf(NUMERIC, YEAR_MONTH_INTERVAL, DAY_TIME_INTERVAL);

/** Source: Spark's `Sum.resultType`. */
function sumType(type: DataType): DataType {
  if (type.kind === "decimal") return decimal(Math.min(type.precision + 10, MAX_DECIMAL_PRECISION), type.scale);
  if (isIntegral(type)) return LONG;
  return type.kind === "interval_ym" || type.kind === "interval_dt" ? type : DOUBLE;
}

/** Source: Spark's `Average.resultType`. */
function averageType(type: DataType): DataType {
  if (type.kind === "decimal") return decimal(Math.min(type.precision + 4, MAX_DECIMAL_PRECISION), Math.min(type.scale + 4, MAX_DECIMAL_PRECISION));
  if (type.kind === "interval_ym") return INTERVAL_YM;
  return type.kind === "interval_dt" ? INTERVAL_DT : DOUBLE;
}

function ordered(args: readonly DataType[], context: ResolveContext, index = 0): void {
  if (!isOrderable(args[index])) throw notOrderable(context, args[index]);
}

function statistic(name: string, aliases?: readonly string[]): AggregateSignature {
  return aggregate(name, [DOUBLE_TYPE], DOUBLE, { aliases });
}

function pairStatistic(name: string, result: DataType = DOUBLE): AggregateSignature {
  return aggregate(name, [DOUBLE_TYPE, DOUBLE_TYPE], result, { nullable: result === DOUBLE ? "always" : "never" });
}

/** `first(x [, ignoreNulls])`: the flag must be a constant. */
function positional(name: string, aliases: readonly string[]): AggregateSignature {
  return aggregate(name, [ANY, BOOLEAN_TYPE], (args) => args[0], {
    optional: 1,
    aliases,
    check: (args, context) => {
      if (args.length === 2 && typeof context.literals[1] !== "boolean") throw notFoldable(context, 1, "ignoreNulls", BOOLEAN);
    },
  });
}

const PERCENTAGE = oneOf(DOUBLE_TYPE, arrayOf(DOUBLE_TYPE));

function percentileResult(element: DataType, percentage: DataType): DataType {
  return percentage.kind === "array" ? { kind: "array", element, containsNull: false } : element;
}

const INTERPOLATED = oneOf(NUMERIC, YEAR_MONTH_INTERVAL, DAY_TIME_INTERVAL);

/** Result element of an interpolated percentile. */
function interpolatedType(type: DataType): DataType {
  return type.kind === "interval_ym" ? INTERVAL_YM : type.kind === "interval_dt" ? INTERVAL_DT : DOUBLE;
}

function constantPercentage(args: readonly DataType[], context: ResolveContext): void {
  if (context.literals[1] === undefined) throw notFoldable(context, 1, "percentage", args[1]);
}

export const aggregateSignatures: readonly FunctionSignature[] = [
  aggregate("count", [ANY], LONG, { optional: 1, variadic: true, nullable: "never" }),
  aggregate("count_if", [BOOLEAN_TYPE], LONG, { nullable: "never" }),
  aggregate("sum", [SUMMABLE], (args) => sumType(args[0])),
  aggregate("avg", [SUMMABLE], (args) => averageType(args[0]), { aliases: ["mean"] }),
  aggregate("try_sum", [SUMMABLE], (args) => sumType(args[0]), { mode: "try" }),
  aggregate("try_avg", [SUMMABLE], (args) => averageType(args[0]), { mode: "try" }),
  aggregate("min", [ANY], (args) => args[0], { check: ordered }),
  aggregate("max", [ANY], (args) => args[0], { check: ordered }),
  aggregate("min_by", [ANY, ANY], (args) => args[0], { check: (args, context) => ordered(args, context, 1) }),
  aggregate("max_by", [ANY, ANY], (args) => args[0], { check: (args, context) => ordered(args, context, 1) }),
  positional("first", ["first_value"]),
  positional("last", ["last_value"]),
  positional("any_value", []),
  statistic("stddev_samp", ["stddev", "std"]),
  statistic("stddev_pop"),
  statistic("var_samp", ["variance"]),
  statistic("var_pop"),
  statistic("skewness"),
  statistic("kurtosis"),
  pairStatistic("corr"),
  pairStatistic("covar_pop"),
  pairStatistic("covar_samp"),
  ...["regr_avgx", "regr_avgy", "regr_r2", "regr_sxx", "regr_sxy", "regr_syy", "regr_slope", "regr_intercept"].map((name) => pairStatistic(name)),
  pairStatistic("regr_count", LONG),
  aggregate("collect_list", [ANY], (args) => ({ kind: "array", element: args[0], containsNull: false }), { aliases: ["array_agg"], nullable: "never" }),
  aggregate("collect_set", [ANY], (args) => ({ kind: "array", element: args[0], containsNull: false }), {
    nullable: "never",
    check: (args, context) => {
      if (args[0].kind === "map") throw unexpectedInputType(context, 0, args[0], '"COMPARABLE"');
    },
  }),
  aggregate("bool_and", [BOOLEAN_TYPE], BOOLEAN, { aliases: ["every"] }),
  aggregate("bool_or", [BOOLEAN_TYPE], BOOLEAN, { aliases: ["some", "any"] }),
  aggregate("bit_and", [INTEGRAL], (args) => args[0]),
  aggregate("bit_or", [INTEGRAL], (args) => args[0]),
  aggregate("bit_xor", [INTEGRAL], (args) => args[0]),
  aggregate("approx_count_distinct", [ANY, DOUBLE_TYPE], LONG, { optional: 1, nullable: "never" }),
  aggregate("median", [INTERPOLATED], (args) => interpolatedType(args[0])),
  aggregate("percentile", [INTERPOLATED, PERCENTAGE, INTEGRAL], (args) => percentileResult(interpolatedType(args[0]), args[1]), { optional: 1, check: constantPercentage }),
  aggregate("percentile_approx", [oneOf(NUMERIC, DATE_TYPE, ANY_TIMESTAMP, YEAR_MONTH_INTERVAL, DAY_TIME_INTERVAL), PERCENTAGE, INTEGRAL], (args) => percentileResult(args[0], args[1]), {
    optional: 1,
    aliases: ["approx_percentile"],
    check: constantPercentage,
  }),
  percentileWithinGroup("percentile_cont"),
  percentileWithinGroup("percentile_disc"),
  { ...aggregate("mode", [ANY, BOOLEAN_TYPE], (args) => args[0], { optional: 1, withinGroup: true }), withinGroupValue: true },
  aggregate("listagg", [oneOf(STRING_TYPE, BINARY_TYPE), oneOf(STRING_TYPE, BINARY_TYPE)], (args) => (args[0].kind === "binary" ? args[0] : STRING), { optional: 1, withinGroup: true, aliases: ["string_agg"] }),
  aggregate("histogram_numeric", [oneOf(NUMERIC, DATE_TYPE, ANY_TIMESTAMP, YEAR_MONTH_INTERVAL, DAY_TIME_INTERVAL), INT_TYPE], (args) => ({
    kind: "array",
    containsNull: true,
    element: { kind: "struct", fields: [{ name: "x", type: args[0], nullable: true }, { name: "y", type: DOUBLE, nullable: true }] },
  })),
  aggregate("bitmap_construct_agg", [LONG_TYPE], { kind: "binary" }, { nullable: "never" }),
  aggregate("bitmap_or_agg", [BINARY_TYPE], { kind: "binary" }, { nullable: "never" }),
  aggregate("bitmap_and_agg", [BINARY_TYPE], { kind: "binary" }, { nullable: "never" }),
];

/**
 * `percentile_cont(p) WITHIN GROUP (ORDER BY x)` reaches the aggregate as the arguments (x, p), the order's direction in the call's `orderBy`.
 */
function percentileWithinGroup(name: string): AggregateSignature {
  return { ...aggregate(name, [INTERPOLATED, PERCENTAGE], (args) => percentileResult(interpolatedType(args[0]), args[1]), { withinGroup: true, check: constantPercentage }), withinGroupValue: true };
}
