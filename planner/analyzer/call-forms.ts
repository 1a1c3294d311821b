/** How Spark shows calls whose text is not `name(arguments)`. */
type CallForm = (args: readonly string[]) => string;

const plain = (name: string, ...more: readonly string[]): CallForm => (args) => `${name}(${[...args, ...more].join(", ")})`;

/** `name(arguments)` with the default values of the arguments left out. */
const withDefaults =
  (name: string, defaults: readonly (string | undefined)[]): CallForm =>
  (args) =>
    `${name}(${[...args, ...defaults.slice(args.length).filter((d) => d !== undefined)].join(", ")})`;

const infix =
  (operator: string): CallForm =>
  (args) =>
    args.length === 2 ? `(${args[0]} ${operator} ${args[1]})` : `${operator}(${args.join(", ")})`;

/** A schema is no argument to Spark, and is not shown. */
const firstOnly =
  (name: string): CallForm =>
  (args) =>
    `${name}(${args[0] ?? ""})`;

/** A conversion that is not written as CAST is not shown. */
const conversion: CallForm = (args) => args.join(", ");

/** By lower-case name. */
export const CALL_FORMS: ReadonlyMap<string, CallForm> = new Map<string, CallForm>([
  ["if", (args) => `(IF(${args.join(", ")}))`],
  ["iff", (args) => `(IF(${args.join(", ")}))`],
  ["isnull", (args) => `(${args[0]} IS NULL)`],
  ["isnotnull", (args) => `(${args[0]} IS NOT NULL)`],
  ["div", infix("div")],
  ["!", (args) => `(NOT ${args[0]})`],
  ["not", (args) => `(NOT ${args[0]})`],
  ["negative", plain("negative")],
  ["log", (args) => (args.length === 1 ? `LOG(E(), ${args[0]})` : `LOG(${args.join(", ")})`)],
  ["log10", plain("LOG10")],
  ["log2", plain("LOG2")],
  ["ln", plain("ln")],
  ["exp", plain("EXP")],
  ["power", plain("POWER")],
  ["pow", plain("pow")],
  ["sqrt", plain("SQRT")],
  ["pi", plain("PI")],
  ["e", plain("E")],
  ["sin", plain("SIN")],
  ["cos", plain("COS")],
  ["tan", plain("TAN")],
  ["cot", plain("COT")],
  ["asin", plain("ASIN")],
  ["acos", plain("ACOS")],
  ["atan", plain("ATAN")],
  ["atan2", plain("ATAN2")],
  ["sinh", plain("SINH")],
  ["cosh", plain("COSH")],
  ["tanh", plain("TANH")],
  ["asinh", plain("ASINH")],
  ["acosh", plain("ACOSH")],
  ["atanh", plain("ATANH")],
  ["cbrt", plain("CBRT")],
  ["degrees", plain("DEGREES")],
  ["radians", plain("RADIANS")],
  ["signum", plain("SIGNUM")],
  ["ceil", plain("CEIL")],
  ["floor", plain("FLOOR")],
  ["expm1", plain("EXPM1")],
  ["log1p", plain("LOG1P")],
  ["rint", plain("rint")],
  ["rlike", plain("RLIKE")],
  ["regexp", plain("REGEXP")],
  ["regexp_like", plain("REGEXP_LIKE")],
  ["array_agg", plain("collect_list")],
  ["current_database", plain("current_schema")],
  ["round", withDefaults("round", [undefined, "0"])],
  ["bround", withDefaults("bround", [undefined, "0"])],
  ["substr", withDefaults("substr", [undefined, undefined, "2147483647"])],
  ["substring", withDefaults("substring", [undefined, undefined, "2147483647"])],
  ["from_json", firstOnly("from_json")],
  ["variant_get", (args) => `variant_get(${args.slice(0, 2).join(", ")})`],
  ["try_variant_get", (args) => `try_variant_get(${args.slice(0, 2).join(", ")})`],
  ["from_csv", firstOnly("from_csv")],
  ["rank", plain("RANK")],
  ["dense_rank", plain("DENSE_RANK")],
  ["percent_rank", plain("PERCENT_RANK")],
  ["lpad", withDefaults("lpad", [undefined, undefined, " "])],
  ["rpad", withDefaults("rpad", [undefined, undefined, " "])],
  ["mask", withDefaults("mask", [undefined, "X", "x", "n", "NULL"])],
  ["assert_true", (args) => (args.length === 1 ? `assert_true(${args[0]}, '${args[0]}' is not true!)` : `assert_true(${args.join(", ")})`)],
  ["regexp_replace", withDefaults("regexp_replace", [undefined, undefined, undefined, "1"])],
  ["regexp_extract", withDefaults("regexp_extract", [undefined, undefined, "1"])],
  ["regexp_extract_all", withDefaults("regexp_extract_all", [undefined, undefined, "1"])],
  ["split", withDefaults("split", [undefined, undefined, "-1"])],
  ["sentences", withDefaults("sentences", [undefined, "", ""])],
  ["str_to_map", withDefaults("str_to_map", [undefined, ",", ":"])],
  ["approx_count_distinct", plain("approx_count_distinct")],
  ["percentile", withDefaults("percentile", [undefined, undefined, "1"])],
  ["percentile_approx", withDefaults("percentile_approx", [undefined, undefined, "10000"])],
  ["approx_percentile", withDefaults("approx_percentile", [undefined, undefined, "10000"])],
  ["date_format", plain("date_format")],
  ["locate", withDefaults("locate", [undefined, undefined, "1"])],
  ["position", withDefaults("position", [undefined, undefined, "1"])],
  ["overlay", withDefaults("overlay", [undefined, undefined, undefined, "-1"])],
  ["from_unixtime", withDefaults("from_unixtime", [undefined, "yyyy-MM-dd HH:mm:ss"])],
  ["unix_timestamp", withDefaults("unix_timestamp", [undefined, "yyyy-MM-dd HH:mm:ss"])],
  ["to_unix_timestamp", withDefaults("to_unix_timestamp", [undefined, "yyyy-MM-dd HH:mm:ss"])],
  ["months_between", withDefaults("months_between", [undefined, undefined, "true"])],
  ["sort_array", withDefaults("sort_array", [undefined, "true"])],
  ["make_interval", withDefaults("make_interval", ["0", "0", "0", "0", "0", "0", "0.000000"])],
  ["make_dt_interval", withDefaults("make_dt_interval", ["0", "0", "0", "0.000000"])],
  ["make_ym_interval", withDefaults("make_ym_interval", ["0", "0"])],
  ...["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "date", "timestamp", "time", "binary", "string"].map((name): [string, CallForm] => [name, conversion]),
]);
