import { copyFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SparrowSession } from "../../server/library.ts";
import { LimitedEngine } from "../executor/limited-engine.ts";
import { arrowRows } from "../oracle/arrow-rows.ts";

let folder: string;
let engine: LimitedEngine;
let session: SparrowSession;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-relations-"));
  engine = await LimitedEngine.open(1, { "sparrow.memory.limit": "32m", "spark.sql.warehouse.dir": folder });
  session = engine.session();
  await run("CREATE TABLE t USING parquet AS SELECT id, CAST(id % 7 AS INT) AS i, concat('s', CAST(id % 90 AS STRING)) AS s FROM range(20000)");
});
beforeEach(() => run("CLEAR CACHE"));
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function run(sql: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for await (const batch of await session.sql(sql)) for (const row of arrowRows(batch)) rows.push(JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
  return rows;
}

async function plan(sql: string): Promise<string> {
  return (await run(`EXPLAIN ${sql}`)).join("\n");
}

/** Files that cached rows lie in. */
async function files(): Promise<number> {
  return (await engine.leftovers()).files.filter((name) => name.endsWith(".cache")).length;
}

test("a cached view is read from the cache wherever its plan is, under other names too", async () => {
  await run("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT i, count(*) AS n, max(s) AS top FROM t WHERE id > 10 GROUP BY i");
  const queries = ["SELECT * FROM v ORDER BY i", "SELECT a.top, b.n FROM v a JOIN v b ON a.i = b.i ORDER BY b.n, a.top", "SELECT sum(x) FROM (SELECT i AS y, count(*) AS x, max(s) FROM t WHERE id > 10 GROUP BY i)"];
  const before = [];
  for (const sql of queries) before.push(await run(sql));
  await run("CACHE TABLE v");
  for (const [at, sql] of queries.entries()) {
    expect(await run(sql)).toEqual(before[at]);
    expect(await plan(sql)).toContain("CachedScan `v`");
    expect(await plan(sql)).not.toContain(".t ");
  }
  expect(await plan("SELECT i, count(*) AS n, max(s) AS top FROM t WHERE id > 11 GROUP BY i")).not.toContain("CachedScan");
  await run("UNCACHE TABLE v");
  expect(await plan(queries[0])).not.toContain("CachedScan");
});

test("CACHE LAZY TABLE caches when the rows are first read", async () => {
  await run("CACHE LAZY TABLE t");
  expect(await plan("SELECT i FROM t")).not.toContain("CachedScan");
  expect(await run("SELECT count(*) FROM t")).toEqual(['["20000n"]']);
  expect(await plan("SELECT i FROM t")).toContain("CachedScan");
});

test("CACHE TABLE ... AS makes a temporary view, of values of every type", async () => {
  const query = `SELECT NULL AS nothing, id % 3 = 0 AS bool, IF(id % 2 = 0, NULL, id % 5 = 0) AS maybe, CAST(id AS DECIMAL(30, 3)) / 7 AS wide, CAST(id AS FLOAT) AS f, array(id, NULL) AS list,
    named_struct('a', s, 'b', map(i, s)) AS nested, IF(id % 4 = 0, NULL, s) AS text, '' AS empty, DATE '2020-01-01' + i AS day, X'00ff' AS bytes, INTERVAL '3' MONTH AS months, id FROM t WHERE id < 300 ORDER BY id`;
  const expected = await run(query);
  for (const level of ["MEMORY_AND_DISK", "MEMORY_ONLY_SER", "DISK_ONLY_2"]) {
    await run(`CACHE TABLE q OPTIONS ('storageLevel' = '${level}') AS ${query}`);
    expect(await files()).toBe(level === "DISK_ONLY_2" ? 1 : 0);
    expect(await run("SELECT * FROM q")).toEqual(expected);
    expect(await plan("SELECT * FROM q")).toContain("CachedScan `q`");
    expect(await run("SELECT text, count(*), sum(wide) FROM q WHERE text > 's5' GROUP BY text ORDER BY text")).toEqual(await run(`SELECT text, count(*), sum(wide) FROM (${query}) WHERE text > 's5' GROUP BY text ORDER BY text`));
    await expect(run("CACHE TABLE q AS SELECT 1")).rejects.toMatchObject({ condition: "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS" });
    await run("DROP VIEW q");
    await expect.poll(files).toBe(0);
  }
});

test("what is cached of a table is cached anew when the engine or somebody else commits to it", async () => {
  await run("CREATE TABLE d (a INT) USING delta");
  await run("INSERT INTO d VALUES (1)");
  await run("CREATE TEMPORARY VIEW over_d AS SELECT sum(a) AS total FROM d");
  await run("CACHE TABLE d");
  await run("CACHE TABLE over_d");
  expect(await plan("SELECT * FROM over_d")).toContain("CachedScan `over_d`");
  await run("INSERT INTO d VALUES (2)");
  expect(await run("SELECT * FROM over_d")).toEqual(['["3n"]']);
  expect(await plan("SELECT * FROM over_d")).toContain("CachedScan `over_d`");
  const log = join(folder, "d", "_delta_log");
  const other = await LimitedEngine.open(1, { "sparrow.memory.limit": "32m" });
  await other.run(`INSERT INTO delta.\`${join(folder, "d")}\` VALUES (3)`);
  await other.close();
  expect(readdirSync(log).filter((name) => name.endsWith(".json")).length).toBeGreaterThan(3);
  expect(await run("SELECT * FROM over_d")).toEqual(['["6n"]']);
  expect(await run("SELECT count(*) FROM d VERSION AS OF 1")).toEqual(['["1n"]']);
  await run("UNCACHE TABLE d");
  expect(await plan("SELECT * FROM over_d")).not.toContain("CachedScan");
});

test("a cached table of plain files is what it was, and what is cached of it too, until REFRESH TABLE", async () => {
  await run("CREATE TABLE p USING parquet AS SELECT 1 AS a");
  await run("CACHE TABLE p");
  const [file] = readdirSync(join(folder, "p"));
  copyFileSync(join(folder, "p", file), join(folder, "p", `copy-${file}`));
  expect(await run("SELECT count(*), max(_metadata.file_size) > 0 FROM p")).toEqual(['["1n",true]']);
  await run("REFRESH TABLE p");
  expect(await run("SELECT count(*) FROM p")).toEqual(['["2n"]']);
  expect(await plan("SELECT a FROM p")).toContain("CachedScan");
});

test("the rows least recently used go to disk when others need their memory, or nowhere where their level says so", async () => {
  const wide = (seed: number): string => `SELECT id, concat('${"x".repeat(120)}', CAST(id + ${seed} AS STRING)) AS padded FROM range(100000)`;
  const check = (view: string): Promise<readonly string[]> => run(`SELECT count(*), sum(id), sum(length(padded)) > 1 FROM ${view}`);
  await run(`CACHE TABLE first AS ${wide(0)}`);
  const expected = await check("first");
  expect(await files()).toBe(0);
  await run(`CACHE TABLE second OPTIONS ('storageLevel' = 'MEMORY_ONLY') AS ${wide(1)}`);
  expect(await files()).toBe(1);
  expect(await check("first")).toEqual(expected);
  expect(await plan("SELECT * FROM first")).toContain("CachedScan `first`");
  await run(`CACHE TABLE third AS ${wide(2)}`);
  expect(await plan("SELECT * FROM second")).not.toContain("CachedScan");
  expect(await check("second")).toEqual(expected);
  // A query that cannot do without the memory of the third.
  await run(`SELECT max(x) FROM (SELECT row_number() OVER (ORDER BY k) AS x FROM (SELECT concat('${"x".repeat(120)}', CAST(-id AS STRING)) AS k FROM range(100000)))`);
  expect(await files()).toBe(2);
  expect(await check("third")).toEqual(expected);
  for (const view of ["first", "second", "third"]) await run(`DROP VIEW ${view}`);
});

test("persist keeps a query's result, and unpersist forgets it", async () => {
  const sql = "SELECT i, sum(id) AS total FROM t GROUP BY i";
  await expect(session.sql(sql).persist("SOMEWHERE")).rejects.toMatchObject({ condition: "INVALID_STORAGE_LEVEL" });
  await expect(session.sql("SHOW TABLES").persist()).rejects.toMatchObject({ condition: "UNSUPPORTED_FEATURE.PERSIST_STATEMENT" });
  await session.sql(sql).persist("DISK_ONLY");
  const rows = await session.sql(`SELECT max(total) AS most FROM (${sql})`).toArray();
  expect(rows).toEqual(await session.sql("SELECT sum(id) AS most FROM t GROUP BY i ORDER BY 1 DESC LIMIT 1").toArray());
  expect(await files()).toBe(1);
  expect(await plan(`SELECT max(total) FROM (${sql})`)).toContain("CachedScan persisted rows");
  await session.sql(sql).unpersist();
  expect(await plan(sql)).not.toContain("CachedScan");
  await run("CLEAR CACHE");
  await expect.poll(() => engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
