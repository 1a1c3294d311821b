import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { protocolWithout } from "../../delta/table-features.ts";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

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

test("a feature for readers goes when no version of the log needs it", async () => {
  await tables.run("CREATE TABLE r1 (id INT, n INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableTypeWidening' = 'true')", "INSERT INTO r1 SELECT cast(id AS INT), 1 FROM range(0, 10, 1, 1)", "ALTER TABLE r1 ALTER COLUMN n TYPE BIGINT", "DELETE FROM r1 WHERE id = 3");
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
});

test("a protocol keeps what it does not know when a feature goes", () => {
  expect(protocolWithout({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors", "other"], writerFeatures: ["deletionVectors", "other", "appendOnly"] }, "deletionVectors")).toEqual({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["other"], writerFeatures: ["other", "appendOnly"] });
  expect(protocolWithout({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors", "columnMapping"], writerFeatures: ["appendOnly", "invariants", "deletionVectors", "columnMapping"] }, "deletionVectors")).toEqual({ minReaderVersion: 2, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "columnMapping"] });
});
