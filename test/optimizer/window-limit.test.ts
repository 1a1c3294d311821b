import { expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** Whether the plan says that a window wants only the first rows of each partition. */
async function limitOf(call: string, filter: string): Promise<string | undefined> {
  const sparrow = await SparrowUnderTest.open({ "sparrow.memory.limit": "64m", "sparrow.workers": "1" });
  try {
    const { rows } = await sparrow.query(`EXPLAIN SELECT * FROM (SELECT id, ${call} AS r FROM range(10)) WHERE ${filter}`);
    return /first=\d+/.exec(String(rows[0][0]))?.[0];
  } finally {
    await sparrow.close();
  }
}

const ROW_NUMBER = "row_number() OVER (PARTITION BY id % 3 ORDER BY id)";

test.each([
  [ROW_NUMBER, "r <= 3", "first=3"],
  [ROW_NUMBER, "4 > r AND id <> 5", "first=3"],
  [ROW_NUMBER, "r = 2 AND r <= 7", "first=2"],
  ["rank() OVER (ORDER BY id DESC)", "r < 10", "first=9"],
  [`dense_rank() OVER (ORDER BY id), sum(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`, "r < 10", undefined],
  [`sum(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s, lag(id) OVER (ORDER BY id) AS l, row_number() OVER (ORDER BY id)`, "r <= 5", "first=5"],
])("%s where %s: %s", async (call, filter, limit) => {
  expect(await limitOf(call, filter)).toBe(limit);
});

test.each([
  ["lead(id) OVER (PARTITION BY id % 3 ORDER BY id) AS l, " + ROW_NUMBER, "r <= 3"],
  ["lag(id, -1) OVER (PARTITION BY id % 3 ORDER BY id) AS l, " + ROW_NUMBER, "r <= 3"],
  ["ntile(2) OVER (PARTITION BY id % 3 ORDER BY id) AS n, " + ROW_NUMBER, "r <= 3"],
  ["sum(id) OVER (PARTITION BY id % 3 ORDER BY id) AS s, " + ROW_NUMBER, "r <= 3"],
  [ROW_NUMBER, "r >= 3"],
  [ROW_NUMBER, "r <= 3 OR id = 1"],
  [ROW_NUMBER, "r <= 1000"],
  ["cume_dist() OVER (ORDER BY id)", "r <= 1"],
])("%s where %s: all rows", async (call, filter) => {
  expect(await limitOf(call, filter)).toBeUndefined();
});
