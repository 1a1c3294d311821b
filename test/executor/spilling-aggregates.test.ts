import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { digest, GROUPINGS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testSpilling(engine, GROUPINGS);

test("groups whose hashes are all equal", async () => {
  const colliding = await LimitedEngine.open(2, { "sparrow.exec.collideHashes": "true" });
  const sql = digest("k, n, m", "(SELECT id div 7 AS k, count(*) AS n, min(concat(repeat('x', 3000), id)) AS m FROM range(5000) GROUP BY 1)");
  const [whole, limited] = [await colliding.run(sql), await colliding.run(sql, "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(limited.counters.spilledBytes).toBeGreaterThan(0);
  await colliding.close();
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
