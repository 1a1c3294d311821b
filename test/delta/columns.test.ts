import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const MAPPED = "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')";
const ID = "delta.columnMapping.id";
const PHYSICAL_NAME = "delta.columnMapping.physicalName";

function replay(table: string) {
  return replayLog(join(tables.folder, table));
}

test("a mapped table is written under physical names: files with field ids, statistics, partition values", async () => {
  await tables.run(`CREATE TABLE c1 (id INT, \`a b\` STRING, s STRUCT<x: INT, y: ARRAY<STRUCT<z: DATE>>>, p STRING) USING delta PARTITIONED BY (p) ${MAPPED}`);
  await tables.run("INSERT INTO c1 VALUES (1, 'one', named_struct('x', 10, 'y', array(named_struct('z', DATE'2024-01-01'))), 'a'), (2, NULL, NULL, NULL)");
  const { metadata, files, protocol } = replay("c1");
  expect(protocol).toEqual({ minReaderVersion: 2, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "columnMapping"] });
  expect(metadata.configuration).toEqual({ "delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "7" });
  const { fields } = metadata.schema;
  const physical = fields.map((field) => String(field.metadata[PHYSICAL_NAME]));
  expect(new Set(physical).size).toBe(4);
  for (const name of physical) expect(name).toMatch(/^col-[0-9a-f-]{36}$/);
  expect(files.map((file) => Object.keys(file.partitionValues))).toEqual([[physical[3]], [physical[3]]]);
  expect(files[0].stats).toMatchObject({ minValues: { [physical[0]]: 1, [physical[1]]: "one" }, nullCount: { [physical[0]]: 0 } });
  const { rows } = await tables.duckdb.query(`SELECT name, field_id FROM parquet_schema('${files[0].path}') WHERE field_id IS NOT NULL`);
  expect(rows.map(([name, id]) => [name, Number(id)]).slice(0, 3)).toEqual([[physical[0], fields[0].metadata[ID]], [physical[1], fields[1].metadata[ID]], [physical[2], fields[2].metadata[ID]]]);
  expect(rows).toHaveLength(6);
  expect(await tables.rows("SELECT id, `a b`, s.x, s.y[0].z, p FROM c1")).toEqual(['[1,"one",10,19723,"a"]', "[2,null,null,null,null]"]);
  expect((await tables.independentRows("c1")).map((row) => JSON.parse(row) as unknown[]).map((row) => [row[0], row[1], row[3]])).toEqual([[1, "one", "a"], [2, null, null]]);
  expect(await tables.rows("SELECT id FROM c1 WHERE p = 'a'")).toEqual(["[1]"]);
});

test("a table becomes a mapped one without a file written anew, and its columns are renamed and dropped, nested ones too", async () => {
  await tables.run("CREATE TABLE c2 (id INT, n INT, s STRUCT<x: INT, y: STRING>, p INT) USING delta PARTITIONED BY (p)", "INSERT INTO c2 VALUES (1, 10, named_struct('x', 100, 'y', 'one'), 7)");
  expect(await tables.failure("ALTER TABLE c2 RENAME COLUMN n TO m")).toBe("DELTA_UNSUPPORTED_RENAME_COLUMN");
  expect(await tables.failure("ALTER TABLE c2 DROP COLUMN n")).toBe("DELTA_UNSUPPORTED_DROP_COLUMN");
  const [before] = replay("c2").files;
  await tables.run(`ALTER TABLE c2 SET ${MAPPED}`, "ALTER TABLE c2 RENAME COLUMN n TO `new n`", "ALTER TABLE c2 RENAME COLUMN s.x TO xx", "ALTER TABLE c2 RENAME COLUMN p TO q");
  await tables.run("INSERT INTO c2 VALUES (2, 20, named_struct('xx', 200, 'y', 'two'), 8)");
  expect(await tables.rows("SELECT id, `new n`, s.xx, s.y, q FROM c2")).toEqual(['[1,10,100,"one",7]', '[2,20,200,"two",8]']);
  expect(replay("c2").files.map((file) => file.path)).toContain(before.path);
  expect(replay("c2").metadata.partitionColumns).toEqual(["q"]);
  expect(await tables.rows("SELECT id FROM c2 WHERE q = 7 AND `new n` = 10")).toEqual(["[1]"]);
  expect(await tables.rows("SELECT * FROM c2 VERSION AS OF 1")).toEqual(['[1,10,{"fields":[100,"one"]},7]']);

  await tables.run("ALTER TABLE c2 DROP COLUMNS (s.y, `new n`)", "INSERT INTO c2 VALUES (3, named_struct('xx', 300), 8)", "UPDATE c2 SET id = 11 WHERE id = 1");
  expect(await tables.rows("SELECT * FROM c2")).toEqual(['[11,{"fields":[100]},7]', '[2,{"fields":[200]},8]', '[3,{"fields":[300]},8]']);
  // A column of a name that was there before is another one: it has no values in older files.
  await tables.run("ALTER TABLE c2 ADD COLUMNS (n INT, s.y STRING)");
  expect(await tables.rows("SELECT id, n, s.y FROM c2")).toEqual(["[11,null,null]", "[2,null,null]", "[3,null,null]"]);
  expect(replay("c2").metadata.configuration["delta.columnMapping.maxColumnId"]).toBe("8");
  expect(replay("c2").history.slice(2).map((info) => info.operation)).toEqual(["SET TBLPROPERTIES", "RENAME COLUMN", "RENAME COLUMN", "RENAME COLUMN", "WRITE", "DROP COLUMNS", "WRITE", "UPDATE", "ADD COLUMNS"]);

  for (const [statement, condition] of [
    ["ALTER TABLE c2 DROP COLUMN q", "DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN"],
    ["ALTER TABLE c2 DROP COLUMN missing", "UNRESOLVED_COLUMN.WITH_SUGGESTION"],
    ["ALTER TABLE c2 RENAME COLUMN id TO N", "FIELD_ALREADY_EXISTS"],
    ["ALTER TABLE c2 RENAME COLUMN id TO id", "FIELD_ALREADY_EXISTS"],
    ["ALTER TABLE c2 RENAME COLUMN id TO ID", "FIELD_ALREADY_EXISTS"],
    ["ALTER TABLE c2 RENAME COLUMN id.x TO y", "INVALID_FIELD_NAME"],
    ["ALTER TABLE c2 DROP COLUMNS (s.xx, s.y)", "DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA"],
    ["ALTER TABLE c2 SET TBLPROPERTIES ('delta.columnMapping.mode' = 'id')", "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE"],
  ]) expect(await tables.failure(statement), statement).toBe(condition);
});

test("a column that a constraint or a generated column names is neither renamed nor dropped", async () => {
  await tables.run(`CREATE TABLE c3 (a INT, b INT, g INT GENERATED ALWAYS AS (b + 1), c INT) USING delta ${MAPPED}`, "ALTER TABLE c3 ADD CONSTRAINT small CHECK (a < 10)");
  expect(await tables.failure("ALTER TABLE c3 RENAME COLUMN a TO x")).toBe("DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE");
  expect(await tables.failure("ALTER TABLE c3 DROP COLUMN b")).toBe("DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE");
  await tables.run("ALTER TABLE c3 RENAME COLUMN c TO d", "INSERT INTO c3 (a, b, d) VALUES (1, 2, 3)");
  expect(await tables.readers("c3")).toEqual(seenByBoth([[1, 2, 3, 3]]));
});

test("a mapped table through DELETE, MERGE, OPTIMIZE, overwrites and a table made from it", async () => {
  await tables.run(`CREATE TABLE c4 (id INT, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'id', 'delta.enableDeletionVectors' = 'true')`);
  await tables.run("INSERT INTO c4 VALUES (1, 'a'), (2, 'a'), (3, 'b')", "ALTER TABLE c4 RENAME COLUMN id TO k", "INSERT INTO c4 VALUES (4, 'b')", "DELETE FROM c4 WHERE k = 1");
  await tables.run("MERGE INTO c4 t USING (SELECT 3 AS k, 'c' AS p UNION ALL SELECT 5, 'c') s ON t.k = s.k WHEN MATCHED THEN UPDATE SET p = s.p WHEN NOT MATCHED THEN INSERT *");
  expect(await tables.readers("c4")).toEqual(seenByBoth([[2, "a"], [4, "b"], [3, "c"], [5, "c"]]));
  await tables.run("OPTIMIZE c4", "INSERT OVERWRITE c4 PARTITION (p = 'c') SELECT 6");
  expect(await tables.readers("c4")).toEqual(seenByBoth([[2, "a"], [4, "b"], [6, "c"]]));
  await tables.run("SET spark.sql.sources.partitionOverwriteMode = dynamic", "INSERT OVERWRITE c4 VALUES (7, 'b')", "SET spark.sql.sources.partitionOverwriteMode = static");
  expect(await tables.readers("c4")).toEqual(seenByBoth([[2, "a"], [7, "b"], [6, "c"]]));
  expect(await tables.rows("SHOW PARTITIONS c4")).toHaveLength(3);
  await tables.run("CREATE TABLE c5 USING delta AS SELECT * FROM c4");
  expect(replay("c5").metadata.schema.fields.map((field) => field.metadata)).toEqual([{}, {}]);
  await tables.run(`CREATE OR REPLACE TABLE c4 (k INT) USING delta ${MAPPED}`);
  expect(replay("c4").metadata.schema.fields[0].metadata[ID]).toBe(3);
});

test("columns are added first, after others and within structs; REPLACE COLUMNS orders them", async () => {
  await tables.run("CREATE TABLE a1 (id INT, s STRUCT<x: INT>, l ARRAY<STRUCT<v: INT>>, m MAP<STRING, STRUCT<w: INT>>) USING delta", "INSERT INTO a1 VALUES (1, named_struct('x', 1), array(named_struct('v', 1)), map('k', named_struct('w', 1)))");
  await tables.run("ALTER TABLE a1 ADD COLUMNS (first STRING FIRST, s.before INT FIRST, s.after INT AFTER x, l.element.u INT, m.value.t INT, then INT AFTER first)");
  await tables.run("INSERT INTO a1 VALUES ('f', 2, 3, named_struct('before', 4, 'x', 5, 'after', 6), array(named_struct('v', 7, 'u', 8)), map('k', named_struct('w', 9, 't', 10)))");
  expect(await tables.rows("SELECT first, then, id, s, l[0].u, m['k'].t FROM a1")).toEqual(['["f",2,3,{"fields":[4,5,6]},8,10]', '[null,null,1,{"fields":[null,1,null]},null,null]']);
  expect(await tables.failure("ALTER TABLE a1 ADD COLUMNS (x INT AFTER nothing)")).toBe("FIELD_NOT_FOUND");
  expect(await tables.failure("ALTER TABLE a1 ADD COLUMNS (S.X INT)")).toBe("FIELD_ALREADY_EXISTS");
  expect(await tables.failure("ALTER TABLE a1 ADD COLUMNS (`x y` INT)")).toBe("DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES");
  await tables.run("ALTER TABLE a1 ALTER COLUMN id FIRST", "ALTER TABLE a1 ALTER COLUMN s.x COMMENT 'the x'", "ALTER TABLE a1 ALTER COLUMN s.x AFTER after");
  expect(await tables.rows("SELECT * EXCEPT (l, m) FROM a1")).toEqual(['[1,null,null,{"fields":[null,null,1]}]', '[3,"f",2,{"fields":[4,6,5]}]']);
  await tables.run("CREATE TABLE a2 (a INT, b INT) USING delta", "INSERT INTO a2 VALUES (1, 2)", "ALTER TABLE a2 REPLACE COLUMNS (b INT COMMENT 'bee', c INT, a INT)");
  expect(await tables.rows("SELECT * FROM a2")).toEqual(["[2,null,1]"]);
  expect(await tables.failure("ALTER TABLE a2 REPLACE COLUMNS (b INT)")).toBe("DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP");
  expect(await tables.failure("ALTER TABLE a2 ALTER COLUMN c SET NOT NULL")).toBe("DELTA_NEW_NOT_NULL_VIOLATION");
  await tables.run("ALTER TABLE a2 ALTER COLUMN a SET NOT NULL");
  expect(await tables.failure("INSERT INTO a2 VALUES (1, 2, NULL)")).toBe("DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  await tables.run("ALTER TABLE a2 ALTER COLUMN a DROP NOT NULL", "INSERT INTO a2 VALUES (1, 2, NULL)");
});

test("types become wider without a file written anew", async () => {
  const columns = ["b TINYINT", "s SMALLINT", "i INT", "i2 INT", "i3 INT", "l BIGINT", "f FLOAT", "d DECIMAL(5,2)", "day DATE", "a ARRAY<INT>", "n STRUCT<x: TINYINT>"];
  const wider = ["b SMALLINT", "s INT", "i BIGINT", "i2 DOUBLE", "i3 DECIMAL(12,2)", "l DECIMAL(22,1)", "f DOUBLE", "d DECIMAL(20,4)", "day TIMESTAMP_NTZ", "a.element BIGINT", "n.x BIGINT"];
  await tables.run(`CREATE TABLE w1 (${columns.join(", ")}) USING delta`, "INSERT INTO w1 VALUES (1, 2, 3, 4, 5, 6, 1.5, 1.25, DATE'2024-01-01', array(7), named_struct('x', 8))");
  expect(await tables.failure("ALTER TABLE w1 ALTER COLUMN i TYPE BIGINT")).toBe("DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP");
  await tables.run("ALTER TABLE w1 SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
  for (const change of wider) await tables.run(`ALTER TABLE w1 ALTER COLUMN ${change.replace(" ", " TYPE ")}`);
  await tables.run("INSERT INTO w1 VALUES (1000, 100000, 5000000000, 0.5, 1.25, 1e20, 0.1, 12345.6789, TIMESTAMP_NTZ'2024-01-02 03:04:05', array(5000000000), named_struct('x', 5000000000))");
  expect(await tables.rows("SELECT * FROM w1")).toEqual([
    '[1,2,3,4,500,60,1.5,12500,1704067200000000,[7],{"fields":[8]}]',
    '[1000,100000,5000000000,0.5,125,"1000000000000000000000",0.1,123456789,1704164645000000,[5000000000],{"fields":[5000000000]}]',
  ]);
  expect(await tables.rows("SELECT i, i2 FROM w1 WHERE i3 = 5 AND f = 1.5 AND l = 6 AND d = 1.25 AND day = TIMESTAMP_NTZ'2024-01-01 00:00:00'")).toEqual(["[3,4]"]);
  const { metadata, protocol } = replay("w1");
  expect(metadata.schema.fields[2].metadata).toEqual({ "delta.typeChanges": [{ fromType: "integer", toType: "long" }] });
  expect(metadata.schema.fields[9].metadata).toEqual({ "delta.typeChanges": [{ fromType: "integer", toType: "long", fieldPath: "element" }] });
  expect(protocol.readerFeatures).toEqual(["typeWidening", "timestampNtz"]);
  expect(await tables.failure("ALTER TABLE w1 ALTER COLUMN i TYPE INT")).toBe("NOT_SUPPORTED_CHANGE_COLUMN");
});
