import { cpSync, existsSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test("CREATE, INSERT and INSERT OVERWRITE are commits that another reader understands", async () => {
  await tables.run("CREATE TABLE t1 (id INT NOT NULL, name STRING, price DECIMAL(10,2)) USING delta COMMENT 'things'", "INSERT INTO t1 VALUES (1, 'a', 1.5), (2, NULL, -0.01)", "INSERT INTO t1 (name, id) VALUES ('c', 3)");
  expect(await tables.readers("t1")).toEqual(seenByBoth([[1, "a", 150n], [2, null, -1n], [3, "c", null]]));
  const { version, files, history } = replayLog(join(tables.folder, "t1"));
  expect(version).toBe(2);
  expect(history.map((info) => [info.operation, info.isBlindAppend])).toEqual([["CREATE TABLE", true], ["WRITE", true], ["WRITE", true]]);
  expect(files[0].stats).toEqual({ numRecords: 2, minValues: { id: 1, name: "a", price: -0.01 }, maxValues: { id: 2, name: "a", price: 1.5 }, nullCount: { id: 0, name: 1, price: 0 } });
  await tables.run("INSERT OVERWRITE t1 SELECT id + 10, name, price FROM t1 WHERE id > 1");
  expect(await tables.readers("t1")).toEqual(seenByBoth([[12, null, -1n], [13, "c", null]]));
  expect(await tables.rows("SELECT id FROM t1 VERSION AS OF 2")).toEqual(["[1]", "[2]", "[3]"]);
});

test("CREATE TABLE AS SELECT, and replacing a table, keep one history", async () => {
  await tables.run("CREATE TABLE t2 USING delta AS SELECT id, cast(id AS STRING) AS s FROM range(5)");
  expect(await tables.independentRows("t2")).toHaveLength(5);
  await tables.run("CREATE OR REPLACE TABLE t2 USING delta AS SELECT 1L AS other");
  expect(await tables.readers("t2")).toEqual(seenByBoth([[1]]));
  expect(await tables.rows("SELECT count(*), max(s) FROM t2@v0")).toEqual(['[5,"4"]']);
  expect(replayLog(join(tables.folder, "t2")).history.map((info) => info.operation)).toEqual(["CREATE TABLE AS SELECT", "CREATE OR REPLACE TABLE AS SELECT"]);
});

test("partitioned tables: values with every kind of character, NULLs, overwrites of one partition, static and dynamic", async () => {
  await tables.run("CREATE TABLE t3 (p STRING, id INT, d DATE) USING delta PARTITIONED BY (p, d)");
  const values = ["a", "a b", "x/y=z", "100%", "ä#?", "it's", null, ""];
  await tables.run(`INSERT INTO t3 VALUES ${values.map((value, i) => `(${value === null ? "NULL" : `"${value}"`}, ${i}, DATE'2024-01-31')`).join(", ")}`);
  expect(await tables.readers("t3")).toEqual(seenByBoth(values.map((value, i) => [value === "" ? null : value, i, 19753])));
  await tables.run("INSERT OVERWRITE t3 PARTITION (p = 'a') SELECT 100, DATE'2024-02-01'");
  expect(await tables.readers("t3")).toEqual(seenByBoth(values.map((value, i) => (i === 0 ? ["a", 100, 19754] : [value === "" ? null : value, i, 19753]))));
  await tables.run("SET spark.sql.sources.partitionOverwriteMode = dynamic", "INSERT OVERWRITE t3 VALUES ('a b', 200, DATE'2024-01-31')", "RESET spark.sql.sources.partitionOverwriteMode");
  expect(await tables.rows("SELECT id FROM t3 WHERE p = 'a b'")).toEqual(["[200]"]);
  expect(await tables.rows("SELECT count(*) FROM t3")).toEqual(["[8]"]);
});

test("a table that only its path names is created, replaced, and refused twice", async () => {
  const name = join(tables.folder, "by path");
  const table = `delta.\`${name}\``;
  expect(await tables.failure(`REPLACE TABLE ${table} (id INT) USING delta`)).toBe("DELTA_MISSING_DELTA_TABLE");
  await tables.run(`CREATE TABLE ${table} (id INT, p INT) USING delta PARTITIONED BY (p)`, `INSERT INTO ${table} VALUES (1, 2)`, `CREATE TABLE IF NOT EXISTS ${table} (other STRING)`);
  expect(await tables.failure(`CREATE TABLE ${table} (id INT)`)).toBe("DELTA_TABLE_ALREADY_EXISTS");
  expect([await tables.rows(`SELECT * FROM ${table}`), await tables.independentRows("by path")]).toEqual([["[1,2]"], ["[1,2]"]]);
  await tables.run(`CREATE OR REPLACE TABLE ${table} AS SELECT 5L AS n`);
  expect([await tables.rows(`SELECT * FROM ${table}`), await tables.rows(`SELECT * FROM ${table} VERSION AS OF 1`), await tables.independentRows("by path")]).toEqual([["[5]"], ["[1,2]"], ["[5]"]]);
  expect(await tables.rows("SHOW TABLES LIKE 'by path'")).toEqual([]);
});

test("REPLACE WHERE replaces the rows of a condition, and takes no others", async () => {
  await tables.run("CREATE TABLE t4 USING delta AS SELECT cast(id AS INT) AS id FROM range(6)", "INSERT INTO t4 REPLACE WHERE id >= 4 SELECT 4 UNION ALL SELECT 44");
  expect(await tables.readers("t4")).toEqual(seenByBoth([[0], [1], [2], [3], [4], [44]]));
  expect(await tables.failure("INSERT INTO t4 REPLACE WHERE id >= 4 SELECT 1")).toBe("DELTA_REPLACE_WHERE_MISMATCH");
  expect(replayLog(join(tables.folder, "t4")).version).toBe(1);
});

test("NOT NULL is kept, and a failed statement leaves neither a commit nor a file", async () => {
  await tables.run("CREATE TABLE t5 (id INT NOT NULL) USING delta");
  expect(await tables.failure("INSERT INTO t5 SELECT cast(if(id > 2, NULL, id) AS INT) FROM range(5)")).toBe("DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  expect(readdirSync(join(tables.folder, "t5"))).toEqual(["_delta_log"]);
  expect(replayLog(join(tables.folder, "t5")).version).toBe(0);
});

test("time travel by version and by time, in every way to write it", async () => {
  await tables.run("CREATE TABLE t6 (id INT) USING delta", "INSERT INTO t6 VALUES (1)", "INSERT INTO t6 VALUES (2)", "INSERT INTO t6 VALUES (3)");
  const folder = join(tables.folder, "t6");
  for (let version = 0; version <= 3; version++) {
    const time = Date.UTC(2024, 0, 1 + version) / 1000;
    utimesSync(`${folder}/_delta_log/${String(version).padStart(20, "0")}.json`, time, time);
  }
  const count = async (from: string): Promise<string[]> => tables.rows(`SELECT count(*) FROM ${from}`);
  for (const from of ["t6 VERSION AS OF 1", "t6 FOR SYSTEM_VERSION AS OF 1", "t6@v1", "t6 TIMESTAMP AS OF '2024-01-02'", "t6 FOR SYSTEM_TIME AS OF '2024-01-02 23:00:00'", "t6 TIMESTAMP AS OF DATE'2024-01-03' - INTERVAL 1 SECOND", "t6@20240102000000000", `delta.\`${folder}@v1\``, `delta.\`${folder}\` VERSION AS OF 1`]) {
    expect(await count(from), from).toEqual(["[1]"]);
  }
  expect(await tables.rows("SELECT b.id FROM t6 VERSION AS OF 3 b LEFT ANTI JOIN t6 VERSION AS OF 2 a ON a.id = b.id")).toEqual(["[3]"]);
  expect(await tables.failure("SELECT * FROM t6 VERSION AS OF 4")).toBe("DELTA_VERSION_NOT_FOUND");
  expect(await tables.failure("SELECT * FROM t6 TIMESTAMP AS OF '2023-12-31'")).toBe("DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION");
  expect(await tables.failure("SELECT * FROM t6 TIMESTAMP AS OF '2024-01-05'")).toBe("DELTA_TIMESTAMP_GREATER_THAN_COMMIT");
});

test("checkpoints are written every ten commits and read back, by us and by DuckDB", async () => {
  await tables.run("CREATE TABLE t7 (id INT, p STRING) USING delta PARTITIONED BY (p)");
  for (let i = 1; i <= 12; i++) await tables.run(`INSERT INTO t7 VALUES (${i}, 'p${i % 3}')`);
  const log = join(tables.folder, "t7/_delta_log");
  const checkpoint = `${log}/${"10".padStart(20, "0")}.checkpoint.parquet`;
  expect(existsSync(checkpoint)).toBe(true);
  const adds = await tables.duckdb.query(`SELECT add.path, add.stats FROM read_parquet('${checkpoint}') WHERE add IS NOT NULL`);
  expect(adds.rows).toHaveLength(10);
  // Without its earlier commits the table must be read from the checkpoint, by an engine that has not seen it.
  const copy = join(tables.folder, "t7copy");
  cpSync(join(tables.folder, "t7"), copy, { recursive: true });
  for (let version = 0; version < 10; version++) rmSync(`${copy}/_delta_log/${String(version).padStart(20, "0")}.json`);
  expect(await tables.rows(`SELECT id, p FROM delta.\`${copy}\``)).toEqual(await tables.rows("SELECT id, p FROM t7"));
  expect(await tables.failure(`SELECT * FROM delta.\`${copy}\` VERSION AS OF 9`)).toBe("DELTA_VERSION_NOT_FOUND");
});

test("VARCHAR keeps its length, and types that Delta does not have are refused", async () => {
  await tables.run("CREATE TABLE t8 (v VARCHAR(3)) USING delta", "INSERT INTO t8 VALUES ('abc')");
  expect(await tables.failure("INSERT INTO t8 VALUES ('abcd')")).toBe("DELTA_EXCEED_CHAR_VARCHAR_LIMIT");
  expect(replayLog(join(tables.folder, "t8")).metadata.schema.fields).toEqual([{ name: "v", type: "string", nullable: true, metadata: { __CHAR_VARCHAR_TYPE_STRING: "varchar(3)" } }]);
  expect(await tables.failure("CREATE TABLE t9 (i INTERVAL DAY) USING delta")).toBe("DELTA_UNSUPPORTED_DATA_TYPES");
  expect(await tables.failure("CREATE TABLE t9 (i INT) USING delta TBLPROPERTIES ('delta.enableIcebergCompatV1' = 'true')")).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
  expect(existsSync(join(tables.folder, "t9/_delta_log"))).toBe(false);
});

test("settings say what properties new tables have", async () => {
  const setting = "spark.databricks.delta.properties.defaults.enableChangeDataFeed";
  await tables.run(`SET ${setting} = true`, "CREATE TABLE t12 (id INT) USING delta", "CREATE TABLE t13 (id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')", `RESET ${setting}`, "CREATE TABLE t14 (id INT) USING delta");
  expect(["t12", "t13", "t14"].map((name) => replayLog(join(tables.folder, name)).metadata.configuration)).toEqual([{ "delta.enableChangeDataFeed": "true" }, { "delta.enableChangeDataFeed": "false" }, {}]);
});

test("SHOW PARTITIONS, SHOW CREATE TABLE and SHOW TBLPROPERTIES tell what the log says", async () => {
  await tables.run("CREATE TABLE t10 (id INT, p STRING) PARTITIONED BY (p) TBLPROPERTIES ('k' = 'v')", "INSERT INTO t10 VALUES (1, 'x'), (2, NULL)");
  expect(await tables.rows("SHOW PARTITIONS t10")).toEqual(['["x"]', "[null]"]);
  expect(await tables.rows("SHOW TBLPROPERTIES t10 ('k')")).toEqual(['["k","v"]']);
  const [[text]] = (await tables.sparrow.query("SHOW CREATE TABLE t10")).rows;
  expect(text).toMatch(/USING delta/i);
  expect(text).toContain("PARTITIONED BY (p)");
});

test("a condition on a partition column opens no file of other partitions", async () => {
  await tables.run("CREATE TABLE t11 (id INT, p INT) PARTITIONED BY (p)", "INSERT INTO t11 VALUES (1, 0), (2, 1), (3, 2)");
  rmSync(join(tables.folder, "t11/p=1"), { recursive: true });
  expect(await tables.rows("SELECT id FROM t11 WHERE p = 0 OR p = 2")).toEqual(["[1]", "[3]"]);
  expect(await tables.rows("DELETE FROM t11 WHERE p = 2")).toEqual(["[1]"]);
  expect(await tables.failure("SELECT id FROM t11")).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});
