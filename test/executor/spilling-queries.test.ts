import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { digest, GROUPINGS, HEAVY_JOINS, JOINS, LOOP_JOINS, SORTS_AND_WINDOWS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

/** With one worker and with many, and the other cases: spilling.long.test.ts. */
const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

for (const { cases, ...how } of [GROUPINGS, JOINS, HEAVY_JOINS, LOOP_JOINS, SORTS_AND_WINDOWS]) testSpilling(engine, { ...how, cases: cases.filter(({ representative }) => representative) });

test("groups whose hashes are all equal", async () => {
  const sql = digest("k, n, m", "(SELECT id div 7 AS k, count(*) AS n, min(concat(repeat('x', 3000), id)) AS m FROM range(5000) GROUP BY 1)");
  const colliding = { "sparrow.exec.collideHashes": "true" };
  const [whole, limited] = [await engine.run(sql, undefined, colliding), await engine.run(sql, "6m", colliding)];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(0);
});

test("an overflow that shows when groups on disk are merged is the query's error", async () => {
  const sql = "SELECT k, sum(v) FROM (SELECT id % 30000 AS k, 9223372036854775000 AS v FROM range(90000)) GROUP BY k";
  await expect(engine.run(sql, "5m")).rejects.toMatchObject({ condition: "ARITHMETIC_OVERFLOW" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("one group that does not fit is an error that says which operator it was and what to set, and leaves nothing behind", async () => {
  const query = engine.run("SELECT length(to_json(collect_list(concat('a text that is long enough ', id)))) FROM range(300000)", "6m");
  await expect(query).rejects.toMatchObject({
    condition: "MEMORY_LIMIT_EXCEEDED",
    message: expect.stringMatching(/^The query needs \d+ more bytes, and it has \d+ of 6291456 bytes in use\. At work: HashAggregate \(id=\d+\) and the result\.$/),
    hint: "Raise sparrow.query.memory.limit, or let the query touch fewer columns or rows.",
  });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("joins of which all hashes are equal", async () => {
  const side = (from: number, to: number): string => `(SELECT id AS k, concat(repeat('b', 900), id) AS t FROM range(${from}, ${to}))`;
  const sql = digest("p.k, p.t, b.t", `${side(5500, 12000)} p JOIN ${side(5000, 9500)} b ON p.k = b.k`);
  const colliding = { "sparrow.exec.collideHashes": "true" };
  const [whole, limited] = [await engine.run(sql, undefined, colliding), await engine.run(sql, "6m", colliding)];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(3_000_000);
});

test("a second row of a scalar subquery is an error in whichever piece it is", async () => {
  const heavy = "(SELECT CASE WHEN id > 39000 THEN id ELSE 7 END AS k, concat(repeat('build row ', 8), id) AS t, id AS n FROM range(40000))";
  const sql = `SELECT max(m) FROM (SELECT (SELECT b.t FROM ${heavy} b WHERE b.k = p.k AND abs(b.n - 18000) > 17999 - p.k * 0) AS m FROM (SELECT id % 50000 AS k FROM range(60000)) p)`;
  await expect(engine.run(sql, "6m")).rejects.toMatchObject({ condition: "SCALAR_SUBQUERY_TOO_MANY_ROWS" });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
