import fc from "fast-check";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hilbertIndex, interleavedBits } from "../../executor/functions/curves.ts";
import { packed } from "../../delta/file-bins.ts";
import { type LiveFile, replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const FILES = 8;
const FILE_ROWS = 1500;

/** A table of points that are spread over all of its files. */
async function points(table: string, clauses = ""): Promise<void> {
  await tables.run(`CREATE TABLE ${table} (id BIGINT, x INT, y STRING, z DOUBLE) ${clauses}`);
  for (let i = 0; i < FILES; i++) {
    await tables.run(`INSERT INTO ${table} SELECT id, CAST(pmod(hash(id), 1000) AS INT), concat('k', lpad(pmod(hash(id, 7), 1000), 4, '0')), IF(id % 50 = 0, NULL, id / 3) FROM range(${i * FILE_ROWS}, ${(i + 1) * FILE_ROWS})`);
  }
}

const live = (table: string): readonly LiveFile[] => replayLog(join(tables.folder, table)).files;

function bound<T extends number | string>(bounds: Readonly<Record<string, unknown>> | undefined, column: string): T {
  return bounds?.[column] as T;
}

/** Files that may have rows of a small rectangle, by the statistics in the log. */
function overlapping(table: string): readonly LiveFile[] {
  return live(table).filter(({ stats }) => bound<number>(stats.minValues, "x") <= 420 && bound<number>(stats.maxValues, "x") >= 400 && bound<string>(stats.minValues, "y") <= "k0720" && bound<string>(stats.maxValues, "y") >= "k0700");
}

const filesFor = (table: string): number => overlapping(table).length;

const RECTANGLE = "x BETWEEN 400 AND 420 AND y BETWEEN 'k0700' AND 'k0720'";

/** Bytes per file so that a table comes to about so many files. */
async function wantFiles(table: string, count: number): Promise<void> {
  const bytes = live(table).reduce((sum, { size }) => sum + size, 0);
  await tables.run(`SET spark.databricks.delta.optimize.maxFileSize = ${Math.floor(bytes / count)}`);
}

/** What the log's last commit says. */
function lastCommit(table: string): Record<string, unknown> {
  return replayLog(join(tables.folder, table)).history.at(-1) as Record<string, unknown>;
}

async function metrics(sql: string): Promise<Record<string, unknown>> {
  const { rows, columns } = await tables.sparrow.query(sql);
  const type = columns[1].type;
  if (type.kind !== "struct") throw new Error("metrics are a struct");
  return Object.fromEntries(type.fields.map(({ name }, i) => [name, (rows[0][1] as { fields: unknown[] }).fields[i]]));
}

test("ZORDER BY puts rows that are near in several columns into the same files", async () => {
  await points("z1");
  const rows = await tables.rows("SELECT * FROM z1");
  expect(filesFor("z1")).toBe(FILES);
  await wantFiles("z1", 16);
  const figures = await metrics("OPTIMIZE z1 ZORDER BY (x, y)");
  expect(live("z1")).toHaveLength(16);
  expect(filesFor("z1")).toBeLessThanOrEqual(3);
  expect(await tables.readers("z1")).toEqual({ engine: rows, replay: rows });
  const wanted = rows.map((row) => JSON.parse(row) as [number, number, string, number]).filter(([, x, y]) => x >= 400 && x <= 420 && y >= "k0700" && y <= "k0720").length;
  expect(await tables.rows(`SELECT count(*) FROM z1 WHERE ${RECTANGLE}`)).toEqual([`[${wanted}]`]);
  expect(figures).toMatchObject({ numFilesAdded: 16n, numFilesRemoved: BigInt(FILES), partitionsOptimized: 1n, totalConsideredFiles: BigInt(FILES), totalFilesSkipped: 0n, clusteringStats: null, numTableColumns: 4n });
  expect((figures.zOrderStats as { fields: unknown[] }).fields[0]).toBe("all");
  expect(lastCommit("z1")).toMatchObject({ operation: "OPTIMIZE", operationParameters: { zOrderBy: '["x","y"]', predicate: "[]", auto: false }, operationMetrics: { numAddedFiles: "16", numRemovedFiles: "8" } });
});

test("ZORDER BY keeps partitions apart, and one column is simply sorted", async () => {
  await tables.run("CREATE TABLE z2 (id INT, p INT) PARTITIONED BY (p)", "INSERT INTO z2 SELECT pmod(hash(id), 5000), id % 2 FROM range(4000)", "INSERT INTO z2 SELECT pmod(hash(id), 5000), id % 2 FROM range(4000, 8000)");
  const rows = await tables.rows("SELECT * FROM z2");
  await wantFiles("z2", 8);
  await tables.run("OPTIMIZE z2 WHERE p = 1 ZORDER BY id");
  const one = live("z2").filter(({ partitionValues }) => partitionValues.p === "1").map(({ stats }) => [bound<number>(stats.minValues, "id"), bound<number>(stats.maxValues, "id")] as const).sort(([a], [b]) => a - b);
  expect(one).toHaveLength(4);
  one.slice(1).forEach(([min], i) => expect(min).toBeGreaterThanOrEqual(one[i][1]));
  expect(live("z2").filter(({ partitionValues }) => partitionValues.p === "0")).toHaveLength(2);
  expect(await tables.readers("z2")).toEqual({ engine: rows, replay: rows });
});

test("columns that ZORDER BY cannot use are named", async () => {
  await tables.run("CREATE TABLE z3 (id INT, p INT, list ARRAY<INT>) PARTITIONED BY (p) TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '1')");
  expect(await tables.failure("OPTIMIZE z3 ZORDER BY (p)")).toBe("DELTA_ZORDERING_ON_PARTITION_COLUMN");
  expect(await tables.failure("OPTIMIZE z3 ZORDER BY (nope)")).toBe("DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST");
  expect(await tables.failure("OPTIMIZE z3 ZORDER BY (list)")).toBe("DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS");
  expect(await tables.failure("OPTIMIZE z3 FULL")).toBe("DELTA_OPTIMIZE_FULL_NOT_SUPPORTED");
});

test("a clustered table skips most files after OPTIMIZE, which it skipped none of before", async () => {
  await points("c1", "CLUSTER BY (x, y)");
  const rows = await tables.rows("SELECT * FROM c1");
  expect(filesFor("c1")).toBe(FILES);
  await wantFiles("c1", 16);
  const figures = await metrics("OPTIMIZE c1");
  expect(live("c1")).toHaveLength(16);
  expect(filesFor("c1")).toBeLessThanOrEqual(3);
  expect(await tables.readers("c1")).toEqual({ engine: rows, replay: rows });
  expect(figures).toMatchObject({ numFilesAdded: 16n, numFilesRemoved: BigInt(FILES), zOrderStats: null });
  expect((figures.clusteringStats as { fields: unknown[] }).fields.slice(2)).toEqual([0n, { fields: [BigInt(FILES), expect.anything()] }, 1n]);
  expect(lastCommit("c1").operationParameters).toMatchObject({ clusterBy: '["x","y"]', isFull: false, zOrderBy: "[]" });
});

test("the engine opens only files that may have rows of the condition", async () => {
  await points("c0", "CLUSTER BY (x, y)");
  await wantFiles("c0", 16);
  await tables.run("OPTIMIZE c0");
  const expected = await tables.rows(`SELECT * FROM c0 WHERE ${RECTANGLE}`);
  expect(expected.length).toBeGreaterThan(0);
  const needed = new Set(overlapping("c0").map(({ path }) => path));
  for (const { path } of live("c0")) if (!needed.has(path)) rmSync(path);
  expect(await tables.rows(`SELECT * FROM c0 WHERE ${RECTANGLE}`)).toEqual(expected);
  expect(await tables.failure("SELECT count(z) FROM c0")).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});

test("clustering goes with mapped columns, deletion vectors, row tracking and renamed columns", async () => {
  await tables.run(
    "CREATE TABLE c8 (a INT, b STRING, `c d` INT) CLUSTER BY (a, `c d`) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true')",
    "INSERT INTO c8 SELECT CAST(id AS INT), concat('b', id), CAST(100 - id AS INT) FROM range(100)",
    "DELETE FROM c8 WHERE a % 10 = 3",
    "ALTER TABLE c8 RENAME COLUMN a TO renamed",
  );
  const rows = await tables.rows("SELECT *, _metadata.row_id FROM c8");
  await wantFiles("c8", 4);
  await tables.run("OPTIMIZE c8");
  expect(live("c8")).toHaveLength(4);
  expect(await tables.rows("SELECT *, _metadata.row_id FROM c8")).toEqual(rows);
  expect(await tables.independentRows("c8")).toEqual(await tables.rows("SELECT * FROM c8"));
  expect((await tables.sparrow.query("DESCRIBE DETAIL c8")).rows[0][8]).toEqual(["renamed", "c d"]);
  expect(await tables.failure("ALTER TABLE c8 DROP COLUMN renamed")).toBe("DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN");
});

/** All actions of a kind in a table's log, oldest first. */
function logged(table: string, kind: string): Record<string, unknown>[] {
  const folder = join(tables.folder, table, "_delta_log");
  const lines = readdirSync(folder).filter((name) => name.endsWith(".json")).sort().flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
  return lines.flatMap((line) => (JSON.parse(line) as Record<string, Record<string, unknown>[]>)[kind] ?? []);
}

/** The live files' actions. */
function added(table: string): { clusteringProvider?: string; tags?: Record<string, string> }[] {
  const paths = new Set(live(table).map(({ path }) => path));
  return logged(table, "add").filter(({ path }) => paths.has(join(tables.folder, table, decodeURIComponent(String(path)))));
}

test("only what is not clustered yet is clustered; FULL clusters by other columns again", async () => {
  await tables.run("RESET spark.databricks.delta.optimize.maxFileSize", "CREATE TABLE c2 (a INT, b INT) CLUSTER BY (a)", "INSERT INTO c2 VALUES (1, 5), (2, 4)", "INSERT INTO c2 VALUES (3, 3)");
  expect(added("c2").every(({ clusteringProvider }) => clusteringProvider === undefined)).toBe(true);
  await tables.run("OPTIMIZE c2");
  const [first] = added("c2");
  expect(first).toMatchObject({ clusteringProvider: "liquid", tags: { ZCUBE_ZORDER_BY: '["a"]', ZCUBE_ID: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  expect((await metrics("OPTIMIZE c2")).numFilesRemoved).toBe(0n);
  await tables.run("INSERT INTO c2 VALUES (4, 2)");
  expect((await metrics("OPTIMIZE c2")).numFilesRemoved).toBe(2n);
  // A cube that is large enough is left alone, and what is new becomes another.
  await tables.run("SET spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold = 1", "INSERT INTO c2 VALUES (5, 1)");
  expect((await metrics("OPTIMIZE c2")).numFilesRemoved).toBe(1n);
  await tables.run("RESET spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold", "ALTER TABLE c2 CLUSTER BY (b)");
  expect((await metrics("OPTIMIZE c2")).numFilesRemoved).toBe(0n);
  expect(await metrics("OPTIMIZE c2 FULL")).toMatchObject({ numFilesRemoved: 2n, numFilesAdded: 1n });
  expect(added("c2")[0].tags?.ZCUBE_ZORDER_BY).toBe('["b"]');
  expect(await tables.rows("SELECT * FROM c2")).toEqual(["[1,5]", "[2,4]", "[3,3]", "[4,2]", "[5,1]"]);
});

test("CLUSTER BY is a metadata domain of the log, and every statement tells it", async () => {
  await tables.run("CREATE TABLE c3 (a INT, b STRING, c DATE) CLUSTER BY (c, A)");
  const domain = (): unknown => JSON.parse(String(logged("c3", "domainMetadata").at(-1)?.configuration));
  expect(domain()).toEqual({ clusteringColumns: [["c"], ["a"]], domainName: "delta.clustering" });
  const detail = await tables.sparrow.query("DESCRIBE DETAIL c3");
  expect(detail.rows[0][8]).toEqual(["c", "a"]);
  expect(detail.rows[0].slice(12)).toEqual([1, 7, ["appendOnly", "clustering", "domainMetadata", "invariants"]]);
  expect(String((await tables.sparrow.query("SHOW CREATE TABLE c3")).rows[0][0])).toContain("CLUSTER BY (c, a)");
  expect((await tables.sparrow.query("DESCRIBE TABLE c3")).rows.map(([name]) => name)).toEqual(["a", "b", "c", "# Clustering Information", "# col_name", "a", "c"]);
  await tables.run("ALTER TABLE c3 CLUSTER BY NONE");
  expect(domain()).toEqual({ clusteringColumns: [], domainName: "delta.clustering" });
  expect((await tables.sparrow.query("DESCRIBE DETAIL c3")).rows[0][8]).toEqual([]);
  expect(lastCommit("c3")).toMatchObject({ operation: "CLUSTER BY", operationParameters: { oldClusteringColumns: "c,a", newClusteringColumns: "" } });
  // A table that was not clustered becomes so; a replaced one is clustered only by what is said then.
  await tables.run("CREATE TABLE c4 (a INT)", "ALTER TABLE c4 CLUSTER BY (a)");
  expect((await tables.sparrow.query("DESCRIBE DETAIL c4")).rows[0][8]).toEqual(["a"]);
  await tables.run("CREATE OR REPLACE TABLE c4 (a INT, b INT)");
  expect((await tables.sparrow.query("DESCRIBE DETAIL c4")).rows[0][8]).toEqual([]);
  await tables.run("CREATE OR REPLACE TABLE c4 CLUSTER BY (b) AS SELECT 1 AS a, 2 AS b");
  expect((await tables.sparrow.query("DESCRIBE DETAIL c4")).rows[0][8]).toEqual(["b"]);
});

test("clustering that cannot be is refused under its own name", async () => {
  await tables.run("CREATE TABLE c5 (a INT, p INT) PARTITIONED BY (p)", "CREATE TABLE c6 (a INT) CLUSTER BY (a)");
  const failures: [string, string][] = [
    ["CREATE TABLE c7 (a INT, b INT) PARTITIONED BY (a) CLUSTER BY (b)", "SPECIFY_CLUSTER_BY_WITH_PARTITIONED_BY_IS_NOT_ALLOWED"],
    ["CREATE TABLE c7 (a INT, b INT, c INT, d INT, e INT) CLUSTER BY (a, b, c, d, e)", "DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS"],
    ["CREATE TABLE c7 (a INT) CLUSTER BY (b)", "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA"],
    ["CREATE TABLE c7 (a ARRAY<INT>) CLUSTER BY (a)", "DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED"],
    ["CREATE TABLE c7 (a INT, b INT) CLUSTER BY (b) TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '1')", "DELTA_CLUSTERING_COLUMN_MISSING_STATS"],
    ["CREATE TABLE c7 (a INT) USING parquet CLUSTER BY (a)", "UNSUPPORTED_FEATURE.TABLE_OPERATION"],
    ["ALTER TABLE c5 CLUSTER BY (a)", "DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED"],
    ["OPTIMIZE c6 ZORDER BY (a)", "DELTA_CLUSTERING_WITH_ZORDER_BY"],
    ["OPTIMIZE c6 WHERE a = 1", "DELTA_CLUSTERING_WITH_PARTITION_PREDICATE"],
  ];
  for (const [sql, condition] of failures) expect(await tables.failure(sql), sql).toBe(condition);
});

test("the Hilbert curve visits every point once, and goes from neighbour to neighbour", () => {
  for (const [dimensions, bits] of [[2, 4], [3, 3], [4, 2]]) {
    const edge = 2 ** bits;
    const byPlace = new Map<bigint, number[]>();
    for (let n = 0; n < edge ** dimensions; n++) {
      const point = Array.from({ length: dimensions }, (_, i) => Math.floor(n / edge ** i) % edge);
      byPlace.set(hilbertIndex(bits, point), point);
    }
    expect(byPlace.size).toBe(edge ** dimensions);
    for (let place = 1n; place < BigInt(edge ** dimensions); place++) {
      const [before, after] = [byPlace.get(place - 1n) as number[], byPlace.get(place) as number[]];
      expect(before.reduce((sum, axis, i) => sum + Math.abs(axis - after[i]), 0)).toBe(1);
    }
  }
});

test("interleaved bits take one bit of each number in turn, highest first", () => {
  expect([...interleavedBits([0b11, 0b01])]).toEqual([0, 0, 0, 0, 0, 0, 0, 0b1011]);
  fc.assert(fc.property(fc.nat(), fc.nat(), (a, b) => Math.sign(Buffer.compare(interleavedBits([a]), interleavedBits([b]))) === Math.sign(a - b)));
});

test("bins are filled up to their size, and every file is in one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), fc.integer({ min: 1, max: 200 }), (sizes, limit) => {
      const files = sizes.map((size, i) => ({ path: String(i), partitionValues: {}, size, modificationTime: 0, dataChange: true }));
      const bins = packed(files, limit);
      expect(bins.flat().map(({ path }) => path).sort()).toEqual(files.map(({ path }) => path).sort());
      for (const bin of bins) expect(bin.length === 1 || bin.reduce((sum, { size }) => sum + size, 0) <= limit).toBe(true);
    }),
  );
});
