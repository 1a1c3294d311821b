import { afterAll, describe, expect, test } from "vitest";
import { AdaptiveSparrow, expectRowsOfFirstPlan } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open(
  "CREATE TABLE sales (k BIGINT, amount BIGINT, name STRING, day INT, region STRING) USING parquet PARTITIONED BY (day, region)",
  "INSERT INTO sales SELECT id, id * 3, concat('n', id % 10), id % 8, CASE id % 2 WHEN 0 THEN 'north' ELSE 'south' END FROM range(800)",
  "INSERT INTO sales SELECT id, id, 'x', NULL, NULL FROM range(5)",
  "CREATE TABLE days USING parquet AS SELECT CAST(id AS INT) AS day, concat('d', id) AS label, CASE id % 2 WHEN 0 THEN 'north' ELSE 'south' END AS region FROM range(8)",
  // Four files, each with its own range of k.
  "CREATE TABLE facts (k BIGINT, v INT, at DATE, s STRING) USING delta",
  ...[0, 1, 2, 3].map((n) => `INSERT INTO facts SELECT id + ${n * 1000}, CAST(id % 7 AS INT), DATE'2024-01-01' + CAST(id + ${n * 1000} AS INT), concat('s', ${n}, id % 5) FROM range(1000)`),
  "CREATE TABLE dims USING parquet AS SELECT id AS k, concat('label', id % 10) AS label, DATE'2024-01-01' + CAST(id AS INT) AS at, concat('s', id % 4, id % 5) AS s FROM range(0, 4000, 13)",
);
afterAll(() => sparrow.close());

describe("dynamic partition pruning", () => {
  test.each<[string, string | RegExp]>([
    ["SELECT sum(amount) FROM sales JOIN days ON sales.day = days.day WHERE label = 'd3'", "sales reads 1 of 9 splits"],
    ["SELECT sum(amount) FROM sales JOIN days ON sales.day = days.day WHERE label IN ('d3', 'd5')", /day is from 3 to 5|day is [35], [35]/],
    ["SELECT sum(amount) FROM sales WHERE region IN (SELECT region FROM days WHERE label = 'd3')", "sales reads 4 of 9 splits"],
    ["SELECT sum(amount) FROM sales JOIN days ON sales.day = days.day AND sales.region = days.region WHERE label LIKE '%4'", "sales reads 1 of 9 splits"],
    ["SELECT label, n FROM (SELECT day, count(*) AS n FROM sales GROUP BY day) s JOIN days ON s.day = days.day WHERE label LIKE '%2'", "sales reads 1 of 9 splits"],
    ["SELECT k, label FROM (SELECT k, day FROM sales UNION ALL SELECT k, 1 FROM facts) s JOIN days ON s.day = days.day WHERE label LIKE '%2'", "sales reads 1 of 9 splits"],
    ["SELECT days.label, sales.k FROM days LEFT JOIN sales ON sales.day = days.day WHERE label LIKE '%6'", "sales reads 1 of 9 splits"],
  ])("fires: %s", async (sql, reason) => {
    expect((await sparrow.decisionsOf("PartitionPruning", sql)).join("\n")).toMatch(reason);
    await expectRowsOfFirstPlan(sparrow, sql);
    expect(await sparrow.decisions(sql, { "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false" })).toEqual([]);
  });

  test.each([
    // All sales come out.
    "SELECT sales.k, label FROM sales LEFT JOIN (SELECT * FROM days WHERE label LIKE '%6') d ON sales.day = d.day",
    "SELECT sales.k FROM sales LEFT ANTI JOIN (SELECT * FROM days WHERE label LIKE '%6') d ON sales.day = d.day",
    // NULL equals NULL.
    "SELECT sales.k, label FROM sales JOIN (SELECT CASE WHEN day < 8 THEN NULL END AS day, label FROM days WHERE label LIKE '%6') d ON sales.day <=> d.day",
    // The join's key is not the partition's column.
    "SELECT sales.k, label FROM sales JOIN days ON sales.day + 1 = days.day WHERE label LIKE '%6'",
    // A limit counts rows of all partitions.
    "SELECT count(*) FROM (SELECT day FROM sales LIMIT 700) s JOIN days ON s.day = days.day WHERE label LIKE '%6'",
  ])("does not fire: %s", async (sql) => {
    expect(await sparrow.decisions(sql)).toEqual([]);
    await expectRowsOfFirstPlan(sparrow, sql);
  });
});

describe("splits left out by their statistics", () => {
  test.each<[string, string]>([
    ["SELECT sum(v), count(*) FROM facts JOIN dims ON facts.k = dims.k WHERE dims.k * 2 < 1500", "facts reads 1 of 4 splits"],
    ["SELECT sum(v), count(*) FROM facts WHERE k IN (SELECT k FROM dims WHERE k * 2 > 6000)", "facts reads 1 of 4 splits"],
    ["SELECT sum(v), count(*) FROM facts JOIN dims ON facts.at = dims.at WHERE dims.k % 2002 = 0", "at is 2024-01-01, 2029-06-25 in the hash table"],
    ["SELECT count(*) FROM facts JOIN dims ON facts.s = dims.s WHERE dims.k % 1001 = 0 AND dims.k > 1", "facts reads"],
    ["SELECT a.k, n FROM (SELECT k, count(*) AS n FROM facts GROUP BY k) a JOIN dims ON a.k = dims.k WHERE dims.k * 2 < 1500", "facts reads 1 of 4 splits"],
    ["SELECT k, r FROM (SELECT k, row_number() OVER (PARTITION BY k ORDER BY v) AS r FROM facts) a WHERE k IN (SELECT k FROM dims WHERE k * 2 < 500)", "facts reads 1 of 4 splits"],
    // What dims has left bounds both.
    ["SELECT count(*) FROM facts a JOIN dims ON a.k = dims.k JOIN facts b ON b.k = a.k WHERE dims.k * 2 < 1500", "facts reads 1 of 4 splits"],
  ])("fires: %s", async (sql, reason) => {
    expect((await sparrow.decisionsOf("RuntimeRangeFilter", sql)).join("\n")).toContain(reason);
    await expectRowsOfFirstPlan(sparrow, sql);
    expect(await sparrow.decisionsOf("RuntimeRangeFilter", sql, { "sparrow.adaptive.rangeFilter.enabled": "false" })).toEqual([]);
  });

  test.each([
    "SELECT facts.k, label FROM facts LEFT JOIN (SELECT * FROM dims WHERE k * 2 < 1500) d ON facts.k = d.k",
    "SELECT facts.k FROM facts LEFT ANTI JOIN (SELECT * FROM dims WHERE k * 2 < 1500) d ON facts.k = d.k",
    "SELECT count(*) FROM facts FULL JOIN (SELECT * FROM dims WHERE k * 2 < 1500) d ON facts.k = d.k",
    "SELECT k, r FROM (SELECT k, v, row_number() OVER (PARTITION BY v ORDER BY k) AS r FROM facts) a WHERE k IN (SELECT k FROM dims WHERE k * 2 < 500)",
    "SELECT count(*) FROM facts JOIN dims ON facts.k = dims.k",
  ])("does not fire: %s", async (sql) => {
    expect(await sparrow.decisionsOf("RuntimeRangeFilter", sql)).toEqual([]);
    await expectRowsOfFirstPlan(sparrow, sql);
  });
});
