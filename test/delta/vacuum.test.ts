import { cpSync, existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

const HOUR_MS = 3_600_000;

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const commitPath = (table: string, version: number): string => join(tables.folder, table, "_delta_log", `${String(version).padStart(20, "0")}.json`);

/** Data files below a table, by paths relative to it. */
function dataFiles(table: string): string[] {
  return readdirSync(join(tables.folder, table), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".parquet") && !path.startsWith("_delta_log")).sort();
}

function live(table: string): string[] {
  return replayLog(join(tables.folder, table)).files.map(({ path }) => path.slice(join(tables.folder, table).length + 1)).sort();
}

/** Makes versions and what they removed look as if they had been committed so many hours ago; data files become as old. */
function age(table: string, upTo: number, hours: number): void {
  const at = Date.now() - hours * HOUR_MS;
  for (let version = 0; version <= upTo; version++) {
    const path = commitPath(table, version);
    if (!existsSync(path)) continue;
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/"deletionTimestamp":\d+/g, `"deletionTimestamp":${at}`));
    utimesSync(path, (at + version) / 1000, (at + version) / 1000);
  }
  for (const path of dataFiles(table)) utimesSync(join(tables.folder, table, path), at / 1000, at / 1000);
}

/** A table with two versions that each replaced the file of the one before. */
async function rewritten(table: string): Promise<void> {
  await tables.run(`CREATE TABLE ${table} (id INT, p INT) PARTITIONED BY (p)`, `INSERT INTO ${table} VALUES (1, 1), (2, 1)`, `UPDATE ${table} SET id = 3 WHERE id = 1`, `UPDATE ${table} SET id = 4 WHERE id = 2`);
}

test("FULL deletes what was removed before the retention and what no commit names, by the time of removal", async () => {
  await rewritten("f1");
  const [first] = replayLog(join(tables.folder, "f1"), 1).files.map(({ path }) => path.slice(join(tables.folder, "f1").length + 1));
  writeFileSync(join(tables.folder, "f1/stray.parquet"), "x");
  age("f1", 3, 200);
  // The second file was removed just now, however old it is.
  const path = commitPath("f1", 3);
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(/"deletionTimestamp":\d+/g, `"deletionTimestamp":${Date.now()}`));
  for (const hidden of ["_metadata.parquet", ".tmp.parquet", "_folder=1.parquet"]) {
    writeFileSync(join(tables.folder, "f1", hidden), "x");
    utimesSync(join(tables.folder, "f1", hidden), 1, 1);
  }
  const dry = (await tables.sparrow.query("VACUUM f1 DRY RUN")).rows.map(([found]) => String(found));
  const root = `file:${join(tables.folder, "f1")}`;
  expect(dry.sort()).toEqual([`${root}/_folder=1.parquet`, `${root}/${first}`, `${root}/stray.parquet`].sort());
  expect((await tables.sparrow.query("VACUUM f1 FULL")).rows).toEqual([[root]]);
  const left = dataFiles("f1");
  expect(left).toHaveLength(4);
  expect(left).toEqual(expect.arrayContaining([...live("f1"), "_metadata.parquet", ".tmp.parquet"]));
  expect(await tables.rows("SELECT id FROM f1 VERSION AS OF 2 ORDER BY id")).toEqual(["[2]", "[3]"]);
  expect(await tables.failure("SELECT id FROM f1 VERSION AS OF 1")).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});

test("LITE deletes what the log says was removed, lists no folder, and goes on from where it stopped", async () => {
  await rewritten("l1");
  writeFileSync(join(tables.folder, "l1/stray.parquet"), "x");
  age("l1", 3, 200);
  await tables.run("VACUUM l1 LITE");
  expect(dataFiles("l1")).toEqual([...live("l1"), "stray.parquet"].sort());
  const info = join(tables.folder, "l1/_delta_log/_last_vacuum_info");
  expect(JSON.parse(readFileSync(info, "utf8"))).toEqual({ latestCommitVersionOutsideOfRetentionWindow: 3 });
  // Commits that it has seen may be gone; those that it has not seen may not.
  await tables.run("ALTER TABLE l1 SET TBLPROPERTIES ('delta.checkpointInterval' = '1')", "UPDATE l1 SET id = 5 WHERE id = 3");
  age("l1", 5, 200);
  for (let version = 0; version <= 3; version++) rmSync(commitPath("l1", version));
  const before = dataFiles("l1");
  // The checkpoint says when the file was removed: just now.
  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false", "VACUUM l1 LITE RETAIN 0 HOURS");
  expect(before).toHaveLength(3);
  expect(dataFiles("l1")).toHaveLength(2);
  expect(JSON.parse(readFileSync(info, "utf8"))).toEqual({ latestCommitVersionOutsideOfRetentionWindow: 5 });
  expect(await tables.rows("SELECT id FROM l1 ORDER BY id")).toEqual(["[4]", "[5]"]);
  rmSync(info);
  expect(await tables.failure("VACUUM l1 LITE")).toBe("DELTA_CANNOT_VACUUM_LITE");
  await tables.run("RESET spark.databricks.delta.retentionDurationCheck.enabled", "VACUUM l1");
  expect(dataFiles("l1")).toHaveLength(1);
  expect(await tables.rows("SELECT id FROM l1 ORDER BY id")).toEqual(["[4]", "[5]"]);
  await tables.run("VACUUM l1 LITE");
});

test("LITE leaves what is within the retention, and a dry run leaves everything", async () => {
  await rewritten("l2");
  const all = dataFiles("l2");
  await tables.run("VACUUM l2 LITE");
  expect(dataFiles("l2")).toEqual(all);
  age("l2", 3, 200);
  expect((await tables.sparrow.query("VACUUM l2 LITE DRY RUN")).rows).toHaveLength(2);
  expect(dataFiles("l2")).toEqual(all);
  // Files that came back are live, though the log has removed them.
  await tables.run("RESTORE TABLE l2 TO VERSION AS OF 1", "VACUUM l2 LITE");
  expect(await tables.readers("l2")).toEqual({ engine: ["[1,1]", "[2,1]"], replay: ["[1,1]", "[2,1]"] });
});

test("where it is not understood how long files are to be kept, nothing is deleted", async () => {
  await rewritten("u1");
  age("u1", 3, 2000);
  const path = commitPath("u1", 0);
  writeFileSync(path, readFileSync(path, "utf8").replace('"configuration":{}', '"configuration":{"delta.deletedFileRetentionDuration":"interval 1 month"}'));
  const table = `delta.\`${join(tables.folder, "u1_copy")}\``;
  cpSync(join(tables.folder, "u1"), join(tables.folder, "u1_copy"), { recursive: true, preserveTimestamps: true });
  expect((await tables.sparrow.query(`VACUUM ${table} DRY RUN`)).rows).toEqual([]);
  expect(await tables.failure(`VACUUM ${table} RETAIN 10000 HOURS`)).toBe("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT");
});

test("retentions that are too short, and inventories, are refused", async () => {
  await tables.run("CREATE TABLE r1 (id INT) TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 2 days')");
  expect(await tables.failure("ALTER TABLE r1 SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 2 months')")).toBe("DELTA_INVALID_INTERVAL");
  expect(await tables.failure("CREATE TABLE r2 (id INT) TBLPROPERTIES ('delta.logRetentionDuration' = 'soon')")).toBe("DELTA_INVALID_INTERVAL");
  expect(await tables.failure("VACUUM r1 RETAIN 47 HOURS")).toBe("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT");
  expect(await tables.failure("VACUUM r1 LITE RETAIN 1 HOURS")).toBe("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT");
  expect(await tables.failure("VACUUM r1 RETAIN 48 HOURS")).toBe(undefined);
  expect(await tables.failure("VACUUM r1 USING INVENTORY (SELECT 1)")).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false");
  expect(await tables.failure("VACUUM r1 RETAIN 0 HOURS")).toBe(undefined);
  expect(await tables.failure("VACUUM r1 RETAIN -1 HOURS")).toBe("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT");
  await tables.run("RESET spark.databricks.delta.retentionDurationCheck.enabled");
});

test("commits before and after say what was deleted, where that is asked for", async () => {
  await tables.run("CREATE TABLE v9 (id INT, p INT) USING delta PARTITIONED BY (p)", "INSERT INTO v9 VALUES (1, 1), (2, 2)", "DELETE FROM v9 WHERE p = 2", "SET spark.databricks.delta.vacuum.logging.enabled = true", "SET spark.databricks.delta.retentionDurationCheck.enabled = false");
  const removed = replayLog(join(tables.folder, "v9"), 1).files.find(({ partitionValues }) => partitionValues.p === "2")?.size;
  age("v9", 2, 1);
  await tables.run("VACUUM v9 RETAIN 0 HOURS DRY RUN", "VACUUM v9 RETAIN 0 HOURS", "RESET spark.databricks.delta.vacuum.logging.enabled", "VACUUM v9 RETAIN 0 HOURS", "RESET spark.databricks.delta.retentionDurationCheck.enabled");
  const told = replayLog(join(tables.folder, "v9")).history.slice(3);
  expect(told.map(({ operation, operationParameters, operationMetrics, isolationLevel, isBlindAppend }) => ({ operation, operationParameters, operationMetrics, isolationLevel, isBlindAppend }))).toEqual([
    { operation: "VACUUM START", operationParameters: { retentionCheckEnabled: false, defaultRetentionMillis: 604_800_000, specifiedRetentionMillis: 0 }, operationMetrics: { numFilesToDelete: "1", sizeOfDataToDelete: String(removed) }, isolationLevel: "SnapshotIsolation", isBlindAppend: true },
    { operation: "VACUUM END", operationParameters: { status: "COMPLETED" }, operationMetrics: { numDeletedFiles: "1", numVacuumedDirectories: "3" }, isolationLevel: "SnapshotIsolation", isBlindAppend: true },
  ]);
  expect(await tables.rows("SELECT * FROM v9")).toEqual(["[1,1]"]);
});
