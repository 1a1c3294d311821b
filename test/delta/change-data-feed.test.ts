import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { complementOf, differenceOf } from "../../delta/row-ranges.ts";
import { sortedTexts } from "./row-texts.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** Actions of a commit, as the log has them. */
function commit(table: string, version: number): Record<string, Record<string, unknown>>[] {
  return readFileSync(join(tables.folder, table, "_delta_log", `${String(version).padStart(20, "0")}.json`), "utf8").trim().split("\n").map((line) => JSON.parse(line));
}

/** The rows of a commit's change files as DuckDB reads them; undefined for a commit without. */
async function recordedRows(table: string, version: number, columns: string): Promise<string[] | undefined> {
  const files = commit(table, version).flatMap(({ cdc }) => (cdc === undefined ? [] : [cdc]));
  if (files.length === 0) return undefined;
  for (const file of files) expect(file).toEqual({ path: expect.stringMatching(/^_change_data\//), partitionValues: expect.anything(), size: expect.any(Number), dataChange: false });
  const paths = files.map(({ path }) => `'${join(tables.folder, table, decodeURIComponent(path as string))}'`);
  return sortedTexts((await tables.duckdb.query(`SELECT ${columns}, _change_type FROM read_parquet([${paths.join(", ")}], hive_partitioning = true)`)).rows);
}

const texts = (rows: readonly (readonly unknown[])[]): string[] => sortedTexts(rows as never);

test("UPDATE, DELETE and MERGE record rows before and after; what only adds or removes files does not", async () => {
  await tables.run(
    "CREATE TABLE f1 (id INT, s STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')",
    "INSERT INTO f1 VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
    "UPDATE f1 SET s = upper(s) WHERE id <= 2",
    "DELETE FROM f1 WHERE id = 3",
    "MERGE INTO f1 USING (SELECT * FROM VALUES (1, 'one'), (2, NULL), (9, 'nine') AS v(k, n)) ON id = k WHEN MATCHED AND n IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET s = n WHEN NOT MATCHED THEN INSERT VALUES (k, n)",
    "INSERT INTO f1 VALUES (7, 'g')",
    "OPTIMIZE f1",
    "DELETE FROM f1",
  );
  const expected = [
    [[1, "a", "insert"], [2, "b", "insert"], [3, "c", "insert"], [4, "d", "insert"]],
    [[1, "a", "update_preimage"], [2, "b", "update_preimage"], [1, "A", "update_postimage"], [2, "B", "update_postimage"]],
    [[3, "c", "delete"]],
    [[1, "A", "update_preimage"], [1, "one", "update_postimage"], [2, "B", "delete"], [9, "nine", "insert"]],
    [[7, "g", "insert"]],
    [],
    [[1, "one", "delete"], [4, "d", "delete"], [7, "g", "delete"], [9, "nine", "delete"]],
  ];
  for (const [i, rows] of expected.entries()) {
    expect(await tables.rows(`SELECT id, s, _change_type FROM table_changes('f1', ${i + 1}, ${i + 1})`), `version ${i + 1}`).toEqual(texts(rows));
    expect(await recordedRows("f1", i + 1, "id, s"), `files of version ${i + 1}`).toEqual([1, 2, 3].includes(i) ? texts(rows) : undefined);
  }
  const all = expected.flatMap((rows, i) => rows.map((row) => [...row, i + 1]));
  expect(await tables.rows("SELECT id, s, _change_type, _commit_version FROM table_changes('default.f1', 0)")).toEqual(texts(all));
  expect(await tables.rows(`SELECT count(*) FROM table_changes_by_path('${join(tables.folder, "f1")}', 2, 3) WHERE _change_type <> 'delete'`)).toEqual(["[4]"]);
});

test("partitions, generated and identity columns; rows that are deleted and inserted in one commit", async () => {
  await tables.run(
    "CREATE TABLE f2 (id BIGINT GENERATED ALWAYS AS IDENTITY, v INT, p INT GENERATED ALWAYS AS (v % 2)) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')",
    "INSERT INTO f2 (v) VALUES (10), (11), (12), (14)",
    "UPDATE f2 SET v = 13 WHERE v = 12",
    "MERGE INTO f2 USING (SELECT 20 AS n) ON v = n WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (v) VALUES (n)",
    "DELETE FROM f2 WHERE v IN (10, 13)",
  );
  const expected = [[[3, 12, 0, "update_preimage"], [3, 13, 1, "update_postimage"]], [[5, 20, 0, "insert"]], [[1, 10, 0, "delete"], [3, 13, 1, "delete"]]];
  for (const [i, rows] of expected.entries()) {
    expect(await tables.rows(`SELECT id, v, p, _change_type FROM table_changes('f2', ${i + 2}, ${i + 2})`)).toEqual(texts(rows));
    expect(await recordedRows("f2", i + 2, "id, v, p")).toEqual(texts(rows));
  }
  expect(await tables.rows("SELECT v, _commit_version FROM table_changes('f2', 0) WHERE p = 1 AND _change_type = 'delete'")).toEqual(["[13,4]"]);
  await tables.run("CREATE TABLE f9 (v INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f9 VALUES (1), (2), (3)", "INSERT INTO f9 REPLACE WHERE v > 1 SELECT 4");
  expect(await recordedRows("f9", 2, "v")).toEqual(texts([[2, "delete"], [3, "delete"], [4, "insert"]]));
});

test("with deletion vectors: what is recorded, and what their difference tells", async () => {
  await tables.run(
    "CREATE TABLE f3 (id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')",
    "INSERT INTO f3 SELECT CAST(id AS INT) FROM range(6)",
    "DELETE FROM f3 WHERE id IN (1, 2)",
    "DELETE FROM f3 WHERE id = 5",
    "UPDATE f3 SET id = id + 100 WHERE id = 0",
    "RESTORE TABLE f3 TO VERSION AS OF 2",
  );
  expect(await recordedRows("f3", 2, "id")).toEqual(texts([[1, "delete"], [2, "delete"]]));
  expect(await recordedRows("f3", 4, "id")).toEqual(texts([[0, "update_preimage"], [100, "update_postimage"]]));
  // A RESTORE brings files back under the vectors that they had.
  expect(await tables.rows("SELECT id, _change_type FROM table_changes('f3', 5)")).toEqual(texts([[100, "delete"], [0, "insert"], [5, "insert"]]));
  const ranges = (...pairs: number[]): Uint32Array => Uint32Array.from(pairs);
  expect([...complementOf(ranges(2, 4, 7, 8))]).toEqual([0, 2, 4, 7, 8, 0xffff_ffff]);
  expect([...differenceOf(ranges(0, 5, 8, 9), ranges(2, 3, 4, 20))]).toEqual([0, 2, 3, 4]);
});

test("times as ends of the range", async () => {
  await tables.run("CREATE TABLE f4 (id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f4 VALUES (1)", "INSERT INTO f4 VALUES (2)", "INSERT INTO f4 VALUES (3)");
  for (let version = 0; version <= 3; version++) {
    const time = Date.UTC(2024, 0, 1 + version) / 1000;
    utimesSync(join(tables.folder, "f4/_delta_log", `${String(version).padStart(20, "0")}.json`), time, time);
  }
  const ids = (range: string): Promise<string[]> => tables.rows(`SELECT id FROM table_changes('f4', ${range})`);
  expect(await ids("'2024-01-02 12:00:00', '2024-01-03 23:00:00'")).toEqual(["[2]"]);
  expect(await ids("'2023-01-01', TIMESTAMP'2024-01-03'")).toEqual(["[1]", "[2]"]);
  expect(await ids("'2024-01-02 01:00:00', '2024-01-02 02:00:00'")).toEqual([]);
  expect(await tables.rows("SELECT CAST(_commit_timestamp AS STRING) FROM table_changes('f4', 3)")).toEqual(['["2024-01-04 00:00:00"]']);
  expect(await tables.failure("SELECT * FROM table_changes('f4', '2025-01-01')")).toBe("DELTA_TIMESTAMP_GREATER_THAN_COMMIT");
  await tables.run("SET spark.databricks.delta.changeDataFeed.timestampOutOfRange.enabled = true");
  expect(await ids("'2025-01-01'")).toEqual([]);
  await tables.run("RESET spark.databricks.delta.changeDataFeed.timestampOutOfRange.enabled");
});

test("ranges and tables without changes to read are refused", async () => {
  await tables.run("CREATE TABLE f5 (id INT) USING delta", "INSERT INTO f5 VALUES (1)", "ALTER TABLE f5 SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f5 VALUES (2)", "ALTER TABLE f5 ADD COLUMNS (s STRING)", "INSERT INTO f5 VALUES (3, 'c')", "CREATE OR REPLACE TABLE f5 (other STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')");
  const failure = (range: string): Promise<string | undefined> => tables.failure(`SELECT * FROM table_changes('f5', ${range})`);
  expect(await failure("1")).toBe("DELTA_MISSING_CHANGE_DATA");
  expect(await failure("4, 3")).toBe("DELTA_INVALID_CDC_RANGE");
  expect(await failure("99")).toBe("DELTA_CDC_START_VERSION_AFTER_LATEST");
  expect(await failure("NULL")).toBe("DELTA_CDC_READ_NULL_RANGE_BOUNDARY");
  expect(await failure("'x'")).toBe("DELTA_TIMESTAMP_INVALID");
  expect(await failure("2, 5")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  expect(await tables.failure("SELECT * FROM table_changes('f5')")).toBe("WRONG_NUM_ARGS.WITHOUT_SUGGESTION");
  expect(await tables.failure("SELECT * FROM table_changes('no_such', 1)")).toBe("TABLE_OR_VIEW_NOT_FOUND");
  await tables.run("RESTORE TABLE f5 TO VERSION AS OF 5");
  // Columns that came later are NULL in earlier changes.
  expect(await tables.rows("SELECT id, s, _commit_version FROM table_changes('f5', 2, 5)")).toEqual(texts([[2, null, 3], [3, "c", 5]]));
  expect(await tables.failure("CREATE TABLE f6 (_change_type INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")).toBe("DELTA_TABLE_ALREADY_CONTAINS_CDC_COLUMNS");
});

test("a statement that fails leaves no change file", async () => {
  await tables.run("CREATE TABLE f7 (id INT NOT NULL) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f7 VALUES (1), (2)");
  expect(await tables.failure("UPDATE f7 SET id = if(id = 2, NULL, id)")).toBe("DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  expect(existsSync(join(tables.folder, "f7/_change_data")) ? readdirSync(join(tables.folder, "f7/_change_data")) : []).toEqual([]);
});

test("a row that several source rows delete is recorded once", async () => {
  await tables.run("CREATE TABLE f8 (id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f8 VALUES (1), (2), (3)", "MERGE INTO f8 USING (SELECT * FROM VALUES (1), (1), (2) AS v(k)) ON id = k WHEN MATCHED THEN DELETE");
  expect(await recordedRows("f8", 2, "id")).toEqual(texts([[1, "delete"], [2, "delete"]]));
});

test("columns that are mapped are those of the last version that is read; versions with others are refused", async () => {
  await tables.run("CREATE TABLE f11 (id INT, v STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.columnMapping.mode' = 'name')", "INSERT INTO f11 VALUES (1, 'a')", "ALTER TABLE f11 ADD COLUMN w INT", "INSERT INTO f11 VALUES (2, 'b', 20)", "ALTER TABLE f11 RENAME COLUMN v TO vv", "INSERT INTO f11 VALUES (3, 'c', 30)", "ALTER TABLE f11 DROP COLUMN w", "INSERT INTO f11 VALUES (4, 'd')");
  const changes = (columns: string, range: string): Promise<string[]> => tables.rows(`SELECT ${columns}, _commit_version FROM table_changes('f11', ${range})`);
  expect(await changes("id, v", "1, 1")).toEqual(['[1,"a",1]']);
  expect(await changes("id, v, w", "1, 3")).toEqual(['[1,"a",null,1]', '[2,"b",20,3]']);
  expect(await changes("id, vv, w", "4, 5")).toEqual(['[3,"c",30,5]']);
  expect(await changes("id, vv", "7")).toEqual(['[4,"d",7]']);
  const failure = (range: string): Promise<string | undefined> => tables.failure(`SELECT * FROM table_changes('f11', ${range})`);
  expect(await failure("1")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  expect(await failure("1, 4")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  expect(await failure("5, 6")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA");
  await tables.run("SET spark.databricks.delta.changeDataFeed.defaultSchemaModeForColumnMappingTable = latest");
  expect(await failure("1, 3")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  await tables.run("RESET spark.databricks.delta.changeDataFeed.defaultSchemaModeForColumnMappingTable");
});

test("types that became wider, and tables that were replaced, divide the changes", async () => {
  await tables.run("CREATE TABLE f12 (id INT NOT NULL, w INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableTypeWidening' = 'true')", "INSERT INTO f12 VALUES (1, 10)", "ALTER TABLE f12 ALTER COLUMN id DROP NOT NULL", "ALTER TABLE f12 ALTER COLUMN w TYPE BIGINT", "INSERT INTO f12 VALUES (NULL, 30)", "CREATE OR REPLACE TABLE f12 (id STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO f12 VALUES ('x')");
  expect(await tables.failure("SELECT * FROM table_changes('f12', 0, 4)")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  expect(await tables.failure("SELECT * FROM table_changes('f12', 5)")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA");
  expect(await tables.rows("SELECT id FROM table_changes('f12', 6)")).toEqual(['["x"]']);
  await tables.run("RESTORE TABLE f12 TO VERSION AS OF 4");
  expect(await tables.failure("SELECT * FROM table_changes('f12', 1, 3)")).toBe("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE");
  expect(await tables.rows("SELECT id, w, _commit_version FROM table_changes('f12', 3, 4)")).toEqual(["[null,30,4]"]);
});
