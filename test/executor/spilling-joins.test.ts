import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { digest, JOINS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testSpilling(engine, JOINS);

/** Most of the build side has one key, which no hash divides. */
const HEAVY = "(SELECT CASE WHEN id % 10 = 0 THEN id ELSE 7 END AS k, concat(repeat('build row ', 8), id) AS t FROM range(40000))";

test("the rows of one key are joined piece by piece", async () => {
  for (const join of ["JOIN", "RIGHT JOIN"]) {
    const sql = digest("p.id, b.t", `range(60000) p ${join} ${HEAVY} b ON p.id = b.k`);
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, "6m")];
    expect(limited.rows).toEqual(whole.rows);
    expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(6 * 1024 * 1024);
  }
});

test("joins of which all hashes are equal", async () => {
  const colliding = await LimitedEngine.open(2, { "sparrow.exec.collideHashes": "true" });
  const side = (from: number, to: number): string => `(SELECT id AS k, concat(repeat('b', 900), id) AS t FROM range(${from}, ${to}))`;
  const sql = digest("p.k, p.t, b.t", `${side(5500, 12000)} p JOIN ${side(5000, 9500)} b ON p.k = b.k`);
  const [whole, limited] = [await colliding.run(sql), await colliding.run(sql, "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
  await colliding.close();
});

test("the rows of one key that must all be at hand are an error when they do not fit", async () => {
  const query = engine.run(digest("p.id, b.t", `range(60000) p LEFT JOIN ${HEAVY} b ON p.id = b.k`), "5m");
  await expect(query).rejects.toMatchObject({ condition: "MEMORY_LIMIT_EXCEEDED" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
