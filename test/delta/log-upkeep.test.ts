import { cpSync, existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { durationMs } from "../../delta/retention.ts";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

const DAY_MS = 86_400_000;

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const logOf = (table: string): string => join(tables.folder, table, "_delta_log");
const padded = (version: number): string => String(version).padStart(20, "0");

/** Versions of the files of a log with an ending. */
function versions(table: string, ending: string): number[] {
  return readdirSync(logOf(table)).filter((name) => name.endsWith(ending) && !name.startsWith("_")).map((name) => Number(name.slice(0, 20))).sort((a, b) => a - b);
}

/** A copy of a table without the commits before a version: it can be read from a checkpoint only. */
function withoutCommits(table: string, before: number): string {
  const copy = `${table}_cut`;
  cpSync(join(tables.folder, table), join(tables.folder, copy), { recursive: true });
  for (let version = 0; version < before; version++) rmSync(join(logOf(copy), `${padded(version)}.json`));
  return `delta.\`${join(tables.folder, copy)}\``;
}

async function insert(table: string, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) await tables.run(`INSERT INTO ${table} VALUES (${i}, 'p${i % 2}')`);
}

test("checkpoints of policy v2 have their files in sidecars, and are read back", async () => {
  await tables.run("CREATE TABLE v2 (id INT, p STRING) PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3')");
  await insert("v2", 1, 2);
  await tables.run("DELETE FROM v2 WHERE id = 1");
  const [name] = readdirSync(logOf("v2")).filter((file) => file.startsWith(`${padded(3)}.checkpoint.`));
  expect(name).toMatch(/\.checkpoint\.[0-9a-f-]{36}\.json$/);
  const actions = readFileSync(join(logOf("v2"), name), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  expect(actions.map((action) => Object.keys(action)[0])).toEqual(["checkpointMetadata", "protocol", "metaData", "sidecar"]);
  expect(actions[0].checkpointMetadata.version).toBe(3);
  expect(actions[1].protocol).toMatchObject({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["v2Checkpoint"] });
  const { path, sizeInBytes } = actions[3].sidecar as { path: string; sizeInBytes: number };
  const sidecar = join(logOf("v2"), "_sidecars", path);
  expect(readFileSync(sidecar)).toHaveLength(sizeInBytes);
  const files = await tables.duckdb.query(`SELECT add.path, add.dataChange, remove.path FROM read_parquet('${sidecar}') ORDER BY 1 NULLS LAST`);
  const live = replayLog(join(tables.folder, "v2"), 3).files.map((file) => file.path.slice(join(tables.folder, "v2").length + 1));
  expect(files.rows).toHaveLength(2);
  expect(files.rows[0]).toEqual([live[0], false, null]);
  expect(files.rows[1][2]).toMatch(/^p=p1\//);
  expect(await tables.rows(`SELECT * FROM ${withoutCommits("v2", 3)}`)).toEqual(['[2,"p0"]']);
});

test("statistics and partition values in checkpoints in typed form alone are enough to skip files", async () => {
  await tables.run(
    "CREATE TABLE typed (id INT, p DATE, at TIMESTAMP, price DECIMAL(10,2), flag BOOLEAN, inner STRUCT<x: INT>) PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpointInterval' = '2')",
    "INSERT INTO typed VALUES (1, DATE'2024-01-01', TIMESTAMP'2024-01-01 00:00:00', 1.50, true, named_struct('x', 1))",
    "INSERT INTO typed VALUES (2, DATE'2024-01-02', TIMESTAMP'2024-01-02 00:00:00', -2.50, NULL, NULL), (3, DATE'2024-01-02', NULL, 3, NULL, NULL)",
  );
  const checkpoint = join(logOf("typed"), `${padded(2)}.checkpoint.parquet`);
  const { rows } = await tables.duckdb.query(`SELECT s.numRecords, s.minValues.id, s.maxValues.id, CAST(s.minValues.price AS VARCHAR), epoch_ms(s.maxValues.at), s.nullCount.at, s.nullCount.flag, CAST(add.partitionValues_parsed.p AS VARCHAR)
    FROM (SELECT add, add.stats_parsed AS s FROM read_parquet('${checkpoint}') WHERE add IS NOT NULL) ORDER BY 2`);
  expect(rows).toEqual([
    [1n, 1, 1, "1.50", BigInt(Date.UTC(2024, 0, 1)), 0n, 0n, "2024-01-01"],
    [2n, 2, 3, "-2.50", BigInt(Date.UTC(2024, 0, 2)), 1n, 2n, "2024-01-02"],
  ]);
  expect((await tables.duckdb.query(`SELECT count(*) FROM parquet_schema('${checkpoint}') WHERE name = 'stats'`)).rows).toEqual([[0n]]);
  const cut = withoutCommits("typed", 2);
  expect(await tables.rows(`SELECT id FROM ${cut} WHERE price < 0`)).toEqual(["[2]"]);
  // The file of the first row is not needed for this, by the typed statistics alone.
  for (const [file] of (await tables.duckdb.query(`SELECT file FROM glob('${join(tables.folder, "typed_cut")}/p=2024-01-01/*.parquet')`)).rows) rmSync(String(file));
  expect(await tables.rows(`SELECT id FROM ${cut} WHERE id > 1`)).toEqual(["[2]", "[3]"]);
});

test("a version checksum says what the log comes to", async () => {
  await tables.run("CREATE TABLE checked (id INT, p STRING)");
  await insert("checked", 1, 2);
  await tables.run("DELETE FROM checked WHERE id = 1");
  expect(versions("checked", ".crc")).toEqual([0, 1, 2, 3]);
  for (const version of [0, 2, 3]) {
    const checksum = JSON.parse(readFileSync(join(logOf("checked"), `${padded(version)}.crc`), "utf8")) as Record<string, never>;
    const replayed = replayLog(join(tables.folder, "checked"), version);
    const bytes = replayed.files.reduce((sum, { size }) => sum + size, 0);
    expect(checksum).toMatchObject({ numFiles: replayed.files.length, tableSizeBytes: bytes, numMetadata: 1, numProtocol: 1, numDeletionVectorsOpt: 0, numDeletedRecordsOpt: 0, setTransactions: [], domainMetadata: [], txnId: replayed.history[version].txnId });
    const { fileCounts, totalBytes, sortedBinBoundaries } = checksum.fileSizeHistogram as { fileCounts: number[]; totalBytes: number[]; sortedBinBoundaries: number[] };
    expect([fileCounts.length, totalBytes.length, sortedBinBoundaries.length]).toEqual([95, 95, 95]);
    expect([fileCounts[0], totalBytes[0]]).toEqual([replayed.files.length, bytes]);
    expect(sortedBinBoundaries).toEqual(sortedBinBoundaries.toSorted((a, b) => a - b));
    expect((checksum.allFiles as { path: string }[]).map(({ path }) => join(tables.folder, "checked", path)).sort()).toEqual(replayed.files.map(({ path }) => path).sort());
  }
});

/** Makes versions look as if they had been committed some days ago. */
function age(table: string, upTo: number, days: number): void {
  for (let version = 0; version <= upTo; version++) {
    const at = new Date(Date.now() - days * DAY_MS + version * 1000);
    utimesSync(join(logOf(table), `${padded(version)}.json`), at, at);
  }
}

test("what a checkpoint covers goes from the log when it is older than the retention, and nothing else", async () => {
  await tables.run("CREATE TABLE long (id INT, p STRING) TBLPROPERTIES ('delta.checkpointInterval' = '4', 'delta.logRetentionDuration' = 'interval 10 days')");
  await insert("long", 1, 10);
  const rows = await tables.rows("SELECT * FROM long");
  age("long", 6, 20);
  writeFileSync(join(logOf("long"), `${padded(3)}.${padded(6)}.compacted.json`), "");
  writeFileSync(join(logOf("long"), `${padded(5)}.${padded(6)}.compacted.json`), readFileSync(join(logOf("long"), `${padded(5)}.json`), "utf8") + readFileSync(join(logOf("long"), `${padded(6)}.json`), "utf8"));
  await insert("long", 11, 12);
  // 6 is the last old commit, and 4 the last checkpoint before it.
  expect(versions("long", ".json").filter((version, i, all) => all.indexOf(version) === i)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(versions("long", ".crc")[0]).toBe(4);
  expect(versions("long", ".checkpoint.parquet")).toEqual([4, 8, 12]);
  expect(readdirSync(logOf("long")).filter((name) => name.includes("compacted"))).toEqual([`${padded(5)}.${padded(6)}.compacted.json`]);
  expect(await tables.rows("SELECT * FROM long WHERE id <= 10")).toEqual(rows);
  expect(await tables.rows("SELECT count(*) FROM long VERSION AS OF 4")).toEqual(["[4]"]);
  expect(await tables.failure("SELECT * FROM long VERSION AS OF 3")).toBe("DELTA_VERSION_NOT_FOUND");
});

test("without a checkpoint that is old enough, or when it is switched off, the log stays whole", async () => {
  await tables.run("CREATE TABLE young (id INT, p STRING) TBLPROPERTIES ('delta.checkpointInterval' = '4')", "CREATE TABLE kept (id INT, p STRING) TBLPROPERTIES ('delta.checkpointInterval' = '4', 'delta.enableExpiredLogCleanup' = 'false')");
  await insert("young", 1, 7);
  await insert("kept", 1, 7);
  age("young", 3, 60);
  age("kept", 7, 60);
  await insert("young", 8, 8);
  await insert("kept", 8, 8);
  expect(versions("young", ".json")[0]).toBe(0);
  expect(versions("kept", ".json")[0]).toBe(0);
});

test("sidecars that no checkpoint names go after a day", async () => {
  await tables.run("CREATE TABLE sided (id INT, p STRING) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')");
  await insert("sided", 1, 5);
  const sidecars = join(logOf("sided"), "_sidecars");
  const old = readdirSync(sidecars);
  expect(old).toHaveLength(2);
  writeFileSync(join(sidecars, "stray.parquet"), "");
  writeFileSync(join(sidecars, "fresh.parquet"), "");
  for (const name of [...old, "stray.parquet"]) utimesSync(join(sidecars, name), new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - 2 * DAY_MS));
  age("sided", 5, 60);
  await insert("sided", 6, 6);
  // The checkpoint of version 2 has gone, and its sidecar with it; that of version 4 is the first that stays.
  expect(readdirSync(sidecars).filter((name) => name.startsWith(padded(2)) || name === "stray.parquet")).toEqual([]);
  expect(readdirSync(sidecars)).toContain(old.find((name) => name.startsWith(padded(4))));
  expect(existsSync(join(sidecars, "fresh.parquet"))).toBe(true);
  expect(await tables.rows("SELECT count(*) FROM sided")).toEqual(["[6]"]);
});

test("retention times are intervals of fixed length", () => {
  expect(["interval 1 week", "30 days", "interval 2 days 12 hours", "INTERVAL 90 MINUTES", "1 month", "soon", undefined].map(durationMs)).toEqual([7 * DAY_MS, 30 * DAY_MS, 2.5 * DAY_MS, 90 * 60_000, undefined, undefined, undefined]);
});
