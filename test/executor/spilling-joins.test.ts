import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { digest, HEAVY_JOINS, JOINS, LOOP_JOINS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testSpilling(engine, JOINS);

testSpilling(engine, HEAVY_JOINS);
testSpilling(engine, LOOP_JOINS);

test("joins of which all hashes are equal", async () => {
  const colliding = await LimitedEngine.open(2, { "sparrow.exec.collideHashes": "true" });
  const side = (from: number, to: number): string => `(SELECT id AS k, concat(repeat('b', 900), id) AS t FROM range(${from}, ${to}))`;
  const sql = digest("p.k, p.t, b.t", `${side(5500, 12000)} p JOIN ${side(5000, 9500)} b ON p.k = b.k`);
  const [whole, limited] = [await colliding.run(sql), await colliding.run(sql, "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
  await colliding.close();
});

test("a second row of a scalar subquery is an error in whichever piece it is", async () => {
  const heavy = "(SELECT CASE WHEN id > 39000 THEN id ELSE 7 END AS k, concat(repeat('build row ', 8), id) AS t, id AS n FROM range(40000))";
  const sql = `SELECT max(m) FROM (SELECT (SELECT b.t FROM ${heavy} b WHERE b.k = p.k AND abs(b.n - 18000) > 17999 - p.k * 0) AS m FROM (SELECT id % 50000 AS k FROM range(60000)) p)`;
  await expect(engine.run(sql, "6m")).rejects.toMatchObject({ condition: "SCALAR_SUBQUERY_TOO_MANY_ROWS" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
