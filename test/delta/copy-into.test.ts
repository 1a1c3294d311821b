import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pathMatcher } from "../../server/path-pattern.ts";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const path = (name: string): string => join(tables.folder, "in", name);

function write(name: string, text: string): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
}

/** Rows that COPY INTO says it has loaded. */
async function copied(sql: string): Promise<bigint> {
  const { columns, rows } = await tables.sparrow.query(sql);
  expect(columns.map(({ name }) => name)).toEqual(["num_affected_rows", "num_inserted_rows", "num_skipped_corrupt_files"]);
  const [[affected, inserted, skipped]] = rows;
  expect([inserted, skipped]).toEqual([affected, 0n]);
  return affected as bigint;
}

/** The files that the log says are loaded, by its `txn` actions. */
function loaded(table: string): string[] {
  const folder = join(tables.folder, table, "_delta_log");
  const lines = readdirSync(folder).filter((name) => name.endsWith(".json")).flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
  return lines.flatMap((line) => (JSON.parse(line) as { txn?: { appId: string } }).txn?.appId ?? []).map((appId) => appId.replace("copy-into:", "")).sort();
}

test("a file is loaded once, until it changes; new files are loaded alone", async () => {
  write("a/1.csv", "id,name,at\n1,x,2024-01-01\n2,,2024-01-02\n");
  await tables.run("CREATE TABLE t1 (id INT, name STRING, at DATE, more INT DEFAULT 7)");
  const copy = `COPY INTO t1 FROM '${path("a")}' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')`;
  expect(await copied(copy)).toBe(2n);
  expect(await copied(copy)).toBe(0n);
  expect(replayLog(join(tables.folder, "t1")).version).toBe(1);
  write("a/2.csv", "id,name,at\n3,z,2024-01-03\n");
  expect(await copied(copy)).toBe(1n);
  expect(await tables.rows("SELECT id, name, CAST(at AS STRING), more FROM t1")).toEqual(['[1,"x","2024-01-01",7]', '[2,null,"2024-01-02",7]', '[3,"z","2024-01-03",7]']);
  expect(await tables.independentRows("t1")).toEqual(await tables.rows("SELECT * FROM t1"));
  expect(loaded("t1")).toEqual([path("a/1.csv"), path("a/2.csv")]);
  expect(replayLog(join(tables.folder, "t1")).history[2]).toMatchObject({ operation: "COPY INTO", operationParameters: { fileFormat: "csv", force: false }, operationMetrics: { numOutputRows: "1" } });
  utimesSync(path("a/2.csv"), 1_700_000_000, 1_700_000_000);
  expect(await copied(copy)).toBe(1n);
  expect(await copied(`${copy} COPY_OPTIONS ('force' = 'true')`)).toBe(3n);
  // What was loaded is known from a checkpoint too.
  await tables.run("ALTER TABLE t1 SET TBLPROPERTIES ('delta.checkpointInterval' = '1')", "DELETE FROM t1 WHERE id = 1");
  expect(await copied(copy)).toBe(0n);
});

test("FILES and PATTERN choose files, folders may be partitions", async () => {
  for (const [name, id] of [["b/day=2024-01-01/x1.json", 1], ["b/day=2024-01-02/x2.json", 2], ["b/day=2024-01-02/y3.json", 3]] as const) write(name, `{"id": ${id}}\n`);
  await tables.run("CREATE TABLE t2 (day DATE, id BIGINT) PARTITIONED BY (day)");
  expect(await copied(`COPY INTO t2 FROM '${path("b")}' FILEFORMAT = JSON FILES = ('day=2024-01-01/x1.json')`)).toBe(1n);
  expect(await copied(`COPY INTO t2 FROM '${path("b")}' FILEFORMAT = JSON PATTERN = 'day=*/x[12].json'`)).toBe(1n);
  expect(await copied(`COPY INTO t2 FROM '${path("b")}' FILEFORMAT = JSON`)).toBe(1n);
  expect(await tables.rows("SELECT CAST(day AS STRING), id FROM t2")).toEqual(['["2024-01-01",1]', '["2024-01-02",2]', '["2024-01-02",3]']);
  expect(await tables.failure(`COPY INTO t2 FROM '${path("b")}' FILEFORMAT = JSON FILES = ('nope.json')`)).toBe("PATH_NOT_FOUND");
});

test("Parquet files by name, CSV files without a header by position, or by a query", async () => {
  mkdirSync(path("c"), { recursive: true });
  await tables.duckdb.execute(`COPY (SELECT 'p' AS name, 1::INT AS id) TO '${path("c/1.parquet")}' (FORMAT parquet)`);
  await tables.run("CREATE TABLE t3 (id BIGINT, name STRING)");
  expect(await copied(`COPY INTO t3 FROM '${path("c")}' FILEFORMAT = PARQUET`)).toBe(1n);
  write("d/1.csv", "2;q\n");
  expect(await copied(`COPY INTO t3 FROM '${path("d/1.csv")}' FILEFORMAT = CSV FORMAT_OPTIONS ('sep' = ';')`)).toBe(1n);
  write("e/1.csv", "r,3\n");
  expect(await copied(`COPY INTO t3 FROM (SELECT upper(_c0) AS name, CAST(_c1 AS BIGINT) * 2 AS id FROM '${path("e")}' WHERE _c1 > 0) FILEFORMAT = CSV`)).toBe(1n);
  expect(await copied(`COPY INTO t3 FROM (SELECT _c0 AS name, CAST(_c1 AS BIGINT) AS id FROM csv.\`${path("e")}\`) FILEFORMAT = CSV`)).toBe(0n);
  expect(await tables.readers("t3")).toEqual(seenByBoth([[1, "p"], [2, "q"], [6, "R"]]));
});

test("columns that only the files have are refused, or added with mergeSchema", async () => {
  write("f/1.json", '{"id": 1, "tag": "a", "n": {"x": 1}}\n');
  await tables.run("CREATE TABLE t4 (key BIGINT GENERATED ALWAYS AS IDENTITY, id BIGINT)", "CREATE TABLE t5 (id BIGINT) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')");
  for (const table of ["t4", "t5"]) {
    const copy = `COPY INTO ${table} FROM '${path("f")}' FILEFORMAT = JSON`;
    expect(await tables.failure(copy)).toBe("DELTA_METADATA_MISMATCH");
    expect(await copied(`${copy} COPY_OPTIONS ('mergeSchema' = 'true')`)).toBe(1n);
    expect(await tables.rows(`SELECT id, tag, n.x FROM ${table}`)).toEqual(['[1,"a",1]']);
    expect(await tables.independentRows(table)).toEqual(await tables.rows(`SELECT * FROM ${table}`));
  }
});

test("a value that is none of its column's type fails, and nothing is loaded", async () => {
  write("g/1.csv", "id\n1\nx\n");
  write("g2/1.csv", "a,b\n1,2\n");
  write("g2/2.csv", "b,a\n1,2\n");
  await tables.run("CREATE TABLE t8 (a INT, b INT)");
  expect(await tables.failure(`COPY INTO t8 FROM '${path("g2")}' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')`)).toBe("CANNOT_MERGE_SCHEMAS");
  await tables.run("CREATE TABLE t6 (id INT)", "CREATE TABLE files6 (id INT) USING parquet");
  expect(await tables.failure(`COPY INTO t6 FROM '${path("g")}' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')`)).toBe("CAST_INVALID_INPUT");
  expect(loaded("t6")).toEqual([]);
  expect(await tables.failure(`COPY INTO t6 FROM '${path("g")}' FILEFORMAT = AVRO`)).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
  expect(await tables.failure(`COPY INTO t6 FROM '${path("nowhere")}' FILEFORMAT = CSV`)).toBe("PATH_NOT_FOUND");
  expect(await tables.failure(`COPY INTO t6 FROM (SELECT 1 AS id) FILEFORMAT = CSV`)).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
  expect(await tables.failure(`COPY INTO files6 FROM '${path("g")}' FILEFORMAT = CSV`)).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
});

test("loads at the same time load each file once", async () => {
  for (let i = 0; i < 4; i++) write(`h/${i}.json`, `{"id": ${i}}\n`);
  await tables.run("CREATE TABLE t7 (id BIGINT)");
  const counts = await Promise.all(Array.from({ length: 3 }, () => copied(`COPY INTO t7 FROM '${path("h")}' FILEFORMAT = JSON`)));
  expect(counts.reduce((sum, count) => sum + count, 0n)).toBe(4n);
  expect(await tables.readers("t7")).toEqual(seenByBoth([[0], [1], [2], [3]]));
});

test("patterns are those of file systems", () => {
  const matches = (pattern: string, ...paths: string[]): string[] => paths.filter(pathMatcher(pattern));
  expect(matches("*.csv", "a.csv", "b/a.csv", "acsv")).toEqual(["a.csv"]);
  expect(matches("{a,b}/?[!x].(1)", "a/1y.(1)", "b/1x.(1)", "c/1y.(1)", "a/y.(1)")).toEqual(["a/1y.(1)"]);
  expect(matches("a,b", "a,b", "a")).toEqual(["a,b"]);
});
