import { afterAll, expect, test } from "vitest";
import { Pool } from "../../executor/memory/pool.ts";
import type { ThreadSetup } from "../../executor/thread-context.ts";
import type { ToWorker } from "../../executor/worker-messages.ts";
import { WorkerPool } from "../../executor/worker-pool.ts";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { DyingThreads } from "../faults/dying-threads.ts";

const LIMITS = { min: 0, max: 1, idleMilliseconds: Number.POSITIVE_INFINITY, onQuietAfterDeath: () => {} };

function shareOf(message: object): Parameters<WorkerPool["run"]>[0] {
  return { message: message as ToWorker, onStart: () => {}, onOutput: () => {} };
}

test("where the system starts no thread the shares that wait die, and say of what", async () => {
  const cannotBeSent = { memory: () => {} } as unknown as ThreadSetup;
  const pool = new WorkerPool(LIMITS, cannotBeSent);
  const ends = await Promise.all([pool.run(shareOf({ id: 1 })), pool.run(shareOf({ id: 2 }))]);
  for (const end of ends) expect(end).toMatchObject({ kind: "died", message: expect.stringMatching(/^no thread could be started: DataCloneError/) });
  expect(pool.threads).toBe(0);
});

test("a thread that ends as it starts costs its share, and the next share has another one", async () => {
  const noKernels = { memory: undefined } as unknown as ThreadSetup;
  const pool = new WorkerPool(LIMITS, noKernels);
  for (const id of [1, 2]) expect(await pool.run(shareOf({ id }))).toMatchObject({ kind: "died" });
  await pool.close();
});

const threads = new DyingThreads();
const sparrow = new Sparrow(new Engine({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.memory.limit": "64m" }, createExecutor: threads.create }));
afterAll(() => sparrow.close());

test("a share that cannot be sent fails its query, and the thread goes on", async () => {
  await sparrow.sql("SELECT count(*) FROM range(70000)").toArray();
  const { workerPool } = threads.watched.executor!;
  expect(await workerPool.run(shareOf({ id: 0, job: () => {} }))).toMatchObject({ kind: "failed", failure: { kind: "other", message: expect.stringMatching(/^a share cannot be sent to a thread/) } });
  expect(Object.values((await sparrow.sql("SELECT count(*) FROM range(70000)").toArray())[0])).toEqual([70_000n]);
});

test("who reads a result can run other queries before going on, to any depth, and threads beyond the usual number end", async () => {
  const { workerPool } = (await sparrow.sql("SELECT count(*) FROM range(70000)").toArray(), threads.watched.executor!);
  const readAtDepth = async (depth: number): Promise<number> => {
    let rows = 0;
    for await (const { numRows } of sparrow.sql("SELECT id, id * 2 AS b FROM range(300000)")) {
      if (rows === 0 && depth > 0) expect(await readAtDepth(depth - 1)).toBe(300_000);
      rows += numRows;
    }
    return rows;
  };
  expect(await readAtDepth(2)).toBe(300_000);
  await expect.poll(() => workerPool.threads, { timeout: 30_000 }).toBeLessThanOrEqual(2);
  expect(threads.watched.poolBytes).toBe(0);
});

test("of threads that are free together no more end than are too many", async () => {
  const { workerPool } = (await sparrow.sql("SELECT count(*) FROM range(70000)").toArray(), threads.watched.executor!);
  const readers = [1, 2, 3].map(() => sparrow.sql("SELECT id, id * 2 AS b FROM range(500000)")[Symbol.asyncIterator]());
  for (const reader of readers) await reader.next();
  await expect.poll(() => workerPool.threads, { timeout: 30_000 }).toBe(6);
  // Read to their ends side by side.
  await Promise.all(readers.map(async (reader) => { while ((await reader.next()).done !== true); }));
  await expect.poll(() => workerPool.threads, { timeout: 30_000 }).toBeLessThanOrEqual(2);
  expect(workerPool.threads).toBe(2);
});

test("a thread that dies while it waits for the reader: no row is lost or comes twice", async () => {
  threads.die("range", [64]);
  // Each of two threads makes 32 batches before it waits, whichever morsels it takes of so many rows.
  const rows: bigint[] = [];
  for await (const batch of sparrow.sql("SELECT id FROM range(500000)")) {
    if (rows.length === 0) await expect.poll(() => threads.deaths, { timeout: 50_000 }).toBe(1);
    rows.push(...(batch.getChildAt(0)!.toArray() as BigInt64Array));
  }
  expect(rows).toHaveLength(500_000);
  expect(rows.every((id, row) => id === BigInt(row))).toBe(true);
  expect(threads.watched.poolBytes).toBe(0);
});

test("counts that a dying thread leaves wrong are put right, also those of accounts", () => {
  const pool = Pool.create({ bytes: 16 * 1024 * 1024 });
  const account = pool.accounts.open(32);
  const owner = pool.newOwner();
  pool.claim(owner, 2, account);
  // It was about to take three blocks.
  pool.accounts.charge(account, 3, 0);
  expect(pool.accounts.used(account)).toBe(5);
  pool.recount();
  expect(pool.accounts.used(account)).toBe(2);
  pool.release(owner);
  expect([pool.usedBytes, pool.accounts.used(account)]).toEqual([0, 0]);
});
