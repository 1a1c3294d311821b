import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

/** Nine of ten rows have one key. */
function join(rows: number): string {
  return `SELECT /*+ MERGE(b) */ count(*), sum(p.v), max(b.t) FROM (SELECT CASE WHEN id % 10 < 9 THEN 7 ELSE id % 50000 END AS k, id AS v FROM range(${rows})) p RIGHT JOIN (SELECT id AS k, concat('build ', id) AS t FROM range(60000)) b ON p.k = b.k`;
}

/** Both sides lie in partitions. */
async function untilSpread(): Promise<void> {
  while ((await engine.leftovers()).bytes < 16 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 1));
}

// 5001 of the 60000 keys are met.
test("a partitioned join whose worker dies is made again, is right and leaves nothing", async () => {
  const query = engine.run(join(1_500_000));
  await untilSpread();
  await engine.endWorker(0);
  expect((await query).rows).toEqual(['["1554999n","1124999250000n","build 9999"]']);
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("a partitioned join that is cancelled leaves no memory", async () => {
  const stop = new AbortController();
  const result = await engine.session().sql(join(4_000_000_000), { signal: stop.signal });
  const cancelled = untilSpread().then(() => stop.abort());
  await expect(result.toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await cancelled;
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

test("a partitioned join within a limit of memory goes to disk and gives the same rows", async () => {
  const [whole, limited] = [await engine.run(join(300_000)), await engine.run(join(300_000), "6m")];
  expect(limited.rows).toEqual(whole.rows);
  expect(whole.counters.spilledBytes).toBe(0);
  expect(limited.counters.spilledBytes).toBeGreaterThan(100_000);
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});

const SMALL = { "sparrow.adaptive.minRows": "0", "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "1m", "spark.sql.adaptive.coalescePartitions.minPartitionSize": "100k", "spark.sql.adaptive.advisoryPartitionSizeInBytes": "1m" };

/** Rows, and the part of the probe rows that the largest task has. */
async function largestTask(sql: string, limit: string | undefined, settings: Readonly<Record<string, string>> = {}): Promise<{ readonly rows: readonly string[]; readonly share: number; readonly spilledBytes: number }> {
  engine.events.length = 0;
  const { rows, counters } = await engine.run(sql, limit, { ...SMALL, ...settings });
  const stages = [...Map.groupBy(engine.events.filter((event) => event.kind === "taskEnded"), (event) => event.stage).values()];
  const tasks = (stages.find((stage) => stage.length > 2) ?? []).map((task) => task.rows);
  return { rows, share: Math.max(...tasks) / tasks.reduce((sum, count) => sum + count, 0), spilledBytes: counters.spilledBytes };
}

function skewed(kind: string): string {
  return `SELECT /*+ MERGE(b) */ count(*), sum(p.v), max(b.t), count(b.t), sum(b.n) FROM (SELECT CASE WHEN id % 10 < 9 THEN 7 ELSE id % 100000 END AS k, id AS v FROM range(200000)) p ${kind} (SELECT id AS k, id % 7 AS n, concat('build ', id) AS t FROM range(90000)) b ON p.k = b.k`;
}

test("a skewed partition is cut on disk too, where match flags are kept", async () => {
  const sql = skewed("FULL JOIN");
  const [whole, cut, uncut] = [await largestTask(sql, undefined), await largestTask(sql, "6m"), await largestTask(sql, "6m", { "spark.sql.adaptive.skewJoin.enabled": "false" })];
  expect(whole.spilledBytes).toBe(0);
  expect(cut.spilledBytes).toBeGreaterThan(100_000);
  expect(cut.rows).toEqual(whole.rows);
  expect(uncut.rows).toEqual(whole.rows);
  expect(cut.share).toBeLessThan(0.2);
  expect(uncut.share).toBeGreaterThan(0.8);
  // It happens here that one worker puts its build rows to disk and the other does not.
  const mixed = await largestTask(sql, "18m");
  expect(mixed.rows).toEqual(whole.rows);
  expect(mixed.share).toBeLessThan(0.2);
});
