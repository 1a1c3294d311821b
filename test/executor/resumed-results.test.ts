import { afterAll, beforeEach, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { DyingThreads, workOf } from "../faults/dying-threads.ts";

const threads = new DyingThreads();
const sparrow = new Sparrow(new Engine({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.memory.limit": "64m" }, createExecutor: threads.create }));
beforeEach(() => {
  threads.die("none", []);
});
afterAll(() => sparrow.close());

async function sorted(sql: string): Promise<string[]> {
  const rows = await sparrow.sql(sql).toArray();
  return rows.map((row) => Object.values(row).map(String).join(" ")).toSorted();
}

const groups = (name: string, rows: number): string => `SELECT '${name}' AS part, id % 9000 AS k, count(*) AS n FROM range(${rows}) GROUP BY id % 9000`;

test("groups whose merging thread has died are made again, other inputs of a UNION ALL are not", async () => {
  const sql = [groups("a", 70_000), groups("b", 75_000), groups("c", 80_000)].join(" UNION ALL ");
  const expected = await sorted(sql);
  const undisturbed = threads.die("groups", []);
  expect(await sorted(sql)).toEqual(expected);
  expect(undisturbed.length).toBe(3);
  for (const deaths of [["end"], [undefined, "end", "end", "end"]] as const) {
    const merges = threads.die("groups", deaths);
    const pipelines = dyingAlso("range");
    expect(await sorted(sql)).toEqual(expected);
    expect(threads.deaths).toBe(deaths.filter((death) => death !== undefined).length);
    expect(merges.length).toBe(3 + threads.deaths);
    expect(pipelines.count()).toBe(3 + threads.deaths);
  }
  expect(threads.watched.poolBytes).toBe(0);
});

/** Counts jobs of some kind beside the deaths that there are. */
function dyingAlso(work: string): { readonly count: () => number } {
  const jobs = new Set<number>();
  const before = threads.deathOf;
  threads.deathOf = (message) => {
    if (workOf(message) === work) jobs.add(message.id);
    return before(message);
  };
  return { count: () => jobs.size };
}

test("what delivered rows and others have in common is not made again, whatever LIMIT has taken", async () => {
  const sql = `WITH both AS (SELECT id % 9000 AS k, count(*) AS n FROM range(70000) GROUP BY id % 9000 LIMIT 8000)
    SELECT 'a' AS part, k, n FROM both UNION ALL SELECT 'b' AS part, k, sum(n) AS n FROM both GROUP BY k`;
  const expected = await sorted(sql);
  for (const deaths of [[undefined, "end", "end"], ["end", "end", "end"]] as const) {
    const merges = threads.die("groups", deaths);
    const rows = await sorted(sql);
    expect(threads.deaths).toBe(deaths.filter((death) => death !== undefined).length);
    expect(merges.length).toBe(2 + threads.deaths);
    const keys = (part: string): string[] => rows.filter((row) => row.startsWith(part)).map((row) => row.slice(1));
    expect(keys("a")).toEqual(keys("b"));
    expect(rows).toHaveLength(expected.length);
  }
  expect(threads.watched.poolBytes).toBe(0);
});

test("what an input of a UNION ALL has read is kept until groups above it are merged, where rows of the result may have left", async () => {
  const sql = `WITH both AS (SELECT id % 9000 AS k, count(*) AS n FROM range(70000) GROUP BY id % 9000 LIMIT 8000)
    SELECT 'a' AS part, k, n FROM both UNION ALL
    SELECT 'b' AS part, k, sum(n) AS n FROM (SELECT k, n FROM both UNION ALL SELECT id AS k, 0 AS n FROM range(70000) WHERE id < 9000) GROUP BY k`;
  const expected = await sorted(sql);
  for (const deaths of [[undefined, "end", "end"]] as const) {
    const merges = threads.die("groups", deaths);
    expect(await sorted(sql)).toEqual(expected);
    expect(threads.deaths).toBe(deaths.filter((death) => death !== undefined).length);
    expect(merges.length).toBe(2 + threads.deaths);
  }
  expect(threads.watched.poolBytes).toBe(0);
});

test("a query of one result starts again where what its groups were made from has been freed", async () => {
  const sql = `SELECT count(*), sum(n) FROM (SELECT k, count(*) AS n FROM
    (SELECT DISTINCT id % 9000 AS k FROM range(70000) UNION ALL SELECT DISTINCT id % 8000 AS k FROM range(75000)) GROUP BY k)`;
  expect(await sorted(sql)).toEqual(["9000 17000"]);
  const undisturbed = threads.die("groups", []);
  await sorted(sql);
  const merges = threads.die("groups", [...Array.from({ length: undisturbed.length - 1 }, () => undefined), "end"]);
  expect(await sorted(sql)).toEqual(["9000 17000"]);
  expect(threads.deaths).toBe(1);
  expect(merges.length).toBeGreaterThan(undisturbed.length + 1);
  expect(threads.watched.poolBytes).toBe(0);
});

test("outer joins below groups that are made again give rows without a partner once", async () => {
  const sql = `SELECT k, count(*), count(a), count(b) FROM (SELECT coalesce(a.id, b.id) % 5000 AS k, a.id AS a, b.id AS b
    FROM (SELECT id FROM range(70000) WHERE id % 3 = 0) a FULL JOIN (SELECT id FROM range(75000) WHERE id % 2 = 0) b ON a.id = b.id) GROUP BY k`;
  const expected = await sorted(sql);
  const merges = threads.die("groups", ["end", "end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(merges.length).toBe(3);
});

test("merges whose threads always die end the query", async () => {
  const merges = threads.die("groups", Array.from({ length: 100 }, () => "end"));
  await expect(sorted(groups("a", 70_000))).rejects.toMatchObject({ condition: "WORKER_LOST", parameters: { failures: "4" } });
  expect(merges.length).toBe(4);
  expect(threads.watched.poolBytes).toBe(0);
});
