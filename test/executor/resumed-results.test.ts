import { afterEach, beforeEach, expect, test } from "vitest";
import { WorkerLostError } from "../../executor/worker-lost.ts";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { WatchedExecutor } from "../oracle/watched-executor.ts";

let sparrow: Sparrow;
let watched: WatchedExecutor;
/** Merges whose workers die, by their number in the query. */
let dying: Set<number>;
let merges: number;
beforeEach(() => {
  [dying, merges] = [new Set(), 0];
  watched = new WatchedExecutor();
  const engine = new Engine({
    catalog: "memory",
    settings: { "sparrow.workers": "1", "sparrow.memory.limit": "64m" },
    createExecutor: async (resources) => {
      const created = await watched.create(resources);
      const executor = watched.executor!;
      const runFinish = executor.runFinish.bind(executor);
      executor.runFinish = async (job, options) => {
        if (!options.inline && dying.has(merges++)) throw new WorkerLostError("ended by the test", 1, true);
        await runFinish(job, options);
      };
      return created;
    },
  });
  sparrow = new Sparrow(engine);
});
afterEach(() => sparrow.close());

const groups = (name: string, rows: number): string => `SELECT '${name}' AS part, id % 9000 AS k, count(*) AS n FROM range(${rows}) GROUP BY id % 9000`;

async function keys(sql: string): Promise<string[]> {
  const rows = await sparrow.sql(sql).toArray();
  return rows.map(({ part, k, n }) => `${String(part)} ${String(k)} ${String(n)}`).toSorted();
}

test("inputs of a UNION ALL that have not been delivered are computed again when a worker dies at a merge, the others are not", async () => {
  const sql = [groups("a", 40_000), groups("b", 50_000), groups("c", 60_000)].join(" UNION ALL ");
  const expected = await keys(sql);
  const all = merges;
  expect(all).toBeGreaterThanOrEqual(3);
  for (const deaths of [[0], [all - 1], [1, 2, all]]) {
    [dying, merges] = [new Set(deaths), 0];
    expect(await keys(sql)).toEqual(expected);
    expect(merges).toBeGreaterThan(all);
    expect(merges).toBeLessThan(2 * all + deaths.length);
  }
  expect(watched.poolBytes).toBe(0);
});

test("what delivered rows and others have in common is not computed again", async () => {
  const sql = `WITH both AS (SELECT id % 9000 AS k, count(*) AS n FROM range(50000) GROUP BY id % 9000 LIMIT 8000)
    SELECT 'a' AS part, k, n FROM both UNION ALL SELECT 'b' AS part, k, sum(n) AS n FROM both GROUP BY k`;
  expect(await keys(sql)).toHaveLength(16_000);
  dying = new Set([merges - 1]);
  merges = 0;
  await expect(keys(sql)).rejects.toMatchObject({ condition: "WORKER_LOST" });
  expect(watched.poolBytes).toBe(0);
});

test("merges whose workers always die end the query", async () => {
  dying = new Set(Array.from({ length: 100 }, (_, merge) => merge));
  await expect(keys(groups("a", 40_000))).rejects.toMatchObject({ condition: "WORKER_LOST" });
  expect(merges).toBe(4);
});
