import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("rows are ordered by nested values too, whose comparison needs their types while it runs", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
  const rows = async (sql: string): Promise<unknown[]> => (await sparrow.sql(sql).toArray()).map((row) => Object.values(row)[0]);
  expect(await rows("SELECT a FROM VALUES (array(3)), (array(1, 2)), (array(1)), (NULL) AS t(a) ORDER BY a")).toEqual([null, [1], [1, 2], [3]]);
  expect(await rows("SELECT a FROM VALUES (array(1)), (array(2)), (array(1)) AS t(a) EXCEPT ALL SELECT a FROM VALUES (array(1)) AS u(a) ORDER BY a")).toEqual([[1], [2]]);
  expect(await rows("SELECT rank() OVER (ORDER BY s) AS r FROM VALUES (struct(2)), (struct(1)), (struct(2)) AS t(s) ORDER BY r")).toEqual([1, 2, 2]);
});

test("min and max of nested values, where groups have none, too", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
  const sql = "SELECT k, min(a) AS least, max(a) FILTER (WHERE k = 1) AS most FROM VALUES (1, array(2)), (1, array(1, 5)), (2, NULL), (2, array(7)) AS t(k, a) GROUP BY k ORDER BY k";
  expect(await sparrow.sql(sql).toArray()).toEqual([
    { k: 1, least: [1, 5], most: [2] },
    { k: 2, least: [7], most: null },
  ]);
});
