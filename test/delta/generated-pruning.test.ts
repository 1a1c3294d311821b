import { afterAll, beforeAll, expect, test } from "vitest";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** A table without statistics of columns: only partition values can exclude files. */
async function tableOf(name: string, columns: string, partitions: string, rows: string): Promise<void> {
  await tables.run(`CREATE TABLE ${name} (${columns}) USING delta PARTITIONED BY (${partitions}) TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '0')`, `INSERT INTO ${name} (v) VALUES ${rows}`);
}

/** How many rows a condition finds, and in how many of the table's files it looks. */
async function found(name: string, condition: string): Promise<{ readonly rows: number; readonly files: string }> {
  const [[plan]] = (await tables.sparrow.query(`EXPLAIN FORMATTED SELECT v FROM ${name} WHERE ${condition}`)).rows;
  const [rows] = await tables.rows(`SELECT count(*) FROM ${name} WHERE ${condition}`);
  return { rows: (JSON.parse(rows) as number[])[0], files: /reads (\d+ of \d+) splits/.exec(String(plan))?.[1] ?? "" };
}

test("CAST AS DATE, of times without a zone exactly, of TIMESTAMP whatever the writer's zone was", async () => {
  await tableOf("p1", "v TIMESTAMP_NTZ, d DATE GENERATED ALWAYS AS (CAST(v AS DATE))", "d", "(TIMESTAMP_NTZ'2024-01-30 10:00:00'), (TIMESTAMP_NTZ'2024-01-31 23:59:59.999999'), (TIMESTAMP_NTZ'2024-02-01 00:00:00'), (NULL)");
  expect(await found("p1", "v >= TIMESTAMP_NTZ'2024-02-01 00:00:00'")).toEqual({ rows: 1, files: "1 of 4" });
  expect(await found("p1", "v < TIMESTAMP_NTZ'2024-02-01 00:00:00'")).toEqual({ rows: 2, files: "2 of 4" });
  expect(await found("p1", "v = TIMESTAMP_NTZ'2024-01-31 23:59:59.999999'")).toEqual({ rows: 1, files: "1 of 4" });
  expect(await found("p1", "v IS NULL")).toEqual({ rows: 1, files: "1 of 4" });
  await tables.run("SET TIME ZONE 'Pacific/Kiritimati'");
  await tableOf("p2", "v TIMESTAMP, d DATE GENERATED ALWAYS AS (CAST(v AS DATE))", "d", "(TIMESTAMP'2024-01-01 00:30:00'), (TIMESTAMP'2024-01-10 00:30:00'), (TIMESTAMP'2024-01-20 00:30:00')");
  await tables.run("SET TIME ZONE 'America/Los_Angeles'");
  // Kiritimati's 00:30 on the 10th is still the 9th, and 02:30, in Los Angeles.
  expect(await found("p2", "v = TIMESTAMP'2024-01-09 02:30:00'")).toEqual({ rows: 1, files: "1 of 3" });
  expect(await found("p2", "v > TIMESTAMP'2024-01-15'")).toEqual({ rows: 1, files: "1 of 3" });
  await tables.run("RESET spark.sql.session.timeZone");
});

test("years, months, days and hours count from the year down", async () => {
  const times = "(TIMESTAMP_NTZ'2023-05-01 01:00:00'), (TIMESTAMP_NTZ'2024-05-01 01:00:00'), (TIMESTAMP_NTZ'2024-05-01 23:30:00'), (TIMESTAMP_NTZ'2024-06-01 23:30:00')";
  await tableOf("y1", "v TIMESTAMP_NTZ, y INT GENERATED ALWAYS AS (YEAR(v)), m INT GENERATED ALWAYS AS (MONTH(v)), d INT GENERATED ALWAYS AS (DAY(v)), h INT GENERATED ALWAYS AS (HOUR(v))", "y, m, d, h", times);
  expect(await found("y1", "v >= TIMESTAMP_NTZ'2024-05-01 23:00:00' AND v < TIMESTAMP_NTZ'2024-05-02 00:00:00'")).toEqual({ rows: 1, files: "1 of 4" });
  expect(await found("y1", "v < TIMESTAMP_NTZ'2024-01-01 00:00:00'")).toEqual({ rows: 1, files: "1 of 4" });
  await tableOf("y2", "v DATE, m INT GENERATED ALWAYS AS (MONTH(v))", "m", "(DATE'2023-05-01'), (DATE'2024-06-01')");
  expect(await found("y2", "v > DATE'2024-01-01'")).toEqual({ rows: 1, files: "2 of 2" });
});

test("prefixes, formats and what is cut off", async () => {
  await tableOf("s1", "v STRING, p STRING GENERATED ALWAYS AS (SUBSTRING(v, 1, 2))", "p", "('a'), ('ab'), ('abc'), ('a\u{10ffff}z'), ('b'), (''), (NULL)");
  // Nothing is known where the prefix is NULL, for an empty text is NULL there, nor of one that has no next one.
  expect(await found("s1", "v = 'abc'")).toEqual({ rows: 1, files: "3 of 5" });
  expect(await found("s1", "v > 'ab'")).toEqual({ rows: 3, files: "4 of 5" });
  expect(await found("s1", "v = ''")).toEqual({ rows: 1, files: "2 of 5" });
  await tableOf("s2", "v TIMESTAMP_NTZ, p STRING GENERATED ALWAYS AS (DATE_FORMAT(v, 'yyyy-MM'))", "p", "(TIMESTAMP_NTZ'2023-12-31 23:59:59'), (TIMESTAMP_NTZ'2024-01-01 00:00:00'), (TIMESTAMP_NTZ'2024-02-01 00:00:00')");
  expect(await found("s2", "v >= TIMESTAMP_NTZ'2024-01-01 00:00:00' AND v < TIMESTAMP_NTZ'2024-02-01 00:00:00'")).toEqual({ rows: 1, files: "1 of 3" });
  await tableOf("s3", "v TIMESTAMP, p TIMESTAMP GENERATED ALWAYS AS (DATE_TRUNC('MONTH', v))", "p", "(TIMESTAMP'2024-01-31 23:59:59'), (TIMESTAMP'2024-03-01 00:00:00')");
  expect(await found("s3", "v < TIMESTAMP'2024-02-01'")).toEqual({ rows: 1, files: "1 of 2" });
  await tableOf("s4", "v DATE, p DATE GENERATED ALWAYS AS (TRUNC(v, 'YEAR'))", "p", "(DATE'2023-12-31'), (DATE'2025-01-01')");
  expect(await found("s4", "v >= DATE'2025-01-01'")).toEqual({ rows: 1, files: "1 of 2" });
});
