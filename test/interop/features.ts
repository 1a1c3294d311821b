/** What is written by one engine and read by another. */
export interface Feature {
  /** The name by which deltalake_engine.py writes the same kind of table. */
  readonly name: string;
  /** Statements for both Spark and Sparrow; `{t}` is the table. */
  readonly write: readonly string[];
  /** Queries that must give the same rows in both; `{t}` is the table. */
  readonly read: readonly string[];
  /** What the other engine then does to the table; both read again. */
  readonly change: readonly string[];
}

const ALL = "SELECT * FROM {t}";
const LONG_TEXT = "z".repeat(40);

function feature(name: string, write: readonly string[], change: readonly string[], read: readonly string[] = [ALL]): Feature {
  return { name, write, read, change };
}

export const FEATURES: readonly Feature[] = [
  feature(
    "primitive types",
    [
      "CREATE TABLE {t} (i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f FLOAT, d DOUBLE, m DECIMAL(20,3), s STRING, b BOOLEAN, x BINARY, day DATE, at TIMESTAMP) USING delta",
      "INSERT INTO {t} VALUES (1, 2, 3, 4, 0.234, 0.1, 12345678901234567.891, 'a', TRUE, X'00FF', DATE'2024-02-29', TIMESTAMP'2024-01-01 12:00:00.123456'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
      "INSERT INTO {t} VALUES (-128, -32768, -2147483648, -9223372036854775808L, -1.5, CAST('NaN' AS DOUBLE), -0.001, 'it''s ä€😀', FALSE, X'', DATE'1900-01-01', TIMESTAMP'1969-12-31 23:59:59.999999')",
    ],
    ["UPDATE {t} SET i32 = i32 + 1 WHERE i8 = 1", "INSERT INTO {t} SELECT * FROM {t} WHERE i8 < 0"],
    [ALL, "SELECT i8 FROM {t} WHERE f = CAST(0.234 AS FLOAT)", "SELECT i8 FROM {t} WHERE m = 12345678901234567.891", "SELECT i8 FROM {t} WHERE at = TIMESTAMP'2024-01-01 12:00:00.123456'", "SELECT i8 FROM {t} WHERE d > 1"],
  ),
  feature(
    "nested types",
    [
      "CREATE TABLE {t} (id INT, a ARRAY<INT>, m MAP<STRING, INT>, s STRUCT<x: INT, y: ARRAY<STRING>>) USING delta",
      "INSERT INTO {t} VALUES (1, array(1, NULL), map('k', 1, 'l', NULL), named_struct('x', 1, 'y', array('p', NULL))), (2, array(), map(), named_struct('x', NULL, 'y', NULL)), (3, NULL, NULL, NULL)",
    ],
    ["DELETE FROM {t} WHERE id = 2", "INSERT INTO {t} SELECT id + 10, a, m, s FROM {t}"],
    [ALL, "SELECT id FROM {t} WHERE s.x = 1"],
  ),
  feature(
    "partitions",
    [
      "CREATE TABLE {t} (id INT, p STRING, d DATE, at TIMESTAMP, n DECIMAL(5,2), b BOOLEAN) USING delta PARTITIONED BY (p, d, at, n, b)",
      ...["'a'", "'a b'", "'x/y=z'", "'100%'", "'ä#?'", "\"it's\"", "NULL", "''"].map((text, i) => `INSERT INTO {t} VALUES (${i}, ${text}, DATE'2024-01-0${i + 1}', TIMESTAMP'2024-01-01 00:00:0${i}.000005', ${i}.50, ${i % 2 === 0})`),
    ],
    ["INSERT OVERWRITE {t} PARTITION (p = 'a') SELECT 100, DATE'2024-02-02', TIMESTAMP'2024-01-01 00:00:00', 1.25, TRUE", "DELETE FROM {t} WHERE p = 'x/y=z'", "UPDATE {t} SET p = 'moved=%' WHERE p = '100%'"],
    [ALL, "SELECT id FROM {t} WHERE at = TIMESTAMP'2024-01-01 00:00:01.000005'", "SELECT id FROM {t} WHERE p = 'ä#?'", "SELECT id FROM {t} WHERE p IS NULL"],
  ),
  feature(
    "DELETE, UPDATE, MERGE",
    [
      "CREATE TABLE {t} (id BIGINT, s STRING) USING delta",
      "INSERT INTO {t} SELECT id, concat('s', id) FROM range(10)",
      "DELETE FROM {t} WHERE id = 3",
      "UPDATE {t} SET s = 'updated' WHERE id > 7",
      "MERGE INTO {t} t USING (SELECT 1L AS id, 'merged' AS s UNION ALL SELECT 100L, 'inserted') s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    ],
    ["MERGE INTO {t} t USING (SELECT 5L AS id, 'again' AS s) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE AND t.id = 6 THEN UPDATE SET s = 'source has it not'", "DELETE FROM {t} WHERE id = 7"],
    [ALL, "SELECT * FROM {t} VERSION AS OF 1", "SELECT s FROM {t} WHERE id = 100"],
  ),
  feature("checkpoints", ["CREATE TABLE {t} (id INT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointInterval' = '2')", ...[1, 2, 3, 4, 5].map((i) => `INSERT INTO {t} VALUES (${i}, ${i % 2})`)], ["DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (6, 0)", "INSERT INTO {t} VALUES (7, 1)"], [ALL, "SELECT * FROM {t} VERSION AS OF 3", "SELECT id FROM {t} WHERE id > 4"]),
  feature("INSERT OVERWRITE", ["CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1), (2)", "INSERT OVERWRITE {t} VALUES (3), (4)"], ["INSERT INTO {t} REPLACE WHERE id = 4 SELECT 4"], [ALL, "SELECT * FROM {t} VERSION AS OF 1"]),
  feature("CHECK constraints", ["CREATE TABLE {t} (id INT) USING delta", "ALTER TABLE {t} ADD CONSTRAINT small CHECK (id < 10)", "INSERT INTO {t} VALUES (1)"], ["INSERT INTO {t} VALUES (9)", "! INSERT INTO {t} VALUES (10)"]),
  feature("NOT NULL", ["CREATE TABLE {t} (id INT NOT NULL, s STRING) USING delta", "INSERT INTO {t} VALUES (1, NULL)"], ["INSERT INTO {t} VALUES (2, 'b')", "! INSERT INTO {t} VALUES (NULL, 'c')"]),
  feature("append only", ["CREATE TABLE {t} (id INT) USING delta TBLPROPERTIES ('delta.appendOnly' = 'true')", "INSERT INTO {t} VALUES (1)"], ["INSERT INTO {t} VALUES (2)", "! DELETE FROM {t} WHERE id = 1"]),
  feature("ADD COLUMN", ["CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1)", "ALTER TABLE {t} ADD COLUMN s STRING", "INSERT INTO {t} VALUES (2, 'new')"], ["ALTER TABLE {t} ADD COLUMN n DECIMAL(10,2)", "UPDATE {t} SET n = 1.5 WHERE id = 1"], [ALL, "SELECT * FROM {t} VERSION AS OF 1"]),
  feature("TIMESTAMP_NTZ", ["CREATE TABLE {t} (id INT, t TIMESTAMP_NTZ) USING delta", "INSERT INTO {t} VALUES (1, TIMESTAMP_NTZ'2024-01-01 12:00:00.000005'), (2, NULL)"], ["INSERT INTO {t} VALUES (3, TIMESTAMP_NTZ'1969-12-31 23:59:59.999999')"], [ALL, "SELECT id FROM {t} WHERE t = TIMESTAMP_NTZ'2024-01-01 12:00:00.000005'"]),
  feature("CHAR and VARCHAR", ["CREATE TABLE {t} (c CHAR(3), v VARCHAR(3)) USING delta", "INSERT INTO {t} VALUES ('a', 'ab')"], ["INSERT INTO {t} VALUES ('abc', 'abc')", "! INSERT INTO {t} VALUES ('a', 'abcd')"]),
  feature("statistics of long texts", ["CREATE TABLE {t} (id INT, s STRING) USING delta", `INSERT INTO {t} VALUES (1, '${LONG_TEXT}'), (2, concat(repeat('a', 33), 'ä€😀')), (3, NULL)`, "INSERT INTO {t} VALUES (4, 'b')"], [`DELETE FROM {t} WHERE s = '${LONG_TEXT}'`], [ALL, `SELECT id FROM {t} WHERE s = '${LONG_TEXT}'`, "SELECT id FROM {t} WHERE s > 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AND s < 'b'", "SELECT id FROM {t} WHERE s IS NULL"]),
  feature("OPTIMIZE and ZORDER", ["CREATE TABLE {t} (id BIGINT) USING delta", ...[0, 1, 2, 3].map((i) => `INSERT INTO {t} VALUES (${i}), (${10 - i})`), "OPTIMIZE {t} ZORDER BY (id)"], ["INSERT INTO {t} VALUES (50)", "OPTIMIZE {t}"]),
  feature("RESTORE", ["CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1), (2)", "DELETE FROM {t} WHERE id = 1", "RESTORE TABLE {t} TO VERSION AS OF 1"], ["INSERT INTO {t} VALUES (3)", "RESTORE TABLE {t} TO VERSION AS OF 2"], [ALL, "SELECT * FROM {t} VERSION AS OF 2"]),
  feature("VACUUM", ["CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1), (2)", "DELETE FROM {t} WHERE id = 1"], ["VACUUM {t} RETAIN 0 HOURS", "INSERT INTO {t} VALUES (3)"]),
  feature("deletion vectors", ["CREATE TABLE {t} (id BIGINT, s STRING) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", "INSERT INTO {t} SELECT id, concat('s', id) FROM range(100)", "DELETE FROM {t} WHERE id % 3 = 0", "UPDATE {t} SET s = 'updated' WHERE id = 50"], ["DELETE FROM {t} WHERE id % 3 = 1 AND id < 50", "MERGE INTO {t} t USING (SELECT 2L AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET s = 'merged'"], [ALL, "SELECT count(*) FROM {t}", "SELECT * FROM {t} VERSION AS OF 2"]),
  feature("deletion vectors of a partitioned table", ["CREATE TABLE {t} (id BIGINT, p BIGINT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", "INSERT INTO {t} SELECT id, id % 3 FROM range(30)", "DELETE FROM {t} WHERE id < 10"], ["DELETE FROM {t} WHERE id = 29", "REORG TABLE {t} APPLY (PURGE)"]),
  feature("column mapping by name", ["CREATE TABLE {t} (id INT, `a b` STRING, s STRUCT<x: INT, y: STRING>, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", "INSERT INTO {t} VALUES (1, 'one', named_struct('x', 1, 'y', 'yy'), 7)", "ALTER TABLE {t} RENAME COLUMN id TO key", "ALTER TABLE {t} DROP COLUMN `a b`", "INSERT INTO {t} VALUES (2, named_struct('x', 2, 'y', NULL), 8)"], ["ALTER TABLE {t} ADD COLUMN later STRING", "ALTER TABLE {t} RENAME COLUMN key TO id", "UPDATE {t} SET later = 'x' WHERE id = 1", "DELETE FROM {t} WHERE p = 8"], [ALL]),
  feature("column mapping by id", ["CREATE TABLE {t} (id INT, s STRING) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'id')", "INSERT INTO {t} VALUES (1, 'one')", "ALTER TABLE {t} RENAME COLUMN s TO text"], ["INSERT INTO {t} VALUES (2, 'two')", "DELETE FROM {t} WHERE id = 1"]),
  feature("column mapping of a table that was without", ["CREATE TABLE {t} (id INT, s STRING) USING delta", "INSERT INTO {t} VALUES (1, 'one')", "ALTER TABLE {t} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')", "ALTER TABLE {t} RENAME COLUMN s TO text"], ["INSERT INTO {t} VALUES (2, 'two')"]),
  feature("generated columns", ["CREATE TABLE {n} (id INT, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), twice INT GENERATED ALWAYS AS (id * 2)) USING delta PARTITIONED BY (day) LOCATION '{p}'", "INSERT INTO {t} (id, at) VALUES (1, TIMESTAMP'2024-01-01 12:00:00')"], ["INSERT INTO {t} (id, at) VALUES (2, TIMESTAMP'2024-01-02 12:00:00')", "! INSERT INTO {t} VALUES (3, TIMESTAMP'2024-01-03 12:00:00', DATE'2020-01-01', 6)"]),
  feature("identity columns", ["CREATE TABLE {n} (k BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), s STRING) USING delta LOCATION '{p}'", "INSERT INTO {t} (s) VALUES ('a')"], ["INSERT INTO {t} (s) VALUES ('b')"], ["SELECT s, k % 5 FROM {t}", "SELECT count(DISTINCT k) FROM {t}"]),
  feature("default values", ["CREATE TABLE {n} (id INT, s STRING DEFAULT 'none') USING delta LOCATION '{p}' TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')", "INSERT INTO {t} (id) VALUES (1)"], ["INSERT INTO {t} VALUES (2, DEFAULT)", "INSERT INTO {t} (id) VALUES (3)"]),
  feature("change data feed", ["CREATE TABLE {t} (id BIGINT, s STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", "INSERT INTO {t} VALUES (1, 'a'), (2, 'b'), (3, 'c')", "UPDATE {t} SET s = 'B' WHERE id = 2", "DELETE FROM {t} WHERE id = 1"], ["MERGE INTO {t} t USING (SELECT 3L AS id, 'C' AS s UNION ALL SELECT 4L, 'd') s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"], [ALL, "SELECT id, s, _change_type, _commit_version FROM table_changes_by_path('{p}', 0)"]),
  feature("change data feed with deletion vectors", ["CREATE TABLE {t} (id BIGINT, s STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')", "INSERT INTO {t} SELECT id, 'x' FROM range(20)", "DELETE FROM {t} WHERE id < 3"], ["UPDATE {t} SET s = 'y' WHERE id = 10"], [ALL, "SELECT id, s, _change_type, _commit_version FROM table_changes_by_path('{p}', 0)"]),
  feature("in-commit timestamps", ["CREATE TABLE {t} (id INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')", "INSERT INTO {t} VALUES (1)"], ["INSERT INTO {t} VALUES (2)", "DELETE FROM {t} WHERE id = 1"], [ALL, "SELECT * FROM {t} VERSION AS OF 1"]),
  feature("row tracking", ["CREATE TABLE {t} (id INT, s STRING) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true')", "INSERT INTO {t} VALUES (1, 'a'), (2, 'b')", "UPDATE {t} SET s = 'B' WHERE id = 2"], ["INSERT INTO {t} VALUES (3, 'c')", "DELETE FROM {t} WHERE id = 1"], [ALL, "SELECT id, _metadata.row_id, _metadata.row_commit_version FROM {t}"]),
  feature("checkpoints of version 2", ["CREATE TABLE {t} (id INT) USING delta TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')", ...[1, 2, 3, 4].map((i) => `INSERT INTO {t} VALUES (${i})`)], ["DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (5)", "INSERT INTO {t} VALUES (6)"]),
  feature("checkpoints with typed statistics alone", ["CREATE TABLE {t} (id INT, p DATE, at TIMESTAMP, d DECIMAL(10,2), s STRUCT<x: INT>) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointInterval' = '2', 'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false')", ...[1, 2, 3, 4].map((i) => `INSERT INTO {t} VALUES (${i}, DATE'2024-01-0${i}', TIMESTAMP'2024-01-0${i} 00:00:00', ${i}.25, named_struct('x', ${i}))`)], ["DELETE FROM {t} WHERE id = 2", "INSERT INTO {t} VALUES (5, NULL, NULL, NULL, NULL)"], [ALL, "SELECT id FROM {t} WHERE d > 3 AND at < TIMESTAMP'2024-01-04'", "SELECT id FROM {t} WHERE p = DATE'2024-01-01'"]),
  feature("CONVERT TO DELTA", ["CREATE TABLE {n} USING parquet PARTITIONED BY (p) LOCATION '{p}' AS SELECT CAST(id AS INT) AS id, concat('s', id) AS s, id % 2 AS p FROM range(6)", "CONVERT TO DELTA parquet.`{p}` PARTITIONED BY (p BIGINT)"], ["INSERT INTO {t} VALUES (10, 'ten', 0)", "DELETE FROM {t} WHERE id = 1"], [ALL, "SELECT id FROM {t} WHERE s = 's3'"]),
  feature("VACUUM LITE", ["CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1), (2)", "DELETE FROM {t} WHERE id = 1", "VACUUM {t} LITE RETAIN 0 HOURS"], ["INSERT INTO {t} VALUES (3)", "DELETE FROM {t} WHERE id = 2", "VACUUM {t} LITE RETAIN 0 HOURS"]),
  feature("type widening", ["CREATE TABLE {t} (id INT, n SMALLINT, d DECIMAL(5,2)) USING delta TBLPROPERTIES ('delta.enableTypeWidening' = 'true')", "INSERT INTO {t} VALUES (1, 2, 3.25)", "ALTER TABLE {t} ALTER COLUMN n TYPE INT", "ALTER TABLE {t} ALTER COLUMN d TYPE DECIMAL(10,3)", "INSERT INTO {t} VALUES (2, 100000, 1234567.125)"], ["ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT", "INSERT INTO {t} VALUES (3000000000, 1, 1)", "UPDATE {t} SET n = n + 1"], [ALL, "SELECT id FROM {t} WHERE n = 2", "SELECT * FROM {t} VERSION AS OF 1"]),
  feature("clustering", ["CREATE TABLE {n} (a INT, b STRING) USING delta CLUSTER BY (a, b) LOCATION '{p}'", "INSERT INTO {t} SELECT CAST(id AS INT), concat('b', id) FROM range(50)", "OPTIMIZE {t}"], ["INSERT INTO {t} VALUES (100, 'x')", "OPTIMIZE {t}"]),
  feature("SHALLOW CLONE", ["CREATE TABLE delta.`{p}-source` (id INT) USING delta", "INSERT INTO delta.`{p}-source` VALUES (1), (2)", "CREATE TABLE {n} SHALLOW CLONE delta.`{p}-source` LOCATION '{p}'"], ["INSERT INTO {t} VALUES (3)", "DELETE FROM {t} WHERE id = 1"]),
  feature("variant", ["CREATE TABLE {t} (id INT, v VARIANT) USING delta", "INSERT INTO {t} SELECT 1, parse_json('{\"a\": [1, 2.5, \"x\"]}')"], ["INSERT INTO {t} SELECT 2, parse_json('null')"], ["SELECT id, to_json(v) FROM {t}", "SELECT id, variant_get(v, '$.a[0]', 'int') FROM {t}"]),
];
