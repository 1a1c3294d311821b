import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("maps are one key whatever the order of their entries, within other values too", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "2" } });
  const counts = async (sql: string): Promise<unknown[]> => (await sparrow.sql(sql).toArray()).map((row) => Number(Object.values(row)[0]));
  const maps = "VALUES (map(1, 'a', 2, 'b'), 1), (map(1, 'c'), 2), (map(2, 'b', 1, 'a'), 3), (NULL, 4) AS t(m, v)";
  expect(await counts(`SELECT sum(v) FROM ${maps} GROUP BY m ORDER BY 1`)).toEqual([2, 4, 4]);
  expect(await counts(`SELECT sum(v) FROM ${maps} GROUP BY array(m, map()) ORDER BY 1`)).toEqual([2, 4, 4]);
  expect(await counts(`SELECT sum(v) FROM ${maps} GROUP BY struct(map(1, m)) HAVING sum(v) <> 4`)).toEqual([2]);
  expect(await counts(`SELECT count(DISTINCT m) FROM ${maps}`)).toEqual([2]);
});
