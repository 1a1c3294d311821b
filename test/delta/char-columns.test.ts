import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test("CHAR(n) is stored as it comes and padded where it is read, compared, or within nested values", async () => {
  await tables.run("CREATE TABLE c1 (c CHAR(5), v VARCHAR(5), id INT) USING delta PARTITIONED BY (id)", "INSERT INTO c1 VALUES ('ab', 'ab', 1), (NULL, NULL, 2), ('abcde', 'x ', 3)");
  expect(await tables.independentRows("c1")).toEqual(['["ab","ab",1]', '["abcde","x ",3]', "[null,null,2]"]);
  expect(await tables.rows("SELECT * FROM c1")).toEqual(['["ab   ","ab",1]', '["abcde","x ",3]', "[null,null,2]"]);
  for (const condition of ["c = 'ab'", "'ab ' = c", "c IN ('zz', 'ab')", "c BETWEEN 'ab' AND 'ab'", "c = 'ab' || '   '", "c <=> 'ab        '"]) expect([condition, await tables.rows(`SELECT id FROM c1 WHERE ${condition}`)]).toEqual([condition, ["[1]"]]);
  expect(await tables.rows("WITH x AS (SELECT c AS d, id FROM c1) SELECT id FROM x WHERE d = 'ab'")).toEqual(["[1]"]);
  for (const condition of ["c LIKE 'ab'", "c > 'ab' AND c < 'abc'", "v = 'ab '"]) expect([condition, await tables.rows(`SELECT id FROM c1 WHERE ${condition}`)]).toEqual([condition, []]);
  await tables.run("CREATE TABLE c2 (c CHAR(8)) USING delta", "INSERT INTO c2 VALUES ('ab')");
  expect(await tables.rows("SELECT id FROM c1 JOIN c2 ON c1.c = c2.c")).toEqual(["[1]"]);
  expect(await tables.rows("SELECT c, _metadata.row_index FROM c1 WHERE c = 'ab'")).toEqual(['["ab   ",0]']);
  expect(await tables.rows("UPDATE c1 SET c = 'x' WHERE c = 'ab'")).toEqual(["[1]"]);
  await tables.run("SET spark.sql.readSideCharPadding = false");
  expect(await tables.rows("SELECT c FROM c1 WHERE id = 1")).toEqual(['["x"]']);
  await tables.run("RESET spark.sql.readSideCharPadding");
});

test("lengths hold for every statement that writes, also within nested values", async () => {
  await tables.run("CREATE TABLE c3 (id INT, c CHAR(3), s STRUCT<v: VARCHAR(2)>, a ARRAY<CHAR(2)>, m MAP<VARCHAR(2), CHAR(2)>) USING delta", "INSERT INTO c3 VALUES (1, 'äöü', named_struct('v', 'b'), array('x', NULL), map('k', 'w')), (2, NULL, NULL, NULL, NULL)");
  const refused = ["INSERT INTO c3 (c) VALUES ('abc ')", "INSERT INTO c3 (s) VALUES (named_struct('v', 'abc'))", "INSERT INTO c3 (a) VALUES (array('x', 'abc'))", "INSERT INTO c3 (m) VALUES (map('abc', 'x'))", "UPDATE c3 SET c = 'abcd'", "MERGE INTO c3 USING (SELECT 1 AS k) ON id = k WHEN MATCHED THEN UPDATE SET m = map('k', 'abc')"];
  for (const statement of refused) expect([statement, await tables.failure(statement)]).toEqual([statement, "DELTA_EXCEED_CHAR_VARCHAR_LIMIT"]);
  expect(await tables.rows("SELECT length(c), length(a[0]), a[1], length(m['k']), s.v FROM c3")).toEqual(['[3,2,null,2,"b"]', "[null,null,null,null,null]"]);
  const notes = replayLog(join(tables.folder, "c3")).metadata.schema.fields.map((field) => (field as unknown as { readonly metadata: Record<string, unknown> }).metadata["__CHAR_VARCHAR_TYPE_STRING"]);
  expect(notes).toEqual([undefined, "char(3)", "struct<v:varchar(2)>", "array<char(2)>", "map<varchar(2),char(2)>"]);
  expect(await tables.failure("CREATE TABLE c4 (c CHAR(3) DEFAULT 'abcd') USING delta")).toBe("EXCEED_LIMIT_LENGTH");
});

test("tables over files hold CHAR padded, and take blanks beyond the length away", async () => {
  await tables.run("CREATE TABLE c5 (c CHAR(3), v VARCHAR(2)) USING parquet", "INSERT INTO c5 VALUES ('a', 'ab   '), ('abc  ', NULL)");
  expect(await tables.failure("INSERT INTO c5 VALUES ('abcd', 'a')")).toBe("EXCEED_LIMIT_LENGTH");
  expect(await tables.failure("INSERT INTO c5 VALUES ('a', 'abc')")).toBe("EXCEED_LIMIT_LENGTH");
  await tables.run("SET spark.sql.readSideCharPadding = false");
  expect(await tables.rows("SELECT * FROM c5")).toEqual(['["a  ","ab"]', '["abc",null]']);
  await tables.run("RESET spark.sql.readSideCharPadding");
});

test("texts may be allowed to be longer, and types that do not hold all values are refused", async () => {
  await tables.run("CREATE TABLE c6 (c CHAR(3), v VARCHAR(2), n INT, id BIGINT GENERATED ALWAYS AS IDENTITY) USING delta", "INSERT INTO c6 (c, v, n) VALUES ('a', 'b', 1)");
  await tables.run("ALTER TABLE c6 ALTER COLUMN c TYPE VARCHAR(3)", "ALTER TABLE c6 ALTER COLUMN v TYPE VARCHAR(4)", "ALTER TABLE c6 ALTER COLUMN v TYPE STRING", "INSERT INTO c6 (c, v, n) VALUES ('abc', 'abcdef', 2)");
  expect(await tables.rows("SELECT c, v FROM c6")).toEqual(['["a","b"]', '["abc","abcdef"]']);
  for (const change of ["c TYPE VARCHAR(2)", "c TYPE CHAR(9)", "v TYPE VARCHAR(9)", "n TYPE VARCHAR(3)", "n TYPE SMALLINT"]) expect([change, await tables.failure(`ALTER TABLE c6 ALTER COLUMN ${change}`)]).toEqual([change, "NOT_SUPPORTED_CHANGE_COLUMN"]);
  expect(await tables.failure("ALTER TABLE c6 ALTER COLUMN n TYPE BIGINT")).toBe("DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP");
  for (const change of ["TYPE INT", "SET DEFAULT 1", "SET NOT NULL"]) expect([change, await tables.failure(`ALTER TABLE c6 ALTER COLUMN id ${change}`)]).toEqual([change, "DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED"]);
});

test("columns are added without values, and changes are told as Spark tells them", async () => {
  await tables.run("CREATE TABLE c7 (id INT) USING delta");
  for (const [column, condition] of [["x INT GENERATED ALWAYS AS (id + 1)", "PARSE_SYNTAX_ERROR"], ["x BIGINT GENERATED ALWAYS AS IDENTITY", "PARSE_SYNTAX_ERROR"], ["x INT NOT NULL", "DELTA_OPERATION_NOT_ALLOWED"]]) expect([column, await tables.failure(`ALTER TABLE c7 ADD COLUMN ${column}`)]).toEqual([column, condition]);
  await tables.run("ALTER TABLE c7 ADD COLUMNS (p CHAR(2) COMMENT 'pc' FIRST, q STRING AFTER id)", "ALTER TABLE c7 ALTER COLUMN q SET DEFAULT 'x'");
  const told = replayLog(join(tables.folder, "c7")).history.slice(1);
  expect(told.map((info) => [info.operation, info.operationParameters, info.isBlindAppend])).toEqual([
    ["ADD COLUMNS", { columns: '[{"column":{"name":"p","type":"string","nullable":true,"metadata":{"comment":"pc","__CHAR_VARCHAR_TYPE_STRING":"char(2)"}},"position":"FIRST"},{"column":{"name":"q","type":"string","nullable":true,"metadata":{}},"position":"AFTER id"}]' }, true],
    ["CHANGE COLUMN", { column: '{"name":"q","type":"string","nullable":true,"metadata":{"CURRENT_DEFAULT":"\'x\'"}}' }, true],
  ]);
  for (const [value, reason] of [["'abc'", "DATA_TYPE"], ["1.5", "DATA_TYPE"], ["rand()", "DATA_TYPE"], ["id", "NOT_CONSTANT"], ["(SELECT 1)", "SUBQUERY_EXPRESSION"]]) expect([value, await tables.failure(`ALTER TABLE c7 ALTER COLUMN id SET DEFAULT ${value}`)]).toEqual([value, `INVALID_DEFAULT_VALUE.${reason}`]);
  for (const value of ["5L", "-5", "'7'"]) expect(await tables.failure(`ALTER TABLE c7 ALTER COLUMN id SET DEFAULT ${value}`)).toBeUndefined();
});
