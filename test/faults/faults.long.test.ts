import { expect, test } from "vitest";
import { tpchTables } from "../oracle/test-data.ts";
import { EngineUnderFire } from "./engine-under-fire.ts";
import { runCancelled, runUnderFire, runUndisturbed, runWithDeaths } from "./random-faults.ts";

test("50 queries whose threads are ended at random moments, 60 with threads that die at random shares, and 20 that are cancelled", async () => {
  await using engine = new EngineUnderFire({ "sparrow.workers": "2", "sparrow.memory.limit": "512m" });
  await engine.view(await tpchTables(0.01));
  const workload = await runUndisturbed(engine);
  const killed = await runUnderFire(engine, workload, 3, 50);
  expect(killed.wrong).toEqual([]);
  expect(killed.right).toBeGreaterThanOrEqual(49);
  expect(engine.holdings).toMatchObject({ poolBytes: 0, spillFiles: 0 });
  const withDeaths = await runWithDeaths(engine, workload, 3, 60);
  expect(withDeaths.wrong).toEqual([]);
  expect(withDeaths.refused).toBe(0);
  expect(engine.threads.deaths).toBeGreaterThan(30);
  expect(engine.holdings).toMatchObject({ poolBytes: 0, spillFiles: 0 });
  const cancelled = await runCancelled(engine, workload, 3, 20);
  expect(cancelled.wrong).toEqual([]);
  expect(cancelled.refused).toBeGreaterThan(0);
  expect(engine.holdings).toMatchObject({ poolBytes: 0, spillFiles: 0 });
});
