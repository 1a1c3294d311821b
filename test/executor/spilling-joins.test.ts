import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

/** Keys 0 to 39999 at even numbers, some twice, some NULL. */
const BUILD = "(SELECT CASE WHEN id % 50 = 0 THEN NULL ELSE (id * 2) % 60000 END AS k, concat('build row ', id) AS t FROM range(40000))";
const PROBE = "(SELECT CASE WHEN id % 70 = 0 THEN NULL ELSE id % 45000 END AS k, concat('probe ', id % 9000) AS p, id FROM range(60000))";

/** One row that depends on all values of all rows. */
function digest(columns: string, from: string): string {
  return `SELECT count(*), sum(xxhash64(${columns}) % 1000000007), count(${columns.split(", ")[0]}) FROM ${from}`;
}

const QUERIES = {
  inner: digest("p.k, p.p, p.id, b.t", `${PROBE} p JOIN ${BUILD} b ON p.k = b.k`),
  "left outer": digest("p.k, p.p, p.id, b.t", `${PROBE} p LEFT JOIN ${BUILD} b ON p.k = b.k`),
  "right outer": digest("p.k, p.p, p.id, b.t", `${PROBE} p RIGHT JOIN ${BUILD} b ON p.k = b.k`),
  "full outer with a residual": digest("p.k, p.p, p.id, b.t", `${PROBE} p FULL JOIN ${BUILD} b ON p.k = b.k AND length(b.t) % 2 = p.id % 2`),
  semi: digest("p.k, p.p, p.id", `${PROBE} p LEFT SEMI JOIN ${BUILD} b ON p.k = b.k`),
  anti: digest("p.k, p.p, p.id", `${PROBE} p LEFT ANTI JOIN ${BUILD} b ON p.k = b.k`),
  "not in": digest("p.k, p.p, p.id", `(SELECT * FROM ${PROBE} p WHERE k NOT IN (SELECT k FROM ${BUILD} b WHERE k IS NOT NULL)) p`),
  "in as a value": digest("q.m, q.k, q.id", `(SELECT p.*, k IN (SELECT k FROM ${BUILD} b) AS m FROM ${PROBE} p) q`),
  "keys that are texts": digest("p.p, p.id, b.t", `${PROBE} p JOIN (SELECT concat('probe ', k) AS q, t FROM ${BUILD}) b ON p.p = b.q`),
  "two joins that do not fit": digest("p.k, p.p, b.t, c.t", `${PROBE} p JOIN ${BUILD} b ON p.k = b.k LEFT JOIN ${BUILD} c ON p.id = c.k`),
  "a join below a union": digest("u.k, u.t", `(SELECT p.k, b.t FROM (SELECT k FROM ${PROBE} UNION ALL SELECT id FROM range(3000)) p RIGHT JOIN ${BUILD} b ON p.k = b.k) u`),
} as const;

/** What is asked of one worker and of many too. */
const OTHER_NUMBERS_OF_WORKERS: ReadonlySet<string> = new Set(["full outer with a residual", "two joins that do not fit"]);

describe.each([1, 2, 7])("%i workers", (workers) => {
  let engine: LimitedEngine;
  beforeAll(async () => {
    engine = await LimitedEngine.open(workers);
  });
  afterAll(() => engine.close());

  const queries = Object.entries(QUERIES).filter(([name]) => workers === 2 || OTHER_NUMBERS_OF_WORKERS.has(name));

  test.each(queries)("a build side that does not fit is joined part by part: %s", async (_, sql) => {
    const limit = workers * 2 + 3;
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, `${limit}m`)];
    expect(limited.rows).toEqual(whole.rows);
    expect(whole.counters.spilledBytes).toBe(0);
    expect(limited.counters.spilledBytes).toBeGreaterThan(100_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(limit * 1024 * 1024);
    expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  });
});

/** Most of the build side has one key, which no hash divides. */
const HEAVY = "(SELECT CASE WHEN id % 10 = 0 THEN id ELSE 7 END AS k, concat(repeat('build row ', 8), id) AS t FROM range(40000))";

test("the rows of one key are joined piece by piece", async () => {
  const engine = await LimitedEngine.open(2);
  for (const join of ["JOIN", "RIGHT JOIN"]) {
    const sql = digest("p.id, b.t", `range(60000) p ${join} ${HEAVY} b ON p.id = b.k`);
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, "6m")];
    expect(limited.rows).toEqual(whole.rows);
    expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(6 * 1024 * 1024);
  }
  await engine.close();
});

test("joins of which all hashes are equal", async () => {
  const engine = await LimitedEngine.open(2, { "sparrow.exec.collideHashes": "true" });
  const side = (from: number, to: number): string => `(SELECT id AS k, concat(repeat('b', 900), id) AS t FROM range(${from}, ${to}))`;
  const sql = digest("p.k, p.t, b.t", `${side(5500, 12000)} p JOIN ${side(5000, 9500)} b ON p.k = b.k`);
  const [whole, limited] = [await engine.run(sql), await engine.run(sql, "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
  await engine.close();
});

test("the rows of one key that must all be at hand are an error when they do not fit", async () => {
  const engine = await LimitedEngine.open(2);
  const query = engine.run(digest("p.id, b.t", `range(60000) p LEFT JOIN ${HEAVY} b ON p.id = b.k`), "5m");
  await expect(query).rejects.toMatchObject({ condition: "MEMORY_LIMIT_EXCEEDED" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  await engine.close();
});
