import { CONFIGURATIONS } from "./configurations.ts";

/** Divisors of 0, texts that are no numbers, products beyond 32 bits: each row has its own fault, and NULLs beside. */
export const GUARDED_ROWS = `SELECT CAST(i AS INT) AS id, CAST(CASE WHEN i % 3 = 0 THEN 0 WHEN i % 7 = 0 THEN NULL ELSE i - 20 END AS INT) AS b, CAST(CASE WHEN i % 5 = 0 THEN 2000000000 ELSE i END AS INT) AS a,
  CASE WHEN i % 4 = 0 THEN 'none' WHEN i % 11 = 0 THEN NULL ELSE CAST(i AS VARCHAR) END AS s, CAST(i % 5 = 0 AS BOOLEAN) AS big FROM range(1, 60) t(i)`;

/** What would raise if it were evaluated for every row. */
export const RAISING = ["a / b", "a % b", "a div b", "CAST(s AS INT)", "a * 3", "a + a", "CAST(a AS SMALLINT)", "array(a)[b]", "assert_true(b > 0)", "CAST(substr(s, 1, 1) AS INT) + a * 7"];

/** A query that keeps the faulty rows out, and what it means, for DuckDB. */
export const GUARDED: readonly (readonly [spark: string, duckdb: string])[] = [
  ["SELECT id, CASE WHEN b <> 0 THEN a / b END AS x FROM g", "SELECT id, CASE WHEN b <> 0 THEN a / b END AS x FROM g"],
  ["SELECT id, CASE WHEN b = 0 THEN -1 WHEN b IS NULL THEN -2 ELSE a % b END AS x FROM g", "SELECT id, CASE WHEN b = 0 THEN -1 WHEN b IS NULL THEN -2 ELSE a % b END AS x FROM g"],
  ["SELECT id, if(b <> 0, a / b, 0) AS x FROM g", "SELECT id, CASE WHEN b <> 0 THEN a / b ELSE 0 END AS x FROM g"],
  ["SELECT id, CASE WHEN s <> 'none' THEN CAST(s AS INT) END AS x FROM g", "SELECT id, TRY_CAST(s AS INT) AS x FROM g"],
  ["SELECT id, CASE WHEN s RLIKE '^[0-9]+$' THEN CAST(s AS INT) + length(s) END AS x FROM g", "SELECT id, TRY_CAST(s AS INT) + length(s) AS x FROM g"],
  ["SELECT id, CASE WHEN big THEN 0 ELSE a * 3 END AS x, CASE WHEN NOT big THEN a + a END AS y FROM g", "SELECT id, CASE WHEN a = 2000000000 THEN 0 ELSE a::BIGINT * 3 END AS x, CASE WHEN a <> 2000000000 THEN a::BIGINT + a END AS y FROM g"],
  ["SELECT id FROM g WHERE b <> 0 AND a / b > 2", "SELECT id FROM g WHERE b <> 0 AND a / b > 2"],
  ["SELECT id FROM g WHERE b = 0 OR a / b > 2", "SELECT id FROM g WHERE b = 0 OR a / b > 2"],
  ["SELECT id, (b <> 0 AND a % b = 1) AS x, (b = 0 OR a div b < 3) AS y FROM g", "SELECT id, (b <> 0 AND a % b = 1) AS x, (b = 0 OR a // b < 3) AS y FROM g"],
  ["SELECT id FROM g WHERE NOT (s = 'none' OR CAST(s AS INT) > 30)", "SELECT id FROM g WHERE TRY_CAST(s AS INT) <= 30"],
  ["SELECT id FROM g WHERE s <> 'none' AND (CAST(s AS INT) > 10 OR b <> 0 AND a / b > 1)", "SELECT id FROM g WHERE s <> 'none' AND (TRY_CAST(s AS INT) > 10 OR b <> 0 AND a / b > 1)"],
  ["SELECT id, coalesce(nullif(b, 0), a / nullif(b, 0), 7) AS x FROM g", "SELECT id, coalesce(nullif(b, 0), 7) AS x FROM g"],
  ["SELECT id, coalesce(CASE WHEN b = 0 THEN 5 END, CASE WHEN b IS NULL THEN 6 END, a / b) AS x FROM g", "SELECT id, CASE WHEN b = 0 THEN 5 WHEN b IS NULL THEN 6 ELSE a / b END AS x FROM g"],
  ["SELECT id, nvl2(nullif(b, 0), a / b, -1) AS x FROM g", "SELECT id, CASE WHEN b <> 0 THEN a / b ELSE -1 END AS x FROM g"],
  ["SELECT id, try_divide(a, b) AS x, try_add(a, a) AS y, try_cast(s AS INT) AS z FROM g", "SELECT id, CASE WHEN b <> 0 THEN a / b END AS x, CASE WHEN a < 2000000000 THEN a + a::BIGINT END AS y, TRY_CAST(s AS INT) AS z FROM g"],
  ["SELECT sum(a / b) FILTER (WHERE b <> 0) AS x, count(CAST(s AS INT)) FILTER (WHERE s <> 'none') AS y FROM g", "SELECT sum(a / b) FILTER (WHERE b <> 0) AS x, count(TRY_CAST(s AS INT)) AS y FROM g"],
  ["SELECT id % 2 AS k, max(a % b) FILTER (WHERE b <> 0) AS x, collect_list(a / b) FILTER (WHERE b > 1000) AS y FROM g GROUP BY id % 2", "SELECT id % 2 AS k, max(a % b) FILTER (WHERE b <> 0) AS x, [] AS y FROM g GROUP BY id % 2"],
  ["SELECT x.id, y.a / x.b AS q FROM g x JOIN g y ON x.id = y.id WHERE x.b <> 0", "SELECT x.id, y.a / x.b AS q FROM g x JOIN g y ON x.id = y.id WHERE x.b <> 0"],
  ["SELECT x.id, y.id AS other FROM (SELECT * FROM g WHERE b <> 0) x JOIN g y ON x.id = y.id AND y.a / x.b > 1", "SELECT x.id, y.id AS other FROM (SELECT * FROM g WHERE b <> 0) x JOIN g y ON x.id = y.id AND y.a / x.b > 1"],
  ["SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.b <> 0 AND x.id = y.id AND y.a / x.b > 1", "SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.b <> 0 AND x.id = y.id AND y.a / x.b > 1"],
  ["SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.id = y.id AND x.b <> 0 AND 50 / x.b > y.b", "SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.id = y.id AND x.b <> 0 AND 50 / x.b > y.b"],
  ["SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.b <> 0 AND 50 / x.b > y.b", "SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.b <> 0 AND 50 / x.b > y.b"],
  ["SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.id = y.id AND x.s <> 'none' AND concat(CAST(x.s AS INT), soundex(y.s)) > '2'", "SELECT x.id, y.id AS other FROM g x LEFT JOIN g y ON x.id = y.id AND x.s <> 'none' AND x.s > '2' OR x.id = y.id AND x.s = '2'"],
  ["SELECT id, CAST(s AS INT) AS n FROM (SELECT * FROM g WHERE s <> 'none') t WHERE CAST(s AS INT) > 20", "SELECT id, TRY_CAST(s AS INT) AS n FROM g WHERE TRY_CAST(s AS INT) > 20"],
  ["SELECT id, q FROM (SELECT id, b, CASE WHEN b <> 0 THEN a / b END AS q FROM g) t WHERE q > 1 AND b > 0", "SELECT id, a / b AS q FROM g WHERE b > 0 AND a / b > 1"],
  ["SELECT id, sum(CASE WHEN b <> 0 THEN a % b END) OVER (ORDER BY id) AS x FROM g", "SELECT id, sum(CASE WHEN b <> 0 THEN a % b END) OVER (ORDER BY id) AS x FROM g"],
  ["SELECT id, (SELECT max(y.a) FROM g y WHERE y.id = x.id AND x.b <> 0 AND y.a / x.b > 0) AS m FROM g x", "SELECT id, CASE WHEN b <> 0 AND a / b > 0 THEN a END AS m FROM g x"],
  ["SELECT id FROM g WHERE CASE WHEN b IS NULL OR b = 0 THEN FALSE ELSE a / b IN (1, 2, 5) END", "SELECT id FROM g WHERE b <> 0 AND a / b IN (1, 2, 5)"],
  ["SELECT id FROM g x WHERE b <> 0 AND EXISTS (SELECT 1 FROM g y WHERE y.id = x.id AND a / x.b > 0)", "SELECT id FROM g WHERE b <> 0 AND a / b > 0"],
];

/** The defaults, and those that change how expressions are compiled, ordered or moved. */
export const GUARD_CONFIGURATIONS = [{ name: "the settings' defaults", engine: { "sparrow.workers": "2" }, session: {} }, ...CONFIGURATIONS.filter(({ engine }) => Object.keys(engine).length === 1 && engine["sparrow.workers"] === "2")];
