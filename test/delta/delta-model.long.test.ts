import { afterAll, beforeAll, expect, test } from "vitest";
import { runSequences } from "./model/run-sequences.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

const COUNT = 100;

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test(`${COUNT} more random sequences of statements: all versions are as in a plain model, by the engine and as replayed`, async () => {
  // Others at every run: a failure says which.
  const { failures, versions, statements } = await runSequences(tables, { seed: Date.now() % 2 ** 31, first: 0, count: COUNT, maxFailures: 3 });
  expect(failures).toEqual([]);
  expect(versions).toBeGreaterThan(COUNT * 4);
  expect(statements).toBeGreaterThan(COUNT * 6);
});
