import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sparrow-statistics-"));

/** Groups of no, one, two and many values; columns that never vary; values far from zero, where subtracting squares would lose everything. */
const TABLE = `
  SELECT k, CASE WHEN k = 0 OR i % 7 = 0 THEN NULL WHEN k = 1 THEN 4.0 ELSE 1e6 + (i * 37 % 101) * 0.5 END::DOUBLE AS x,
    CASE WHEN i % 5 = 0 THEN NULL ELSE (i * 53 % 97) + k END::DOUBLE AS y,
    (i * 31 % 50)::INTEGER AS v, (i % 3 = 0) AS wanted, DATE '2024-02-20' + (i * 7 % 33)::INTEGER AS d, ((i * 97 % 1009 - 500) * 0.01)::DECIMAL(9,2) AS n,
    ((i * 89 % 211)::BIGINT - 100) * 80000000000000000 AS b, CASE i % 4 WHEN 0 THEN -0.5::FLOAT WHEN 1 THEN 'NaN'::FLOAT ELSE (i % 40)::FLOAT END AS z
  FROM (SELECT i, CASE WHEN i < 3 THEN 100 + i // 2 ELSE i % 6 END AS k FROM range(3000) t(i))`;

const DUCKDB_HAS = ["stddev_samp(x)", "stddev_pop(x)", "var_samp(x)", "var_pop(x)", "corr(x, y)", "covar_pop(x, y)", "covar_samp(x, y)", "regr_count(y, x)", "regr_avgx(y, x)", "regr_avgy(y, x)", "regr_sxx(y, x)", "regr_syy(y, x)", "regr_sxy(y, x)", "regr_slope(y, x)", "regr_intercept(y, x)", "regr_r2(y, x)"].map(
  // DuckDB answers NaN or an infinity where nothing varies, Spark NULL.
  (call) => `CASE WHEN k NOT IN (0, 1, 100, 101) THEN ${call} END`,
).concat(["median(x)", "median(v)", "median(n)"]);
const ALL = [...DUCKDB_HAS, "skewness(x)", "kurtosis(x)", "corr(x, y)", "regr_r2(y, x)", "skewness(y) FILTER (WHERE wanted)", "kurtosis(v)", "covar_samp(v, y)", "regr_slope(x, y) FILTER (WHERE wanted)", "regr_count(x, y)"];
const ORDERED = [
  "median(x)",
  "median(v)",
  "median(z) FILTER (WHERE wanted)",
  "percentile(x, 0.3)",
  "percentile(b, array(0.1, 0.95, 0, 1))",
  "percentile(v, 0.5, 2)",
  "percentile_approx(b, 0.5)",
  "percentile_approx(n, array(0.25, 0.75), 100)",
  "percentile_approx(d, 0.9)",
  "percentile_cont(0.25) WITHIN GROUP (ORDER BY x DESC)",
  "percentile_cont(0.6) WITHIN GROUP (ORDER BY n)",
  "percentile_disc(0.4) WITHIN GROUP (ORDER BY y)",
  "percentile_disc(0.4) WITHIN GROUP (ORDER BY z DESC)",
  "mode(v)",
  "mode(d)",
  "mode(wanted)",
  "mode(z)",
  "mode() WITHIN GROUP (ORDER BY v DESC)",
  "mode(string(v))",
  "median(DISTINCT v)",
];

let theirs: ResultSet;
let sparrow: SparrowUnderTest;

function select(calls: readonly string[]): string {
  return `SELECT k, ${calls.map((call, i) => `${call} AS v${i}`).join(", ")} FROM t GROUP BY k`;
}

beforeAll(async () => {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  await duckdb.execute(`COPY (${TABLE}) TO '${folder}/t.parquet' (FORMAT parquet, ROW_GROUP_SIZE 200)`);
  await duckdb.execute(`CREATE TABLE t AS SELECT * FROM read_parquet('${folder}/t.parquet')`);
  sparrow = await SparrowUnderTest.open({ "sparrow.memory.limit": "256m", "sparrow.workers": "3" });
  await sparrow.viewParquet("t", `${folder}/t.parquet`);
  theirs = await duckdb.query(select(DUCKDB_HAS));
  duckdb.close();
});

afterAll(async () => {
  await sparrow.close();
  rmSync(folder, { recursive: true });
});

test("running statistics agree with DuckDB's", async () => {
  expect(firstDifference(await sparrow.query(select(DUCKDB_HAS)), theirs)).toBeUndefined();
});

test("running statistics agree with those over whole groups", async () => {
  const compiled = await sparrow.query(select(ALL));
  const reference = await SparrowUnderTest.open({ "sparrow.memory.limit": "256m", "sparrow.workers": "1", "sparrow.exec.emit": "false" });
  try {
    await reference.viewParquet("t", `${folder}/t.parquet`);
    expect(firstDifference(compiled, await reference.query(select(ALL)))).toBeUndefined();
    expect(firstDifference(await sparrow.query(select(ORDERED)), await reference.query(select(ORDERED)))).toBeUndefined();
    const totals = `SELECT ${[...ALL.filter((call) => !call.includes("CASE")), ...ORDERED].map((call, i) => `${call} AS v${i}`).join(", ")} FROM t WHERE k = 5 AND v > `;
    for (const bound of ["10", "1000"]) expect(firstDifference(await sparrow.query(totals + bound), await reference.query(totals + bound))).toBeUndefined();
    const windows = `SELECT k, v, y, x, corr(v, y) OVER (PARTITION BY k ORDER BY v) AS c, round(skewness(y) OVER (PARTITION BY k ORDER BY v RANGE BETWEEN 3 PRECEDING AND CURRENT ROW), 9) AS s FROM t`;
    expect(firstDifference(await sparrow.query(windows), await reference.query(windows))).toBeUndefined();
  } finally {
    await reference.close();
  }
});
