import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

/** Files of two row groups, which are large enough to be written anew one by one. */
const ROWS = 140_000;
const FIRST_GROUP_ROWS = 131_072;

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const COLUMNS = `CAST(id AS INT) AS id, if(id % 7 = 0, NULL, concat('text ', id % 1000)) AS s, CAST(id AS DECIMAL(30,2)) AS d, id % 3 = 0 AS b, if(id = 5, double('NaN'), id / 2D) AS f`;

async function makeTable(name: string): Promise<void> {
  await tables.run(`CREATE TABLE ${name} (id INT, s STRING, d DECIMAL(30,2), b BOOLEAN, f DOUBLE) USING delta`, `INSERT INTO ${name} SELECT ${COLUMNS} FROM range(${ROWS})`);
}

/** The one live file of a table, as DuckDB reads its footer: by row group and column, where the chunk's bytes end up and how many they are. */
async function chunks(name: string): Promise<{ readonly path: string; readonly bytes: Map<string, number>; readonly stats: Record<string, Record<string, unknown>> }> {
  const { files } = replayLog(join(tables.folder, name));
  expect(files).toHaveLength(1);
  const [{ path }] = files;
  const found = await tables.duckdb.query(`SELECT row_group_id, column_id, total_compressed_size FROM parquet_metadata('${path}')`);
  return { path, bytes: new Map(found.rows.map(([group, column, bytes]) => [`${String(group)}.${String(column)}`, Number(bytes)])), stats: files[0].stats as unknown as Record<string, Record<string, unknown>> };
}

/** Whether a table holds these rows: as DuckDB reads the file, by hashes of all rows, and as the engine does, by sums over its columns. */
async function holds(name: string, expected: string, columns = "id, s, d, b, f"): Promise<readonly [duckdb: boolean, engine: boolean]> {
  const { path } = await chunks(name);
  const should = join(tables.folder, `${name}_expected.parquet`);
  await tables.run(`INSERT OVERWRITE DIRECTORY '${should}' USING parquet ${expected}`);
  const hashes = async (from: string): Promise<string> => (await tables.duckdb.query(`SELECT count(*), sum(hash(${columns})) FROM read_parquet('${from}')`)).rows.join();
  const file = await hashes(path);
  const wanted = await hashes(`${should}/*.parquet`);
  const [own, same] = await Promise.all([name, `parquet.\`${should}\``].map((from) => tables.rows(`SELECT count(*), sum(id), count(s), sum(length(s)), sum(d), count_if(b), count(b), sum(nanvl(f, 0.25)) FROM ${from}`)));
  return [file === wanted, own.join() === same.join()];
}

test("MERGE that updates a column of some rows copies all other columns as they are stored", async () => {
  await makeTable("merged");
  const before = await chunks("merged");
  expect(await tables.rows(`MERGE INTO merged t USING (SELECT id * 1000 AS k, if(id % 2 = 0, NULL, 'a longer text than before') AS v FROM range(10)) x ON t.id = x.k WHEN MATCHED THEN UPDATE SET s = x.v`)).toEqual(["[10,10,0,0]"]);
  const after = await chunks("merged");
  expect(after.path).not.toBe(before.path);
  const changed = [...before.bytes].filter(([chunk, bytes]) => after.bytes.get(chunk) !== bytes).map(([chunk]) => chunk);
  // The rows are in the first of two row groups.
  expect(changed).toEqual(["0.1"]);
  expect(after.stats.nullCount).toEqual({ ...before.stats.nullCount, s: (before.stats.nullCount.s as number) + 3 });
  expect([after.stats.minValues, after.stats.maxValues]).toEqual([{ ...before.stats.minValues, s: "a longer text than before" }, before.stats.maxValues]);
  expect(before.stats.minValues).not.toHaveProperty("f");
  expect(await holds("merged", `SELECT CAST(id AS INT) AS id, if(id < 10000 AND id % 1000 = 0, if(id % 2000 = 0, NULL, 'a longer text than before'), s) AS s, d, b, f FROM (SELECT ${COLUMNS} FROM range(${ROWS}))`)).toEqual([true, true]);
  const [history] = replayLog(join(tables.folder, "merged")).history.slice(-1);
  expect(history.operationMetrics).toMatchObject({ numTargetRowsCopied: String(ROWS - 10), numTargetRowsUpdated: "10", numTargetFilesAdded: "1", numTargetFilesRemoved: "1", numOutputRows: String(ROWS) });
});

test("DELETE leaves row groups without such rows as they are, and drops those without others", async () => {
  await makeTable("thinned");
  const before = await chunks("thinned");
  await tables.run(`DELETE FROM thinned WHERE id >= ${FIRST_GROUP_ROWS} AND (id % 2 = 0 OR id = ${ROWS - 1})`);
  const after = await chunks("thinned");
  expect([...before.bytes].filter(([chunk, bytes]) => after.bytes.get(chunk) === bytes).map(([chunk]) => chunk)).toEqual(["0.0", "0.1", "0.2", "0.3", "0.4"]);
  expect(await holds("thinned", `SELECT * FROM (SELECT ${COLUMNS} FROM range(${ROWS})) WHERE NOT (id >= ${FIRST_GROUP_ROWS} AND (id % 2 = 0 OR id = ${ROWS - 1}))`)).toEqual([true, true]);
  await tables.run(`DELETE FROM thinned WHERE id >= ${FIRST_GROUP_ROWS}`);
  const last = await chunks("thinned");
  expect([...last.bytes]).toEqual([...before.bytes].filter(([chunk]) => chunk.startsWith("0.")));
  expect(last.stats.numRecords).toBe(FIRST_GROUP_ROWS);
});

test("UPDATE of values of every kind, of a file that lacks a column, beside rows that DELETE takes out in MERGE", async () => {
  await tables.run("SET sparrow.delta.rewrite.minFileSize = 0");
  const columns = `${COLUMNS}, array(CAST(id % 5 AS INT)) AS a`;
  await tables.run("CREATE TABLE mixed (id INT, s STRING, d DECIMAL(30,2), b BOOLEAN, f DOUBLE, a ARRAY<INT>) USING delta", `INSERT INTO mixed SELECT ${columns} FROM range(3000)`, "ALTER TABLE mixed ADD COLUMN added STRING");
  await tables.run("UPDATE mixed SET b = NULL, d = d + 0.5, a = array(id), f = -f WHERE id % 1000 = 1");
  await tables.run(`MERGE INTO mixed t USING (SELECT id AS k FROM range(0, 3000, 500)) x ON t.id = x.k WHEN MATCHED AND k % 1000 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET added = concat('new ', k), s = t.s`);
  expect(
    await holds("mixed", `SELECT id, s, if(id % 1000 = 1, CAST(d + 0.5 AS DECIMAL(30,2)), d) AS d, if(id % 1000 = 1, NULL, b) AS b, if(id % 1000 = 1, -f, f) AS f, if(id % 1000 = 1, array(id), a) AS a, if(id % 500 = 0, concat('new ', id), NULL) AS added FROM (SELECT ${columns} FROM range(3000)) WHERE id % 1000 <> 0`, "id, s, d, b, f, a, added"),
  ).toEqual([true, true]);
});
