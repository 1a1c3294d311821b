import { cpSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDeletedRanges } from "../../delta/roaring-bitmap.ts";
import { encodeDeletedRanges } from "../../delta/roaring-writer.ts";
import { rangesOf, unionOf } from "../../delta/row-ranges.ts";
import { decodeZ85, encodeZ85 } from "../../delta/z85.ts";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const MARKED = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')";

function lastMetrics(table: string): unknown {
  const { history, version } = replayLog(join(tables.folder, table));
  return history[version].operationMetrics;
}

/** Names of the data files, and how many rows of each are deleted. */
function liveFiles(table: string): Record<string, number> {
  return Object.fromEntries(replayLog(join(tables.folder, table)).files.map(({ path, deletionVector }) => [path, deletionVector?.cardinality ?? 0]));
}

test("row sets of every kind of container are written and read back", () => {
  const every = (step: number, count: number, start = 0): number[] => Array.from({ length: count }, (_, i) => start + i * step);
  const sets: readonly (readonly number[])[] = [[0], every(1, 70_000), every(2, 4096), every(2, 5000), every(3, 60_000, 65_530), [...every(7, 100), ...every(1, 300, 131_000), ...every(2, 30_000, 300_000), 4_294_967_294]];
  for (const rows of sets) {
    const ranges = rangesOf(Uint32Array.from(rows.toReversed()));
    expect(readDeletedRanges(encodeDeletedRanges(ranges))).toEqual(ranges);
  }
  expect([...rangesOf(Uint32Array.of(5, 1, 2, 2, 1, 7))]).toEqual([1, 3, 5, 6, 7, 8]);
  expect([...unionOf(Uint32Array.of(1, 3, 10, 20), Uint32Array.of(0, 1, 3, 4, 12, 13, 20, 21, 30, 31))]).toEqual([0, 4, 10, 21, 30, 31]);
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => (i * 89) & 255);
  expect(decodeZ85(encodeZ85(bytes), 20)).toEqual(bytes);
});

test("DELETE marks rows: the data file stays, vectors add up, and a file without rows goes", async () => {
  await tables.run(`CREATE TABLE d1 (id INT, s STRING) USING delta ${MARKED}`, "INSERT INTO d1 SELECT cast(id AS INT), cast(id AS STRING) FROM range(0, 100, 1, 1)", "INSERT INTO d1 VALUES (1000, NULL)");
  const before = liveFiles("d1");
  expect(await tables.rows("DELETE FROM d1 WHERE id % 10 = 3 OR id BETWEEN 50 AND 59")).toEqual(["[19]"]);
  expect(lastMetrics("d1")).toMatchObject({ numRemovedFiles: "0", numAddedFiles: "0", numDeletedRows: "19", numCopiedRows: "0", numDeletionVectorsAdded: "1", numDeletionVectorsRemoved: "0", numDeletionVectorsUpdated: "0" });
  expect(Object.keys(liveFiles("d1")).sort()).toEqual(Object.keys(before).sort());
  expect(await tables.rows("DELETE FROM d1 WHERE id < 20 OR id = 1000")).toEqual(["[19]"]);
  expect(lastMetrics("d1")).toMatchObject({ numRemovedFiles: "1", numDeletionVectorsAdded: "1", numDeletionVectorsRemoved: "1", numDeletionVectorsUpdated: "1" });
  expect(Object.values(liveFiles("d1"))).toEqual([37]);
  const left = Array.from({ length: 100 }, (_, i) => i).filter((i) => i >= 20 && i % 10 !== 3 && (i < 50 || i > 59)).map((i) => [i, String(i)]);
  expect(await tables.readers("d1")).toEqual(seenByBoth(left));
  const [file] = replayLog(join(tables.folder, "d1")).files;
  expect(file.stats).toMatchObject({ numRecords: 100, tightBounds: false, minValues: { id: 0 }, nullCount: { id: 0, s: 0 } });
  expect(await tables.rows("SELECT count(*), min(id), max(id) FROM d1")).toEqual(["[63,20,99]"]);
  expect(await tables.rows("SELECT count(*) FROM d1 VERSION AS OF 2")).toEqual(["[101]"]);
  expect(await tables.rows("DELETE FROM d1 WHERE id > 0")).toEqual(["[63]"]);
  expect(await tables.readers("d1")).toEqual(seenByBoth([]));
});

test("UPDATE and MERGE mark old rows and write the new ones alone", async () => {
  await tables.run(`CREATE TABLE u1 (id INT, n INT, p INT) USING delta PARTITIONED BY (p) ${MARKED}`, "INSERT INTO u1 SELECT cast(id AS INT), 0, cast(id % 2 AS INT) FROM range(0, 20, 1, 1)");
  expect(await tables.rows("UPDATE u1 SET n = id * 2, p = 7 WHERE id IN (4, 5, 6)")).toEqual(["[3]"]);
  expect(lastMetrics("u1")).toMatchObject({ numRemovedFiles: "0", numAddedFiles: "1", numUpdatedRows: "3", numCopiedRows: "0", numDeletionVectorsAdded: "2", numDeletionVectorsRemoved: "0", numDeletionVectorsUpdated: "0" });
  const updated = Array.from({ length: 20 }, (_, id) => (id >= 4 && id <= 6 ? [id, id * 2, 7] : [id, 0, id % 2]));
  expect(await tables.readers("u1")).toEqual(seenByBoth(updated));
  const result = await tables.rows(`MERGE INTO u1 t USING (SELECT cast(id AS INT) AS k FROM range(3, 23)) s ON t.id = s.k
    WHEN MATCHED AND t.id < 8 THEN DELETE WHEN MATCHED AND t.id = 10 THEN UPDATE SET n = 100
    WHEN NOT MATCHED THEN INSERT (id, n, p) VALUES (s.k, -1, 0)
    WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN UPDATE SET n = 11`);
  expect(result).toEqual(["[10,2,5,3]"]);
  expect(lastMetrics("u1")).toMatchObject({ numTargetRowsCopied: "0", numOutputRows: "5", numTargetFilesRemoved: "1", numTargetDeletionVectorsAdded: "2", numTargetDeletionVectorsRemoved: "2", numTargetDeletionVectorsUpdated: "2" });
  const merged = [...updated.filter(([id]) => id < 3 || id > 7).map(([id, n, p]) => [id, id === 10 ? 100 : id === 1 ? 11 : n, p]), ...[20, 21, 22].map((id) => [id, -1, 0])];
  expect(await tables.readers("u1")).toEqual(seenByBoth(merged));
  expect(await tables.rows("MERGE INTO u1 t USING (SELECT 1 AS k UNION ALL SELECT 1) s ON t.id = s.k WHEN MATCHED THEN DELETE")).toEqual(["[1,0,1,0]"]);
  expect(await tables.readers("u1")).toEqual(seenByBoth(merged.filter(([id]) => id !== 1)));
});

test("vectors can be turned on and off: tables with them stay readable and writable", async () => {
  await tables.run("CREATE TABLE s1 (id INT) USING delta", "INSERT INTO s1 SELECT cast(id AS INT) FROM range(0, 10, 1, 1)", `ALTER TABLE s1 SET ${MARKED}`, "DELETE FROM s1 WHERE id = 3");
  expect(replayLog(join(tables.folder, "s1")).protocol).toEqual({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["deletionVectors"], writerFeatures: ["appendOnly", "invariants", "deletionVectors"] });
  expect(Object.values(liveFiles("s1"))).toEqual([1]);
  await tables.run("ALTER TABLE s1 SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')", "DELETE FROM s1 WHERE id = 4");
  expect(Object.values(liveFiles("s1"))).toEqual([0]);
  expect(await tables.readers("s1")).toEqual(seenByBoth([0, 1, 2, 5, 6, 7, 8, 9].map((id) => [id])));
  await tables.run("RESTORE TABLE s1 TO VERSION AS OF 3");
  expect(Object.values(liveFiles("s1"))).toEqual([1]);
  expect(await tables.readers("s1")).toEqual(seenByBoth([0, 1, 2, 4, 5, 6, 7, 8, 9].map((id) => [id])));
});

test("VACUUM keeps the vectors of live files and deletes others; checkpoints keep vectors", async () => {
  await tables.run(`CREATE TABLE v1 (id INT) USING delta ${MARKED}`, "INSERT INTO v1 SELECT cast(id AS INT) FROM range(0, 50, 1, 1)");
  for (let i = 0; i < 9; i++) await tables.run(`DELETE FROM v1 WHERE id = ${i * 5}`);
  const vectors = (): string[] => readdirSync(join(tables.folder, "v1")).filter((name) => /^deletion_vector_[0-9a-f-]{36}\.bin$/.test(name));
  expect(vectors()).toHaveLength(9);
  const old = Date.UTC(2020, 0) / 1000;
  for (const name of vectors()) utimesSync(join(tables.folder, "v1", name), old, old);
  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false", "VACUUM v1 RETAIN 0 HOURS");
  expect(vectors()).toHaveLength(1);
  const { rows } = await tables.duckdb.query(`SELECT add.deletionVector.cardinality FROM read_parquet('${join(tables.folder, "v1/_delta_log", "10".padStart(20, "0"))}.checkpoint.parquet') WHERE add IS NOT NULL`);
  expect(rows).toEqual([[9n]]);
  expect(await tables.rows("SELECT count(*), sum(id) FROM v1")).toEqual([`[41,${(49 * 50) / 2 - 180}]`]);

});

test("a vector that is damaged, or has other rows than the log says, refuses the table", async () => {
  await tables.run(`CREATE TABLE b1 (id INT) USING delta ${MARKED}`, "INSERT INTO b1 SELECT cast(id AS INT) FROM range(0, 50, 1, 1)", "DELETE FROM b1 WHERE id IN (3, 30)");
  const damaged = (name: string, damage: (folder: string) => void): string => {
    const folder = join(tables.folder, name);
    cpSync(join(tables.folder, "b1"), folder, { recursive: true });
    damage(folder);
    return `SELECT * FROM delta.\`${folder}\``;
  };
  const vector = (folder: string): string => join(folder, readdirSync(folder).find((name) => name.endsWith(".bin")) as string);
  const edit = (path: string, change: (bytes: Buffer) => Buffer | string): void => writeFileSync(path, change(readFileSync(path)));
  const flipped = damaged("flipped", (folder) => edit(vector(folder), (bytes) => (bytes.writeUInt8(bytes[bytes.length - 5] ^ 1, bytes.length - 5), bytes)));
  expect(await tables.failure(flipped)).toBe("DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH");
  const cut = damaged("cut", (folder) => edit(vector(folder), (bytes) => bytes.subarray(0, -3)));
  expect(await tables.failure(cut)).toBe("DELTA_DELETION_VECTOR_SIZE_MISMATCH");
  const miscounted = damaged("miscounted", (folder) => edit(join(folder, "_delta_log", `${"2".padStart(20, "0")}.json`), (bytes) => String(bytes).replace('"cardinality":2', '"cardinality":3')));
  expect(await tables.failure(miscounted)).toBe("DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH");
  expect(await tables.failure(damaged("gone", (folder) => rmSync(vector(folder))))).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});

test("OPTIMIZE writes files without the rows that were marked", async () => {
  await tables.run(`CREATE TABLE o1 (id INT) USING delta ${MARKED}`, "INSERT INTO o1 VALUES (1), (2), (3)", "INSERT INTO o1 VALUES (4), (5), (6)", "DELETE FROM o1 WHERE id IN (2, 6)", "OPTIMIZE o1");
  expect(Object.values(liveFiles("o1"))).toEqual([0]);
  expect(await tables.readers("o1")).toEqual(seenByBoth([[1], [3], [4], [5]]));
});

test("REORG APPLY (PURGE) writes files without deleted rows and dropped columns, and leaves the others alone", async () => {
  await tables.run("CREATE TABLE r1 (id INT, n INT, s ARRAY<STRUCT<x: INT, y: INT>>, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name')");
  await tables.run("INSERT INTO r1 SELECT cast(id AS INT), 1, array(named_struct('x', 1, 'y', 2)), cast(id % 3 AS INT) FROM range(0, 30, 1, 1)", "DELETE FROM r1 WHERE id IN (0, 1)");
  const rows = await tables.rows("SELECT * FROM r1");
  const before = liveFiles("r1");
  await tables.run("REORG TABLE r1 WHERE p = 0 APPLY (PURGE)");
  expect(Object.values(liveFiles("r1")).sort()).toEqual([0, 0, 1]);
  await tables.run("REORG TABLE r1 APPLY (PURGE)");
  const after = liveFiles("r1");
  expect(Object.values(after)).toEqual([0, 0, 0]);
  expect(Object.keys(after).filter((path) => path in before)).toHaveLength(1);
  expect(await tables.rows("SELECT * FROM r1")).toEqual(rows);
  expect(replayLog(join(tables.folder, "r1")).history[4].operation).toBe("REORG");
  // Nothing is left to be purged: no commit.
  await tables.run("REORG TABLE r1 APPLY (PURGE)");
  expect(replayLog(join(tables.folder, "r1")).version).toBe(4);

  await tables.run("ALTER TABLE r1 DROP COLUMN s.element.y", "REORG TABLE r1 APPLY (PURGE)");
  const [file] = replayLog(join(tables.folder, "r1")).files;
  expect((await tables.duckdb.query(`SELECT name FROM parquet_schema('${file.path}') WHERE num_children IS NULL`)).rows).toHaveLength(3);
  expect(await tables.rows("SELECT id, n, s[0].x, p FROM r1 WHERE id = 4")).toEqual(["[4,1,1,1]"]);
  await tables.run("CREATE TABLE r2 (id INT) USING delta", "REORG TABLE r2 APPLY (PURGE)");
  expect(await tables.failure("REORG TABLE r2 APPLY (UPGRADE UNIFORM (ICEBERG_COMPAT_VERSION = 2))")).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
});
