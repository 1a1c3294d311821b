import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sparrow } from "../../server/library.ts";
import { open } from "../../server/library.ts";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

const EDGES = "edges(parent, child) AS (SELECT * FROM (VALUES (1, 2), (1, 3), (2, 4), (2, 5), (5, 6), (6, 2)) AS v(p, c))";

/** Statements that mean the same in Spark and in DuckDB. */
const SAME: Readonly<Record<string, string>> = {
  "a series": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 30) SELECT count(*), sum(n), min(n), max(n) FROM t",
  "a walk over a tree, with paths": `WITH RECURSIVE ${EDGES}, walk(id, path, depth) AS (SELECT 3, '/3', 0 UNION ALL SELECT parent, path || '/' || CAST(parent AS STRING), depth + 1 FROM walk JOIN edges ON child = id) SELECT * FROM walk`,
  "a graph with a cycle, cut by the level": `WITH RECURSIVE ${EDGES}, walk(id, level) AS (SELECT 1, 0 UNION ALL SELECT child, level + 1 FROM walk, edges WHERE parent = id AND level < 9) SELECT id, level, count(*) FROM walk GROUP BY id, level`,
  "distinct rows of each round": `WITH RECURSIVE ${EDGES}, walk(id, level) AS (SELECT 1, 0 UNION ALL SELECT DISTINCT child, level + 1 FROM walk, edges WHERE parent = id AND level < 6) SELECT * FROM walk`,
  "several columns, types by the anchor, NULL": "WITH RECURSIVE t(a, b, s, d) AS (SELECT 1, CAST(NULL AS BIGINT), 'x', CAST(0.5 AS DECIMAL(10, 2)) UNION ALL SELECT a + 1, CASE WHEN a % 2 = 0 THEN NULL ELSE CAST(a AS BIGINT) END, CASE WHEN a > 3 THEN NULL ELSE s || 'y' END, CAST(d * 2 AS DECIMAL(10, 2)) FROM t WHERE a < 8) SELECT * FROM t",
  "two recursive tables, one over the other in both of its parts": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 3), z(n) AS (SELECT * FROM x UNION ALL SELECT z.n + x.n FROM z, x WHERE z.n + x.n < 8) SELECT z.n, count(*) FROM z JOIN x ON z.n >= x.n GROUP BY z.n",
  "a table read twice": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 8) SELECT a.n, b.n FROM t AS a JOIN t AS b ON a.n = b.n * 2",
  "rows that double from round to round": "WITH RECURSIVE t(level, n) AS (SELECT 0, 1 UNION ALL SELECT level + 1, 2 * n + b FROM t, (VALUES (0), (1)) AS v(b) WHERE level < 9) SELECT level, count(*), sum(n) FROM t GROUP BY level",
  "recursion within a subquery, and within another query's WITH": "WITH RECURSIVE o(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM o WHERE n < 12) SELECT n FROM o WHERE n IN (WITH RECURSIVE i(m) AS (SELECT 2 UNION ALL SELECT m * 2 FROM i WHERE m < 8) SELECT m FROM i)",
  "a definition with a WITH of its own": "WITH RECURSIVE t(n) AS (WITH first AS (SELECT 5 AS f) SELECT f FROM first UNION ALL SELECT t.n + f FROM t, first WHERE t.n < 30) SELECT * FROM t",
  "a recursive name that an inner table covers": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < (WITH t AS (SELECT 4 AS m) SELECT m FROM t)) SELECT * FROM t",
  "an outer join beside the round before": `WITH RECURSIVE ${EDGES}, walk(id, next, level) AS (SELECT 1, 2, 0 UNION ALL SELECT walk.next, child, level + 1 FROM walk LEFT JOIN edges ON parent = next WHERE level < 5 AND next IS NOT NULL) SELECT * FROM walk`,
  "no row to begin with": "WITH RECURSIVE t(n) AS (SELECT 1 WHERE 1 = 0 UNION ALL SELECT n + 1 FROM t) SELECT count(*), max(n) FROM t",
};

describe("answers are DuckDB's", () => {
  let sparrow: SparrowUnderTest;
  let duckdb: DuckDBOracle;
  beforeAll(async () => {
    sparrow = await SparrowUnderTest.open({ "sparrow.memory.limit": "64m", "sparrow.workers": "1" });
    duckdb = await DuckDBOracle.open({ threads: 1 });
  });
  afterAll(async () => {
    await sparrow.close();
    duckdb.close();
  });

  test.each(Object.entries(SAME))("%s", async (_, sql) => {
    expect(firstDifference(await sparrow.query(sql), await duckdb.query(sql))).toBeUndefined();
  });
});

describe("limits, places and lives of recursive tables", () => {
  const spill = mkdtempSync(join(tmpdir(), "sparrow-recursion-"));
  let ended = 0;
  let onEnded: (() => void) | undefined;
  let sparrow: Sparrow;
  const session = () => sparrow.session();
  const rows = async (sql: string, settings?: Readonly<Record<string, string>>): Promise<unknown[][]> => (await (await session().sql(sql, { settings })).toArray()).map((row) => Object.values(row));
  const condition = async (sql: string, settings?: Readonly<Record<string, string>>): Promise<unknown> => rows(sql, settings).then(() => "rows", (error: { readonly condition?: string }) => error.condition ?? error);
  /** Folders of queries that are still there. */
  const files = (): string[] => readdirSync(spill, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("query-"));
  const series = (most: number, more = ""): string => `WITH RECURSIVE t(n) ${more} AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < ${most})`;
  const ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)";

  beforeAll(async () => {
    sparrow = await open({
      catalog: "memory",
      settings: { "sparrow.memory.limit": "64m", "sparrow.workers": "1", "sparrow.spill.dir": spill },
      onEvent: (event) => {
        if (event.kind !== "queryEnded") return;
        ended++;
        onEnded?.();
      },
    });
  });
  afterAll(async () => {
    await sparrow.close();
    rmSync(spill, { recursive: true });
  });

  test("rounds are limited by the settings, by MAX RECURSION LEVEL, or by the rows that are wanted", async () => {
    expect(await condition(`${series(101)} SELECT * FROM t`)).toBe("RECURSION_LEVEL_LIMIT_EXCEEDED");
    expect(await condition(`${series(9)} SELECT * FROM t`, { "spark.sql.cteRecursionLevelLimit": "8" })).toBe("RECURSION_LEVEL_LIMIT_EXCEEDED");
    expect(await rows(`${series(9)} SELECT count(*) FROM t`, { "spark.sql.cteRecursionLevelLimit": "9" })).toEqual([[9n]]);
    expect(await condition(`${series(5, "MAX RECURSION LEVEL 4")} SELECT * FROM t`)).toBe("RECURSION_LEVEL_LIMIT_EXCEEDED");
    expect(await rows(`${series(5, "MAX RECURSION LEVEL 5")} SELECT max(n) FROM t`)).toEqual([[5]]);
    expect(await condition(`${series(9)} SELECT * FROM t`, { "spark.sql.cteRecursionRowLimit": "9" })).toBe("RECURSION_ROW_LIMIT_EXCEEDED");
    expect(await rows(`${series(9)} SELECT count(*) FROM t`, { "spark.sql.cteRecursionRowLimit": "10" })).toEqual([[9n]]);
    expect(await rows(`${ENDLESS} SELECT * FROM t LIMIT 3 OFFSET 4`)).toEqual([[5], [6], [7]]);
    expect(await condition(`${ENDLESS} SELECT * FROM t WHERE n > 5 LIMIT 3`, { "spark.sql.cteRecursionLevelLimit": "9" })).toBe("RECURSION_LEVEL_LIMIT_EXCEEDED");
    expect(await rows(`${ENDLESS}, u(n) AS (SELECT n FROM t WHERE n < 0) SELECT 1`)).toEqual([[1]]);
    expect(files()).toEqual([]);
  });

  test("LIMIT over one use does not shorten what another one reads", async () => {
    expect(await rows(`${series(9)} SELECT (SELECT count(*) FROM t), n FROM (SELECT n FROM t LIMIT 1)`)).toEqual([[9n, 1]]);
    expect(await rows(`${series(9)}, z(n) AS (SELECT count(*) FROM t UNION ALL SELECT n + 1 FROM z WHERE n < 10) SELECT z.n FROM z UNION ALL SELECT n FROM (SELECT n FROM t LIMIT 1) ORDER BY 1`)).toEqual([[1n], [9n], [10n]]);
  });

  test.each([
    ["INVALID_RECURSIVE_CTE", "(SELECT n FROM t)"],
    ["INVALID_RECURSIVE_CTE", "(SELECT n FROM t UNION ALL SELECT 1)"],
    ["INVALID_RECURSIVE_CTE", "(SELECT 1 EXCEPT SELECT n FROM t)"],
    ["INVALID_RECURSIVE_CTE", "(SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 3)"],
    ["INVALID_RECURSIVE_CTE", "(WITH own AS (SELECT n FROM t) SELECT 1 UNION ALL SELECT n + 1 FROM t, own)"],
    ["UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE", "(SELECT 1 UNION SELECT n FROM t)"],
    ["INVALID_RECURSIVE_REFERENCE.PLACE", "(SELECT 1L UNION ALL SELECT count(*) FROM t)"],
    ["INVALID_RECURSIVE_REFERENCE.PLACE", "(SELECT 1 UNION ALL SELECT id FROM VALUES (1) AS v(id) LEFT JOIN t ON id = n)"],
    ["INVALID_RECURSIVE_REFERENCE.PLACE", "(SELECT 1 UNION ALL SELECT id FROM t RIGHT JOIN VALUES (1) AS v(id) ON id = n)"],
    ["INVALID_RECURSIVE_REFERENCE.PLACE", "(SELECT 1 UNION ALL SELECT id FROM t FULL JOIN VALUES (1) AS v(id) ON id = n)"],
    ["NUM_COLUMNS_MISMATCH", "(SELECT 1 UNION ALL SELECT n, n FROM t)"],
    ["CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE", "(SELECT 1 UNION ALL SELECT n + 1L FROM t)"],
  ])("%s: %s", async (expected, definition) => {
    expect(await condition(`WITH RECURSIVE t(n) AS ${definition} SELECT * FROM t`)).toBe(expected);
  });

  test("one that reads columns of an outer query is refused by name, one beside them is not", async () => {
    const inner = (first: string): string => `SELECT k FROM VALUES (1), (3) AS v(k) WHERE EXISTS (WITH RECURSIVE t(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM t WHERE n < 2) SELECT * FROM t WHERE n = k)`;
    expect(await condition(inner("k"))).toBe("UNSUPPORTED_FEATURE");
    expect(await rows(inner("1"))).toEqual([[1]]);
  });

  test("nested values, views, tables made of it, and cached rows", async () => {
    const s = session();
    await s.sql("CREATE TEMPORARY VIEW v AS WITH RECURSIVE t(id, path) AS (SELECT 1, array(struct(1 AS a)) UNION ALL SELECT id + 1, path || array(struct(CASE WHEN id > 1 THEN NULL ELSE id END AS a)) FROM t WHERE id < 3) SELECT * FROM t");
    const all = async (sql: string): Promise<unknown[]> => (await s.sql(sql)).toArray();
    const expected = [{ id: 1, path: "[{1}]" }, { id: 2, path: "[{1}, {1}]" }, { id: 3, path: "[{1}, {1}, {null}]" }];
    const query = "SELECT id, CAST(path AS STRING) AS path FROM v ORDER BY id";
    expect(await all(query)).toEqual(expected);
    await all("CACHE LAZY TABLE v");
    expect(await all(query)).toEqual(expected);
    const before = ended;
    expect(await all(query)).toEqual(expected);
    expect(ended - before).toBe(1);
    await all("UNCACHE TABLE v");
    expect(await all(query)).toEqual(expected);
    expect(files()).toEqual([]);
  });

  test("EXPLAIN shows both parts and runs neither; EXPLAIN ANALYZE shows what was run", async () => {
    const before = ended;
    const [[plan]] = await rows(`EXPLAIN ${series(3)} SELECT * FROM t`);
    expect(ended).toBe(before);
    expect(plan).toMatch(/Scan recursive t\[n#\d+\][^]*== Recursive Tables ==\nt, first round:\n[^]*t, next rounds while there are rows:\n[^]*Relation previous round of t/);
    const [[measured]] = await rows(`EXPLAIN ANALYZE ${series(3)} SELECT * FROM t`);
    expect(measured).toMatch(/CachedScan t\[n#\d+\].*\[rows=3/);
  });

  test("a cancelled one ends, and leaves no files", async () => {
    const stop = new AbortController();
    const first = ended;
    onEnded = () => {
      if (ended === first + 3) stop.abort();
    };
    const endless = { "spark.sql.cteRecursionLevelLimit": "-1", "spark.sql.cteRecursionRowLimit": "-1" };
    const run = async (): Promise<unknown> => (await session().sql(`${ENDLESS} SELECT * FROM t`, { signal: stop.signal, settings: endless })).toArray();
    await expect(run()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
    onEnded = undefined;
    expect(files()).toEqual([]);
    expect(await condition(`${ENDLESS} SELECT * FROM t`, { ...endless, "sparrow.query.timeout": "50ms" })).toBe("QUERY_EXECUTION_TIMEOUT_EXCEEDED");
    expect(files()).toEqual([]);
  });
});
