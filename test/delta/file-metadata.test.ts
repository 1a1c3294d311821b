import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { sortedTexts } from "./row-texts.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test("_metadata of Parquet files: where a row is, as DuckDB and the file system say", async () => {
  const folder = join(tables.folder, "with space");
  mkdirSync(folder);
  await tables.duckdb.query(`COPY (SELECT i::int AS i FROM range(5000) t(i)) TO '${folder}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  await tables.duckdb.query(`COPY (SELECT i::int AS i FROM range(5000, 5003) t(i)) TO '${folder}/b.parquet' (FORMAT parquet)`);
  const from = `parquet.\`${folder}\``;
  expect(await tables.rows(`SELECT i, _metadata.file_name, _metadata.row_index FROM ${from} WHERE i % 1000 = 7 OR i > 5000`)).toEqual(
    sortedTexts((await tables.duckdb.query(`SELECT i, parse_filename(filename), file_row_number FROM read_parquet('${folder}/*.parquet', filename = true, file_row_number = true) WHERE i % 1000 = 7 OR i > 5000`)).rows),
  );
  const { size, mtimeMs } = statSync(join(folder, "b.parquet"));
  expect(await tables.rows(`SELECT DISTINCT _metadata.file_path, _metadata.file_size, _metadata.file_block_start, _metadata.file_block_length, unix_millis(_metadata.file_modification_time) FROM ${from} WHERE _metadata.file_name = 'b.parquet'`)).toEqual(
    sortedTexts([[`file:${pathToFileURL(join(folder, "b.parquet")).pathname}`, BigInt(size), 0n, BigInt(size), BigInt(Math.floor(mtimeMs))]]),
  );
  // The column is in no star, and files that a condition on it excludes are not read.
  expect(await tables.rows(`SELECT * FROM ${from} WHERE _metadata.file_name = 'b.parquet' AND _metadata.row_index > 0`)).toEqual(["[5001]", "[5002]"]);
  expect(await tables.rows(`SELECT _metadata.*, count(*) FROM ${from} WHERE i IN (1, 2) GROUP BY ALL ORDER BY _metadata.row_index`)).toHaveLength(2);
  expect(await tables.rows(`SELECT typeof(_metadata) FROM ${from} LIMIT 1`)).toEqual(['["struct<file_path:string,file_name:string,file_size:bigint,file_block_start:bigint,file_block_length:bigint,file_modification_time:timestamp,row_index:bigint>"]']);
  expect(await tables.rows(`SELECT x._metadata.file_name, count(*), max(x._metadata.row_index) FROM ${from} x GROUP BY x._metadata.file_name`)).toEqual(['["a.parquet",5000,4999]', '["b.parquet",3,2]']);
  expect(await tables.rows(`SELECT count(*) FROM ${from} x JOIN ${from} y ON x._metadata.row_index = y._metadata.row_index AND x.i = y.i WHERE x._metadata = y._metadata`)).toEqual(["[5003]"]);
  expect(await tables.rows(`SELECT (SELECT max(y.i) FROM ${from} y WHERE y._metadata.file_name = x._metadata.file_name) FROM ${from} x WHERE x.i = 3`)).toEqual(["[4999]"]);
  expect(await tables.failure(`SELECT _metadata.nothing FROM ${from}`)).toBe("FIELD_NOT_FOUND");
  expect(await tables.failure("SELECT _metadata FROM VALUES (1)")).toMatch(/^UNRESOLVED_COLUMN/);
});

test("_metadata and its fields above groups: read from what is grouped by, and nothing else", async () => {
  await tables.run("CREATE TABLE grouped (id INT) USING delta", "INSERT INTO grouped VALUES (1), (2), (3)", "INSERT INTO grouped VALUES (4)");
  const counts = (select: string, clauses: string): Promise<readonly string[]> => tables.rows(`SELECT ${select} FROM grouped AS x ${clauses}`);
  expect(await counts("_metadata.row_index, count(*)", "GROUP BY _metadata ORDER BY _metadata.file_name")).toEqual(["[0,1]", "[0,1]", "[1,1]", "[2,1]"]);
  expect(await counts("m.row_index", "LATERAL VIEW explode(array(_metadata)) AS m GROUP BY m ORDER BY m.row_index")).toEqual(["[0]", "[0]", "[1]", "[2]"]);
  expect(await counts("count(*)", "GROUP BY _metadata HAVING _metadata.row_index > 0")).toEqual(["[1]", "[1]"]);
  expect(await counts("_metadata.row_index, count(*)", "GROUP BY _metadata.row_index HAVING _metadata.row_index < 2")).toEqual(["[0,2]", "[1,1]"]);
  expect(await counts("x._metadata.row_index, count(*)", "GROUP BY ROLLUP (_metadata)")).toEqual(["[0,1]", "[0,1]", "[1,1]", "[2,1]", "[null,4]"]);
  expect(await counts("sum(count(*)) OVER (PARTITION BY _metadata.row_index)", "GROUP BY _metadata")).toEqual(["[1]", "[1]", "[2]", "[2]"]);
  expect(await counts("DISTINCT _metadata.row_index", "ORDER BY _metadata.row_index")).toEqual(["[0]", "[1]", "[2]"]);
  expect(await tables.rows("SELECT m.row_index FROM (SELECT DISTINCT _metadata AS m FROM grouped ORDER BY _metadata.row_index)")).toEqual(["[0]", "[0]", "[1]", "[2]"]);
  expect(await counts("_metadata.row_index, (SELECT max(y.id) FROM grouped y WHERE y._metadata.row_index = x._metadata.row_index)", "GROUP BY _metadata.row_index")).toEqual(["[0,4]", "[1,2]", "[2,3]"]);
  for (const [select, clauses] of [
    ["count(*)", "GROUP BY id ORDER BY _metadata.file_name"],
    ["_metadata.row_index", "GROUP BY id"],
    ["_metadata", "GROUP BY _metadata.row_index"],
    ["_metadata.file_name", "GROUP BY _metadata.row_index"],
    ["count(*)", "GROUP BY id HAVING _metadata.row_index > 0"],
    ["sum(count(*)) OVER (PARTITION BY _metadata.row_index)", "GROUP BY id"],
  ]) {
    expect(await tables.failure(`SELECT ${select} FROM grouped ${clauses}`), `${select} ${clauses}`).toBe("MISSING_AGGREGATION");
  }
  expect(await tables.failure("SELECT count(*) FROM grouped ORDER BY _metadata.file_name")).toBe("MISSING_GROUP_BY");
  expect(await tables.failure("SELECT (SELECT max(y.id) FROM grouped y WHERE y._metadata.row_index = x._metadata.row_index) FROM grouped x GROUP BY x.id")).toBe("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE");
});

test("a field of _metadata is a column of the scan: files are skipped by it, and no struct is made", async () => {
  await tables.run("CREATE TABLE planned (id INT) USING delta", "INSERT INTO planned VALUES (1)", "INSERT INTO planned VALUES (2)");
  const plan = (await tables.rows("EXPLAIN SELECT x._metadata.file_name, count(*) FROM planned x JOIN planned y ON x._metadata.row_index = y._metadata.row_index WHERE EXISTS (SELECT 1 FROM planned z WHERE z._metadata.file_name = x._metadata.file_name) AND y._metadata.file_name = 'none' GROUP BY ALL")).join("");
  expect(plan).toContain("reads 0 of 2 splits");
  expect(plan).toContain("row_index#");
  expect(plan).not.toMatch(/_metadata#|named_struct|getfield/);
});

test("_metadata of text files has no positions; a column of the name is the table's own", async () => {
  const path = join(tables.folder, "rows.csv");
  writeFileSync(path, "a,_metadata\n1,x\n");
  expect(await tables.rows(`SELECT _metadata FROM read_files('${path}')`)).toEqual(['["x"]']);
  const other = join(tables.folder, "other.json");
  writeFileSync(other, '{"a":1}\n{"a":2}\n');
  expect(await tables.rows(`SELECT a, _metadata.file_name FROM json.\`${other}\``)).toEqual(['[1,"other.json"]', '[2,"other.json"]']);
  expect(await tables.failure(`SELECT _metadata.row_index FROM json.\`${other}\``)).toBe("FIELD_NOT_FOUND");
});

test("_metadata of Delta tables: positions count deleted rows, ids stay with their rows", async () => {
  await tables.run("CREATE TABLE m1 (k INT) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')", "INSERT INTO m1 VALUES (1), (2), (3), (4)", "DELETE FROM m1 WHERE k = 2");
  expect(await tables.rows("SELECT k, _metadata.row_index, _metadata.row_id, _metadata.row_commit_version, _metadata.base_row_id, _metadata.default_row_commit_version FROM m1")).toEqual(["[1,0,0,1,0,1]", "[3,2,2,1,0,1]", "[4,3,3,1,0,1]"]);
  await tables.run("UPDATE m1 SET k = k * 10 WHERE _metadata.row_id = 2");
  expect(await tables.rows("SELECT k, _metadata.row_id, _metadata.row_commit_version FROM m1")).toEqual(["[1,0,1]", "[30,2,3]", "[4,3,1]"]);
  expect(await tables.rows("SELECT k FROM m1 VERSION AS OF 1 WHERE _metadata.row_id = 1")).toEqual(["[2]"]);
  const [file] = replayLog(join(tables.folder, "m1")).files;
  expect(await tables.rows(`SELECT count(*) > 0 FROM m1 WHERE _metadata.file_name = '${basename(file.path)}' AND _metadata.file_size = ${file.size}`)).toEqual(["[true]"]);
  await tables.run("CREATE TABLE m2 (k INT) USING delta", "INSERT INTO m2 VALUES (1)");
  expect(await tables.failure("SELECT _metadata.row_id FROM m2")).toBe("FIELD_NOT_FOUND");
});
