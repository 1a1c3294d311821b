import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

function columnsOf(table: string): string[] {
  return replayLog(join(tables.folder, table)).metadata.schema.fields.map(({ name, type }) => `${name} ${typeof type === "string" ? type : type.type}`);
}

test("INSERT WITH SCHEMA EVOLUTION adds columns at the end, by position and by name; without it they are an error", async () => {
  await tables.run("CREATE TABLE i1 (a INT, b STRING) USING delta", "INSERT INTO i1 VALUES (1, 'x')");
  expect(await tables.failure("INSERT INTO i1 SELECT 2, 'y', true AS c")).toBe("DELTA_METADATA_MISMATCH");
  expect(await tables.failure("INSERT INTO i1 BY NAME SELECT 2 AS a, true AS c")).toBe("DELTA_METADATA_MISMATCH");
  await tables.run("INSERT WITH SCHEMA EVOLUTION INTO i1 SELECT 2, 'y', true AS c", "INSERT WITH SCHEMA EVOLUTION INTO i1 BY NAME SELECT 5L AS d, 3 AS A");
  expect(columnsOf("i1")).toEqual(["a integer", "b string", "c boolean", "d long"]);
  expect(await tables.readers("i1")).toEqual(seenByBoth([[1, "x", null, null], [2, "y", true, null], [3, null, null, 5]]));
  await tables.run("SET spark.databricks.delta.schema.autoMerge.enabled = true", "INSERT OVERWRITE i1 VALUES (1, 'z', false, 1L, DATE'2024-01-01')", "INSERT INTO i1 VALUES (2, 'q', false, DEFAULT, NULL)", "SET spark.databricks.delta.schema.autoMerge.enabled = false");
  expect(columnsOf("i1").at(-1)).toBe("col5 date");
  expect(await tables.readers("i1")).toEqual(seenByBoth([[1, "z", false, 1, 19723], [2, "q", false, null, null]]));
  expect(await tables.failure("INSERT WITH SCHEMA EVOLUTION INTO i1 VALUES (1)")).toBe("DELTA_INSERT_COLUMN_ARITY_MISMATCH");
  expect(replayLog(join(tables.folder, "i1")).history.slice(2).map((info) => [info.operation, info.isBlindAppend])).toEqual([["WRITE", true], ["WRITE", true], ["WRITE", false], ["WRITE", true]]);
});

test("fields within structs, arrays and maps evolve too: by name BY NAME, else by position", async () => {
  await tables.run("CREATE TABLE n1 (s STRUCT<x: INT, y: STRING>, l ARRAY<STRUCT<v: INT>>, m MAP<STRING, STRUCT<w: INT>>) USING delta", "INSERT INTO n1 VALUES (named_struct('x', 1, 'y', 'a'), array(named_struct('v', 1)), map('k', named_struct('w', 1)))");
  await tables.run(`INSERT WITH SCHEMA EVOLUTION INTO n1 BY NAME SELECT named_struct('z', 9L, 'x', 2) AS s, array(named_struct('u', 3, 'v', 2), NULL) AS l, map('k', named_struct('t', 4, 'w', 2)) AS m`);
  expect(await tables.rows("SELECT s, l, m['k'] FROM n1")).toEqual(['[{"fields":[1,"a",null]},[{"fields":[1,null]}],{"fields":[1,null]}]', '[{"fields":[2,null,9]},[{"fields":[2,3]},null],{"fields":[2,4]}]']);
  await tables.run("CREATE TABLE n2 (s STRUCT<x: INT, y: INT>) USING delta", "INSERT WITH SCHEMA EVOLUTION INTO n2 SELECT named_struct('y', 1, 'x', 2, 'new', 3)", "INSERT WITH SCHEMA EVOLUTION INTO n2 SELECT CAST(NULL AS STRUCT<a: INT, b: INT, c: INT>)");
  expect(await tables.rows("SELECT s.x, s.y, s.new, s IS NULL FROM n2")).toEqual(["[1,2,3,false]", "[null,null,null,true]"]);
});

test("MERGE WITH SCHEMA EVOLUTION takes columns of the source for stars, and those that clauses set", async () => {
  await tables.run("CREATE TABLE m1 (id INT, a STRING, b INT) USING delta", "INSERT INTO m1 VALUES (1, 'a', 10), (2, 'b', 20)");
  const source = "(SELECT 2 AS id, 'B' AS a, 2.5D AS c, named_struct('x', 1) AS s UNION ALL SELECT 3, 'C', 3.5D, NULL) src";
  expect(await tables.failure(`MERGE INTO m1 USING ${source} ON m1.id = src.id WHEN MATCHED THEN UPDATE SET *`)).toBe("DELTA_MERGE_UNRESOLVED_EXPRESSION");
  expect(await tables.failure(`MERGE INTO m1 USING ${source} ON m1.id = src.id WHEN MATCHED THEN UPDATE SET c = src.c`)).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION");
  expect(await tables.rows(`MERGE WITH SCHEMA EVOLUTION INTO m1 USING ${source} ON m1.id = src.id WHEN MATCHED THEN UPDATE SET c = src.c WHEN NOT MATCHED THEN INSERT (id, c) VALUES (src.id, src.c)`)).toEqual(["[2,1,0,1]"]);
  expect(await tables.readers("m1")).toEqual(seenByBoth([[1, "a", 10, null], [2, "b", 20, 2.5], [3, null, null, 3.5]]));
  expect(await tables.rows(`MERGE WITH SCHEMA EVOLUTION INTO m1 USING ${source} ON m1.id = src.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`)).toEqual(["[2,2,0,0]"]);
  expect(columnsOf("m1")).toEqual(["id integer", "a string", "b integer", "c double", "s struct"]);
  expect(await tables.rows("SELECT * EXCEPT (s), s.x FROM m1")).toEqual(['[1,"a",10,null,null]', '[2,"B",20,2.5,1]', '[3,"C",null,3.5,null]']);

  await tables.run("SET spark.databricks.delta.schema.autoMerge.enabled = true");
  await tables.run("MERGE INTO m1 t USING (SELECT 2 AS id, named_struct('y', 'why', 'x', 7) AS s) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *");
  await tables.run("SET spark.databricks.delta.schema.autoMerge.enabled = false");
  expect(await tables.rows("SELECT id, a, s FROM m1 WHERE id = 2")).toEqual(['[2,"B",{"fields":[7,"why"]}]']);
  // Fields of structs are found by name; without evolution all of them must be there.
  await tables.run("MERGE INTO m1 t USING (SELECT 1 AS id, 'z' AS a, 0 AS b, 0D AS c, named_struct('y', 'w', 'x', 8) AS s) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *");
  expect(await tables.rows("SELECT s FROM m1 WHERE id = 1")).toEqual(['[{"fields":[8,"w"]}]']);
  expect(await tables.failure("MERGE INTO m1 t USING (SELECT 1 AS id, 'z' AS a, 0 AS b, 0D AS c, named_struct('y', 'w') AS s) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *")).toBe("DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION");
});

test("fields of structs are found by name BY NAME, and where MERGE sets a column to one of the source", async () => {
  await tables.run("CREATE TABLE b1 (id INT, s STRUCT<x: INT, y: INT>, l ARRAY<STRUCT<v: INT, w: INT>>) USING delta", "INSERT INTO b1 BY NAME SELECT array(named_struct('w', 1, 'v', 2)) AS l, named_struct('Y', 3, 'x', 4) AS s, 1 AS id");
  expect(await tables.rows("SELECT s.x, s.y, l[0].v, l[0].w FROM b1")).toEqual(["[4,3,2,1]"]);
  expect(await tables.failure("INSERT INTO b1 BY NAME SELECT named_struct('x', 1) AS s")).toBe("DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION");
  await tables.run("MERGE INTO b1 USING (SELECT 1 AS k, named_struct('y', 5, 'x', 6) AS other) src ON id = k WHEN MATCHED THEN UPDATE SET s = src.other");
  expect(await tables.rows("SELECT s.x, s.y FROM b1")).toEqual(["[6,5]"]);
  await tables.run("MERGE WITH SCHEMA EVOLUTION INTO b1 USING (SELECT 1 AS k, named_struct('z', 'new', 'y', 7) AS s) src ON id = k WHEN MATCHED THEN UPDATE SET s = src.s");
  expect(await tables.rows("SELECT s.x, s.y, s.z FROM b1")).toEqual(['[null,7,"new"]']);
});

test("evolution of mapped tables, of tables with deletion vectors and of wider types", async () => {
  await tables.run("CREATE TABLE w1 (id INT, s STRUCT<x: SMALLINT>) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'true', 'delta.enableTypeWidening' = 'true')", "INSERT INTO w1 VALUES (1, named_struct('x', 1S)), (2, named_struct('x', 2S))");
  await tables.run("MERGE WITH SCHEMA EVOLUTION INTO w1 t USING (SELECT 2 AS id, named_struct('x', 100000, 'y', 1) AS s, 'new' AS n) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *");
  expect(await tables.rows("SELECT id, s, n FROM w1")).toEqual(['[1,{"fields":[1,null]},null]', '[2,{"fields":[100000,1]},"new"]']);
  await tables.run("INSERT WITH SCHEMA EVOLUTION INTO w1 SELECT 5000000000, NULL, 'wide'", "INSERT WITH SCHEMA EVOLUTION INTO w1 SELECT 3, NULL, 'narrow'");
  expect(await tables.rows("SELECT id, n FROM w1")).toEqual(["[1,null]", '[2,"new"]', '[3,"narrow"]', '[5000000000,"wide"]']);
  const { metadata } = replayLog(join(tables.folder, "w1"));
  expect(metadata.configuration["delta.columnMapping.maxColumnId"]).toBe("5");
  expect(metadata.schema.fields[0].metadata["delta.typeChanges"]).toEqual([{ fromType: "integer", toType: "long" }]);
  expect(await tables.failure("INSERT INTO w1 SELECT 1, NULL, 'x', 1")).toBe("DELTA_METADATA_MISMATCH");
});

test("evolution with identity columns is one commit with one metadata", async () => {
  await tables.run("CREATE TABLE g1 (id BIGINT GENERATED ALWAYS AS IDENTITY, a INT) USING delta", "INSERT INTO g1 (a) VALUES (1)", "INSERT WITH SCHEMA EVOLUTION INTO g1 BY NAME SELECT 2 AS a, 'x' AS b");
  expect(await tables.readers("g1")).toEqual(seenByBoth([[1, 1, null], [2, 2, "x"]]));
  await tables.run("MERGE WITH SCHEMA EVOLUTION INTO g1 t USING (SELECT 9 AS a, 'y' AS b, true AS c) s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *");
  expect(await tables.readers("g1")).toEqual(seenByBoth([[1, 1, null, null], [2, 2, "x", null], [3, 9, "y", true]]));
});
