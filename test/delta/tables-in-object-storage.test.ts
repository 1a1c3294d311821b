import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerStorage } from "../../server/storages.ts";
import { ObjectStorage } from "./object-storage.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

/** Tables whose log and data are objects of a storage that has no more than an object store. */
const storage = new ObjectStorage();
registerStorage("objects", storage);

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const TABLE = "delta.`objects:/lake/t`";

function keys(pattern: RegExp): string[] {
  return [...storage.objects.keys()].filter((key) => pattern.test(key)).sort();
}

test("a table in an object store is written, read, changed, laid out, travelled through and vacuumed", async () => {
  await tables.run(`CREATE TABLE ${TABLE} (id INT, s STRING, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointInterval' = '5')`, `INSERT INTO ${TABLE} SELECT CAST(id AS INT), concat('row ', id), CAST(id % 2 AS INT) FROM range(10)`);
  expect(keys(/\/p=[01]\/part-.*\.parquet$/)).toHaveLength(2);
  expect(await tables.rows(`SELECT count(*), sum(id) FROM ${TABLE} WHERE p = 1`)).toEqual(["[5,25]"]);
  // Of the other partition nothing was fetched.
  expect(storage.reads.filter((key) => key.includes("/p=0/"))).toEqual([]);

  await tables.run("SET sparrow.delta.rewrite.minFileSize = 0", `UPDATE ${TABLE} SET s = upper(s) WHERE id = 3`, `DELETE FROM ${TABLE} WHERE id = 4`, `MERGE INTO ${TABLE} t USING (SELECT * FROM VALUES (5, 'five'), (20, 'twenty') AS v(k, v)) x ON t.id = x.k WHEN MATCHED THEN UPDATE SET s = x.v WHEN NOT MATCHED THEN INSERT (id, s, p) VALUES (x.k, x.v, 0)`);
  await tables.run(`ALTER TABLE ${TABLE} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`, `DELETE FROM ${TABLE} WHERE id = 6`);
  expect(keys(/deletion_vector_.*\.bin$/)).toHaveLength(1);
  const rows = ["[0,\"row 0\"]", "[1,\"row 1\"]", "[2,\"row 2\"]", "[20,\"twenty\"]", "[3,\"ROW 3\"]", "[5,\"five\"]", "[7,\"row 7\"]", "[8,\"row 8\"]", "[9,\"row 9\"]"];
  expect(await tables.rows(`SELECT id, s FROM ${TABLE}`)).toEqual(rows);
  expect(await tables.rows(`SELECT count(*), min(_metadata.file_path) LIKE 'objects:/lake/t/p=0/part-%' FROM ${TABLE}`)).toEqual(["[9,true]"]);

  await tables.run(`OPTIMIZE ${TABLE}`, `OPTIMIZE ${TABLE} ZORDER BY (id)`);
  expect(await tables.rows(`SELECT id, s FROM ${TABLE}`)).toEqual(rows);
  expect(await tables.rows(`SELECT count(*), max(s) FROM ${TABLE} VERSION AS OF 1`)).toEqual(["[10,\"row 9\"]"]);
  expect(keys(/\.checkpoint\.parquet$/).length).toBeGreaterThan(0);

  const latest = keys(/_delta_log\/\d+\.json$/).length - 1;
  await tables.run(`RESTORE TABLE ${TABLE} TO VERSION AS OF 1`);
  expect(await tables.rows(`SELECT count(*) FROM ${TABLE}`)).toEqual(["[10]"]);
  await tables.run(`RESTORE TABLE ${TABLE} TO VERSION AS OF ${latest}`);

  await tables.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false");
  const before = keys(/\.parquet$|\.bin$/).filter((key) => !key.includes("_delta_log"));
  expect(await tables.rows(`VACUUM ${TABLE} RETAIN 0 HOURS`)).toEqual(["[\"objects:/lake/t\"]"]);
  const left = keys(/\.parquet$|\.bin$/).filter((key) => !key.includes("_delta_log"));
  expect(left.length).toBeLessThan(before.length);
  expect(await tables.rows(`SELECT id, s FROM ${TABLE}`)).toEqual(rows);
  // Nothing of it is a file.
  expect(existsSync("objects:")).toBe(false);
});

test("a failed statement leaves no object behind, and a missing data file is told by its name", async () => {
  const table = "delta.`objects:/lake/failing`";
  await tables.run(`CREATE TABLE ${table} (id INT NOT NULL) USING delta`, `INSERT INTO ${table} VALUES (1), (2)`);
  const objects = keys(/failing\/part-/);
  expect(await tables.failure(`INSERT INTO ${table} SELECT if(id = 99999, NULL, CAST(id AS INT)) FROM range(100000)`)).toBe("DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  expect(await tables.failure(`UPDATE ${table} SET id = NULL WHERE id = 2`)).toBe("DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  expect(keys(/failing\/part-/)).toEqual(objects);
  await storage.write("objects:/lake/gone/_delta_log/00000000000000000000.json", await storage.read("objects:/lake/failing/_delta_log/00000000000000000000.json"));
  await storage.write("objects:/lake/gone/_delta_log/00000000000000000001.json", await storage.read("objects:/lake/failing/_delta_log/00000000000000000001.json"));
  expect(await tables.failure("SELECT * FROM delta.`objects:/lake/gone`")).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});
