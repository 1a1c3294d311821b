import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tpchTables } from "../oracle/test-data.ts";
import { EngineUnderFire } from "./engine-under-fire.ts";
import { runCancelled, runUnderFire, runUndisturbed } from "./random-faults.ts";
import type { Undisturbed } from "./random-faults.ts";

/** The larger sets: faults.long.test.ts, and `npm run soak -- faults`. */
const KILLED = 5;
const CANCELLED = 5;

let engine: EngineUnderFire;
let workload: readonly Undisturbed[];
beforeAll(async () => {
  engine = new EngineUnderFire({ "sparrow.workers": "2", "sparrow.memory.limit": "512m" });
  await engine.view(await tpchTables(0.001));
  workload = await runUndisturbed(engine);
});
afterAll(() => engine[Symbol.asyncDispose]());

test(`${KILLED} queries whose threads are ended at random moments are right or say so, and leave nothing behind`, async () => {
  const { wrong, refused } = await runUnderFire(engine, workload, 1, KILLED);
  expect(wrong).toEqual([]);
  expect(refused).toBeLessThanOrEqual(1);
  expect(engine.holdings).toMatchObject({ poolBytes: 0, spillFiles: 0 });
  expect(engine.holdings.threads).toBeLessThanOrEqual(2);
});

test(`${CANCELLED} queries that are cancelled at random moments leave nothing behind, and the next ones are right`, async () => {
  const { wrong } = await runCancelled(engine, workload, 1, CANCELLED);
  expect(wrong).toEqual([]);
  expect(engine.holdings).toMatchObject({ poolBytes: 0, spillFiles: 0 });
  const [{ sql, answer }] = workload;
  expect((await engine.query(sql)).rows.length).toBe(answer.rows.length);
});

test("a table that is cached while a thread is ended or the statement cancelled is right or is not cached, and leaves nothing behind", async () => {
  const sql = "SELECT count(*), sum(l_quantity), max(l_comment) FROM lineitem";
  const { rows } = await engine.query(sql);
  for (let i = 0; i < 8; i++) {
    const abort = new AbortController();
    const timer = setTimeout(() => (i % 2 === 0 ? abort.abort() : void engine.endThread(i)), i * 6);
    try {
      await engine.query(`CACHE TABLE lineitem OPTIONS ('storageLevel' = '${["MEMORY_ONLY", "DISK_ONLY"][(i >> 1) % 2]}')`, abort.signal);
    } catch (error) {
      expect(error).toMatchObject({ condition: "OPERATION_CANCELED" });
    }
    clearTimeout(timer);
    expect((await engine.query(sql)).rows).toEqual(rows);
    await engine.query("CLEAR CACHE");
    expect(engine.holdings.poolBytes).toBe(0);
  }
  await expect.poll(() => engine.holdings.spillFiles).toBe(0);
});

// Left out but on Linux: only there does a process see which files it has open, in /proc/self/fd.
test.runIf(process.platform === "linux")("files are closed with the threads that opened them (Linux alone lists a process's open files in /proc/self/fd)", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  await engine.query(workload[0].sql);
  const before = open();
  await runUnderFire(engine, workload, 2, 3);
  await engine.query(workload[0].sql);
  expect(open()).toBeLessThanOrEqual(before + 2);
});
