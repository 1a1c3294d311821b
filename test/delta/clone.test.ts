import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const replayed = (table: string) => replayLog(join(tables.folder, table));
const sizeOf = (table: string, version?: number): bigint => BigInt(replayLog(join(tables.folder, table), version).files.reduce((sum, { size }) => sum + size, 0));

test("a clone names the source's files where they lie, and changes nothing there", async () => {
  await tables.run("CREATE TABLE s1 (id INT, p STRING) PARTITIONED BY (p) COMMENT 'all' TBLPROPERTIES ('k' = 'v')", "INSERT INTO s1 VALUES (1, 'a b'), (2, 'x=y')");
  const result = await tables.sparrow.query("CREATE TABLE c1 SHALLOW CLONE s1");
  expect(result.columns.map(({ name }) => name)).toEqual(["source_table_size", "source_num_of_files", "num_removed_files", "num_copied_files", "removed_files_size", "copied_files_size"]);
  expect(result.rows).toEqual([[sizeOf("s1"), 2n, 0n, 0n, 0n, 0n]]);
  expect(replayed("c1").files.map(({ path }) => path).sort()).toEqual(replayed("s1").files.map(({ path }) => path).sort());
  expect(readdirSync(join(tables.folder, "c1"))).toEqual(["_delta_log"]);
  expect(await tables.readers("c1")).toEqual(seenByBoth([[1, "a b"], [2, "x=y"]]));
  expect(replayed("c1").history[0]).toMatchObject({ operation: "CLONE", operationParameters: { source: "spark_catalog.default.s1", sourceVersion: 1 }, operationMetrics: { sourceNumOfFiles: "2", numCopiedFiles: "0" } });
  expect(replayed("c1").metadata).toMatchObject({ partitionColumns: ["p"], configuration: { k: "v" }, description: "all" });
  await tables.run("INSERT INTO c1 VALUES (3, 'a b')", "DELETE FROM c1 WHERE id = 1", "VACUUM c1");
  expect(await tables.readers("c1")).toEqual(seenByBoth([[2, "x=y"], [3, "a b"]]));
  expect(await tables.readers("s1")).toEqual(seenByBoth([[1, "a b"], [2, "x=y"]]));
  await tables.run("DROP TABLE c1");
  expect(existsSync(join(tables.folder, "c1"))).toBe(false);
  expect(await tables.readers("s1")).toEqual(seenByBoth([[1, "a b"], [2, "x=y"]]));
});

test("a clone of a version, with properties of its own; a clone of a clone; a table replaced by one", async () => {
  await tables.run("CREATE TABLE s2 (id INT)", "INSERT INTO s2 VALUES (1)", "INSERT INTO s2 VALUES (2)");
  await tables.run("CREATE TABLE c2 SHALLOW CLONE s2 VERSION AS OF 1 TBLPROPERTIES ('delta.appendOnly' = 'true', 'own' = 'yes')");
  expect(await tables.readers("c2")).toEqual(seenByBoth([[1]]));
  expect(replayed("c2").metadata.configuration).toEqual({ "delta.appendOnly": "true", own: "yes" });
  await tables.run("CREATE TABLE c3 SHALLOW CLONE c2");
  expect(await tables.readers("c3")).toEqual(seenByBoth([[1]]));
  await tables.run("CREATE TABLE c4 (other STRING) CLUSTER BY (other)", "INSERT INTO c4 VALUES ('x')");
  const before = sizeOf("c4");
  const replaced = await tables.sparrow.query("CREATE OR REPLACE TABLE c4 SHALLOW CLONE s2");
  expect(replaced.rows).toEqual([[sizeOf("s2"), 2n, 1n, 0n, before, 0n]]);
  expect(await tables.readers("c4")).toEqual(seenByBoth([[1], [2]]));
  expect((await tables.sparrow.query("DESCRIBE DETAIL c4")).rows[0][8]).toEqual([]);
  expect(await tables.rows("SELECT * FROM c4 VERSION AS OF 1")).toEqual(['["x"]']);
  expect(await tables.rows("CREATE TABLE IF NOT EXISTS c4 SHALLOW CLONE c2")).toEqual([]);
  expect(await tables.readers("c4")).toEqual(seenByBoth([[1], [2]]));
});

test("rows that deletion vectors take out stay out, and clustering and column mapping go along", async () => {
  await tables.run("CREATE TABLE s3 (a INT, b INT) CLUSTER BY (b) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name')", "INSERT INTO s3 VALUES (1, 1), (2, 2), (3, 3)", "DELETE FROM s3 WHERE a = 2", "ALTER TABLE s3 RENAME COLUMN a TO renamed");
  await tables.run("CREATE TABLE c5 SHALLOW CLONE s3");
  expect(await tables.readers("c5")).toEqual(seenByBoth([[1, 1], [3, 3]]));
  await tables.run("DELETE FROM c5 WHERE renamed = 3");
  expect(await tables.readers("c5")).toEqual(seenByBoth([[1, 1]]));
  expect(await tables.readers("s3")).toEqual(seenByBoth([[1, 1], [3, 3]]));
  expect((await tables.sparrow.query("DESCRIBE DETAIL c5")).rows[0][8]).toEqual(["b"]);
});

test("row ids, in-commit timestamps, change data and identity columns go on in the clone", async () => {
  const properties = "'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true', 'delta.enableChangeDataFeed' = 'true'";
  await tables.run(`CREATE TABLE s5 (k BIGINT GENERATED ALWAYS AS IDENTITY, v STRING) TBLPROPERTIES (${properties})`, "INSERT INTO s5 (v) VALUES ('a'), ('b')", "UPDATE s5 SET v = 'B' WHERE v = 'b'", "CREATE TABLE c8 SHALLOW CLONE s5");
  const rows = await tables.rows("SELECT *, _metadata.row_id FROM s5");
  expect(await tables.rows("SELECT *, _metadata.row_id FROM c8")).toEqual(rows);
  await tables.run("INSERT INTO c8 (v) VALUES ('c')", "UPDATE c8 SET v = 'A' WHERE v = 'a'");
  const changed = (await tables.rows("SELECT *, _metadata.row_id FROM c8")).map((row) => JSON.parse(row) as [number, string, number]);
  expect(changed.map(([, v]) => v).sort()).toEqual(["A", "B", "c"]);
  expect(new Set(changed.map(([k]) => k)).size).toBe(3);
  expect(new Set(changed.map(([, , id]) => id)).size).toBe(3);
  expect(await tables.independentRows("c8")).toEqual(await tables.rows("SELECT * FROM c8"));
  expect(await tables.rows("SELECT v, _change_type FROM table_changes('c8', 2)")).toEqual(['["A","update_postimage"]', '["a","update_preimage"]']);
  await tables.run("CREATE OR REPLACE TABLE c8 SHALLOW CLONE s5");
  expect(await tables.rows("SELECT k, v FROM c8")).toEqual(await tables.rows("SELECT k, v FROM s5"));
  // Row ids that the table has given out before are not given to other rows.
  const given = Math.max(...changed.map(([, , id]) => id));
  await tables.run("INSERT INTO c8 (v) VALUES ('d')");
  expect(Number((await tables.sparrow.query("SELECT _metadata.row_id FROM c8 WHERE v = 'd'")).rows[0][0])).toBeGreaterThan(given);
  expect(await tables.independentRows("c8")).toEqual(await tables.rows("SELECT * FROM c8"));
});

test("Parquet files can be cloned; what cannot is refused under its own name", async () => {
  await tables.duckdb.execute(`COPY (SELECT 1::INT AS id, 'x' AS p UNION ALL SELECT 2, 'y') TO '${join(tables.folder, "files")}' (FORMAT parquet, PARTITION_BY (p))`);
  await tables.run(`CREATE TABLE c6 SHALLOW CLONE parquet.\`${join(tables.folder, "files")}\``, "CREATE VIEW v AS SELECT 1 AS a", "CREATE TABLE s4 (id INT)");
  expect(await tables.readers("c6")).toEqual(seenByBoth([[1, "x"], [2, "y"]]));
  const failures: [string, string][] = [
    ["CREATE TABLE c7 DEEP CLONE s4", "UNSUPPORTED_FEATURE.TABLE_OPERATION"],
    ["CREATE TABLE c7 SHALLOW CLONE v", "DELTA_CLONE_UNSUPPORTED_SOURCE"],
    ["CREATE OR REPLACE TABLE s4 SHALLOW CLONE s4", "UNSUPPORTED_FEATURE.TABLE_OPERATION"],
    ["CREATE TABLE c6 SHALLOW CLONE s4", "TABLE_OR_VIEW_ALREADY_EXISTS"],
    [`CREATE TABLE c7 SHALLOW CLONE s4 LOCATION '${join(tables.folder, "c6")}'`, "DELTA_UNSUPPORTED_NON_EMPTY_CLONE"],
    ["CREATE TABLE c7 SHALLOW CLONE s4 VERSION AS OF 5", "DELTA_VERSION_NOT_FOUND"],
  ];
  for (const [sql, condition] of failures) expect(await tables.failure(sql), sql).toBe(condition);
  expect(existsSync(join(tables.folder, "c7"))).toBe(false);
});

test("CREATE TABLE LIKE takes over columns, partitioning or clustering, and properties, but no rows", async () => {
  await tables.run("CREATE TABLE m1 (id BIGINT GENERATED BY DEFAULT AS IDENTITY, a INT NOT NULL, p STRING COMMENT 'part') PARTITIONED BY (p) COMMENT 'model' TBLPROPERTIES ('k' = 'v', 'delta.checkpointInterval' = '5')", "INSERT INTO m1 (a, p) VALUES (1, 'x'), (2, 'x')", "CREATE TABLE l1 LIKE m1 TBLPROPERTIES ('own' = 'yes')");
  expect(replayed("l1").files).toEqual([]);
  expect(replayed("l1").metadata).toMatchObject({ partitionColumns: ["p"], configuration: { k: "v", own: "yes", "delta.checkpointInterval": "5" }, description: "model" });
  await tables.run("INSERT INTO l1 (a, p) VALUES (7, 'y')");
  expect(await tables.readers("l1")).toEqual(seenByBoth([[1, 7, "y"]]));
  await tables.run("CREATE TABLE m2 (a INT, b INT) CLUSTER BY (b) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", "INSERT INTO m2 VALUES (1, 2)", "CREATE TABLE l2 LIKE m2", "INSERT INTO l2 VALUES (3, 4)");
  expect(await tables.readers("l2")).toEqual(seenByBoth([[3, 4]]));
  expect((await tables.sparrow.query("DESCRIBE DETAIL l2")).rows[0][8]).toEqual(["b"]);
});

test("SHOW CREATE TABLE gives a statement that makes the same table again", async () => {
  await tables.run("CREATE TABLE w1 (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), a INT NOT NULL COMMENT 'it''s', b INT DEFAULT 7, c INT GENERATED ALWAYS AS (a + 1)) CLUSTER BY (a, c) COMMENT 'text' TBLPROPERTIES ('k' = 'v')");
  const text = String((await tables.sparrow.query("SHOW CREATE TABLE w1")).rows[0][0]);
  await tables.run("DROP TABLE w1", text);
  expect(String((await tables.sparrow.query("SHOW CREATE TABLE w1")).rows[0][0])).toBe(text);
  expect((await tables.sparrow.query("DESCRIBE DETAIL w1")).rows[0][8]).toEqual(["a", "c"]);
});
