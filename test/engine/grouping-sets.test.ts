import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("what is computed from a key that is never NULL is NULL in the rows of sets without it", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
  const rows = async (sql: string): Promise<unknown[]> => (await sparrow.sql(sql).toArray()).map((row) => Object.values(row)[0]);
  const counted = "(SELECT count(*) AS n FROM range(3))";
  expect(await rows(`SELECT abs(n) FROM ${counted} GROUP BY CUBE (n) ORDER BY 1`)).toEqual([null, 3n]);
  expect(await rows(`SELECT CASE WHEN n > 0 THEN n + 1 ELSE n END FROM ${counted} GROUP BY ROLLUP (n) ORDER BY 1`)).toEqual([null, 4n]);
  expect(await rows(`SELECT coalesce(n * 2, -1) FROM ${counted} GROUP BY ROLLUP (n) ORDER BY 1`)).toEqual([-1n, 6n]);
  expect(await rows(`SELECT (n IN (3, 4)) IS NULL FROM ${counted} GROUP BY ROLLUP (n) ORDER BY 1`)).toEqual([false, true]);
});
