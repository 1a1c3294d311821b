import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("rows of all inputs of a union meet in one order, whatever is known of one input's values", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
  const first = async (sql: string): Promise<unknown> => Object.values((await sparrow.sql(sql).toArray())[0])[0];
  const rows = "(SELECT 919L AS c FROM range(20))";
  expect(await first(`${rows} UNION ALL (SELECT count_if(id < 33) FROM range(60)) ORDER BY 1 LIMIT 8`)).toBe(33n);
  expect(await first(`${rows} UNION ALL (SELECT CAST(id AS BIGINT) FROM range(60)) ORDER BY 1 DESC`)).toBe(919n);
  expect(await first(`${rows} UNION ALL (SELECT nullif(id, 5) FROM range(60)) ORDER BY 1 DESC NULLS FIRST`)).toBe(null);
});
