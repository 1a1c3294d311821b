import { existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test("DELETE rewrites files with rows that stay, removes those without, and leaves the others alone", async () => {
  await tables.run("CREATE TABLE d1 (id INT, s STRING) USING delta", "INSERT INTO d1 VALUES (1, 'a'), (2, 'b')", "INSERT INTO d1 VALUES (3, 'c')", "INSERT INTO d1 VALUES (10, 'x'), (11, NULL)");
  const before = replayLog(join(tables.folder, "d1")).files;
  expect(await tables.rows("DELETE FROM d1 WHERE id IN (2, 3)")).toEqual(["[2]"]);
  expect(await tables.readers("d1")).toEqual(seenByBoth([[1, "a"], [10, "x"], [11, null]]));
  const after = replayLog(join(tables.folder, "d1"));
  expect(after.files.map((file) => file.path)).toContain(before[2].path);
  expect(after.history[4].operationMetrics).toMatchObject({ numRemovedFiles: "2", numAddedFiles: "1", numDeletedRows: "2", numCopiedRows: "1" });
  // A condition that is NULL deletes nothing.
  expect(await tables.rows("DELETE FROM d1 AS t WHERE t.s > 'w'")).toEqual(["[1]"]);
  expect(await tables.rows("DELETE FROM d1 WHERE id > 1000")).toEqual(["[0]"]);
  expect(replayLog(join(tables.folder, "d1")).version).toBe(5);
  expect(await tables.rows("DELETE FROM d1 WHERE id = (SELECT max(id) FROM d1)")).toEqual(["[1]"]);
  expect(await tables.rows("DELETE FROM d1")).toEqual(["[1]"]);
  expect(await tables.readers("d1")).toEqual(seenByBoth([]));
});

test("UPDATE casts as INSERT does, by the old values of the row", async () => {
  await tables.run("CREATE TABLE u1 (id INT, n BIGINT, s STRING) USING delta PARTITIONED BY (id)", "INSERT INTO u1 VALUES (1, 10, 'a'), (2, 20, NULL), (3, 30, 'c')");
  expect(await tables.rows("UPDATE u1 SET n = n + id, s = concat(s, n) WHERE id >= 2")).toEqual(["[2]"]);
  expect(await tables.readers("u1")).toEqual(seenByBoth([[1, 10, "a"], [2, 22, null], [3, 33, "c30"]]));
  expect(await tables.rows("UPDATE u1 t SET t.id = 9 WHERE t.id = 1")).toEqual(["[1]"]);
  expect(await tables.readers("u1")).toEqual(seenByBoth([[9, 10, "a"], [2, 22, null], [3, 33, "c30"]]));
  expect(await tables.failure("UPDATE u1 SET nothing = 1")).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION");
  expect(await tables.failure("UPDATE u1 SET n = array(1)")).toMatch(/^INCOMPATIBLE_DATA_FOR_TABLE/);
});

test("MERGE with every kind of clause", async () => {
  await tables.run("CREATE TABLE m1 (id INT, n INT, s STRING) USING delta", "INSERT INTO m1 VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')", "INSERT INTO m1 VALUES (4, 4, 'd'), (5, NULL, 'e')");
  await tables.run("CREATE TEMPORARY VIEW changes AS SELECT * FROM VALUES (1, 100), (2, 200), (3, -1), (6, 600), (7, -7) AS v(k, n)");
  const result = await tables.rows(`MERGE INTO m1 AS t USING changes AS s ON t.id = s.k
    WHEN MATCHED AND s.n < 0 THEN DELETE
    WHEN MATCHED AND t.id = 2 THEN UPDATE SET s = 'two', n = s.n + t.n
    WHEN MATCHED THEN UPDATE SET t.n = s.n
    WHEN NOT MATCHED AND s.n > 0 THEN INSERT (id, n) VALUES (s.k, s.n)
    WHEN NOT MATCHED BY SOURCE AND t.n IS NULL THEN DELETE
    WHEN NOT MATCHED BY SOURCE THEN UPDATE SET s = upper(t.s)`);
  expect(result).toEqual(["[6,3,2,1]"]);
  expect(await tables.readers("m1")).toEqual(seenByBoth([[1, 100, "a"], [2, 202, "two"], [4, 4, "D"], [6, 600, null]]));
});

test("MERGE with stars; inserts only are a plain append; only files that match are rewritten", async () => {
  await tables.run("CREATE TABLE m2 (id INT, s STRING) USING delta", "INSERT INTO m2 VALUES (1, 'a')", "INSERT INTO m2 VALUES (2, 'b')");
  expect(await tables.rows("MERGE INTO m2 USING (SELECT 2 AS id, 'B' AS s UNION ALL SELECT 3, 'C') AS x ON m2.id = x.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")).toEqual(["[2,1,0,1]"]);
  expect(await tables.readers("m2")).toEqual(seenByBoth([[1, "a"], [2, "B"], [3, "C"]]));
  const { files, history } = replayLog(join(tables.folder, "m2"));
  expect(files).toHaveLength(2);
  expect(history[3].operationMetrics).toMatchObject({ numTargetFilesRemoved: "1", numTargetRowsCopied: "0" });
  expect(await tables.rows("MERGE INTO m2 USING (SELECT id, 'z' AS s FROM VALUES (3), (4) AS v(id)) AS x ON m2.id = x.id WHEN NOT MATCHED THEN INSERT *")).toEqual(["[1,0,0,1]"]);
  expect(await tables.readers("m2")).toEqual(seenByBoth([[1, "a"], [2, "B"], [3, "C"], [4, "z"]]));
});

test("clauses for rows of one side take names of that side, which the other side may have too", async () => {
  await tables.run("CREATE TABLE m4 (id INT, n INT) USING delta", "INSERT INTO m4 VALUES (1, 1), (2, 2)");
  await tables.run("MERGE INTO m4 t USING (SELECT * FROM VALUES (2, 20), (3, 30), (4, -1) AS v(id, n)) s ON t.id = s.id WHEN NOT MATCHED AND n > 0 THEN INSERT (id, n) VALUES (id, n + 1) WHEN NOT MATCHED BY SOURCE AND id = 1 THEN UPDATE SET n = n + 100");
  expect(await tables.readers("m4")).toEqual(seenByBoth([[1, 101], [2, 2], [3, 31]]));
  expect(await tables.failure("MERGE INTO m4 t USING (SELECT 2 AS id) s ON t.id = s.id WHEN MATCHED AND id = 2 THEN DELETE")).toBe("AMBIGUOUS_REFERENCE");
});

test("MERGE refuses two matches of one row, but for an unconditional DELETE", async () => {
  await tables.run("CREATE TABLE m3 (id INT) USING delta", "INSERT INTO m3 VALUES (1), (1), (2)", "CREATE TEMPORARY VIEW twice AS SELECT * FROM VALUES (1), (1) AS v(k)");
  expect(await tables.failure("MERGE INTO m3 USING twice ON id = k WHEN MATCHED THEN UPDATE SET id = 5")).toBe("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE");
  expect(await tables.readers("m3")).toEqual(seenByBoth([[1], [1], [2]]));
  expect(await tables.failure("MERGE INTO m3 USING twice ON id = k WHEN NOT MATCHED THEN INSERT VALUES (k) WHEN NOT MATCHED BY SOURCE AND id > 2 THEN DELETE")).toBe("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE");
  expect(await tables.rows("MERGE INTO m3 USING twice ON id = k WHEN MATCHED THEN DELETE")).toEqual(["[2,0,2,0]"]);
  expect(await tables.readers("m3")).toEqual(seenByBoth([[2]]));
});

test("CHECK constraints hold for rows that are there and rows that come", async () => {
  await tables.run("CREATE TABLE c1 (id INT) USING delta", "INSERT INTO c1 VALUES (1), (2)");
  expect(await tables.failure("ALTER TABLE c1 ADD CONSTRAINT small CHECK (id < 2)")).toBe("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION");
  await tables.run("ALTER TABLE c1 ADD CONSTRAINT small CHECK (id < 10)", "INSERT INTO c1 VALUES (9)");
  for (const statement of ["INSERT INTO c1 VALUES (10)", "INSERT INTO c1 VALUES (NULL)", "UPDATE c1 SET id = 50 WHERE id = 2", "MERGE INTO c1 USING (SELECT 77 AS k) ON id = k WHEN NOT MATCHED THEN INSERT VALUES (k)"]) {
    expect(await tables.failure(statement), statement).toBe("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES");
  }
  expect(await tables.readers("c1")).toEqual(seenByBoth([[1], [2], [9]]));
  await tables.run("ALTER TABLE c1 DROP CONSTRAINT small", "INSERT INTO c1 VALUES (10)", "ALTER TABLE c1 SET TBLPROPERTIES ('delta.appendOnly' = 'true')");
  expect(await tables.failure("DELETE FROM c1")).toBe("DELTA_CANNOT_MODIFY_APPEND_ONLY");
});

test("columns can be added: files without them give NULL", async () => {
  await tables.run("CREATE TABLE a1 (id INT) USING delta", "INSERT INTO a1 VALUES (1)", "ALTER TABLE a1 ADD COLUMNS (s STRING COMMENT 'new', t TIMESTAMP_NTZ)", "INSERT INTO a1 VALUES (2, 'b', TIMESTAMP_NTZ'2024-01-01 00:00:00')");
  expect(await tables.rows("SELECT * FROM a1")).toEqual(['[1,null,null]', '[2,"b",1704067200000000]']);
  expect(await tables.rows("SELECT * FROM a1@v1")).toEqual(["[1]"]);
  expect(await tables.rows("DESCRIBE a1")).toContain('["s","string","new"]');
  await tables.run("COMMENT ON TABLE a1 IS 'all of it'");
  expect(await tables.rows("DESCRIBE EXTENDED a1")).toContain('["Comment","all of it",""]');
});

test("OPTIMIZE joins small files without changing a row; RESTORE brings a version back; VACUUM deletes what nobody needs", async () => {
  await tables.run("CREATE TABLE o1 (id INT, p INT) USING delta PARTITIONED BY (p)");
  for (let i = 0; i < 4; i++) await tables.run(`INSERT INTO o1 VALUES (${i}, ${i % 2})`);
  const rows = await tables.rows("SELECT * FROM o1");
  await tables.run("OPTIMIZE o1");
  expect(replayLog(join(tables.folder, "o1")).files).toHaveLength(2);
  expect(await tables.readers("o1")).toEqual({ engine: rows, replay: rows });
  await tables.run("DELETE FROM o1 WHERE id > 0", "RESTORE TABLE o1 TO VERSION AS OF 5");
  expect(await tables.readers("o1")).toEqual({ engine: rows, replay: rows });

  const files = (): string[] => readdirSync(join(tables.folder, "o1"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".parquet") && !path.includes("_delta_log"));
  const old = Date.UTC(2020, 0) / 1000;
  for (const path of files()) utimesSync(join(tables.folder, "o1", path), old, old);
  expect(await tables.rows("VACUUM o1 DRY RUN")).toEqual([]);
  expect(await tables.failure("VACUUM o1 RETAIN 0 HOURS")).toBe("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT");
  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false", "VACUUM o1 RETAIN 0 HOURS");
  expect(files().sort()).toEqual(replayLog(join(tables.folder, "o1")).files.map((file) => file.path.slice(join(tables.folder, "o1").length + 1)).sort());
  expect(await tables.readers("o1")).toEqual({ engine: rows, replay: rows });
  expect(await tables.failure("SELECT * FROM o1 VERSION AS OF 1")).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});

test("DESCRIBE HISTORY and DETAIL, TRUNCATE, DROP", async () => {
  await tables.run("CREATE TABLE h1 (id INT) USING delta", "INSERT INTO h1 VALUES (1)", "TRUNCATE TABLE h1");
  const history = await tables.sparrow.query("DESCRIBE HISTORY h1 LIMIT 2");
  expect(history.rows.map((row) => [row[0], row[4], row[9]])).toEqual([[2n, "TRUNCATE", 1n], [1n, "WRITE", 0n]]);
  const detail = await tables.sparrow.query("DESCRIBE DETAIL h1");
  expect(detail.rows[0][0]).toBe("delta");
  expect(detail.rows[0].slice(9, 11)).toEqual([0n, 0n]);
  await tables.run("DROP TABLE h1");
  expect(existsSync(join(tables.folder, "h1"))).toBe(false);
});

test("UPDATE and MERGE set fields of structs, and keep the others", async () => {
  await tables.run("CREATE TABLE f1 (id INT, s STRUCT<x: INT, y: STRUCT<z: STRING, w: BIGINT>>) USING delta", "INSERT INTO f1 VALUES (1, named_struct('x', 1, 'y', named_struct('z', 'a', 'w', 10))), (2, NULL), (3, named_struct('x', 3, 'y', NULL))");
  expect(await tables.rows("UPDATE f1 t SET t.s.x = id * 100, s.y.w = s.y.w + 1 WHERE id < 3")).toEqual(["[2]"]);
  expect(await tables.rows("SELECT id, s.x, s.y.z, s.y.w FROM f1")).toEqual(['[1,100,"a",11]', "[2,200,null,null]", "[3,3,null,null]"]);
  await tables.run("MERGE INTO f1 USING (SELECT 3 AS k) src ON id = k WHEN MATCHED THEN UPDATE SET f1.s.y.z = 'new'");
  expect(await tables.rows("SELECT s.x, s.y.z FROM f1 WHERE id = 3")).toEqual(['[3,"new"]']);
  await tables.run("UPDATE f1 SET s = named_struct('y', named_struct('w', 5L, 'z', 'swapped'), 'x', 4) WHERE id = 3");
  expect(await tables.rows("SELECT s.x, s.y.z, s.y.w FROM f1 WHERE id = 3")).toEqual(['[4,"swapped",5]']);
  for (const [set, condition] of [["s = named_struct('x', 1)", "DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION"], ["s.x = 1, s.X = 2", "DELTA_CONFLICT_SET_COLUMN"], ["s = NULL, s.x = 2", "DELTA_CONFLICT_SET_COLUMN"], ["s.q = 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION"], ["id.x = 1", "INVALID_FIELD_NAME"]]) {
    expect(await tables.failure(`UPDATE f1 SET ${set}`), set).toBe(condition);
  }
});

test("an empty text in a partition column is the NULL of the log to checks too", async () => {
  await tables.run("CREATE TABLE empty_texts (id INT, p STRING) USING delta PARTITIONED BY (p)", "INSERT INTO empty_texts VALUES (1, ''), (2, 'a')");
  expect(await tables.rows("SELECT id FROM empty_texts WHERE p IS NULL")).toEqual(["[1]"]);
  expect(await tables.failure("INSERT INTO empty_texts REPLACE WHERE p = '' VALUES (3, '')")).toBe("DELTA_REPLACE_WHERE_MISMATCH");
  await tables.run("INSERT INTO empty_texts REPLACE WHERE p IS NULL VALUES (3, '')");
  expect(await tables.rows("SELECT id FROM empty_texts")).toEqual(["[2]", "[3]"]);
  await tables.run("ALTER TABLE empty_texts ADD CONSTRAINT c CHECK (p <> 'b' OR id = 3)");
  expect(await tables.failure("INSERT INTO empty_texts VALUES (4, '')")).toBe("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES");
});
