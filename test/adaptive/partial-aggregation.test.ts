import { afterAll, expect, test } from "vitest";
import { AdaptiveSparrow, expectRowsOfFirstPlan } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open();
afterAll(() => sparrow.close());

const ROWS = 400_000;

/** Groups by a key in no order, each of them `times` times. */
function grouped(times: number, calls = "count(*) AS n, sum(v) AS s"): string {
  return `SELECT count(*) AS groups, sum(n) AS n, sum(s) AS s FROM (SELECT k, ${calls} FROM (SELECT id * 7919 % ${Math.floor(ROWS / times) + 7} AS k, id AS v FROM range(${ROWS})) GROUP BY k)`;
}

test("is given up where next to every row is a group of its own", async () => {
  const [line] = await sparrow.decisions(grouped(1));
  const [, rows] = /^PartialAggregation: (\d+) rows were kept as they came, for next to none of those before had a group: 400000 groups in the end, estimated \d+$/.exec(line) ?? [];
  expect(Number(rows)).toBeGreaterThan(100_000);
  // The first rows fill a table.
  expect(Number(rows)).toBeLessThan(ROWS - 19_000);
  await expectRowsOfFirstPlan(sparrow, grouped(1));
});

test.each([1.5, 3])("gives the groups of keys that come back %s times on average", async (times) => {
  await expectRowsOfFirstPlan(sparrow, grouped(times));
  await expectRowsOfFirstPlan(sparrow, grouped(times, "count(DISTINCT v) AS n, sum(v) AS s"));
});

test("goes on where groups repeat, and where the setting says so", async () => {
  expect(await sparrow.decisions(grouped(100))).toEqual([]);
  await expectRowsOfFirstPlan(sparrow, grouped(100));
  expect(await sparrow.decisions(grouped(1), { "sparrow.adaptive.partialAggregation.enabled": "false" })).toEqual([]);
});
