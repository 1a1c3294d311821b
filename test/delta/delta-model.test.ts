import { afterAll, beforeAll, expect, test } from "vitest";
import { randomSequence } from "./model/generate.ts";
import { runSequences } from "./model/run-sequences.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

/** More of them: delta-model.long.test.ts. */
const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 1);
const COUNT = Number(process.env.SPARROW_DELTA_SEQUENCES ?? 7);

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test(`${COUNT} random sequences of statements of seed ${SEED}: all versions are as in a plain model, by the engine and as replayed`, async () => {
  const { failures, versions, statements } = await runSequences(tables, { seed: SEED, first: 0, count: COUNT, maxFailures: 5 });
  expect(failures).toEqual([]);
  expect(versions).toBeGreaterThan(COUNT * 4);
  expect(statements).toBeGreaterThan(COUNT * 6);
});

test("a sequence is the same for the same seed and number, and a wrong one is shrunk to the steps that matter", async () => {
  expect(randomSequence(7, 3)).toEqual(randomSequence(7, 3));
  expect(randomSequence(7, 3)).not.toEqual(randomSequence(8, 3));
  const { failures } = await runSequences(tables, { seed: SEED, first: 0, count: 200, maxFailures: 1 }, async ({ operations }) =>
    operations.some(({ kind }) => kind === "merge") && operations.some(({ kind }) => kind === "optimize")
      ? { kind: "wrong", problem: "MERGE and OPTIMIZE", statements: operations.map(({ kind }) => kind) }
      : { kind: "right", versions: operations.length, statements: operations.length },
  );
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(/^seed \d+, sequence \d+: MERGE and OPTIMIZE\n {2}(merge;\n {2}optimize|optimize;\n {2}merge)$/);
});
