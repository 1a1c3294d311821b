import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** Queries on flights as other systems' users write them; DuckDB's text where it has another spelling. */
const QUERIES: readonly { readonly dialect: string; readonly sql: string; readonly duckdb?: string }[] = ([
  ["postgresql", "SELECT origin, COUNT(*) AS n FROM flights WHERE distance > 500 AND origin = 'SFO' OR origin = 'LAX' AND delay > 5 GROUP BY origin ORDER BY n"],
  ["postgresql", "SELECT origin, COUNT(*) FILTER (WHERE delay > 15) AS late, MAX(delay) - MIN(delay) AS spread FROM flights GROUP BY origin HAVING COUNT(*) > 1000 ORDER BY origin"],
  ["postgresql", "WITH d AS (SELECT origin, destination, count(*) AS n FROM flights GROUP BY origin, destination) SELECT origin, destination, n FROM (SELECT origin, destination, n, rank() OVER (PARTITION BY origin ORDER BY n DESC, destination) AS r FROM d) x WHERE r = 1 ORDER BY origin"],
  ["postgresql", "SELECT CASE WHEN delay > 60 THEN 'late' WHEN delay > 0 THEN 'some' ELSE 'ok' END AS c, COUNT(*) AS n, AVG(distance) AS d FROM flights WHERE NOT (delay + 10) > 100 GROUP BY 1 ORDER BY n DESC"],
  ["postgresql", "SELECT DISTINCT origin FROM flights WHERE origin LIKE 'S%' AND origin NOT IN (SELECT destination FROM flights WHERE delay > 200) ORDER BY origin DESC OFFSET 2 LIMIT 7"],
  ["postgresql", "SELECT upper(origin) || '-' || lower(destination) AS route, SUM(delay) / 2.0 AS h FROM flights GROUP BY 1 ORDER BY h DESC, route LIMIT 9"],
  ["postgresql", "SELECT NULLIF(destination, 'SFO') AS x, COUNT(*) FROM flights WHERE origin = 'LAX' GROUP BY 1 ORDER BY x DESC LIMIT 5", "SELECT NULLIF(destination, 'SFO') AS x, COUNT(*) FROM flights WHERE origin = 'LAX' GROUP BY 1 ORDER BY x DESC NULLS FIRST LIMIT 5"],
  ["mysql", "SELECT `origin`, IFNULL(AVG(`delay`), 0) AS `d` FROM `flights` WHERE `distance` BETWEEN 100 AND 500 GROUP BY `origin` ORDER BY `d` DESC, `origin` LIMIT 5, 10", "SELECT origin, IFNULL(AVG(delay), 0) AS d FROM flights WHERE distance BETWEEN 100 AND 500 GROUP BY origin ORDER BY d DESC, origin LIMIT 10 OFFSET 5"],
  ["mysql", 'SELECT IF(delay > 0, "late", "ok") AS c, COUNT(DISTINCT origin) AS n, STDDEV(delay) AS s FROM flights WHERE origin = "SFO" OR origin = "LAX" AND delay < 30 GROUP BY c ORDER BY c', "SELECT CASE WHEN delay > 0 THEN 'late' ELSE 'ok' END AS c, COUNT(DISTINCT origin) AS n, STDDEV_POP(delay) AS s FROM flights WHERE origin = 'SFO' OR origin = 'LAX' AND delay < 30 GROUP BY c ORDER BY c"],
  ["mysql", "SELECT f.origin, COUNT(*) AS n FROM flights AS f LEFT JOIN (SELECT DISTINCT destination AS d FROM flights WHERE distance > 2000) AS x ON f.origin = x.d WHERE x.d IS NULL GROUP BY f.origin ORDER BY n DESC, f.origin LIMIT 5"],
  ["bigquery", "SELECT origin, COUNTIF(delay > 15) AS late, SAFE_DIVIDE(SUM(delay), COUNT(*)) AS a FROM `flights` GROUP BY origin ORDER BY late DESC, origin LIMIT 5", "SELECT origin, COUNT(*) FILTER (WHERE delay > 15) AS late, SUM(delay) / COUNT(*) AS a FROM flights GROUP BY origin ORDER BY late DESC, origin LIMIT 5"],
  ["bigquery", "SELECT origin, MAX(delay) AS m FROM flights WHERE NOT origin = 'SFO' AND delay > 0 OR distance < 100 GROUP BY origin QUALIFY ROW_NUMBER() OVER (ORDER BY MAX(delay) DESC, origin) <= 4 ORDER BY m DESC, origin"],
] as [string, string, string?][]).map(([dialect, sql, duckdb]) => ({ dialect, sql, duckdb }));

const FLIGHTS = fileURLToPath(new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")));

let sparrow: SparrowUnderTest;
let oracle: DuckDBOracle;

beforeAll(async () => {
  sparrow = await SparrowUnderTest.open();
  await sparrow.viewParquet("flights", FLIGHTS);
  oracle = await DuckDBOracle.open({ threads: 1 });
  await oracle.query(`CREATE VIEW flights AS SELECT * FROM '${FLIGHTS}'`);
});

afterAll(async () => {
  await sparrow.close();
  oracle.close();
});

test.each(QUERIES)("$dialect: $sql", async ({ dialect, sql, duckdb }) => {
  await sparrow.query(`SET sparrow.sql.dialect = ${dialect}`);
  const ours = await sparrow.query(sql);
  const theirs = await oracle.query(duckdb ?? sql);
  expect(ours.rows.length).toBeGreaterThan(0);
  expect(firstDifference(ours, theirs, { ordered: true })).toBeUndefined();
});
