import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

/** NULLs, ties, both zeros, wide decimals, and texts with one beginning. */
const TABLE = `(SELECT id, id * 7919 % 1000 AS k, CASE WHEN id % 23 = 0 THEN NULL ELSE concat('one long beginning ', id * 31 % 5000) END AS s,
  CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN -0.0D WHEN 2 THEN 0.0D ELSE (id * 61 % 8000) * 0.25D END AS x,
  CAST(id * 37 % 7 - 3 AS DECIMAL(38, 2)) AS w FROM range(60000)) AS t`;

const SORTS: readonly (readonly [order: string, columns: string])[] = [
  ["x DESC, id", "id, x, s"],
  ["s NULLS LAST, w, id DESC", "id, s, w"],
  ["id % 2, k DESC, id", "id, k, s"],
];

const WINDOWS = [
  "SELECT id, sum(id) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS a, lag(s, 1, 'none') OVER (PARTITION BY k ORDER BY id) AS b FROM",
  "SELECT id, rank() OVER (PARTITION BY s ORDER BY x DESC) AS a, max(s) OVER (PARTITION BY s) AS b FROM",
  "SELECT id, percentile(x, 0.5) OVER (PARTITION BY k) AS a, count(*) OVER (PARTITION BY k ORDER BY w RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS b FROM",
];

describe.each([1, 2, 7])("%i workers", (workers) => {
  let engine: LimitedEngine;
  const limit = workers * 1.5 + 2.5;
  beforeAll(async () => {
    engine = await LimitedEngine.open(workers);
  });
  afterAll(() => engine.close());

  async function expectSame(sql: string): Promise<void> {
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, `${limit}m`)];
    expect(limited.ordered).toEqual(whole.ordered);
    expect(whole.counters.spilledBytes).toBe(0);
    expect(limited.counters.spilledBytes).toBeGreaterThan(100_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(limit * 1024 * 1024);
    expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  }

  test.each(workers === 2 ? SORTS : SORTS.slice(1, 2))("a sort that does not fit is merged from disk: %s", async (order, columns) => {
    await expectSame(`SELECT ${columns} FROM ${TABLE} ORDER BY ${order}`);
  });

  test.each(workers === 2 ? WINDOWS : WINDOWS.slice(0, 1))("windows that do not fit come back from disk: %s", async (select) => {
    await expectSame(`SELECT sum(xxhash64(id, a, b) % 1000000007), count(*) FROM (${select} ${TABLE})`);
  });
});

test("one window over all rows that does not fit is an error that says what to set, and leaves nothing behind", async () => {
  const engine = await LimitedEngine.open(2);
  await expect(engine.run(`SELECT sum(a) FROM (SELECT sum(id) OVER (ORDER BY x, id) AS a FROM ${TABLE})`, "4m")).rejects.toMatchObject({ condition: "MEMORY_LIMIT_EXCEEDED" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  await engine.close();
});
