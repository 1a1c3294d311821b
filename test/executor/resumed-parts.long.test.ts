import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { DyingThreads } from "../faults/dying-threads.ts";

/** Threads die while a pipeline reads what is partly or wholly on disk, part by part, and some of its batches have left; and at every kind of task that completes a breaker but merges. */

let sparrow: Sparrow;
let threads: DyingThreads;
beforeEach(() => {
  threads = new DyingThreads();
  sparrow = new Sparrow(new Engine({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.memory.limit": "64m" }, createExecutor: threads.create }));
});
afterEach(() => sparrow.close());

async function sorted(sql: string): Promise<string[]> {
  const rows = await sparrow.sql(sql).toArray();
  return rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? String(value) : value))).toSorted();
}

/** Groups of which the larger feeder's are on disk, and the smaller one's in memory. */
const HALF_IN_MEMORY = "(SELECT id % 100000 AS k, id AS v FROM range(140000) UNION ALL SELECT id % 3000 AS k, -id AS v FROM range(66000))";

const QUERIES: Readonly<Record<string, string>> = {
  "sums of groups on disk and in memory": `SELECT k, count(*) AS n, sum(v) AS s, min(v) AS low FROM ${HALF_IN_MEMORY} GROUP BY k HAVING k % 7 = 0`,
  "lists of groups on disk and in memory": `SELECT k, sort_array(collect_list(v)) AS list, percentile(v, 0.5) AS middle, max(concat('a text of some length ', v)) AS t FROM ${HALF_IN_MEMORY} WHERE v > -9000 GROUP BY k HAVING k % 11 = 0`,
};

test.each(Object.entries(QUERIES))("%s: batches that have left do not come again, and none is missing", async (_name, sql) => {
  await sparrow.sql("SET sparrow.query.memory.limit = 6m").toArray();
  let isInMemory = false;
  threads.deathOf = ({ kind, job }) => {
    if (kind === "pipeline" && job.morsels.kind === "parts") isInMemory ||= job.morsels.tasks.some((task) => task.kind === "groups" && task.groups.chunks.length > 0 && task.groups.pages.length > 0);
    return undefined;
  };
  const expected = await sorted(sql);
  expect(isInMemory).toBe(true);
  threads.die("parts", [1, 3, "end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(3);
  expect(threads.watched.poolBytes).toBe(0);
});

test("a window on disk gives its rows once", async () => {
  await sparrow.sql("SET sparrow.exec.eagerSpill = true").toArray();
  const sql = "SELECT id, row_number() OVER (PARTITION BY id % 300 ORDER BY id) AS r, concat('text ', max(id) OVER (PARTITION BY id % 300 ORDER BY id)) AS m FROM range(20000)";
  const expected = await sorted(sql);
  threads.die("parts", [1, "end", 3]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(3);
});

test.each(["sum(id) OVER (ORDER BY h)", "lag(id) OVER (ORDER BY h)", "max(t) OVER (PARTITION BY k ORDER BY h)"])("%s, whose partition does not fit, gives its rows once", async (call) => {
  await sparrow.sql("SET sparrow.query.memory.limit = 8m").toArray();
  const sql = `SELECT id, t, ${call} AS c FROM (SELECT id, id % 20 DIV 19 AS k, (id * 7919) % 300007 AS h, concat(repeat('text ', 20), id) AS t FROM range(60000))`;
  const expected = await sorted(sql);
  threads.die("parts", [1, 3, "end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(3);
});

test.each(["isolate", "sortPages", "merge"])("tasks of kind %s, which sort rows of a window's one key, are done again", async (work) => {
  await sparrow.sql("SET sparrow.query.memory.limit = 8m").toArray();
  const sql = "SELECT sum(length(t)), sum(c * (id % 97)) FROM (SELECT id, t, row_number() OVER (PARTITION BY k ORDER BY h) AS c FROM (SELECT id, id % 20 DIV 19 AS k, (id * 7919) % 300007 AS h, concat(repeat('text ', 20), id) AS t FROM range(60000)))";
  const expected = await sparrow.sql(sql).toArray();
  threads.die(work, ["end"]);
  expect(await sparrow.sql(sql).toArray()).toEqual(expected);
  expect(threads.deaths).toBe(1);
});

test("a sort on disk gives its rows once and in order", async () => {
  await sparrow.sql("SET sparrow.exec.eagerSpill = true").toArray();
  const sql = "SELECT id, concat('text ', id) AS t FROM range(70000) ORDER BY (id * 7919) % 300007";
  const expected = await sparrow.sql(sql).toArray();
  threads.die("parts", [1, 2, "end"]);
  expect(await sparrow.sql(sql).toArray()).toEqual(expected);
  expect(threads.deaths).toBe(3);
});

test.each(["JOIN", "LEFT JOIN", "FULL JOIN", "LEFT ANTI JOIN"])("a %s on disk gives its rows once", async (join) => {
  await sparrow.sql("SET sparrow.exec.eagerSpill = true").toArray();
  const sql = `SELECT * FROM (SELECT id AS a FROM range(20000) WHERE id % 3 <> 0) ${join} (SELECT id AS b, concat('text ', id) AS t FROM range(22000) WHERE id % 2 = 0) ON a = b`;
  const expected = await sorted(sql);
  threads.die("joinParts", [1, "end", 2]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(3);
});

test.each(["RIGHT JOIN", "FULL JOIN"])("a nested loop of a %s on disk marks its build rows from all threads, and gives them once", async (join) => {
  await sparrow.sql("SET sparrow.exec.eagerSpill = true").toArray();
  const sql = `SELECT * FROM (SELECT id AS a FROM range(3000)) ${join} (SELECT id AS b, concat('text ', id) AS t FROM range(6000) WHERE id % 2 = 0) ON a > b + 2900 OR a = b * 7`;
  let tasks = 0;
  threads.deathOf = ({ kind, job }) => {
    if (kind === "pipeline" && job.morsels.kind === "joinParts") tasks = job.morsels.join.tasks.length;
    return undefined;
  };
  const expected = await sorted(sql);
  expect(tasks).toBe(4);
  threads.die("joinParts", ["end", 1, "end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(3);
  await sparrow.sql("SET sparrow.exec.eagerSpill = false").toArray();
  threads.deathOf = () => undefined;
  expect(await sorted(sql)).toEqual(expected);
});

test("groups on disk that go on into another breaker are made anew from what is there", async () => {
  await sparrow.sql("SET sparrow.query.memory.limit = 6m").toArray();
  const sql = `SELECT n, count(*) AS c, sum(s) AS s FROM (SELECT k, count(*) AS n, sum(v) AS s FROM ${HALF_IN_MEMORY} GROUP BY k) GROUP BY n`;
  const expected = await sorted(sql);
  threads.die("parts", ["end", "end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(2);
});

test("tasks that divide partitions on disk are done again", async () => {
  await sparrow.sql("SET sparrow.query.memory.limit = 8m").toArray();
  const sql = `SELECT count(*) AS n, sum(c) AS c FROM (SELECT id % 180000 AS k, count(*) AS c, max(concat('a text that takes some room ', id)) AS t FROM range(200000) GROUP BY 1)`;
  const expected = await sorted(sql);
  threads.die("divide", ["end"]);
  expect(await sorted(sql)).toEqual(expected);
  expect(threads.deaths).toBe(1);
});

test.each(["link", "distribute", "sortBucket", "sort", "window", "limit", "addresses"])("a thread that dies at a task of kind %s costs that job alone", async (work) => {
  const sql = {
    link: "SELECT count(*), sum(a.id) FROM range(100000) a JOIN (SELECT id * 3 AS id FROM range(90000)) b ON a.id = b.id JOIN (SELECT id * 700000 AS id FROM range(90000)) c ON a.id * 7 = c.id",
    distribute: "SELECT id FROM range(300000) ORDER BY (id * 7919) % 300007",
    sortBucket: "SELECT id FROM range(300000) ORDER BY (id * 7919) % 300007",
    sort: "SELECT id FROM range(300000) ORDER BY (id * 7919) % 300007 LIMIT 5000",
    window: "SELECT sum(r), sum(s) FROM (SELECT row_number() OVER (PARTITION BY id % 5000 ORDER BY id) AS r, sum(id) OVER (PARTITION BY id % 5000 ORDER BY id) AS s FROM range(200000))",
    limit: "SELECT count(*), sum(id) FROM (SELECT id FROM range(200000) LIMIT 150000)",
    addresses: "SELECT count(*) FROM range(200) a JOIN (SELECT id FROM range(100000) WHERE id % 10 = 0) b ON a.id * 400 > b.id",
  }[work]!;
  const expected = await sparrow.sql(sql).toArray();
  threads.die(work, ["end", "end"]);
  const { deathOf } = threads;
  const pipelines = new Set<number>();
  threads.deathOf = (message) => {
    if (message.kind === "pipeline") pipelines.add(message.id);
    return deathOf(message);
  };
  expect(await sparrow.sql(sql).toArray()).toEqual(expected);
  expect(threads.deaths).toBe(2);
  expect(pipelines.size).toBeLessThanOrEqual(4);
  expect(threads.watched.poolBytes).toBe(0);
});
