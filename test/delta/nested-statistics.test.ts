import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

function newestStatistics(table: string): unknown {
  return replayLog(join(tables.folder, table)).files.at(-1)?.stats;
}

test("fields of structs have statistics, by which files are left out", async () => {
  await tables.run("CREATE TABLE n1 (s STRUCT<x: INT, t: STRUCT<u: STRING, v: ARRAY<INT>>, d: DOUBLE>, id INT) USING delta", "INSERT INTO n1 VALUES (named_struct('x', 1, 't', named_struct('u', 'a', 'v', array(9)), 'd', double('NaN')), 1), (NULL, 2)");
  expect(newestStatistics("n1")).toEqual({ numRecords: 2, minValues: { s: { x: 1, t: { u: "a" } }, id: 1 }, maxValues: { s: { x: 1, t: { u: "a" } }, id: 2 }, nullCount: { s: { x: 1, t: { u: 1 }, d: 1 }, id: 0 } });
  const [first] = replayLog(join(tables.folder, "n1")).files;
  await tables.run("INSERT INTO n1 VALUES (named_struct('x', 100, 't', named_struct('u', 'z', 'v', NULL), 'd', 1D), 3)");
  rmSync(first.path);
  for (const condition of ["s.x > 50", "s.x IN (7, 100)", "s.t.u LIKE 'z%'", "s.t.u = 'z' AND s.x IS NOT NULL"]) expect([condition, await tables.rows(`SELECT id FROM n1 WHERE ${condition}`)]).toEqual([condition, ["[3]"]]);
  for (const condition of ["s.x = 1", "s.x IS NULL", "s.d > 50"]) expect([condition, await tables.failure(`SELECT id FROM n1 WHERE ${condition}`)]).toEqual([condition, "FAILED_READ_FILE.FILE_NOT_EXIST"]);
});

test("where rows are deleted, counts of NULLs within structs are not relied upon", async () => {
  await tables.run("CREATE TABLE n2 (s STRUCT<x: INT>, id INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", "INSERT INTO n2 VALUES (named_struct('x', 1), 1), (NULL, 2), (NULL, 3)", "DELETE FROM n2 WHERE id = 2");
  expect(await tables.rows("SELECT id FROM n2 WHERE s.x IS NOT NULL")).toEqual(["[1]"]);
  await tables.run("DELETE FROM n2 WHERE id = 3");
  expect(await tables.rows("SELECT id FROM n2 WHERE s.x = 1")).toEqual(["[1]"]);
});

test("delta.dataSkippingStatsColumns says which columns have statistics, and follows their names", async () => {
  await tables.run("CREATE TABLE n3 (a INT, b STRING, s STRUCT<x: INT, y: STRING>, `c d` DOUBLE, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'B, s.x, `c d`', 'delta.dataSkippingNumIndexedCols' = '1', 'delta.columnMapping.mode' = 'name')");
  const row = "(1, 'b', named_struct('x', 1, 'y', 'q'), 2D, 3)";
  const indexed = (): unknown => {
    const { minValues } = newestStatistics("n3") as { readonly minValues: Record<string, unknown> };
    return Object.values(minValues).map((value) => (typeof value === "object" ? Object.values(value as object) : value));
  };
  await tables.run(`INSERT INTO n3 VALUES ${row}`);
  expect(indexed()).toEqual(["b", [1], 2]);
  await tables.run("ALTER TABLE n3 RENAME COLUMN s.x TO z", "ALTER TABLE n3 DROP COLUMN b");
  const property = (): unknown => replayLog(join(tables.folder, "n3")).metadata.configuration["delta.dataSkippingStatsColumns"];
  expect(property()).toBe("s.z,`c d`");
  await tables.run("INSERT INTO n3 VALUES (1, named_struct('z', 5, 'y', 'q'), 7D, 3)");
  expect(indexed()).toEqual([[5], 7]);
  for (const [names, condition] of [["nope", "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA"], ["a,a", "DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS"], ["s,s.y", "DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS"], ["p", "DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN"]]) expect([names, await tables.failure(`ALTER TABLE n3 SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '${names}')`)]).toEqual([names, condition]);
  expect(await tables.failure("CREATE TABLE n4 (b BOOLEAN) USING delta TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'b')")).toBe("DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE");
  await tables.run("ALTER TABLE n3 SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '')", "INSERT INTO n3 VALUES (1, NULL, 7D, 3)");
  expect(indexed()).toEqual([]);
});

test("tables are clustered by fields of structs, through renames and checkpoints", async () => {
  await tables.run("CREATE TABLE n5 (a INT, s STRUCT<x: INT, y: STRUCT<z: STRING>>) USING delta CLUSTER BY (s.x, S.Y.z) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.checkpointInterval' = '2', 'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false')", "INSERT INTO n5 SELECT id, named_struct('x', CAST(id % 7 AS INT), 'y', named_struct('z', CAST(id AS STRING))) FROM range(20)", "OPTIMIZE n5", "ALTER TABLE n5 RENAME COLUMN s.x TO q");
  const detail = async (): Promise<unknown> => (await tables.sparrow.query("DESCRIBE DETAIL n5")).rows[0][8];
  expect(await detail()).toEqual(["s.q", "s.y.z"]);
  expect(readFileSync(`${tables.folder}/n5/_delta_log/${"2".padStart(20, "0")}.json`, "utf8")).toContain(String.raw`"ZCUBE_ZORDER_BY":"[\"s.x\",\"s.y.z\"]"`);
  expect(String((await tables.sparrow.query("SHOW CREATE TABLE n5")).rows[0][0])).toContain("CLUSTER BY (s.q, s.y.z)");
  // What the checkpoint says of the file, as structs.
  const checkpoint = `${tables.folder}/n5/_delta_log/${"2".padStart(20, "0")}.checkpoint.parquet`;
  const parsed = await tables.duckdb.query(`SELECT CAST(to_json(add.stats_parsed) AS VARCHAR) FROM read_parquet('${checkpoint}') WHERE add IS NOT NULL`);
  expect(String(parsed.rows[0][0])).toMatch(/"numRecords":20,"minValues":\{"[^"]+":0,"[^"]+":\{"[^"]+":0,"[^"]+":\{"[^"]+":"0"\}\}\}/);
  for (const [columns, condition] of [["a, A", "DELTA_DUPLICATE_COLUMNS_FOUND.CLUSTER_BY"], ["s", "DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED"], ["s.nope", "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA"]]) expect([columns, await tables.failure(`ALTER TABLE n5 CLUSTER BY (${columns})`)]).toEqual([columns, condition]);
  for (const column of ["s.q", "s"]) expect(await tables.failure(`ALTER TABLE n5 DROP COLUMN ${column}`)).toBe("DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN");
  await tables.run("ALTER TABLE n5 CLUSTER BY NONE");
  expect(await detail()).toEqual([]);
  const [, commit] = readFileSync(`${tables.folder}/n5/_delta_log/${"4".padStart(20, "0")}.json`, "utf8").split("\n");
  expect(JSON.parse(commit)).toMatchObject({ domainMetadata: { domain: "delta.clustering", configuration: '{"clusteringColumns":[],"domainName":"delta.clustering"}' } });
  expect((await tables.rows("SELECT a FROM n5 WHERE s.q = 6")).sort()).toEqual(["[13]", "[6]"]);
});
