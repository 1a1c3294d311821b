import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable, type DeltaTableVersion, type ScanOptions } from "../../server/delta-library.ts";
import { PROJECT_ROOT, readProjectFile } from "../architecture/source-files.ts";
import { ObjectStorage } from "./object-storage.ts";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const at = (name: string): string => join(tables.folder, name);

/** Rows as arrays, sorted as texts. */
async function rowsOf(version: DeltaTableVersion, options?: ScanOptions): Promise<string[]> {
  const texts: string[] = [];
  for await (const batch of version.rows(options)) {
    for (const row of batch.toArray() as Record<string, unknown>[]) texts.push(JSON.stringify(Object.values(row), (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)));
  }
  return texts.sort();
}

test("what it writes, the engine and an independent reader read, and the other way round", async () => {
  const table = await DeltaTable.create(at("mixed"), { columns: "id BIGINT NOT NULL, price DECIMAL(10,2), at TIMESTAMP, tags ARRAY<STRING>, inner STRUCT<x: INT, y: STRING>, p STRING", partitionBy: ["p"] });
  expect(await table.append([{ id: 1n, price: "1.50", at: new Date("2024-01-01T00:00:00Z"), tags: ["a", null], inner: { x: 1, y: "z" }, p: "a b" }, { ID: 2, p: null }])).toBe(1n);
  await tables.run(`INSERT INTO delta.\`${at("mixed")}\` VALUES (3, -0.25, TIMESTAMP'2024-01-02 00:00:00Z', NULL, named_struct('x', 3, 'y', NULL), 'c')`);
  const engine = await tables.rows(`SELECT id, CAST(price AS STRING), tags, inner, p FROM delta.\`${at("mixed")}\``);
  expect(engine).toEqual(['[1,"1.50",["a",null],{"fields":[1,"z"]},"a b"]', "[2,null,null,null,null]", '[3,"-0.25",null,{"fields":[3,null]},"c"]']);
  expect(await tables.independentRows("mixed")).toEqual(await tables.rows(`SELECT * FROM delta.\`${at("mixed")}\``));
  const latest = await table.snapshot();
  expect(await rowsOf(latest, { columns: ["id", "p"] })).toEqual(['[1,"a b"]', "[2,null]", '[3,"c"]']);
  expect(await rowsOf(latest, { columns: ["p"], where: "inner.x IS NOT NULL AND price < 1" })).toEqual(['["c"]']);
  expect(await rowsOf(await table.snapshot({ version: 1 }), { columns: ["id"] })).toEqual(["[1]", "[2]"]);
  expect(replayLog(at("mixed")).files.find(({ partitionValues }) => partitionValues.p === "a b")?.stats).toMatchObject({ numRecords: 1, minValues: { id: 1, price: 1.5 }, nullCount: { id: 0 } });
});

test("files are pruned by partition values and statistics, and not read then", async () => {
  const storage = new ObjectStorage();
  const table = await DeltaTable.create("s3://bucket/t", { columns: "id INT, p INT", partitionBy: ["p"] }, { storage });
  for (const p of [1, 2, 3]) await table.append([{ id: p * 10, p }, { id: p * 10 + 1, p }]);
  const version = await table.snapshot();
  expect(version.files()).toHaveLength(3);
  expect(version.files({ where: "p = 2" }).map(({ partitionValues }) => partitionValues.p)).toEqual(["2"]);
  expect(version.files({ where: "id >= 31" })).toHaveLength(1);
  storage.reads.length = 0;
  expect(await rowsOf(version, { where: "id = 21" })).toEqual(["[21,2]"]);
  expect(storage.reads.filter((key) => key.endsWith(".parquet"))).toHaveLength(1);
  expect(await rowsOf(version, { columns: ["p"] })).toEqual(["[1]", "[1]", "[2]", "[2]", "[3]", "[3]"]);
});

test("an object store is enough: checkpoints, time travel, and writers at the same time", async () => {
  const storage = new ObjectStorage();
  await DeltaTable.create("t", { columns: "id INT", properties: { "delta.checkpointInterval": "5" } }, { storage });
  const writers = await Promise.all(Array.from({ length: 3 }, () => DeltaTable.open("t", { storage })));
  await Promise.all(writers.map(async (writer, w) => {
    for (let i = 0; i < 4; i++) await writer.append([{ id: w * 10 + i }]);
  }));
  expect([...storage.objects.keys()].filter((key) => key.endsWith(".checkpoint.parquet"))).toHaveLength(2);
  for (const key of storage.objects.keys()) if (/_delta_log\/0{19}[0-4]\.json$/.test(key)) storage.objects.delete(key);
  const reader = await DeltaTable.open("t", { storage });
  const all = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23];
  expect(await rowsOf(await reader.snapshot())).toEqual(all.map((id) => `[${id}]`).sort());
  expect(await rowsOf(await reader.snapshot({ version: 6 }))).toHaveLength(6);
  await expect(reader.snapshot({ version: 2 })).rejects.toMatchObject({ condition: "DELTA_VERSION_NOT_FOUND" });
  expect((await reader.history(1))[0].commitInfo).toMatchObject({ operation: "WRITE", isBlindAppend: true });
});

test("deletion vectors, mapped columns and types that became wider are read", async () => {
  await tables.run(
    "CREATE TABLE rich (id INT, gone INT, name STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true')",
    "INSERT INTO rich VALUES (1, 0, 'a'), (2, 0, 'b'), (3, 0, 'c')",
    "DELETE FROM rich WHERE id = 2",
    "ALTER TABLE rich RENAME COLUMN name TO label",
    "ALTER TABLE rich DROP COLUMN gone",
    "ALTER TABLE rich ALTER COLUMN id TYPE BIGINT",
  );
  const table = await DeltaTable.open(at("rich"));
  expect(await rowsOf(await table.snapshot())).toEqual(['[1,"a"]', '[3,"c"]']);
  await table.append([{ id: 4n, label: "d" }]);
  expect(await tables.readers("rich")).toEqual({ engine: ['[1,"a"]', '[3,"c"]', '[4,"d"]'], replay: ['[1,"a"]', '[3,"c"]', '[4,"d"]'] });
});

test("constraints, defaults and generated columns hold, and a row that does not fit leaves nothing behind", async () => {
  await tables.run("CREATE TABLE strict (id INT NOT NULL, twice INT GENERATED ALWAYS AS (id * 2), state STRING DEFAULT 'new') TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')", "ALTER TABLE strict ADD CONSTRAINT positive CHECK (id > 0)");
  const table = await DeltaTable.open(at("strict"));
  await table.append([{ id: 1 }, { id: 2, twice: 4, state: null }]);
  expect(await tables.rows("SELECT * FROM strict")).toEqual(['[1,2,"new"]', "[2,4,null]"]);
  const files = (): number => readdirSync(at("strict")).filter((name) => name.endsWith(".parquet")).length;
  const before = files();
  for (const [row, condition] of [
    [{ id: null }, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"],
    [{ id: -1 }, "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    [{ id: 3, twice: 7 }, "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    [{ id: 2 ** 31 }, "DELTA_INVALID_VALUE"],
    [{ id: 3, other: 1 }, "UNRESOLVED_COLUMN.WITH_SUGGESTION"],
  ] as const) await expect(table.append([{ id: 9 }, row])).rejects.toMatchObject({ condition });
  expect(files()).toBe(before);
  expect((await table.history())).toHaveLength(3);
});

test("row ids and in-commit timestamps are given to its commits too", async () => {
  const table = await DeltaTable.create(at("tracked"), { columns: "id INT", properties: { "delta.enableRowTracking": "true", "delta.enableInCommitTimestamps": "true", "delta.enableChangeDataFeed": "true" } });
  await table.append([{ id: 1 }, { id: 2 }]);
  await table.append([{ id: 3 }]);
  expect(await tables.rows(`SELECT id, _metadata.row_id, _metadata.row_commit_version FROM delta.\`${at("tracked")}\``)).toEqual(["[1,0,1]", "[2,1,1]", "[3,2,2]"]);
  const [last] = await table.history(1);
  expect(last.commitInfo.inCommitTimestamp).toBe(last.timestampMs);
});

test("commits of one's own are checked like all others", async () => {
  const table = await DeltaTable.create(at("own"), { columns: "id INT" });
  await table.append([{ id: 1 }]);
  const version = await table.snapshot();
  const [add] = version.files();
  const remove = { kind: "remove", remove: { path: add.path, deletionTimestamp: Date.now(), dataChange: true } } as const;
  await table.append([{ id: 2 }]);
  await expect(table.commit({ actions: [remove], operation: "DELETE", readVersion: version.version, readsTable: true })).rejects.toMatchObject({ condition: "DELTA_CONCURRENT_APPEND" });
  expect(await table.commit({ actions: [remove], operation: "DELETE", readVersion: version.version })).toBe(3n);
  await expect(table.commit({ actions: [remove], operation: "DELETE", readVersion: version.version })).rejects.toMatchObject({ condition: "DELTA_CONCURRENT_DELETE_DELETE" });
  expect(await rowsOf(await table.snapshot())).toEqual(["[2]"]);
  await expect(DeltaTable.open(at("nowhere"))).rejects.toMatchObject({ condition: "DELTA_MISSING_DELTA_TABLE" });
  await expect(DeltaTable.create(at("own"), { columns: "id INT" })).rejects.toMatchObject({ condition: "DELTA_TABLE_ALREADY_EXISTS" });
});

test("the lines in the README run and print what they say", () => {
  const code = /```ts\n(import \{ DeltaTable \}.*?)```/s.exec(readProjectFile("README.md"))?.[1] ?? "";
  expect(code).toContain("sparrow-sql/delta");
  writeFileSync(at("readme.ts"), code.replace('"sparrow-sql/delta"', JSON.stringify(join(PROJECT_ROOT, "server/delta-library.ts"))));
  expect(execFileSync(process.execPath, ["--no-warnings", "readme.ts"], { cwd: tables.folder, encoding: "utf8" })).toBe("1\n[ '{\"note\": \"first\"}' ]\n[ 'WRITE', 'CREATE TABLE' ]\n");
  expect(readFileSync(join(at("events"), "_delta_log", `${"1".padStart(20, "0")}.json`), "utf8")).toContain('"operation":"WRITE"');
});
