import { copyFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { textRows } from "../../server/results/text-rows.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";

let folder: string;
let session: Session;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-cache-"));
  session = new Engine({ settings: { "spark.sql.warehouse.dir": folder, "spark.sql.sources.default": "parquet", "sparrow.workers": "2", "sparrow.memory.limit": "512m", "spark.sql.session.timeZone": "UTC" } }).newSession();
  await run(`CREATE TABLE t AS SELECT id, CAST(id % 7 AS INT) AS i, CASE WHEN id % 5 = 0 THEN NULL ELSE concat('s', CAST(id % 90 AS STRING)) END AS s,
    concat('unique ', CAST(id AS STRING)) AS u, CAST(id AS DECIMAL(30, 2)) / 4 AS d, id % 2 = 0 AS b, CAST(id AS DOUBLE) / 3 AS f, DATE '2020-01-01' + CAST(id AS INT) AS day FROM range(5000)`);
});
afterAll(async () => {
  await session.engine.close();
  await rm(folder, { recursive: true });
});

async function run(sql: string): Promise<(string | null)[][]> {
  const result = await runText(session, sql);
  const rows: (string | null)[][] = [];
  for await (const batch of result.batches) for (const row of textRows(batch, result.columns, "UTC")) rows.push([...row]);
  return rows;
}

const QUERIES = [
  "SELECT * FROM t ORDER BY id",
  "SELECT s, count(*), sum(d), min(u), max(f) FROM t WHERE b GROUP BY s ORDER BY s",
  "SELECT count(*) FROM t WHERE s = 's42' OR i = 3",
];

test("a cached table has the rows of its files, and is read from memory", async () => {
  const before = [];
  for (const sql of QUERIES) before.push(await run(sql));
  await run("CACHE TABLE t");
  for (const [i, sql] of QUERIES.entries()) expect(await run(sql)).toEqual(before[i]);
  expect((await run("EXPLAIN SELECT i FROM t"))[0][0]).toContain("CachedScan");
  await run("UNCACHE TABLE t");
  expect((await run("EXPLAIN SELECT i FROM t"))[0][0]).not.toContain("CachedScan");
  for (const [i, sql] of QUERIES.entries()) expect(await run(sql)).toEqual(before[i]);
});

test("a cached table stays what it was until REFRESH TABLE, unless this engine writes it", async () => {
  await run("CREATE TABLE small AS SELECT 1 AS a");
  await run("CACHE TABLE small");
  await run("INSERT INTO small VALUES (2)");
  expect(await run("SELECT sum(a) FROM small")).toEqual([["3"]]);
  await run("CACHE TABLE small");
  const [file] = readdirSync(join(folder, "small"));
  copyFileSync(join(folder, "small", file), join(folder, "small", `copy-${file}`));
  expect(await run("SELECT count(*) FROM small")).toEqual([["2"]]);
  await run("REFRESH TABLE small");
  expect(await run("SELECT count(*) FROM small")).toEqual([["3"]]);
  expect((await run("EXPLAIN SELECT a FROM small"))[0][0]).toContain("CachedScan");
  await run("CLEAR CACHE");
  expect((await run("EXPLAIN SELECT a FROM small"))[0][0]).not.toContain("CachedScan");
});

test("temporary views of one name in two sessions are cached apart", async () => {
  await run(`CREATE TEMPORARY VIEW v USING parquet OPTIONS (path '${folder}/t')`);
  await run("CACHE TABLE v");
  const other = session.engine.newSession();
  for await (const _ of (await runText(other, `CREATE TEMPORARY VIEW v USING parquet OPTIONS (path '${folder}/small')`)).batches);
  const { columns } = await runText(other, "SELECT * FROM v");
  expect(columns.map((column) => column.name)).toEqual(["a"]);
});

test("a table that is uncached between planning and reading is read from its files", async () => {
  await run("CACHE TABLE t");
  const { batches } = await runText(session, "SELECT count(*), sum(i) FROM t");
  await run("UNCACHE TABLE t");
  let rows = 0;
  for await (const batch of batches) rows += batch.rows;
  expect(rows).toBe(1);
});

test.each([
  ["CACHE TABLE absent", "TABLE_OR_VIEW_NOT_FOUND"],
  ["UNCACHE TABLE absent", "TABLE_OR_VIEW_NOT_FOUND"],
  ["CACHE TABLE t OPTIONS ('storageLevel' = 'MEMORY')", "INVALID_STORAGE_LEVEL"],
  ["CACHE TABLE default.q AS SELECT 1", "_LEGACY_ERROR_TEMP_0037"],
  ["CACHE TABLE q AS SELECT absent FROM t", "UNRESOLVED_COLUMN.WITH_SUGGESTION"],
  ["CACHE TABLE q AS SELECT 1 / (id - id) AS x FROM t", "DIVIDE_BY_ZERO"],
])("%s is refused", async (sql, condition) => {
  await expect(run(sql)).rejects.toMatchObject({ condition });
  expect(await run("UNCACHE TABLE IF EXISTS absent")).toEqual([]);
});

test("ANALYZE TABLE counts rows, NULLs and distinct values, for the planner and for DESCRIBE", async () => {
  await run("ANALYZE TABLE t COMPUTE STATISTICS FOR COLUMNS s, i");
  const entry = await session.engine.catalog.table("default", "t");
  expect(entry?.statistics).toEqual({ rows: 5000, columns: { s: { distinct: expect.closeTo(72, -1) as number, nulls: 1000 }, i: { distinct: 7, nulls: 0 } } });
  expect(await run("DESCRIBE EXTENDED t")).toContainEqual(["Statistics", "5000 rows", ""]);
  expect(await run("SELECT count(DISTINCT s), count(*) FROM t")).toEqual([["72", "5000"]]);
  await run("ANALYZE TABLES COMPUTE STATISTICS");
  expect((await session.engine.catalog.table("default", "t"))?.statistics?.columns.i).toEqual({ distinct: 7, nulls: 0 });
});

test("EXPLAIN ANALYZE runs the query and tells how", async () => {
  const [[text]] = await run("EXPLAIN ANALYZE SELECT i, count(*) FROM t GROUP BY i");
  expect(text).toMatch(/\n== Stages ==\nStage 0: 5000 rows of \(id=\d+\) from \d+ bytes, estimated 5000, in \d+ morsels; \d tasks, the largest \d+ rows, the slowest [\d.]+ ms; [\d.]+ ms, holds \d+ bytes, spilled 0 bytes\nStage 1: 7 rows /);
  expect(text).toMatch(/^== Physical Plan ==\n[\s\S]*\n== Execution ==\nRows: 7\nTime: [\d.]+ ms\nPipelines: \d+\nCalls into TypeScript functions: 0\nPeak memory: \d+ bytes\nSpilled to disk: 0 bytes\n$/);
});

test("EXPLAIN ANALYZE counts the rows of a filter after all of its conditions", async () => {
  const [[text]] = await run("EXPLAIN ANALYZE SELECT id FROM t WHERE id % 2 = 0 AND i < 100 AND id < 10");
  expect(text).toMatch(/Filter .*\[rows=5\]/);
});
