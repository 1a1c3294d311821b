import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("keys under a collation are equal where the collation says so: groups, distinct rows, joins, partitions, set operations", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "2" } });
  const texts = "VALUES ('a'), ('A'), ('b'), ('B'), ('a'), (NULL) AS t(s)";
  const all = async (sql: string): Promise<unknown[][]> => (await sparrow.sql(sql).toArray()).map((row) => Object.values(row));
  expect(await all(`SELECT count(*) AS n FROM ${texts} GROUP BY s COLLATE UTF8_LCASE ORDER BY n`)).toEqual([[1n], [2n], [3n]]);
  expect(await all(`SELECT count(DISTINCT s COLLATE UTF8_LCASE) FROM ${texts}`)).toEqual([[2n]]);
  expect(await all(`SELECT count(*) FROM (SELECT DISTINCT s COLLATE UNICODE_CI FROM ${texts})`)).toEqual([[3n]]);
  expect(await all(`SELECT count(*) FROM (SELECT s FROM ${texts}) a JOIN VALUES ('A'), ('b') AS b(u) ON a.s COLLATE UTF8_LCASE = b.u COLLATE UTF8_LCASE`)).toEqual([[5n]]);
  expect(await all("SELECT count(*) FROM VALUES ('b'), ('c') AS a(s) JOIN VALUES ('b  ') AS b(u) ON a.s COLLATE UTF8_BINARY_RTRIM = b.u COLLATE UTF8_BINARY_RTRIM")).toEqual([[1n]]);
  expect(await all(`SELECT max(r) FROM (SELECT row_number() OVER (PARTITION BY s COLLATE UTF8_LCASE ORDER BY s) AS r FROM ${texts})`)).toEqual([[3]]);
  expect(await all(`SELECT count(*) FROM (SELECT s COLLATE UTF8_LCASE FROM ${texts} INTERSECT SELECT u COLLATE UTF8_LCASE FROM VALUES ('A'), ('x') AS u(u))`)).toEqual([[1n]]);
  expect(await all(`SELECT count(*) AS n FROM (SELECT struct(s COLLATE UTF8_LCASE) AS k FROM ${texts}) GROUP BY k ORDER BY n`)).toEqual([[1n], [2n], [3n]]);
});
