import { afterAll, beforeAll, expect, test } from "vitest";
import { runSequences } from "./model/run-sequences.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 2);
const COUNT = 100;

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test(`${COUNT} more random sequences of statements, of seed ${SEED}: all versions are as in a plain model, by the engine and as replayed`, async () => {
  const { failures, versions, statements } = await runSequences(tables, { seed: SEED, first: 0, count: COUNT, maxFailures: 3 });
  expect(failures).toEqual([]);
  expect(versions).toBeGreaterThan(COUNT * 4);
  expect(statements).toBeGreaterThan(COUNT * 6);
});
