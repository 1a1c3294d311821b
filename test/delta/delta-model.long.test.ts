import { afterAll, beforeAll, expect, test } from "vitest";
import { runSequences } from "./model/run-sequences.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 2);
/** Behind those of delta-model.test.ts, and of another seed. */
const SEQUENCES = [
  { seed: 1, first: 7, count: 8 },
  { seed: SEED, first: 0, count: 100 },
];

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test.each(SEQUENCES)("$count random sequences of statements of seed $seed from number $first: all versions are as in a plain model, by the engine and as replayed", async ({ seed, first, count }) => {
  const { failures, versions, statements } = await runSequences(tables, { seed, first, count, maxFailures: 3 });
  expect(failures).toEqual([]);
  expect(versions).toBeGreaterThan(count * 4);
  expect(statements).toBeGreaterThan(count * 6);
});
