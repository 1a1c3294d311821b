import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { protocolWithout } from "../../delta/table-features.ts";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** The last protocol that a commit of the table says, from the files that are left of its log. */
function protocolOf(table: string): unknown {
  const log = join(tables.folder, table, "_delta_log");
  const lines = readdirSync(log).filter((name) => /^\d{20}\.json$/.test(name)).sort().flatMap((name) => readFileSync(join(log, name), "utf8").split("\n"));
  const protocols = lines.filter((line) => line.startsWith('{"protocol"')).map((line) => (JSON.parse(line) as { protocol: unknown }).protocol);
  return protocols[protocols.length - 1];
}

test("a feature for writers goes at once, when nothing uses it any more", async () => {
  await tables.run("CREATE TABLE w1 (id INT) USING delta", "ALTER TABLE w1 ADD CONSTRAINT small CHECK (id < 10)");
  expect(protocolOf("w1")).toEqual({ minReaderVersion: 1, minWriterVersion: 3 });
  expect(await tables.failure("ALTER TABLE w1 DROP FEATURE checkConstraints")).toBe("DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE");
  await tables.run("ALTER TABLE w1 DROP CONSTRAINT small");
  expect(await tables.failure("ALTER TABLE w1 DROP FEATURE checkConstraints TRUNCATE HISTORY")).toBe("DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED");
  await tables.run("ALTER TABLE w1 DROP FEATURE checkConstraints", "INSERT INTO w1 VALUES (11)");
  expect(replayLog(join(tables.folder, "w1")).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  expect(await tables.failure("ALTER TABLE w1 DROP FEATURE checkConstraints")).toBe("DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT");
  expect(await tables.failure("ALTER TABLE w1 DROP FEATURE flyingColumns")).toBe("DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE");
  expect(await tables.failure("ALTER TABLE w1 DROP FEATURE appendOnly")).toBe("DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE");
  await tables.run("CREATE TABLE w2 (id INT) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true')");
  expect(await tables.failure("ALTER TABLE w2 DROP FEATURE domainMetadata")).toBe("DELTA_FEATURE_DROP_DEPENDENT_FEATURE");
});

test("a feature for readers goes when no version of the log needs it, where versions are not to be protected", async () => {
  await tables.run("SET spark.databricks.delta.tableFeatures.fastDropFeature.enabled = false", "CREATE TABLE r1 (id INT, n INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableTypeWidening' = 'true')", "INSERT INTO r1 SELECT cast(id AS INT), 1 FROM range(0, 10, 1, 1)", "ALTER TABLE r1 ALTER COLUMN n TYPE BIGINT", "DELETE FROM r1 WHERE id = 3");
  const rows = await tables.rows("SELECT * FROM r1");
  expect(await tables.failure("ALTER TABLE r1 DROP FEATURE deletionVectors")).toBe("DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD");
  expect(replayLog(join(tables.folder, "r1")).files.map((file) => file.deletionVector)).toEqual([undefined]);
  for (const again of ["ALTER TABLE r1 DROP FEATURE deletionVectors", "ALTER TABLE r1 DROP FEATURE deletionVectors TRUNCATE HISTORY"]) expect(await tables.failure(again)).toBe("DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST");
  await tables.run("ALTER TABLE r1 SET TBLPROPERTIES ('delta.dropFeatureTruncateHistory.retentionDuration' = 'interval 0 hours')", "ALTER TABLE r1 DROP FEATURE deletionVectors TRUNCATE HISTORY");
  expect(protocolOf("r1")).toEqual({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["typeWidening"], writerFeatures: ["appendOnly", "invariants", "typeWidening"] });
  expect(await tables.rows("SELECT * FROM r1")).toEqual(rows);
  expect(await tables.failure("SELECT * FROM r1 VERSION AS OF 1")).toBe("DELTA_VERSION_NOT_FOUND");

  expect(await tables.failure("ALTER TABLE r1 DROP FEATURE typeWidening")).toBe("DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD");
  await tables.run("ALTER TABLE r1 DROP FEATURE typeWidening TRUNCATE HISTORY", "INSERT INTO r1 VALUES (10, 5000000000)");
  expect(protocolOf("r1")).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  expect(await tables.rows("SELECT * FROM r1")).toEqual(["[10,5000000000]", ...rows].sort());
  const file = readdirSync(join(tables.folder, "r1")).filter((name) => name.endsWith(".parquet"));
  const { rows: types } = await tables.duckdb.query(`SELECT count(*) FROM parquet_schema(['${file.map((name) => join(tables.folder, "r1", name)).join("', '")}']) WHERE name = 'n' AND type = 'INT64'`);
  // The file without deleted rows, the one that typeWidening went with, and the new rows: all but the first file.
  expect(types).toEqual([[3n]]);
  expect(file).toHaveLength(4);
  await tables.run("RESET spark.databricks.delta.tableFeatures.fastDropFeature.enabled");
});

test("a feature for readers goes at once, and versions that need it stay under the protection of their checkpoints", async () => {
  await tables.run("CREATE TABLE p1 (id INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", "INSERT INTO p1 SELECT cast(id AS INT) FROM range(0, 4, 1, 1)", "DELETE FROM p1 WHERE id = 3", "ALTER TABLE p1 DROP FEATURE deletionVectors");
  const { version, protocol, metadata, files } = replayLog(join(tables.folder, "p1"));
  expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "checkpointProtection"] });
  expect(metadata.configuration).toEqual({ "delta.requireCheckpointProtectionBeforeVersion": String(version) });
  expect(files.map((file) => file.deletionVector)).toEqual([undefined]);
  expect(readdirSync(join(tables.folder, "p1/_delta_log"))).toContain(`${String(version - 1).padStart(20, "0")}.checkpoint.parquet`);
  await tables.run("INSERT INTO p1 VALUES (9)");
  expect(await tables.readers("p1")).toEqual(seenByBoth([[0], [1], [2], [9]]));
  expect(await tables.rows("SELECT * FROM p1 VERSION AS OF 2")).toEqual(["[0]", "[1]", "[2]"]);
  expect(await tables.failure("ALTER TABLE p1 DROP FEATURE checkpointProtection")).toBe("DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION");
  expect(await tables.failure("ALTER TABLE p1 DROP FEATURE checkpointProtection TRUNCATE HISTORY")).toBe("DELTA_FEATURE_DROP_CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD");
  await tables.run("ALTER TABLE p1 SET TBLPROPERTIES ('delta.dropFeatureTruncateHistory.retentionDuration' = 'interval 0 hours')", "ALTER TABLE p1 DROP FEATURE checkpointProtection TRUNCATE HISTORY");
  expect(protocolOf("p1")).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  expect(await tables.failure("SELECT * FROM p1 VERSION AS OF 2")).toBe("DELTA_VERSION_NOT_FOUND");
});

test("the log is cleaned up to the protected version, or not at all", async () => {
  await tables.run("CREATE TABLE p2 (id INT) USING delta TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')", "INSERT INTO p2 VALUES (1)", "INSERT INTO p2 VALUES (2)", "ALTER TABLE p2 DROP FEATURE v2Checkpoint");
  const log = join(tables.folder, "p2/_delta_log");
  const commits = (): string[] => readdirSync(log).filter((name) => /^\d{20}\.json$/.test(name)).sort();
  const old = Date.now() / 1000 - 40 * 86_400;
  const protectedVersion = Number(replayLog(join(tables.folder, "p2")).metadata.configuration["delta.requireCheckpointProtectionBeforeVersion"]);
  for (const [i, name] of commits().slice(0, protectedVersion).entries()) utimesSync(join(log, name), old + i, old + i);
  const before = commits();
  for (let n = 0; n < 4; n++) await tables.run(`INSERT INTO p2 VALUES (${n})`);
  expect(commits().slice(0, before.length)).toEqual(before);
  for (const [i, name] of commits().entries()) utimesSync(join(log, name), old + i, old + i);
  await tables.run("INSERT INTO p2 VALUES (7)", "INSERT INTO p2 VALUES (8)");
  expect(Number(commits()[0].slice(0, 20))).toBeGreaterThanOrEqual(protectedVersion);
});

test("columns that were mapped get their names in the files that are written anew", async () => {
  await tables.run("CREATE TABLE m1 (a INT, b STRUCT<x: INT>, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'k' = 'v')", "INSERT INTO m1 VALUES (1, named_struct('x', 2), 'u'), (3, NULL, NULL)", "ALTER TABLE m1 RENAME COLUMN a TO c", "ALTER TABLE m1 RENAME COLUMN p TO q", "ALTER TABLE m1 SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none')");
  const { metadata, history, files } = replayLog(join(tables.folder, "m1"));
  expect([metadata.configuration, metadata.partitionColumns, history.at(-1)?.operation]).toEqual([{ k: "v", "delta.columnMapping.mode": "none" }, ["q"], "REMOVE COLUMN MAPPING"]);
  expect(metadata.schema.fields[0]).toEqual({ name: "c", type: "integer", nullable: true, metadata: {} });
  expect(files.map(({ stats }) => Object.keys((stats as { readonly nullCount: object }).nullCount))).toEqual([["c", "b"], ["c", "b"]]);
  await tables.run("INSERT INTO m1 VALUES (5, NULL, 'w')");
  expect(await tables.readers("m1")).toEqual(seenByBoth([[1, { fields: [2] }, "u"], [3, null, null], [5, null, "w"]]));
  await tables.run("ALTER TABLE m1 DROP FEATURE columnMapping");
  expect(replayLog(join(tables.folder, "m1")).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "checkpointProtection"] });
  expect(await tables.rows("SELECT a FROM m1 VERSION AS OF 1")).toEqual(["[1]", "[3]"]);

  await tables.run("CREATE TABLE m2 (`a b` INT, s STRUCT<x: INT>) USING delta CLUSTER BY (s.x) TBLPROPERTIES ('delta.columnMapping.mode' = 'id', 'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true')", "INSERT INTO m2 VALUES (1, named_struct('x', 1)), (2, named_struct('x', 2))", "DELETE FROM m2 WHERE s.x = 1");
  expect(await tables.failure("ALTER TABLE m2 DROP FEATURE columnMapping")).toBe("DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING");
  const ids = await tables.rows("SELECT _metadata.row_id FROM m2");
  await tables.run("ALTER TABLE m2 RENAME COLUMN `a b` TO a", "ALTER TABLE m2 UNSET TBLPROPERTIES ('delta.columnMapping.mode')");
  expect(await tables.readers("m2")).toEqual(seenByBoth([[2, { fields: [2] }]]));
  expect(await tables.rows("SELECT _metadata.row_id FROM m2")).toEqual(ids);
  expect((await tables.sparrow.query("DESCRIBE DETAIL m2")).rows[0][8]).toEqual(["s.x"]);
});

test("rows of a table lose their ids with the feature", async () => {
  await tables.run("CREATE TABLE t1 (id INT) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true')", "INSERT INTO t1 VALUES (1), (2)", "ALTER TABLE t1 DROP FEATURE rowTracking", "INSERT INTO t1 VALUES (3)");
  const { protocol, metadata, files, history } = replayLog(join(tables.folder, "t1"));
  expect(history.slice(2, 5).map(({ operation }) => operation)).toEqual(["SET TBLPROPERTIES", "ROW TRACKING UNBACKFILL", "DROP FEATURE"]);
  expect([protocol.writerFeatures, metadata.configuration]).toEqual([["appendOnly", "invariants", "domainMetadata"], {}]);
  expect(files).toHaveLength(2);
  const log = readdirSync(join(tables.folder, "t1/_delta_log")).filter((name) => /^0+[3-5]\.json$/.test(name)).map((name) => readFileSync(join(tables.folder, "t1/_delta_log", name), "utf8"));
  for (const text of log) expect(text).not.toContain("baseRowId");
  expect(await tables.readers("t1")).toEqual(seenByBoth([[1], [2], [3]]));
  expect(await tables.failure("SELECT _metadata.row_id FROM t1")).not.toBeUndefined();
});

test("a protocol keeps what it does not know when a feature goes", () => {
  expect(protocolWithout({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors", "other"], writerFeatures: ["deletionVectors", "other", "appendOnly"] }, "deletionVectors")).toEqual({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["other"], writerFeatures: ["other", "appendOnly"] });
  expect(protocolWithout({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors", "columnMapping"], writerFeatures: ["appendOnly", "invariants", "deletionVectors", "columnMapping"] }, "deletionVectors")).toEqual({ minReaderVersion: 2, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "columnMapping"] });
});

test("RESTORE to a version that needs a dropped feature takes it back", async () => {
  await tables.run("CREATE TABLE b1 (a INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'true')", "INSERT INTO b1 VALUES (1), (2), (3)", "DELETE FROM b1 WHERE a = 2", "ALTER TABLE b1 DROP FEATURE deletionVectors", "ALTER TABLE b1 DROP FEATURE columnMapping", "RESTORE TABLE b1 TO VERSION AS OF 2");
  const { protocol, metadata } = replayLog(join(tables.folder, "b1"));
  expect([...(protocol.readerFeatures ?? [])].sort()).toEqual(["columnMapping", "deletionVectors"]);
  expect(protocol.writerFeatures).toContain("checkpointProtection");
  expect(Number(metadata.configuration["delta.requireCheckpointProtectionBeforeVersion"])).toBeGreaterThan(2);
  expect(await tables.readers("b1")).toEqual(seenByBoth([[1], [3]]));
});
