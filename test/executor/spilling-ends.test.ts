import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

/** It spills for as long as it runs. */
const ENDLESS = "SELECT k, count(*) FROM (SELECT concat('key ', id % 5000000) AS k FROM range(4000000000)) GROUP BY k";

async function untilSpilled(): Promise<void> {
  while ((await engine.leftovers()).files.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a query that is cancelled while it spills leaves no memory and no file", async () => {
  const stop = new AbortController();
  const result = await engine.session({ "sparrow.query.memory.limit": "8m" }).sql(ENDLESS, { signal: stop.signal });
  const cancelled = untilSpilled().then(() => stop.abort());
  await expect(result.toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await cancelled;
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("a query whose workers die while it spills is done again, is right and leaves nothing", async () => {
  const sql = "SELECT count(*), sum(n) FROM (SELECT concat('key ', id % 60000) AS k, count(*) AS n FROM range(700000) GROUP BY 1)";
  const query = engine.run(sql, "8m");
  await untilSpilled();
  await engine.endWorker(0);
  expect((await query).rows).toEqual(['["60000n","700000n"]']);
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("queries side by side leave room for each other", async () => {
  const small = await LimitedEngine.open(2, { "sparrow.memory.limit": "24m" });
  const sql = (name: string): string => `SELECT count(*), sum(n) FROM (SELECT concat('${name} ', id % 60000) AS k, count(*) AS n FROM range(240000) GROUP BY 1)`;
  const results = await Promise.all(["left", "right"].map((name) => small.run(sql(name))));
  for (const { rows, counters } of results) {
    expect(rows).toEqual(['["60000n","240000n"]']);
    expect(counters.peakBytes).toBeLessThanOrEqual(18 * 1024 * 1024);
  }
  expect(await small.leftovers()).toEqual({ bytes: 0, files: [] });
  await small.close();
});
