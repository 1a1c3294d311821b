import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** Values at which two implementations are easily of two minds: an expression of x, x, and the text of Spark's answer or its error condition. */
const ANSI: readonly (readonly [expr: string, x: string, answer: string])[] = [
  ["rint(x)", "-0.3D", "-0.0"],
  ["rint(x)", "-0.5D", "-0.0"],
  ["rint(x)", "2.5D", "2.0"],
  ["rint(x)", "3.5D", "4.0"],
  ["round(x)", "-0.0D", "0.0"],
  ["round(x)", "-0.3D", "0.0"],
  ["round(x, 1)", "-0.04D", "0.0"],
  ["bround(x)", "-0.5D", "0.0"],
  ["bround(x)", "2.5D", "2.0"],
  ["ceil(x)", "-0.5D", "0"],
  ["pmod(x, 3)", "-7", "2"],
  ["pmod(x, -3)", "-7", "-1"],
  ["pmod(x, -2147483648)", "-1", "2147483647"],
  ["pmod(x, -2147483648)", "-2147483647", "1"],
  ["pmod(x, CAST(-128 AS TINYINT))", "CAST(-1 AS TINYINT)", "-1"],
  ["pmod(x, -9223372036854775807 - 1)", "-1L", "9223372036854775807"],
  ["CAST(x AS BIGINT)", "9223372036854775808D", "9223372036854775807"],
  ["CAST(x AS BIGINT)", "9223372036854777856D", "CAST_OVERFLOW"],
  ["CAST(x AS BIGINT)", "-9223372036854775808D", "-9223372036854775808"],
  ["CAST(x AS INT)", "2147483647.5D", "2147483647"],
  ["CAST(x AS INT)", "2147483648D", "CAST_OVERFLOW"],
  ["CAST(x AS TINYINT)", "-128.9D", "-128"],
  ["CAST(x AS BIGINT)", "9223372036854775807.9BD", "9223372036854775807"],
  ["unix_seconds(date_trunc('hour', x))", "TIMESTAMP '2024-11-03 05:30:00Z'", "1730610000"],
  ["unix_seconds(date_trunc('hour', x))", "TIMESTAMP '2024-11-03 06:30:00Z'", "1730613600"],
  ["unix_seconds(date_trunc('minute', x))", "TIMESTAMP '2024-11-03 06:30:30Z'", "1730615400"],
  ["unix_seconds(date_trunc('second', x))", "TIMESTAMP '2024-11-03 06:30:30.5Z'", "1730615430"],
  ["unix_seconds(date_trunc('day', x))", "TIMESTAMP '2024-11-03 17:30:00Z'", "1730606400"],
  ["unix_seconds(date_trunc('day', x))", "TIMESTAMP '2024-03-10 16:30:00Z'", "1710046800"],
  ["unix_seconds(date_trunc('hour', x))", "TIMESTAMP '2024-03-10 07:30:00Z'", "1710054000"],
  ["unix_seconds(date_trunc('month', x))", "TIMESTAMP '2024-03-31 16:30:00Z'", "1709269200"],
  ["CAST(x AS DATE)", "'1000000-01-01'", "+1000000-01-01"],
  ["CAST(x AS DATE)", "'-1000000-01-01'", "-1000000-01-01"],
  ["CAST(x AS DATE)", "'5881580-07-11'", "+5881580-07-11"],
  ["CAST(x AS DATE)", "'5881580-07-12'", "CAST_INVALID_INPUT"],
  ["CAST(x AS DATE)", "'12345678-01-01'", "CAST_INVALID_INPUT"],
  ["CAST(x AS TIMESTAMP)", "-1.5D", "1969-12-31 18:59:58.5"],
  ["CAST(x AS TIMESTAMP)", "-1.0000015BD", "1969-12-31 18:59:58.999999"],
  ["timestamp_seconds(x)", "-1.5BD", "1969-12-31 18:59:58.5"],
  ["unix_seconds(x)", "TIMESTAMP '1969-12-31 23:59:58.5Z'", "-2"],
  ["unix_millis(x)", "TIMESTAMP '1969-12-31 23:59:58.9999Z'", "-1001"],
  ["CAST(x AS BIGINT)", "TIMESTAMP '1969-12-31 23:59:58.5Z'", "-2"],
  ["to_timestamp(x)", "'1969-12-31 23:59:58.123456789Z'", "1969-12-31 18:59:58.123456"],
  ["length(x)", "'\\uFEFFabc'", "4"],
  ["hex(x)", "'\\uFEFFab'", "EFBBBF6162"],
  ["hex(reverse(x))", "'\\uFEFFab'", "6261EFBBBF"],
  ["x = 'abc'", "'\\uFEFFabc'", "false"],
];

const LEGACY: typeof ANSI = [
  ["CAST(x AS INT)", "12345678901234.5BD", "1942892530"],
  ["CAST(x AS BIGINT)", "12345678901234567890.5BD", "-6101065172474983726"],
  ["CAST(x AS TINYINT)", "300BD", "44"],
  ["CAST(x AS SMALLINT)", "70000.7BD", "4464"],
  ["CAST(x AS INT)", "-12345678901234567890123BD", "-1900168395"],
  ["CAST(x AS TINYINT)", "300", "44"],
  ["CAST(x AS INT)", "3000000000D", "2147483647"],
  ["CAST(x AS BIGINT)", "1e30D", "9223372036854775807"],
  ["CAST(x AS INT)", "DOUBLE('NaN')", "0"],
  ["x + 1", "2147483647", "-2147483648"],
];

let sparrow: SparrowUnderTest;
beforeAll(async () => {
  sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "128m", "spark.sql.session.timeZone": "America/New_York" });
});
afterAll(() => sparrow.close());

/** The answers of all cases, each by itself; nothing is folded before rows are met. */
async function answers(cases: typeof ANSI, settings: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [expr, x] of cases) {
    const query = sparrow.query(`SELECT CAST(${expr} AS STRING) FROM VALUES (${x}), (${x}) AS t(x) LIMIT 1`, { ...settings, "spark.sql.optimizer.excludedRules": "all" });
    const answer = await query.then(({ rows }) => String(rows[0][0]), (error: { condition?: string }) => error.condition ?? String(error));
    found.push(`${expr} of ${x} is ${answer}`);
  }
  return found;
}

describe.each([
  ["compiled", "true"],
  ["interpreted", "false"],
])("answers at the edges, %s", (_name, emit) => {
  test("in ANSI mode", async () => {
    expect(await answers(ANSI, { "sparrow.exec.emit": emit })).toEqual(ANSI.map(([expr, x, answer]) => `${expr} of ${x} is ${answer}`));
  });

  test("outside of it", async () => {
    expect(await answers(LEGACY, { "sparrow.exec.emit": emit, "spark.sql.ansi.enabled": "false" })).toEqual(LEGACY.map(([expr, x, answer]) => `${expr} of ${x} is ${answer}`));
  });
});
