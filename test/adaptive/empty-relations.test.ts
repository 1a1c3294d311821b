import { afterAll, expect, test } from "vitest";
import { AdaptiveSparrow, expectRowsOfFirstPlan, OFF } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open(
  "CREATE TABLE big USING parquet AS SELECT id AS k, id % 7 AS v, CAST(id % 3 AS STRING) AS s FROM range(5000)",
  "CREATE TABLE small USING parquet AS SELECT id * 10 AS k, id % 5 AS w FROM range(50)",
  "CREATE TABLE nullable USING parquet AS SELECT CASE WHEN id = 3 THEN NULL ELSE id END AS k FROM range(10)",
);
afterAll(() => sparrow.close());

/** No statistic says that it is empty. */
const NOTHING = "(SELECT * FROM small WHERE w * 2 = 5 OR w * 3 = 100)";

const RULE = "AQEPropagateEmptyRelation";

test.each<[string, string]>([
  [`SELECT big.v, n.w FROM big JOIN ${NOTHING} n ON big.k = n.k`, "big not read"],
  [`SELECT big.v FROM big LEFT SEMI JOIN ${NOTHING} n ON big.k = n.k`, "big not read"],
  [`SELECT s, count(*) FROM big JOIN ${NOTHING} n ON big.k = n.k JOIN small ON small.k = big.k GROUP BY s ORDER BY s`, "not read"],
  [`SELECT count(*), sum(big.v) FROM big JOIN ${NOTHING} n ON big.k = n.k`, "big not read"],
  [`SELECT big.v, n.w FROM big LEFT JOIN ${NOTHING} n ON big.k = n.k`, "nothing to join with"],
  [`SELECT big.v FROM big LEFT ANTI JOIN ${NOTHING} n ON big.k = n.k`, "nothing to join with"],
  [`SELECT big.v, n.w FROM big FULL JOIN ${NOTHING} n ON big.k = n.k`, "nothing to join with"],
  [`SELECT k, k IN (SELECT k FROM ${NOTHING}) FROM big`, "nothing to join with"],
  [`SELECT k, (SELECT max(w) FROM ${NOTHING} n WHERE n.k = big.k) FROM big`, "no row can come of it"],
  [`SELECT k FROM big WHERE k NOT IN (SELECT k FROM nullable)`, "a NULL among the values of NOT IN: no row can come of it, spark_catalog.default.big not read"],
  [`SELECT k FROM small UNION ALL SELECT big.k FROM big JOIN ${NOTHING} n ON big.k = n.k`, "big not read"],
  [`WITH c AS (SELECT big.k, count(*) AS n FROM big JOIN ${NOTHING} n ON big.k = n.k GROUP BY big.k) SELECT a.k, b.n FROM c a JOIN c b ON a.k = b.k + 1`, "big not read"],
  [`SELECT big.v, n.w FROM big JOIN ${NOTHING} n ON big.k < n.k`, "big not read"],
])("%s: %s", async (sql, reason) => {
  expect((await sparrow.decisionsOf(RULE, sql)).join("\n")).toContain(reason);
  await expectRowsOfFirstPlan(sparrow, sql);
});

test.each([
  "SELECT big.v, small.w FROM big JOIN small ON big.k = small.k",
  "SELECT big.v, small.w FROM big LEFT JOIN small ON big.k = small.k",
  "SELECT k FROM big WHERE k NOT IN (SELECT k FROM small)",
  // The aggregate gives a row.
  `SELECT big.v FROM big JOIN (SELECT count(*) AS n FROM ${NOTHING} x) y ON big.k = y.n`,
])("changes nothing where there are rows: %s", async (sql) => {
  expect(await sparrow.decisions(sql)).toEqual([]);
  await expectRowsOfFirstPlan(sparrow, sql);
});

test("a setting leaves the rule out, another all rules", async () => {
  const sql = `SELECT big.v FROM big JOIN ${NOTHING} n ON big.k = n.k`;
  expect(await sparrow.decisions(sql, { "spark.sql.adaptive.optimizer.excludedRules": "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation" })).toEqual([]);
  expect(await sparrow.explain(sql, OFF)).not.toContain("AdaptiveSparkPlan");
});

test("EXPLAIN ANALYZE shows the plan as it ended and as it began", async () => {
  const text = await sparrow.explain(`SELECT big.v FROM big JOIN ${NOTHING} n ON big.k = n.k`);
  expect(text).toMatch(/^== Physical Plan ==\nAdaptiveSparkPlan isFinalPlan=true\n\+- == Final Plan ==\n {3}LocalTableScan [\s\S]*== Initial Plan ==\n[\s\S]*HashJoin inner[\s\S]*== Adaptive Decisions ==\nAQEPropagateEmptyRelation \(id=\d+\): 0 rows, estimated \d+: no row can come of it, spark_catalog\.default\.big not read\n/);
  expect(await sparrow.explain("SELECT count(*) FROM big")).toMatch(/^== Physical Plan ==\nAdaptiveSparkPlan isFinalPlan=true\n {3}/);
});
