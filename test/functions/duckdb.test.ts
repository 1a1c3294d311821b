import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimalText } from "../../catalog/number-text.ts";
import { GoldenRows } from "./golden-rows.ts";

const SEED = 20_251_121;
const SAMPLES = 40;

const dates = fc.integer({ min: -700_000, max: 2_900_000 }).map((days) => `DATE '${new Date(days * 86_400_000).toISOString().slice(0, 10)}'`);
const recentDates = fc.integer({ min: -25_000, max: 40_000 }).map((days) => `DATE '${new Date(days * 86_400_000).toISOString().slice(0, 10)}'`);
const texts = fc.string({ unit: fc.constantFrom("a", "B", "c", "é", "ß", "日", "😀", " ", "-", "1", "x"), maxLength: 9 }).map((text) => `'${text}'`);
const smallInts = fc.integer({ min: 1, max: 6 }).map(String);
const decimals = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((n) => `CAST('${decimalText(n, 4)}' AS DECIMAL(18,4))`);
const doubles = fc.double({ min: 0.001, max: 1e6, noNaN: true }).map((x) => `CAST('${x}' AS DOUBLE)`);
const longs = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((n) => `CAST(${n} AS BIGINT)`);

interface Case {
  readonly name: string;
  readonly values: readonly fc.Arbitrary<string>[];
  readonly spark: (...args: string[]) => string;
  /** DuckDB's words for it where they differ. */
  readonly duckdb?: (...args: string[]) => string;
}

/** Functions whose meaning Spark and DuckDB share. */
const CASES: readonly Case[] = [
  { name: "year to day", values: [recentDates], spark: (d) => `concat(year(${d}), '/', month(${d}), '/', day(${d}), '/', dayofyear(${d}), '/', quarter(${d}), '/', weekofyear(${d}))` },
  { name: "weekday", values: [recentDates], spark: (d) => `extract(dow_iso from ${d})`, duckdb: (d) => `isodow(${d})` },
  { name: "last_day", values: [recentDates], spark: (d) => `last_day(${d})` },
  { name: "add_months", values: [recentDates, smallInts], spark: (d, n) => `add_months(${d}, ${n})`, duckdb: (d, n) => `CAST(${d} + to_months(${n}) AS DATE)` },
  { name: "datediff", values: [recentDates, recentDates], spark: (a, b) => `datediff(${a}, ${b})`, duckdb: (a, b) => `date_diff('day', ${b}, ${a})` },
  { name: "trunc", values: [recentDates], spark: (d) => `concat(trunc(${d}, 'year'), trunc(${d}, 'quarter'), trunc(${d}, 'month'), trunc(${d}, 'week'))`, duckdb: (d) => `concat(${['year', 'quarter', 'month', 'week'].map((unit) => `CAST(date_trunc('${unit}', ${d}) AS DATE)`).join(', ')})` },
  { name: "date_format", values: [recentDates], spark: (d) => `date_format(${d}, 'EEEE d MMMM yyyy, DDD')`, duckdb: (d) => `strftime(${d}, '%A %-d %B %Y, %j')` },
  { name: "upper and lower", values: [texts], spark: (s) => `concat(lower(${s}), length(${s}))` },
  { name: "substring", values: [texts, smallInts, smallInts], spark: (s, a, b) => `substring(${s}, ${a}, ${b})` },
  { name: "left and right", values: [texts, smallInts], spark: (s, n) => `concat(left(${s}, ${n}), '|', right(${s}, ${n}))` },
  { name: "pad", values: [texts, smallInts], spark: (s, n) => `concat(lpad(${s}, ${n} + 3, '日*'), '|', rpad(${s}, ${n}, '-'))` },
  { name: "position", values: [texts, texts], spark: (a, b) => `instr(${a}, substring(${b}, 1, 1))` },
  { name: "replace", values: [texts, texts], spark: (a, b) => `replace(${a}, 'a', ${b})` },
  { name: "translate", values: [texts], spark: (s) => `translate(${s}, 'aé1', 'x日')` },
  { name: "reverse", values: [texts], spark: (s) => `reverse(${s})` },
  { name: "trim", values: [texts], spark: (s) => `concat('[', trim(${s}), ltrim(${s}), rtrim(${s}), ']')` },
  { name: "split_part", values: [texts, smallInts], spark: (s, n) => `split_part(${s}, '-', ${n})` },
  { name: "levenshtein", values: [texts.filter((s) => /^[ -~]*$/.test(s)), texts.filter((s) => /^[ -~]*$/.test(s))], spark: (a, b) => `levenshtein(${a}, ${b})` },
  { name: "order of texts", values: [texts, texts], spark: (a, b) => `${a} < ${b}` },
  { name: "like", values: [texts], spark: (s) => `${s} LIKE '%a_%'` },
  { name: "digests", values: [texts], spark: (s) => `concat(md5(${s}), sha2(${s}, 256), base64(CAST(${s} AS BINARY)))`, duckdb: (s) => `concat(md5(${s}), sha256(${s}), base64(encode(${s})))` },
  { name: "regexp_replace", values: [texts], spark: (s) => `regexp_replace(${s}, '([a-c]+)', '<$1>')`, duckdb: (s) => `regexp_replace(${s}, '([a-c]+)', '<\\1>', 'g')` },
  { name: "decimal sums", values: [decimals, decimals], spark: (a, b) => `concat(${a} + ${b}, '/', ${a} - ${b})`, duckdb: (a, b) => `concat(${a} + ${b}, '/', ${a} - ${b})` },
  { name: "decimal products", values: [decimals, fc.integer({ min: -999, max: 999 }).map((n) => `CAST('${decimalText(BigInt(n), 2)}' AS DECIMAL(5,2))`)], spark: (a, b) => `${a} * ${b}` },
  { name: "decimal rounding", values: [decimals], spark: (d) => `CAST(${d} AS DECIMAL(17,2))` },
  { name: "integer arithmetic", values: [longs, fc.integer({ min: 1, max: 1000 }).map(String)], spark: (a, b) => `concat(${a} % ${b}, '/', ${a} & ${b}, '/', ${a} >> 3, '/', abs(${a}))`, duckdb: (a, b) => `concat(${a} % ${b}, '/', ${a} & ${b}, '/', ${a} >> 3, '/', abs(${a}))` },
  { name: "floor and ceil", values: [doubles], spark: (x) => `concat(floor(${x}), '/', ceil(${x}))`, duckdb: (x) => `concat(CAST(floor(${x}) AS BIGINT), '/', CAST(ceil(${x}) AS BIGINT))` },
  { name: "unix days", values: [dates], spark: (d) => `unix_date(${d})`, duckdb: (d) => `date_diff('day', DATE '1970-01-01', ${d})` },
];

describe("functions agree with DuckDB where both mean the same", async () => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  test.each(CASES)("$name", async ({ values, spark, duckdb }) => {
    const rows = fc.sample(fc.tuple(...values), { seed: SEED, numRuns: SAMPLES });
    const list = (of: (...args: string[]) => string, type: string): string => rows.map((args) => `SELECT CAST(${of(...args)} AS ${type})`).join(" UNION ALL ");
    const ours = new GoldenRows({ "spark.sql.session.timezone": "UTC" }).run(list(spark, "STRING"));
    const theirs = (await connection.runAndReadAll(list(duckdb ?? spark, "VARCHAR"))).getRows().map(([text]) => String(text));
    expect(ours).toEqual(theirs);
    expect(new Set(theirs).size).toBeGreaterThan(1);
  });
});
