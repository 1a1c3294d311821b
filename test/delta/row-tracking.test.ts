import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

type Body = Readonly<Record<string, unknown>>;

/** Actions of all commits, by version. */
function commits(table: string): Readonly<Record<string, Body>>[][] {
  const { version } = replayLog(join(tables.folder, table));
  return Array.from({ length: version + 1 }, (_, i) => readFileSync(join(tables.folder, table, "_delta_log", `${String(i).padStart(20, "0")}.json`), "utf8").trim().split("\n").map((line) => JSON.parse(line)));
}

/** Id and commit version of every row by its key, as the protocol says and DuckDB reads the files. */
async function rowIds(table: string, key: string): Promise<ReadonlyMap<number, readonly [id: number, version: number]>> {
  const { files, metadata } = replayLog(join(tables.folder, table));
  const added = new Map(commits(table).flat().flatMap(({ add }) => (add === undefined ? [] : [[decodeURIComponent(add.path as string), add] as const])));
  const [id, version] = ["Id", "CommitVersion"].map((name) => metadata.configuration[`delta.rowTracking.materializedRow${name}ColumnName`]);
  const found = new Map<number, readonly [number, number]>();
  for (const { path } of files) {
    const add = added.get(path.slice(join(tables.folder, table).length + 1)) as Body;
    const names = (await tables.duckdb.query(`SELECT name FROM parquet_schema('${path}')`)).rows.map(([name]) => name);
    const stored = (column: string): string => (names.includes(column) ? `"${column}"` : "CAST(NULL AS BIGINT)");
    const rows = await tables.duckdb.query(`SELECT ${key}, coalesce(${stored(id)}, file_row_number + ${Number(add.baseRowId)}), coalesce(${stored(version)}, ${Number(add.defaultRowCommitVersion)}) FROM read_parquet('${path}', file_row_number = true)`);
    for (const row of rows.rows) {
      const [at, ...rest] = row.map(Number);
      found.set(at, rest as unknown as readonly [number, number]);
    }
  }
  return found;
}

test("rows keep their ids over UPDATE, DELETE, MERGE and OPTIMIZE; ids are never given out twice", async () => {
  await tables.run("CREATE TABLE r1 (k INT, s STRING) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true')", "INSERT INTO r1 VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO r1 VALUES (4, 'd')");
  expect(replayLog(join(tables.folder, "r1")).protocol).toMatchObject({ minWriterVersion: 7, writerFeatures: expect.arrayContaining(["rowTracking", "domainMetadata"]) });
  expect(await rowIds("r1", "k")).toEqual(new Map([[1, [0, 1]], [2, [1, 1]], [3, [2, 1]], [4, [3, 2]]]));
  await tables.run("UPDATE r1 SET s = 'B' WHERE k = 2", "DELETE FROM r1 WHERE k = 1", "MERGE INTO r1 USING (SELECT * FROM VALUES (3, 'C'), (5, 'e') AS v(i, n)) ON k = i WHEN MATCHED THEN UPDATE SET s = n WHEN NOT MATCHED THEN INSERT VALUES (i, n)");
  const ids = await rowIds("r1", "k");
  expect([2, 3, 4].map((k) => ids.get(k))).toEqual([[1, 3], [2, 5], [3, 2]]);
  const [newest] = ids.get(5) as readonly [number, number];
  expect(newest).toBeGreaterThan(3);
  await tables.run("OPTIMIZE r1");
  expect(await rowIds("r1", "k")).toEqual(ids);
  const marks = commits("r1").flat().flatMap(({ domainMetadata }) => (domainMetadata?.domain === "delta.rowTracking" ? [(JSON.parse(domainMetadata.configuration as string) as { rowIdHighWaterMark: number }).rowIdHighWaterMark] : []));
  expect(marks).toEqual([...marks].sort((a, b) => a - b));
  expect(Math.max(...[...ids.values()].map(([id]) => id))).toBeLessThanOrEqual(marks[marks.length - 1]);
  // The columns of ids are no part of the table.
  expect(await tables.rows("SELECT * FROM r1")).toEqual(['[2,"B"]', '[3,"C"]', '[4,"d"]', '[5,"e"]']);
});

test("a table that begins to track rows gives ids to those that it has", async () => {
  await tables.run("CREATE TABLE r2 (k INT) USING delta", "INSERT INTO r2 VALUES (1), (2)", "INSERT INTO r2 VALUES (3)", "ALTER TABLE r2 SET TBLPROPERTIES ('delta.enableRowTracking' = 'true')", "INSERT INTO r2 VALUES (4)");
  expect(await rowIds("r2", "k")).toEqual(new Map([[1, [0, 3]], [2, [1, 3]], [3, [2, 3]], [4, [3, 4]]]));
  expect(await tables.readers("r2")).toEqual({ engine: ["[1]", "[2]", "[3]", "[4]"], replay: ["[1]", "[2]", "[3]", "[4]"] });
});

test("statements at the same time give different ids", async () => {
  await tables.run("CREATE TABLE r3 (k INT) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true')");
  await Promise.all([0, 1, 2, 3].map((n) => tables.run(`INSERT INTO r3 VALUES (${n * 2}), (${n * 2 + 1})`)));
  const ids = [...(await rowIds("r3", "k")).values()].map(([id]) => id).sort();
  expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("with deletion vectors only new rows are written, under their old ids", async () => {
  await tables.run("CREATE TABLE r4 (k INT, n INT) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true', 'delta.enableChangeDataFeed' = 'true')", "INSERT INTO r4 VALUES (1, 1), (2, 2), (3, 3)", "UPDATE r4 SET n = -n WHERE k = 2");
  const rewritten = commits("r4")[2].flatMap(({ add }) => (add === undefined || add.deletionVector !== undefined ? [] : [add]));
  expect(rewritten).toHaveLength(1);
  expect((await rowIds("r4", "n")).get(-2)).toEqual([1, 2]);
  // A file under another deletion vector is the same file, with the same ids.
  expect(commits("r4")[2].flatMap(({ add }) => (add?.deletionVector === undefined ? [] : [[add.baseRowId, add.defaultRowCommitVersion]]))).toEqual([[0, 1]]);
  expect(await tables.rows("SELECT k, n, _change_type FROM table_changes('r4', 2)")).toEqual(['[2,-2,"update_postimage"]', '[2,2,"update_preimage"]']);
});

test("in-commit timestamps: first in the commit, later than the one before, and what time travel goes by", async () => {
  await tables.run("CREATE TABLE c1 (k INT) USING delta", "INSERT INTO c1 VALUES (1)", "ALTER TABLE c1 SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')", "INSERT INTO c1 VALUES (2)", "INSERT INTO c1 VALUES (3)");
  const times = commits("c1").map(([{ commitInfo }]) => commitInfo?.inCommitTimestamp as number | undefined);
  expect(times.slice(0, 2)).toEqual([undefined, undefined]);
  expect(times[3]).toBeGreaterThan(times[2] as number);
  expect(times[4]).toBeGreaterThan(times[3] as number);
  expect(replayLog(join(tables.folder, "c1")).metadata.configuration).toMatchObject({ "delta.inCommitTimestampEnablementVersion": "2", "delta.inCommitTimestampEnablementTimestamp": String(times[2]) });
  expect(await tables.rows(`SELECT k FROM c1 TIMESTAMP AS OF timestamp_millis(${times[3]})`)).toEqual(["[1]", "[2]"]);
  expect(await tables.rows(`SELECT k FROM c1 TIMESTAMP AS OF timestamp_millis(${times[2]})`)).toEqual(["[1]"]);
  const history = await tables.sparrow.query("DESCRIBE HISTORY c1 LIMIT 1");
  expect(Number(history.rows[0][1]) / 1000).toBe(times[4]);
  await tables.run("CREATE TABLE c2 (k INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')");
  expect(Object.keys(replayLog(join(tables.folder, "c2")).metadata.configuration)).toEqual(["delta.enableInCommitTimestamps"]);
});
