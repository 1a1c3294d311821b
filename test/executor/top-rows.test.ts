import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

const SIDES = "WITH r AS (SELECT id AS i, id % 2 AS k FROM range(40)), l AS (SELECT id AS j, id % 2 AS k, (id * 7919) % 1000 AS v FROM range(4500)), x AS (SELECT id AS n FROM range(3))";

/** Each of the 40 rows of one side meets thousands: the bound sinks in the midst of them, and the row at hand is beyond it when it is taken up again. */
test.each([
  ["a hash join", "SELECT v, i, j, NULL AS n FROM r JOIN l ON r.k = l.k"],
  ["an outer join", "SELECT v, i, j, NULL AS n FROM r LEFT JOIN l ON r.k = l.k AND l.v <> 3"],
  ["a nested loop", "SELECT v, i, j, NULL AS n FROM r JOIN l ON r.i < l.j % 50"],
  ["a join of a join", "SELECT v, i, j, n FROM r JOIN l ON r.k = l.k CROSS JOIN x"],
])("the first rows out of %s are those of all its rows in order", async (_name, join) => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "256m", "sparrow.workers": "2" } });
  const rows = async (sql: string): Promise<unknown[]> => sparrow.sql(`${SIDES} ${sql}`).toArray();
  const all = await rows(`SELECT * FROM (${join} ORDER BY v, i, j, n) WHERE v < 12`);
  expect(all.length).toBeGreaterThan(320);
  expect(await rows(`${join} ORDER BY v, i, j, n LIMIT 20`)).toEqual(all.slice(0, 20));
  expect(await rows(`${join} ORDER BY v, i, j, n LIMIT 10 OFFSET 300`)).toEqual(all.slice(300, 310));
});
