import type { AstExpr } from "../ast.ts";
import type { DialectName } from "./dialect.ts";
import type { Lowering } from "./lowering.ts";

type Call = Extract<AstExpr, { kind: "call" }>;
type Renames = Readonly<Record<string, string>>;

/** Functions that Spark has under another name, with the same arguments in the same order. */
const RENAMED: Readonly<Partial<Record<DialectName, Renames>>> = {
  postgresql: { random: "rand", strpos: "instr" },
  redshift: { random: "rand", strpos: "instr", len: "length", nvl: "coalesce" },
  mysql: { length: "octet_length" },
  mariadb: { length: "octet_length" },
  bigquery: { countif: "count_if", logical_and: "bool_and", logical_or: "bool_or", safe_divide: "try_divide", starts_with: "startswith", ends_with: "endswith", array_length: "size", byte_length: "octet_length", strpos: "instr" },
  snowflake: { iff: "if", len: "length", boolor_agg: "bool_or", booland_agg: "bool_and" },
  trino: { strpos: "instr", approx_distinct: "approx_count_distinct", arbitrary: "any_value" },
  athena: { strpos: "instr", approx_distinct: "approx_count_distinct", arbitrary: "any_value" },
  transactsql: { len: "length", isnull: "coalesce", getdate: "now" },
};

/** Functions that Spark has under the same name and with another meaning, and why. */
const DIFFERENT: Readonly<Partial<Record<DialectName, Renames>>> = {
  postgresql: { log: "its base is 10", regexp_replace: "it replaces the first match only", to_char: "its patterns are others", to_date: "its patterns are others", to_timestamp: "its patterns are others", array_agg: "it keeps NULLs", date_part: "days of the week are counted from 0" },
  redshift: { log: "its base is 10", to_char: "its patterns are others", to_date: "its patterns are others", to_timestamp: "its patterns are others", datediff: "it counts crossed boundaries" },
  mysql: { date_format: "its patterns are others", week: "weeks are counted in another way", yearweek: "weeks are counted in another way", weekofyear: "weeks are counted in another way" },
  mariadb: { date_format: "its patterns are others", week: "weeks are counted in another way" },
  bigquery: { date_trunc: "it gives a date", array_agg: "it keeps NULLs", date_diff: "it counts crossed boundaries" },
  snowflake: { datediff: "it counts crossed boundaries", to_char: "its patterns are others", to_date: "its patterns are others", to_timestamp: "its patterns are others", date_trunc: "it keeps the type" },
  trino: { date_format: "its patterns are others", array_agg: "it keeps NULLs", date_trunc: "it keeps the type" },
  athena: { date_format: "its patterns are others", array_agg: "it keeps NULLs", date_trunc: "it keeps the type" },
  sqlite: { length: "of bytes it counts up to the first zero", round: "it gives a double", date: "it gives a text", datetime: "it gives a text" },
  transactsql: { log: "its base comes second", datediff: "it counts crossed boundaries", charindex: "its collation may ignore case" },
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

/** Standard SQL counts positions before the first too; Spark counts from the end. */
function checkSubstring(l: Lowering, call: Call): void {
  const start = call.args[1]?.value;
  if (start !== undefined && !(start.kind === "number" && /^[1-9]\d*$/.test(start.text))) l.refuse("a start of SUBSTRING that is not a positive literal", start.span);
}
