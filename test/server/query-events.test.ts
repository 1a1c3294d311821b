import { afterAll, beforeEach, expect, test } from "vitest";
import { open } from "../../server/library.ts";
import type { EngineEvent } from "../../server/library.ts";

const events: EngineEvent[] = [];
const sparrow = await open({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.adaptive.minRows": "0" }, onEvent: (event) => events.push(event) });
afterAll(() => sparrow.close());
beforeEach(() => {
  events.length = 0;
});

function kinds(): readonly string[] {
  return events.map((event) => event.kind);
}

test("a query tells of its stages, tasks and breakers", async () => {
  await sparrow.sql("SELECT id % 10 AS g, count(*) FROM range(1000000) GROUP BY id % 10").toArray();
  expect(kinds()).toEqual(["queryStarted", "stageStarted", "taskEnded", "taskEnded", "stageEnded", "breakerCompleted", "stageStarted", "taskEnded", "stageEnded", "queryEnded"]);
  const tasks = events.filter((event) => event.kind === "taskEnded");
  expect(events[0]).toMatchObject({ text: expect.stringMatching(/^SELECT id % 10/) as string, plan: [{ name: "HashAggregate", inputs: [expect.any(Number)] }, { name: "Range" }] });
  expect(tasks[0].rows + tasks[1].rows).toBe(1_000_000);
  expect(events.find((event) => event.kind === "breakerCompleted")).toMatchObject({ breaker: "aggregate", rows: 10 });
  expect(events.find((event) => event.kind === "stageEnded")).toMatchObject({ rows: 1_000_000, heldBytes: expect.any(Number), spilledBytes: 0 });
  expect(events.at(-1)).toMatchObject({ kind: "queryEnded", rows: 10, peakBytes: expect.any(Number) });
  expect(new Set(events.map((event) => event.query)).size).toBe(1);
});

test("and of changes of its plan, with the reason in numbers", async () => {
  await sparrow.sql("SELECT count(*) FROM range(100000) a JOIN (SELECT id FROM range(1000) WHERE id * 2 = 3) b ON a.id = b.id").toArray();
  expect(events.at(-1)).toMatchObject({ kind: "queryEnded", plan: expect.arrayContaining([expect.objectContaining({ name: "LocalTableScan" })]) as unknown });
  expect(events.find((event) => event.kind === "planChanged")).toMatchObject({ rule: "AQEPropagateEmptyRelation", reason: expect.stringMatching(/^0 rows, estimated \d+/) });
});

test("a query that fails, or that its reader leaves, ends with what ended it", async () => {
  await expect(sparrow.sql("SELECT 1 / (id - 5) FROM range(10)").toArray()).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ kind: "queryEnded", condition: "DIVIDE_BY_ZERO" });
  for await (const batch of (await sparrow.sql("SELECT id FROM range(1000000)")).batches()) if (batch.rows > 0) break;
  expect(events.at(-1)).toMatchObject({ kind: "queryEnded" });
  events.length = 0;
  const cancelled = sparrow.sql("SELECT count(*) FROM range(100000000000)");
  const ended = cancelled.toArray().catch((error: unknown) => error);
  await expect.poll(kinds, { timeout: 30_000 }).toContain("stageStarted");
  cancelled.cancel();
  expect(await ended).toMatchObject({ condition: "OPERATION_CANCELED" });
  expect(events.at(-1)).toMatchObject({ kind: "queryEnded", condition: "OPERATION_CANCELED" });
});

test("a key that most rows have is spread over as many tasks and morsels as any: all workers probe one hash table", async () => {
  const probing = async (key: string): Promise<readonly number[]> => {
    events.length = 0;
    const [row] = await sparrow.sql(`SELECT count(*) AS n FROM (SELECT ${key} AS k FROM range(2000000)) p JOIN (SELECT id AS k FROM range(1000)) b ON p.k = b.k`).toArray();
    expect(row.n).toBe(2_000_000n);
    const stages = events.filter((event) => event.kind === "stageStarted");
    return stages.map((stage) => stage.morsels);
  };
  const skewed = await probing("CASE WHEN id % 10 < 9 THEN 7 ELSE id % 1000 END");
  expect(Math.max(...skewed)).toBeGreaterThan(10);
  expect(skewed).toEqual(await probing("id % 1000"));
});
