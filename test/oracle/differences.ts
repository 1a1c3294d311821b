import type { DataType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP_NTZ, decimal } from "../../catalog/types.ts";

/**
 * One thing that Spark and DuckDB write or mean differently. The printer of random queries looks up every construct here, under a key made
 * of its kind and Spark's name; what has no entry is printed alike in both dialects.
 */
export interface Difference {
  readonly key: string;
  readonly why: string;
  /** DuckDB's text for what Spark means, from the texts of the arguments and the name of Spark's result type. */
  readonly duckdb: (args: readonly string[], typeName: string) => string;
  /** Shows that the difference is real: DuckDB gives another value or type for Spark's text, or refuses it; and this for the translation. */
  readonly proof: {
    readonly spark: string;
    readonly args: readonly string[];
    /** What Spark answers, as text, and its type. */
    readonly value: string | null;
    readonly type: DataType;
  };
}

export const DIFFERENCES: readonly Difference[] = [
  {
    key: "call:concat",
    why: "concat skips NULLs in DuckDB; in Spark one NULL makes the result NULL",
    duckdb: (args) => `CAST((${args.join(" || ")}) AS VARCHAR)`,
    proof: { spark: "concat('a', nullif('b', 'b'))", args: ["'a'", "nullif('b', 'b')"], value: null, type: STRING },
  },
  {
    key: "call:<=>",
    why: "the null-safe equality operator is not known",
    duckdb: ([a, b]) => `(${a} IS NOT DISTINCT FROM ${b})`,
    proof: { spark: "NULL <=> NULL", args: ["NULL", "NULL"], value: "true", type: BOOLEAN },
  },
  {
    key: "call:^",
    why: "^ is power in DuckDB, exclusive or in Spark",
    duckdb: ([a, b]) => `xor(${a}, ${b})`,
    proof: { spark: "5 ^ 3", args: ["5", "3"], value: "6", type: INT },
  },
  {
    key: "call:div",
    why: "div is not an operator in DuckDB; Spark's is always bigint",
    duckdb: ([a, b]) => `CAST((${a} // ${b}) AS BIGINT)`,
    proof: { spark: "-7 div 2", args: ["-7", "2"], value: "-3", type: LONG },
  },
  {
    key: "call:dayofweek",
    why: "Sunday is 0 in DuckDB, 1 in Spark",
    duckdb: ([date]) => `CAST(dayofweek(${date}) + 1 AS INT)`,
    proof: { spark: "dayofweek(DATE '2024-01-07')", args: ["DATE '2024-01-07'"], value: "1", type: INT },
  },
  {
    key: "call:startswith",
    why: "named starts_with in DuckDB",
    duckdb: ([text, prefix]) => `starts_with(${text}, ${prefix})`,
    proof: { spark: "startswith('abc', 'a')", args: ["'abc'", "'a'"], value: "true", type: BOOLEAN },
  },
  {
    key: "call:endswith",
    why: "named ends_with in DuckDB",
    duckdb: ([text, suffix]) => `ends_with(${text}, ${suffix})`,
    proof: { spark: "endswith('abc', 'c')", args: ["'abc'", "'c'"], value: "true", type: BOOLEAN },
  },
  {
    key: "call:RLIKE",
    why: "RLIKE is not known",
    duckdb: ([text, pattern]) => `regexp_matches(${text}, ${pattern})`,
    proof: { spark: "'abc' RLIKE 'b'", args: ["'abc'", "'b'"], value: "true", type: BOOLEAN },
  },
  {
    key: "call:LIKE",
    why: "LIKE has no escape character unless one is named; Spark's is the backslash",
    duckdb: ([text, pattern]) => `(${text} LIKE ${pattern} ESCAPE '\\')`,
    proof: { spark: "'a%' LIKE 'a\\%'", args: ["'a%'", "'a\\%'"], value: "true", type: BOOLEAN },
  },
  {
    key: "call:substr",
    why: "position 0 means before the first character in DuckDB, the first in Spark",
    duckdb: ([text, start, length]) => `substr(${text}, greatest(${start}, 1), ${length})`,
    proof: { spark: "substr('abc', 0, 2)", args: ["'abc'", "0", "2"], value: "ab", type: STRING },
  },
  {
    key: "call:add_months",
    why: "not known; a date with an interval of months is a timestamp in DuckDB",
    duckdb: ([date, months]) => `CAST(${date} + to_months(CAST(${months} AS INT)) AS DATE)`,
    proof: { spark: "add_months(DATE '2024-01-31', 1)", args: ["DATE '2024-01-31'", "1"], value: "2024-02-29", type: DATE },
  },
  {
    key: "call:datediff",
    why: "datediff takes a unit first in DuckDB",
    duckdb: ([end, start]) => `CAST(${end} - ${start} AS INT)`,
    proof: { spark: "datediff(DATE '2024-02-01', DATE '2024-01-31')", args: ["DATE '2024-02-01'", "DATE '2024-01-31'"], value: "1", type: INT },
  },
  {
    key: "call:trunc",
    why: "trunc(date, unit) is not known; date_trunc has the unit first and gives a timestamp",
    duckdb: ([date, unit]) => `CAST(date_trunc(${unit}, ${date}) AS DATE)`,
    proof: { spark: "trunc(DATE '2024-02-29', 'year')", args: ["DATE '2024-02-29'", "'year'"], value: "2024-01-01", type: DATE },
  },
  {
    key: "call:nvl",
    why: "not known",
    duckdb: ([a, b]) => `coalesce(${a}, ${b})`,
    proof: { spark: "nvl(NULL, 1)", args: ["NULL", "1"], value: "1", type: INT },
  },
  {
    key: "call:nvl2",
    why: "not known",
    duckdb: ([a, b, c]) => `CASE WHEN ${a} IS NOT NULL THEN ${b} ELSE ${c} END`,
    proof: { spark: "nvl2(NULL, 1, 2)", args: ["NULL", "1", "2"], value: "2", type: INT },
  },
  {
    key: "call:pmod",
    why: "not known; Spark adds the divisor to a negative remainder only, whatever the divisor's sign",
    duckdb: ([a, b]) => `CASE WHEN (${a}) % (${b}) < 0 THEN ((${a}) % (${b}) + (${b})) % (${b}) ELSE (${a}) % (${b}) END`,
    proof: { spark: "pmod(-7, 3)", args: ["-7", "3"], value: "2", type: INT },
  },
  {
    key: "call:array_element",
    why: "the first element of an array is [1] in DuckDB, [0] in Spark, whose array constructor is a function",
    duckdb: (args) => `list_value(${args.slice(1).join(", ")})[${args[0]} + 1]`,
    proof: { spark: "list_value(7, 8)[1]", args: ["1", "7", "8"], value: "8", type: INT },
  },
  {
    key: "call:struct_field",
    why: "named_struct is not known",
    duckdb: ([a, b]) => `struct_pack(x := ${a}, y := ${b}).x`,
    proof: { spark: "named_struct('x', 1, 'y', 2).x", args: ["1", "2"], value: "1", type: INT },
  },
  {
    key: "result:decimal",
    why: "results of decimal arithmetic and functions have other precisions and scales: decimal(15,2) squared is (18,4), in Spark (31,4)",
    duckdb: ([value], type) => `CAST(${value} AS ${type})`,
    proof: {
      spark: "CAST(1.5 AS DECIMAL(15,2)) * CAST(1.5 AS DECIMAL(15,2))",
      args: ["CAST(1.5 AS DECIMAL(15,2)) * CAST(1.5 AS DECIMAL(15,2))"],
      value: "2.2500",
      type: decimal(31, 4),
    },
  },
  {
    key: "cast:fraction:integer",
    why: "casts round in DuckDB and truncate in Spark",
    duckdb: ([value], type) => `CAST(trunc(${value}) AS ${type})`,
    proof: { spark: "CAST(1.5 AS INT)", args: ["1.5"], value: "1", type: INT },
  },
  {
    key: "cast:string:binary",
    why: "a text is parsed with escapes when it is cast to BLOB, and refused when it is not ASCII",
    duckdb: ([value]) => `encode(${value})`,
    proof: { spark: "CAST('é' AS BINARY)", args: ["'é'"], value: "\\xC3\\xA9", type: BINARY },
  },
  {
    key: "literal:byte",
    why: "no suffix for tinyint",
    duckdb: ([digits]) => `CAST(${digits} AS TINYINT)`,
    proof: { spark: "1Y", args: ["1"], value: "1", type: BYTE },
  },
  {
    key: "literal:short",
    why: "no suffix for smallint",
    duckdb: ([digits]) => `CAST(${digits} AS SMALLINT)`,
    proof: { spark: "1S", args: ["1"], value: "1", type: SHORT },
  },
  {
    key: "literal:int",
    why: "a literal takes a narrower type than INT from its surroundings",
    duckdb: ([digits]) => `CAST(${digits} AS INT)`,
    proof: { spark: "CAST(100 AS TINYINT) + 100", args: ["CAST(100 AS TINYINT) + CAST(100 AS INT)"], value: "200", type: INT },
  },
  {
    key: "literal:long",
    why: "no suffix for bigint",
    duckdb: ([digits]) => `CAST(${digits} AS BIGINT)`,
    proof: { spark: "1L", args: ["1"], value: "1", type: LONG },
  },
  {
    key: "literal:double",
    why: "1.5 is a decimal; no suffix for double",
    duckdb: ([digits]) => `CAST(${digits} AS DOUBLE)`,
    proof: { spark: "1.5D", args: ["1.5"], value: "1.5", type: DOUBLE },
  },
  {
    key: "literal:float",
    why: "no suffix for float",
    duckdb: ([digits]) => `CAST(${digits} AS FLOAT)`,
    proof: { spark: "1.5F", args: ["1.5"], value: "1.5", type: FLOAT },
  },
  {
    key: "literal:timestamp_ntz",
    why: "a timestamp without zone is TIMESTAMP in DuckDB",
    duckdb: ([text]) => `TIMESTAMP ${text}`,
    proof: { spark: "TIMESTAMP_NTZ '2024-01-01 00:00:00'", args: ["'2024-01-01 00:00:00'"], value: "2024-01-01 00:00:00", type: TIMESTAMP_NTZ },
  },
  {
    key: "literal:binary",
    why: "X'..' is text of that digits, not bytes",
    duckdb: ([digits]) => `unhex(${digits})`,
    proof: { spark: "X'C3A9'", args: ["'C3A9'"], value: "\\xC3\\xA9", type: BINARY },
  },
  {
    key: "type:timestamp_ntz",
    why: "TIMESTAMP_NTZ is not a type's name",
    duckdb: () => "TIMESTAMP",
    proof: { spark: "CAST(NULL AS TIMESTAMP_NTZ)", args: [], value: null, type: TIMESTAMP_NTZ },
  },
  {
    key: "aggregate:sum:integer",
    why: "sums of integers are HUGEINT; bigint in Spark",
    duckdb: ([sum]) => `CAST(${sum} AS BIGINT)`,
    proof: { spark: "sum(1)", args: ["sum(1)"], value: "1", type: LONG },
  },
  {
    key: "aggregate:sum:decimal",
    why: "sums of decimals have 38 digits; 10 more than the input in Spark",
    duckdb: ([sum], type) => `CAST(${sum} AS ${type})`,
    proof: { spark: "sum(CAST(1 AS DECIMAL(7,2)))", args: ["sum(CAST(1 AS DECIMAL(7,2)))"], value: "1.00", type: decimal(17, 2) },
  },
  {
    key: "aggregate:count_if",
    why: "NULL instead of 0 without rows; counts to HUGEINT, bigint in Spark",
    duckdb: ([count]) => `CAST(coalesce(${count}, 0) AS BIGINT)`,
    proof: { spark: "(SELECT count_if(true) WHERE false)", args: ["count_if(true) FILTER (WHERE false)"], value: "0", type: LONG },
  },
  {
    key: "grouping:total",
    why: "ROLLUP and CUBE of no rows have a row of the grand total; none in Spark, which groups what it has repeated",
    duckdb: ([having]) => (having === "" ? "count(*) > 0" : `(${having}) AND count(*) > 0`),
    proof: {
      spark: "(SELECT count(*) FROM (SELECT 1 FROM (SELECT 1 AS a WHERE false) AS t GROUP BY ROLLUP(a)) AS u)",
      args: [""],
      value: "0",
      type: LONG,
    },
  },
  {
    key: "window:ignore_nulls",
    why: "IGNORE NULLS stands inside of the parentheses in DuckDB",
    duckdb: ([name, args, over]) => `${name}(${args} IGNORE NULLS) OVER ${over}`,
    proof: { spark: "first_value(1) IGNORE NULLS OVER ()", args: ["first_value", "1", "()"], value: "1", type: INT },
  },
  {
    key: "join:left semi",
    why: "LEFT SEMI is not known",
    duckdb: () => "SEMI JOIN",
    proof: {
      spark: "(SELECT count(*) FROM (SELECT 1 AS a) t LEFT SEMI JOIN (SELECT 1 AS b) u ON a = b)",
      args: [],
      value: "1",
      type: LONG,
    },
  },
  {
    key: "join:left anti",
    why: "LEFT ANTI is not known",
    duckdb: () => "ANTI JOIN",
    proof: {
      spark: "(SELECT count(*) FROM (SELECT 1 AS a) t LEFT ANTI JOIN (SELECT 2 AS b) u ON a = b)",
      args: [],
      value: "1",
      type: LONG,
    },
  },
];

const BY_KEY = new Map(DIFFERENCES.map((difference) => [difference.key, difference]));

/** DuckDB's text for a construct that differs; undefined when both dialects write it alike. */
export function duckdbText(key: string, args: readonly string[], typeName = ""): string | undefined {
  return BY_KEY.get(key)?.duckdb(args, typeName);
}
