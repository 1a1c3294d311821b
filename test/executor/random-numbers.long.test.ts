import { afterAll, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { DyingThreads, workOf } from "../faults/dying-threads.ts";

const threads = new DyingThreads();
const sparrow = new Sparrow(new Engine({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.memory.limit": "64m" }, createExecutor: threads.create }));
afterAll(() => sparrow.close());

test("rows that different threads read have different random numbers, the same for the same seed", async () => {
  const sql = "SELECT count(DISTINCT r) AS numbers, count(DISTINCT u) AS uuids, sum(CAST(r * 1000000 AS BIGINT)) AS total FROM (SELECT rand(5) AS r, uuid() AS u FROM range(70000))";
  const [{ numbers, uuids, total }] = await sparrow.sql(sql).toArray();
  expect([numbers, uuids]).toEqual([70_000n, 70_000n]);
  expect(Number(total) / 70_000e6).toBeCloseTo(0.5, 1);
  const again = "SELECT sum(CAST(r * 1000000 AS BIGINT)) AS total FROM (SELECT rand(5) AS r FROM range(70000))";
  expect((await sparrow.sql(again).toArray())[0].total).toBe(total);
});

test("calls without a seed have one each, another in the next query", async () => {
  const one = async (): Promise<unknown[]> => Object.values((await sparrow.sql("SELECT rand() AS a, rand() AS b, uuid() AS c, uuid() AS d").toArray())[0]);
  const drawn = [...(await one()), ...(await one())];
  expect(new Set(drawn).size).toBe(drawn.length);
});

test("a seed of NULL is 0", async () => {
  const [{ a, b }] = await sparrow.sql("SELECT rand(NULL) AS a, rand(0) AS b").toArray();
  expect(a).toBe(b);
});

test("work that is done again draws the same numbers: no row is lost or comes twice", async () => {
  const sql = "SELECT a.id AS a, b.id AS b FROM (SELECT id FROM range(70000) WHERE rand() < 0.5) a FULL JOIN (SELECT id FROM range(70000)) b ON a.id = b.id";
  for (const death of ["end", 3] as const) {
    let dying: number | undefined;
    threads.deathOf = (message) => {
      if (message.kind !== "pipeline" || workOf(message) !== "range" || message.job.pipeline.probes.length === 0) return undefined;
      const isFirst = dying === undefined;
      dying ??= message.id;
      return message.id === dying && (isFirst || death !== "end") ? death : undefined;
    };
    threads.deaths = 0;
    const rows: bigint[] = [];
    for await (const batch of sparrow.sql(sql)) rows.push(...(batch.getChild("b")!.toArray() as BigInt64Array));
    expect(threads.deaths).toBe(1);
    expect(new Set(rows).size).toBe(70_000);
    expect(rows).toHaveLength(70_000);
  }
});
