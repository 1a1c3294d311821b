import { afterEach, beforeEach, expect, test } from "vitest";
import type { ExecutionEvent } from "../../executor/events.ts";
import { Executor } from "../../executor/executor.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { planStages } from "../../planner/plan-stages.ts";
import { LONG } from "../../catalog/types.ts";

let executor: Executor;
beforeEach(() => {
  executor = new Executor({ poolBytes: 64 * 1024 * 1024, workers: 2 });
});
afterEach(() => executor.close());

/** count(*) over range(rows). */
function countOfRange(rows: bigint): PhysicalPlan {
  const id = { id: 1, name: "id", type: LONG, nullable: false };
  const call = { name: "count", args: [], distinct: false, type: LONG, nullable: false, mode: "ansi" } as const;
  const range: PhysicalPlan = { kind: "range", id: 1, rows: Number(rows), column: id, start: 0n, end: rows, step: 1n };
  return { kind: "aggregate", id: 2, rows: 1, input: range, keys: [], calls: [{ column: { id: 2, name: "count", type: LONG, nullable: false }, call }] };
}

const evaluation = { timeZone: "UTC", queryTime: 0n, user: "", database: "", catalog: "" };

async function count(rows: bigint, on = executor, onEvent?: (event: ExecutionEvent) => void): Promise<bigint> {
  const options = { signal: new AbortController().signal, evaluation, batchRows: 16_384, emit: true, onEvent };
  for await (const batch of on.execute(planStages(countOfRange(rows)), options)) {
    return new BigInt64Array(batch.columns[0].data.buffer, batch.columns[0].data.byteOffset, 1)[0];
  }
  return -1n;
}

/** Counts the rows of a range, and ends the thread at place `index` over and over while it works on them, `deaths` times or until the query is over. */
function countWhileDying(rows: bigint, index: number, deaths: number): { readonly answer: Promise<bigint>; readonly died: Promise<number> } {
  let over = false;
  let begun: () => void;
  const isCounted = new Promise<void>((resolve) => (begun = resolve));
  const answer = count(rows, executor, (event) => event.kind === "stageStarted" && begun()).finally(() => (over = true));
  const die = async (): Promise<number> => {
    await isCounted;
    for (let i = 0; i < deaths; i++) {
      // A thread that is made anew takes up the work at once.
      await expect.poll(() => over || executor.workerPool.threads === 2, { timeout: 30_000, interval: 1 }).toBe(true);
      if (over) return i;
      await executor.workerPool.endOne(index);
    }
    return deaths;
  };
  return { answer, died: die() };
}

test("a worker that dies is replaced and its work done again, and nothing is left behind", async () => {
  const rows = 400_000_000n;
  // Both threads are up when the query begins.
  await count(1_000_000n);
  const { answer, died } = countWhileDying(rows, 0, 2);
  expect(await answer).toBe(rows);
  expect(await died).toBeGreaterThan(0);
  expect(executor.pool.usedBytes).toBe(0);
});

test("a query whose workers keep dying fails, and the engine goes on", async () => {
  const { answer, died } = countWhileDying(400_000_000_000n, 1, Number.POSITIVE_INFINITY);
  await expect(answer).rejects.toMatchObject({ condition: "WORKER_LOST" });
  expect(await died).toBeGreaterThanOrEqual(4);
  expect(executor.pool.usedBytes).toBe(0);
  expect(await count(1000n)).toBe(1000n);
});

test("a query that waits for the threads of one whose workers die is none the worse for it", async () => {
  const single = new Executor({ poolBytes: 64 * 1024 * 1024, workers: 1 });
  try {
    const doomed = count(400_000_000_000n, single);
    const waiting = count(1000n * 1000n, single);
    const ended = doomed.catch((error: unknown) => error);
    for (let deaths = 0; deaths < 4; deaths++) {
      await expect.poll(() => single.workerPool.threads, { timeout: 30_000 }).toBe(1);
      await single.workerPool.endOne(0);
      if (deaths === 0) expect(await waiting).toBe(1000n * 1000n);
    }
    expect(await ended).toMatchObject({ condition: "WORKER_LOST", parameters: { failures: "4" } });
    expect(single.pool.usedBytes).toBe(0);
  } finally {
    await single.close();
  }
});

test("threads come with work, go when they have none for long, and the least number stays", async () => {
  const elastic = new Executor({ poolBytes: 64 * 1024 * 1024, workers: 2, allocation: { min: 1, max: 3, idleMilliseconds: 20 } });
  try {
    expect(elastic.workerPool.threads).toBe(0);
    const rows = 20_000_000n;
    expect(await Promise.all([count(rows, elastic), count(rows, elastic), count(rows, elastic)])).toEqual([rows, rows, rows]);
    expect(elastic.workerPool.threads).toBeLessThanOrEqual(3);
    await expect.poll(() => elastic.workerPool.threads, { timeout: 30_000 }).toBe(1);
    expect(await count(rows, elastic)).toBe(rows);
  } finally {
    await elastic.close();
  }
});
