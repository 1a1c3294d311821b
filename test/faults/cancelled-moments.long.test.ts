import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { Sparrow } from "../../server/library.ts";
import { DyingThreads, workOf } from "./dying-threads.ts";

/** Queries that are cancelled just as a thread is given work of some kind, whatever it is: they say so, and nothing is left. */

let folder: string;
let sparrow: Sparrow;
let threads: DyingThreads;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-cancelled-"));
  threads = new DyingThreads();
  const settings = { "sparrow.workers": "2", "sparrow.memory.limit": "64m", "sparrow.spill.dir": path.join(folder, "spill"), "spark.sql.warehouse.dir": path.join(folder, "warehouse") };
  sparrow = new Sparrow(new Engine({ catalog: "memory", settings, createExecutor: threads.create }));
});
afterEach(async () => {
  await sparrow.close();
  rmSync(folder, { recursive: true });
});

/** Files below the folder. */
function files(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []));
}

/** A signal that is aborted when a thread is given the `nth` share of a kind, from 0. */
function abortAt(work: string, nth = 0): AbortSignal {
  const abort = new AbortController();
  let met = 0;
  threads.deathOf = (message) => {
    if (workOf(message) === work && met++ === nth) abort.abort();
    return undefined;
  };
  return abort.signal;
}

async function expectNothingLeft(): Promise<void> {
  expect(threads.watched.poolBytes).toBe(0);
  await expect.poll(files).toEqual([]);
  threads.deathOf = () => undefined;
  expect((await sparrow.sql("SELECT count(*) AS n FROM range(100000)").toArray()).map(({ n }) => n)).toEqual([100_000n]);
}

const GROUPS = "SELECT id % 9000 AS k, count(*) AS n FROM range(140000) GROUP BY 1";
const SORT = "SELECT id, concat('text ', id) AS t FROM range(140000) ORDER BY (id * 7919) % 300007";
const JOIN = "SELECT count(*) FROM (SELECT id AS a FROM range(40000)) JOIN (SELECT id AS b, concat('text ', id) AS t FROM range(90000)) ON a = b";

test.each([
  ["range", GROUPS, false],
  ["groups", GROUPS, false],
  ["records", GROUPS, false],
  ["distribute", SORT, false],
  ["sortBucket", SORT, false],
  ["link", JOIN, false],
  ["parts", GROUPS, true],
  ["parts", SORT, true],
  ["joinParts", JOIN, true],
] as const)("at %s of %s (to disk: %s)", async (work, sql, eagerSpill) => {
  await sparrow.sql(`SET sparrow.exec.eagerSpill = ${eagerSpill}`).toArray();
  await expect(sparrow.sql(sql, { signal: abortAt(work) }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await sparrow.sql("RESET sparrow.exec.eagerSpill").toArray();
  await expectNothingLeft();
});

test("while sorted runs are merged to disk", async () => {
  await sparrow.sql("SET sparrow.query.memory.limit = 4m").toArray();
  await expect(sparrow.sql("SELECT id, concat(repeat('text ', 20), id) AS t FROM range(140000) ORDER BY (id * 7919) % 300007", { signal: abortAt("merge") }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expectNothingLeft();
});

test("before it is planned, and while it is", async () => {
  await expect(sparrow.sql(GROUPS, { signal: AbortSignal.abort() }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  const abort = new AbortController();
  const planned = sparrow.sql(GROUPS, { signal: abort.signal }).toArray();
  abort.abort();
  await expect(planned).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expectNothingLeft();
});

test.each(["DELTA", "PARQUET", "CSV"])("while CREATE TABLE AS SELECT writes %s files: neither table nor files are there", async (format) => {
  const sql = `CREATE TABLE t USING ${format} AS SELECT id, concat('text ', id) AS t FROM range(400000)`;
  await expect(sparrow.sql(sql, { signal: abortAt("range", 1) }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expect(sparrow.sql("SELECT * FROM t").toArray()).rejects.toMatchObject({ condition: "TABLE_OR_VIEW_NOT_FOUND" });
  await expectNothingLeft();
});

test("in a round of a recursive common table", async () => {
  const sql = "WITH RECURSIVE t AS (SELECT id AS n FROM range(70000) UNION ALL SELECT n + 70000 FROM t WHERE n < 7000000) SELECT count(*) FROM t";
  let rounds = 0;
  const abort = new AbortController();
  threads.deathOf = () => {
    if (++rounds === 9) abort.abort();
    return undefined;
  };
  await expect(sparrow.sql(sql, { signal: abort.signal }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expectNothingLeft();
});

test("while a table is cached: the next query reads the table", async () => {
  await sparrow.sql("CREATE TEMPORARY VIEW v AS SELECT id, concat('text ', id % 100) AS t FROM range(140000)").toArray();
  await expect(sparrow.sql("CACHE TABLE v", { signal: abortAt("cache") }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await sparrow.sql("UNCACHE TABLE IF EXISTS v").toArray();
  expect((await sparrow.sql("SELECT count(*) AS n, max(t) AS t FROM v").toArray()).map(({ n, t }) => [n, t])).toEqual([[140_000n, "text 99"]]);
  await expectNothingLeft();
});

const LONG_RESULT = "SELECT id, id * 2 AS b FROM range(1000000000)";

test("while its threads wait for the reader, who reads no more: memory is free at once", async () => {
  const abort = new AbortController();
  const reader = sparrow.sql(LONG_RESULT, { signal: abort.signal })[Symbol.asyncIterator]();
  await reader.next();
  // This one has threads only when those of the first one wait.
  await sparrow.sql(GROUPS).toArray();
  abort.abort();
  await expect.poll(() => threads.watched.poolBytes, { timeout: 30_000 }).toBe(0);
  await expect(reader.next()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expectNothingLeft();
});

test("sparrow.query.timeout passes while threads wait for the reader", async () => {
  await sparrow.sql(GROUPS).toArray();
  await sparrow.sql("SET sparrow.query.timeout = 500ms").toArray();
  const reader = sparrow.sql(LONG_RESULT)[Symbol.asyncIterator]();
  await reader.next();
  await expect.poll(() => threads.watched.poolBytes, { timeout: 30_000 }).toBe(0);
  await expect(reader.next()).rejects.toMatchObject({ condition: "QUERY_EXECUTION_TIMEOUT_EXCEEDED" });
  await sparrow.sql("RESET sparrow.query.timeout").toArray();
  await expectNothingLeft();
});

test.each([
  ["a sort", "SELECT id FROM range(2000000) ORDER BY hash(id)", 1],
  ["a table that is written", "CREATE TABLE t AS SELECT id, concat('text ', id) AS t FROM range(300000000)", 150],
  ["a recursive common table", "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t", 150],
])("sparrow.query.timeout passes in %s", async (_name, sql, milliseconds) => {
  await sparrow.sql("SET spark.sql.cteRecursionLevelLimit = -1").toArray();
  await sparrow.sql("SET spark.sql.cteRecursionRowLimit = -1").toArray();
  await sparrow.sql(`SET sparrow.query.timeout = ${milliseconds}ms`).toArray();
  await expect(sparrow.sql(sql).toArray()).rejects.toMatchObject({ condition: "QUERY_EXECUTION_TIMEOUT_EXCEEDED" });
  await sparrow.sql("RESET sparrow.query.timeout").toArray();
  await expectNothingLeft();
});
