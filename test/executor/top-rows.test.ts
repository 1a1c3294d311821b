import { afterAll, expect, test } from "vitest";
import { boundOfRuns } from "../../executor/operators/rows/top-rows.ts";
import { open } from "../../server/library.ts";
import type { SpilledPage } from "../../executor/spill/spill-store.ts";
import { LimitedEngine } from "./limited-engine.ts";

const sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "256m", "sparrow.workers": "2" } });
afterAll(() => sparrow.close());

const SIDES = "WITH r AS (SELECT id AS i, id % 2 AS k FROM range(40)), l AS (SELECT id AS j, id % 2 AS k, (id * 7919) % 1000 AS v FROM range(4500)), x AS (SELECT id AS n FROM range(3))";

/** Each of the 40 rows of one side meets thousands: the bound sinks in the midst of them, and the row at hand is beyond it when it is taken up again. */
test.each([
  ["a hash join", "SELECT v, i, j, NULL AS n FROM r JOIN l ON r.k = l.k"],
  ["an outer join", "SELECT v, i, j, NULL AS n FROM r LEFT JOIN l ON r.k = l.k AND l.v <> 3"],
  ["a nested loop", "SELECT v, i, j, NULL AS n FROM r JOIN l ON r.i < l.j % 50"],
  ["a join of a join", "SELECT v, i, j, n FROM r JOIN l ON r.k = l.k CROSS JOIN x"],
])("the first rows out of %s are those of all its rows in order", async (_name, join) => {
  const rows = async (sql: string): Promise<unknown[]> => sparrow.sql(`${SIDES} ${sql}`).toArray();
  const all = await rows(`SELECT * FROM (${join} ORDER BY v, i, j, n) WHERE v < 12`);
  expect(all.length).toBeGreaterThan(320);
  expect(await rows(`${join} ORDER BY v, i, j, n LIMIT 20`)).toEqual(all.slice(0, 20));
  expect(await rows(`${join} ORDER BY v, i, j, n LIMIT 10 OFFSET 300`)).toEqual(all.slice(300, 310));
});

/** Small batches: rows are taken up again all the time, in the midst of loops, and search on their way. */
test.each([
  "SELECT i, j, EXISTS (SELECT 1 FROM x WHERE i > 5) AS e, NULL AS n FROM (SELECT * FROM l LIMIT 50) l RIGHT JOIN r ON true",
  "SELECT i, j, n, NOT EXISTS (SELECT 1 FROM x AS y WHERE contains(string(j), string(i))) AS e FROM r CROSS JOIN (SELECT * FROM l LIMIT 50) l LEFT JOIN x ON x.n = l.v % 5",
  "SELECT i, j, (SELECT max(n) FROM x WHERE n <= i + j) AS e, NULL AS n FROM r CROSS JOIN (SELECT * FROM l LIMIT 50) WHERE NOT EXISTS (SELECT 1 FROM x WHERE n = i + j)",
])("rows that are taken up again come once: %s", async (query) => {
  const sum = async (settings: Record<string, string>): Promise<unknown> => {
    const session = sparrow.session(settings);
    const rows = (await (await session.sql(`${SIDES.replace("range(6000)", "range(60)").replace("range(4500)", "range(60)")} ${query}`)).toArray()) as { i: bigint; j: bigint; n: unknown; e: unknown }[];
    return rows.map(({ i, j, n, e }) => `${i} ${j} ${n} ${e}`).sort();
  };
  const expected = await sum({});
  expect(await sum({ "sparrow.exec.batchRows": "3" })).toEqual(expected);
  expect(new Set(expected as string[]).size).toBe((expected as string[]).length);
});

test("pages of sorted runs on disk say beyond which prefix no row is wanted", () => {
  const run = (...firsts: readonly number[]): SpilledPage[] => firsts.map((first) => ({ file: "", offset: 0, bytes: 100, records: 10, first: BigInt(first) }));
  // Of a last page nobody knows how far it goes.
  expect(boundOfRuns([run(1)], 5)).toBeUndefined();
  expect(boundOfRuns([run(1, 4, 9), run(2, 3, 7)], 10)).toBe(3n);
  expect(boundOfRuns([run(1, 4, 9), run(2, 3, 7)], 11)).toBe(4n);
  expect(boundOfRuns([run(1, 4, 9), run(2, 3, 7)], 30)).toBe(7n);
  expect(boundOfRuns([run(1, 4, 9), run(2, 3, 7)], 40)).toBe(9n);
  expect(boundOfRuns([run(1, 4, 9), run(2, 3, 7)], 41)).toBeUndefined();
});

/** As the rows come two of them fill a block of memory, in their order two of the longer ones take a block each. */
test("first rows that take more memory in order than they did as they came go to disk", async () => {
  const rows = "SELECT CASE WHEN id < 8 THEN id % 2 * 8 + id ELSE id + 100 END AS k, repeat('x', CASE WHEN id >= 8 THEN 10 WHEN id % 2 = 0 THEN 115000 ELSE 140000 END) AS s FROM range(50000)";
  const engine = await LimitedEngine.open(1);
  try {
    const { rows: first, counters } = await engine.run(`SELECT k, length(s) FROM (SELECT * FROM (${rows}) ORDER BY k, s LIMIT 8)`, "4m", { "sparrow.exec.batchRows": "8" });
    expect(first).toEqual([...[0, 2, 4, 6].map((k) => `["${k}n",115000]`), ...[9, 11, 13, 15].map((k) => `["${k}n",140000]`)]);
    expect(counters.spilledBytes).toBeGreaterThan(8 * 115_000);
  } finally {
    await engine.close();
  }
});
