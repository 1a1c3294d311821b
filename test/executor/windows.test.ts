import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import type { Configuration } from "../hostile/configurations.ts";
import { Engines } from "../hostile/engines.ts";

/** Rows of every kind that an order must get right: NULLs, ties, NaN and both zeros, wide decimals, long strings with one beginning, the ends of ranges. */
const ROWS = 1000;
const TABLE = `
  SELECT i AS id, k, s, b, w, n, x, dt, ts, small FROM (
    SELECT i::INTEGER AS i,
      CASE WHEN i % 17 = 0 THEN NULL ELSE (i * 7919 % 40)::INTEGER END AS k,
      CASE WHEN i % 23 = 0 THEN NULL ELSE 'partition ' || (i * 31 % 5)::VARCHAR END AS s,
      CASE i % 11 WHEN 0 THEN NULL WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775808 ELSE (i * 104729 % 50)::BIGINT END AS b,
      CASE WHEN i % 13 = 0 THEN NULL ELSE ((i * 37 % 7 - 3)::DECIMAL(38,2) * 100000000000000000000000000000000 + (i % 3) * 0.01)::DECIMAL(38,2) END AS w,
      CASE WHEN i % 9 = 0 THEN NULL ELSE ((i * 53 % 200) * 0.25)::DECIMAL(10,2) END AS n,
      CASE i % 29 WHEN 0 THEN NULL WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN -0.0::DOUBLE WHEN 3 THEN 0.0::DOUBLE ELSE ((i * 61 % 80) * 0.25 - 8)::DOUBLE END AS x,
      CASE WHEN i % 19 = 0 THEN NULL ELSE DATE '2024-01-25' + (i * 41 % 90)::INTEGER END AS dt,
      CASE WHEN i % 21 = 0 THEN NULL ELSE TIMESTAMP '2024-03-01 00:00:00' + to_seconds(i * 67 % 5000) END AS ts,
      (i % 5)::SMALLINT AS small
    FROM range(${ROWS}) t(i))`;

/** Ours and, where the words differ, DuckDB's. */
const CALLS: readonly (readonly [string, string?])[] = [
  ["row_number() OVER (PARTITION BY k ORDER BY x DESC, id)"],
  ["rank() OVER (PARTITION BY k ORDER BY x)"],
  ["dense_rank() OVER (PARTITION BY s ORDER BY b DESC NULLS FIRST)"],
  ["percent_rank() OVER (PARTITION BY k, small ORDER BY w)"],
  ["cume_dist() OVER (ORDER BY n NULLS LAST)"],
  ["ntile(7) OVER (PARTITION BY s ORDER BY w DESC, id)"],
  ["lag(s, 2, 'none') OVER (PARTITION BY k ORDER BY id)"],
  ["lead(w) OVER (PARTITION BY small ORDER BY x, id)"],
  ["lag(x, 3) OVER (ORDER BY s NULLS LAST, id)"],
  ["lead(b, 0, 5) OVER (PARTITION BY k ORDER BY id)"],
  ["first_value(s) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)"],
  ["last_value(n) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING)"],
  ["nth_value(b, 3) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)"],
  ["first_value(s) IGNORE NULLS OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)", "first_value(s IGNORE NULLS) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)"],
  ["last_value(x) IGNORE NULLS OVER (PARTITION BY small ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)", "last_value(x IGNORE NULLS) OVER (PARTITION BY small ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)"],
  ["lag(n) IGNORE NULLS OVER (PARTITION BY k ORDER BY id)", "lag(n IGNORE NULLS) OVER (PARTITION BY k ORDER BY id)"],
  ["nth_value(n, 2) IGNORE NULLS OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 4 PRECEDING AND CURRENT ROW)", "nth_value(n, 2 IGNORE NULLS) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 4 PRECEDING AND CURRENT ROW)"],
  ["sum(small) OVER (PARTITION BY k ORDER BY x)"],
  ["sum(n) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)"],
  ["sum(x) FILTER (WHERE x < 5) OVER (PARTITION BY small ORDER BY id ROWS BETWEEN 30 PRECEDING AND 10 PRECEDING)"],
  ["avg(small) OVER (PARTITION BY s ORDER BY w, id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"],
  ["min(s) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING)"],
  ["max(w) OVER (ORDER BY id ROWS BETWEEN 100 PRECEDING AND 50 PRECEDING)"],
  ["min(x) OVER (PARTITION BY small ORDER BY n)"],
  ["count(b) OVER (PARTITION BY k ORDER BY dt RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING)", "count(b) OVER (PARTITION BY k ORDER BY dt RANGE BETWEEN INTERVAL 3 DAY PRECEDING AND INTERVAL 2 DAY FOLLOWING)"],
  ["count(*) OVER (ORDER BY b RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING)", "count(*) OVER (ORDER BY b::HUGEINT RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING)"],
  ["count(*) OVER (PARTITION BY s ORDER BY b DESC RANGE BETWEEN 5 FOLLOWING AND 20 FOLLOWING)", "count(*) OVER (PARTITION BY s ORDER BY b::HUGEINT DESC RANGE BETWEEN 5 FOLLOWING AND 20 FOLLOWING)"],
  ["sum(id) OVER (PARTITION BY small ORDER BY n NULLS LAST RANGE BETWEEN 2.5 PRECEDING AND CURRENT ROW)"],
  ["count(x) OVER (PARTITION BY small ORDER BY x RANGE BETWEEN 1 PRECEDING AND 0.5 FOLLOWING)"],
  ["max(id) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND INTERVAL '30' SECOND FOLLOWING)"],
  ["min(id) OVER (PARTITION BY s ORDER BY dt RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW)"],
  ["count(*) OVER (PARTITION BY s)"],
  ["sum(small) OVER ()"],
  ["max(s) OVER (PARTITION BY k)"],
  ["stddev_samp(small) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)"],
  ["sum(b) FILTER (WHERE b BETWEEN 0 AND 1000) OVER (PARTITION BY k ORDER BY id)"],
];

function configuration(name: string, workers: number, session: Readonly<Record<string, string>> = {}): Configuration {
  return { name, engine: { "sparrow.memory.limit": "256m", "sparrow.workers": String(workers) }, session };
}

const CONFIGURATIONS = [
  configuration("2 workers", 2),
  configuration("7 workers and batches of 3 rows", 7, { "sparrow.exec.batchRows": "3" }),
  configuration("1 worker and equal hashes", 1, { "sparrow.exec.collideHashes": "true" }),
  configuration("everything interpreted", 2, { "sparrow.exec.emit": "false" }),
  configuration("everything to disk", 2, { "sparrow.exec.eagerSpill": "true" }),
];

const folder = mkdtempSync(path.join(tmpdir(), "sparrow-windows-"));
const engines = new Engines([{ name: "t", path: `${folder}/t.parquet` }]);
let expected: ResultSet;
const expectedFirst: ResultSet[] = [];

beforeAll(async () => {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  await duckdb.execute(`COPY (${TABLE}) TO '${folder}/t.parquet' (FORMAT parquet, ROW_GROUP_SIZE 500)`);
  expected = await duckdb.query(`SELECT id, ${CALLS.map(([call, theirs = call], i) => `${theirs} AS v${i}`).join(", ")} FROM read_parquet('${folder}/t.parquet')`);
  await duckdb.execute(`CREATE TABLE t AS SELECT * FROM read_parquet('${folder}/t.parquet')`);
  for (const query of FIRST_ROWS) expectedFirst.push(await duckdb.query(firstRows(query)));
  duckdb.close();
});

afterAll(async () => {
  await engines[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** The rows' ids, and one call's values. */
function columnOf({ columns, rows }: ResultSet, call: number): ResultSet {
  return { columns: [columns[0], columns[call + 1]], rows: rows.map((row) => [row[0], row[call + 1]]) };
}

/** Filters that want the first rows of each partition, and such that do not. */
const FIRST_ROWS = [
  ["row_number() OVER (PARTITION BY k ORDER BY x DESC, id)", "r <= 2"],
  ["row_number() OVER (PARTITION BY s, small ORDER BY id)", "r = 3"],
  ["rank() OVER (PARTITION BY k ORDER BY small DESC)", "r < 3"],
  ["dense_rank() OVER (PARTITION BY small ORDER BY n, s)", "4 >= r AND id > 100"],
  ["row_number() OVER (ORDER BY w DESC, id)", "r <= 20"],
  ["rank() OVER (PARTITION BY s ORDER BY b)", "r > 5"],
] as const;
const BESIDE = "sum(small) OVER (PARTITION BY k ORDER BY x DESC, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";

function firstRows([call, filter]: readonly [string, string]): string {
  const beside = call.includes("PARTITION BY k ORDER BY x") ? `, ${BESIDE} AS v` : ", lead(id) OVER (ORDER BY id) AS v";
  return `SELECT id, r, v FROM (SELECT id, ${call} AS r${beside} FROM t) AS u WHERE ${filter}`;
}

test.each(CONFIGURATIONS)("window functions give DuckDB's values with $name", async (under) => {
  const ours = await engines.run(`SELECT id, ${CALLS.map(([call], i) => `${call} AS v${i}`).join(", ")} FROM t`, under);
  const differences = CALLS.map(([call], i) => `${call}: ${firstDifference(columnOf(ours, i), columnOf(expected, i)) ?? "same"}`);
  expect(differences).toEqual(CALLS.map(([call]) => `${call}: same`));
  for (const [i, query] of FIRST_ROWS.entries()) expect(`${query[0]}: ${firstDifference(await engines.run(firstRows(query), under), expectedFirst[i]) ?? "same"}`).toBe(`${query[0]}: same`);
});

test("more partitions than a limit keeps apart", async () => {
  const first = "SELECT id, row_number() OVER (PARTITION BY id % 17000 ORDER BY id DESC) AS r FROM range(100000)";
  const { rows } = await engines.run(`SELECT count(*), sum(id), max(r) FROM (${first}) WHERE r <= 1`, configuration("1 worker", 1));
  expect(rows).toEqual([[17000n, 17000n * 83000n + (17000n * 16999n) / 2n, 1]]);
});
