import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

/** One row that depends on all values of all rows. */
function digest(columns: string, from: string): string {
  return `SELECT count(*), sum(xxhash64(${columns}) % 1000000007) FROM (${from})`;
}

const QUERIES = {
  "numbers and texts": digest("k, n, s, t, a", "SELECT id % 30000 AS k, count(*) AS n, sum(id) AS s, max(concat('text of ', id)) AS t, avg(id) AS a FROM range(90000) GROUP BY 1"),
  "keys that are texts, some NULL": digest("k, n, m", "SELECT CASE WHEN id % 7 = 0 THEN NULL ELSE concat('key number ', id % 40000) END AS k, count(*) AS n, min(id) AS m FROM range(120000) GROUP BY 1"),
  "several keys": digest("a, b, s, d", "SELECT id % 301 AS a, concat('k', id % 200) AS b, sum(id) AS s, count(DISTINCT id % 11) AS d FROM range(70000) GROUP BY 1, 2"),
  "collected lists": digest("k, concat_ws(',', l), m", "SELECT id % 1500 AS k, collect_list(concat('x', id)) AS l, min_by(id, -id) AS m FROM range(30000) GROUP BY 1"),
  "percentiles": digest("k, p, m", "SELECT id % 15000 AS k, percentile(id, 0.5) AS p, mode(id % 7) AS m FROM range(60000) GROUP BY 1"),
  "distinct rows without keys": "SELECT count(DISTINCT id % 70000), sum(DISTINCT id % 70000), max(id) FROM range(150000)",
  "grouping sets": digest("a, b, n, s", "SELECT id % 20000 AS a, id % 3 AS b, count(*) AS n, sum(id) AS s FROM range(60000) GROUP BY ROLLUP (a, b)"),
} as const;

/** What is asked of one worker and of many too. */
const OTHER_NUMBERS_OF_WORKERS: ReadonlySet<string> = new Set(["keys that are texts, some NULL", "collected lists", "grouping sets"]);

describe.each([1, 2, 7])("%i workers", (workers) => {
  let engine: LimitedEngine;
  beforeAll(async () => {
    engine = await LimitedEngine.open(workers);
  });
  afterAll(() => engine.close());

  const queries = Object.entries(QUERIES).filter(([name]) => workers === 2 || OTHER_NUMBERS_OF_WORKERS.has(name));

  test.each(queries)("groups that do not fit come back from disk: %s", async (_, sql) => {
    const limit = workers * 1.5 + 2.5;
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, `${limit}m`)];
    expect(limited.rows).toEqual(whole.rows);
    expect(whole.counters.spilledBytes).toBe(0);
    expect(limited.counters.spilledBytes).toBeGreaterThan(100_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(limit * 1024 * 1024);
    expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  });
});

test("groups whose hashes are all equal", async () => {
  const engine = await LimitedEngine.open(2, { "sparrow.exec.collideHashes": "true" });
  const sql = digest("k, n, m", "SELECT id div 7 AS k, count(*) AS n, min(concat(repeat('x', 3000), id)) AS m FROM range(5000) GROUP BY 1");
  const [whole, limited] = [await engine.run(sql), await engine.run(sql, "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(0);
  await engine.close();
});

test("an overflow that shows when groups on disk are merged is the query's error", async () => {
  const engine = await LimitedEngine.open(2);
  const sql = "SELECT k, sum(v) FROM (SELECT id % 30000 AS k, 9223372036854775000 AS v FROM range(90000)) GROUP BY k";
  await expect(engine.run(sql, "5m")).rejects.toMatchObject({ condition: "ARITHMETIC_OVERFLOW" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  await engine.close();
});

test("one group that does not fit is an error that says what to set, and leaves nothing behind", async () => {
  const engine = await LimitedEngine.open(2);
  const query = engine.run("SELECT length(to_json(collect_list(concat('a text that is long enough ', id)))) FROM range(300000)", "6m");
  await expect(query).rejects.toMatchObject({ condition: "MEMORY_LIMIT_EXCEEDED", hint: "Raise sparrow.query.memory.limit, or let the query touch fewer columns or rows." });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  await engine.close();
});
