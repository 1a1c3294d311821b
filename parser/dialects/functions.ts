import type { AstExpr } from "../ast.ts";
import type { DialectName } from "./dialect.ts";
import type { Lowering } from "./lowering.ts";

type Call = Extract<AstExpr, { kind: "call" }>;
type Renames = Readonly<Record<string, string>>;

const POPULATION = { std: "stddev_pop", stddev: "stddev_pop", variance: "var_pop" };

/** Functions that Spark has under another name, with the same arguments in the same order. */
const RENAMED: Readonly<Partial<Record<DialectName, Renames>>> = {
  postgresql: { random: "rand", strpos: "instr" },
  noql: { random: "rand", strpos: "instr" },
  redshift: { random: "rand", strpos: "instr", len: "length", nvl: "coalesce" },
  mysql: { length: "octet_length", ...POPULATION },
  mariadb: { length: "octet_length", ...POPULATION },
  hive: { stddev: "stddev_pop", variance: "var_pop" },
  db2: { stddev: "stddev_pop", variance: "var_pop" },
  bigquery: { countif: "count_if", logical_and: "bool_and", logical_or: "bool_or", safe_divide: "try_divide", starts_with: "startswith", ends_with: "endswith", array_length: "size", byte_length: "octet_length", strpos: "instr" },
  snowflake: { iff: "if", len: "length", boolor_agg: "bool_or", booland_agg: "bool_and" },
  trino: { strpos: "instr", approx_distinct: "approx_count_distinct", arbitrary: "any_value" },
  athena: { strpos: "instr", approx_distinct: "approx_count_distinct", arbitrary: "any_value" },
  transactsql: { isnull: "coalesce", getdate: "now" },
};

const PATTERNS = "its patterns are others";
const PATTERN_FUNCTIONS = { to_char: PATTERNS, to_date: PATTERNS, to_timestamp: PATTERNS, to_number: PATTERNS };
const KEEPS_NULLS = { array_agg: "it keeps NULLs" };
const BOUNDARIES = "it counts crossed boundaries";
const REGULAR_EXPRESSIONS = { regexp_replace: "it writes and replaces groups in another way", regexp_extract: "it gives another group", split: "its separator is no regular expression" };
const TRINO = { ...KEEPS_NULLS, ...REGULAR_EXPRESSIONS, date_format: PATTERNS, date_trunc: "it keeps the type", from_unixtime: "it gives a timestamp" };
const MYSQL = { date_format: PATTERNS, from_unixtime: PATTERNS, week: "weeks are counted in another way", yearweek: "weeks are counted in another way", weekofyear: "weeks are counted in another way", regexp_replace: "it writes groups in another way" };
const POSTGRES = { ...PATTERN_FUNCTIONS, ...KEEPS_NULLS, log: "its base is 10", regexp_replace: "it replaces the first match only", date_part: "days of the week are counted from 0" };
const INTEGER_AVERAGE = { avg: "it cuts the average of integers" };

/** Functions that Spark has under the same name and with another meaning, and why. */
const DIFFERENT: Readonly<Partial<Record<DialectName, Renames>>> = {
  postgresql: POSTGRES,
  noql: POSTGRES,
  redshift: { ...POSTGRES, datediff: BOUNDARIES },
  mysql: MYSQL,
  mariadb: MYSQL,
  bigquery: { ...KEEPS_NULLS, ...REGULAR_EXPRESSIONS, date_trunc: "it gives a date", date_diff: BOUNDARIES },
  snowflake: { ...PATTERN_FUNCTIONS, ...REGULAR_EXPRESSIONS, datediff: BOUNDARIES, date_trunc: "it keeps the type", dayofweek: "days are counted from 0" },
  trino: TRINO,
  athena: TRINO,
  sqlite: { length: "it counts up to the first zero", round: "it gives a double", date: "it gives a text", datetime: "it gives a text" },
  db2: { ...PATTERN_FUNCTIONS, ...INTEGER_AVERAGE },
  transactsql: { ...INTEGER_AVERAGE, log: "its base comes second", datediff: BOUNDARIES, charindex: "its collation may ignore case", len: "it leaves trailing blanks out" },
};

/** A call with the meaning that it has in its dialect: renamed, rewritten, refused, or as it is and left to name resolution. */
export function dialectCall(l: Lowering, call: Call): AstExpr {
  if (call.name.parts.length !== 1) return call;
  const written = call.name.parts[0];
  const name = written.name.toLowerCase();
  const why = DIFFERENT[l.dialect.name]?.[name];
  if (why !== undefined) l.refuse(`the function ${name}: ${why}`, call.name.span);
  if ((name === "least" || name === "greatest") && l.dialect.leastOfNullIsNull) l.refuse(`the function ${name}: it gives NULL when an argument is NULL`, call.name.span);
  if ((name === "substr" || name === "substring") && l.dialect.lexer.plainBackslashes === true) checkSubstring(l, call);
  if ((name === "left" || name === "right") && l.dialect.lexer.plainBackslashes === true && !isCount(call.args[1]?.value)) l.refuse(`a length of ${name} that is not a literal, which may be negative there`, call.name.span);
  if (call.args.length === 2 && TRIMS.has(name)) return trimmed(call, name);
  if (name === "concat" && l.dialect.concatSkipsNulls) return renamed(call, "concat_ws", [{ value: { kind: "string", value: "", span: written.span } }, ...call.args]);
  if (name === "group_concat") return call.args.length === 1 ? renamed(call, "string_agg", [...call.args, { value: { kind: "string", value: ",", span: written.span } }]) : renamed(call, "string_agg");
  const shifted = shiftedDate(call, name);
  if (shifted !== undefined) return shifted;
  const spark = RENAMED[l.dialect.name]?.[name];
  return spark === undefined ? call : renamed(call, spark);
}

function renamed(call: Call, name: string, args = call.args): Call {
  const [written] = call.name.parts;
  return { ...call, name: { parts: [{ name, quoted: false, span: written.span }], span: call.name.span }, args };
}

/** `DATE_ADD(d, INTERVAL 1 DAY)`: Spark's function takes days alone, its operator an interval. */
function shiftedDate(call: Call, name: string): AstExpr | undefined {
  if ((name !== "date_add" && name !== "date_sub") || call.args.length !== 2 || call.args[1].value.kind !== "interval") return undefined;
  return { kind: "binary_op", operator: name === "date_add" ? "+" : "-", left: call.args[0].value, right: call.args[1].value, span: call.span };
}

const TRIMS = new Set(["trim", "ltrim", "rtrim"]);

/** `ltrim(text, characters)`: Spark's functions of two arguments take the characters first, but for `btrim`. */
function trimmed(call: Call, name: string): AstExpr {
  return name === "trim" ? renamed(call, "btrim") : { ...call, args: [call.args[1], call.args[0]] };
}

function isCount(expr: AstExpr | undefined): boolean {
  return expr?.kind === "number" && /^\d+$/.test(expr.text);
}

/** Standard SQL counts positions before the first too; Spark counts from the end. */
function checkSubstring(l: Lowering, call: Call): void {
  const start = call.args[1]?.value;
  if (start !== undefined && !(start.kind === "number" && /^[1-9]\d*$/.test(start.text))) l.refuse("a start of SUBSTRING that is not a positive literal", start.span);
}
