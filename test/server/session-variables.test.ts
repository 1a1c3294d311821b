import { afterEach, beforeEach, expect, test } from "vitest";
import { type Sparrow, type SparrowSession, open } from "../../server/library.ts";

let db: Sparrow;
let session: SparrowSession;

beforeEach(async () => {
  db = await open({ catalog: "memory", settings: { "sparrow.workers": "1" } });
  session = db.session();
});
afterEach(() => db.close());

async function rows(sql: string, of = session): Promise<unknown[]> {
  return (await of.sql(sql).toArray()).map((row) => Object.values(row));
}

async function run(...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await rows(sql);
}

test("a variable keeps its type, and its default is evaluated again by SET VAR name = DEFAULT", async () => {
  await run("DECLARE a INT DEFAULT 5", "DECLARE b = 'x'", "SET VAR a = a + 1.7, b = a");
  expect(await rows("SELECT a, b, typeof(a), session.a AS c, system.session.a AS d")).toEqual([[6, "5", "int", 6, 6]]);
  await run("SET VAR a = DEFAULT");
  expect(await rows("SELECT a")).toEqual([[5]]);
  await run("SET VAR (a, b) = (SELECT id, id * 2 FROM range(3) WHERE id = 2)");
  expect(await rows("SELECT a, b")).toEqual([[2, "4"]]);
  await run("SET VAR (a, b) = (SELECT id, id FROM range(0))");
  expect(await rows("SELECT a, b")).toEqual([[null, null]]);
});

test("columns come before variables, fields of a variable after its qualifiers", async () => {
  await run("DECLARE v = 1", "DECLARE s = named_struct('f', 7)");
  expect(await rows("SELECT v, session.v AS w, s.f FROM VALUES (2) AS t(v)")).toEqual([[2, 1, 7]]);
  expect(await rows("SELECT id FROM range(4) WHERE id > v LIMIT v")).toEqual([[2n]]);
  expect(await rows("VALUES (v)")).toEqual([[1]]);
});

test("a kept plan is not used for another value, nor for another session's", async () => {
  await run("DECLARE v = 1");
  expect(await rows("SELECT id FROM range(v)")).toEqual([[0n]]);
  await run("SET VAR v = 2");
  expect(await rows("SELECT id FROM range(v)")).toEqual([[0n], [1n]]);
  const other = db.session();
  await rows("DECLARE v = 3", other);
  expect(await rows("SELECT count(*) FROM range(v)", other)).toEqual([[3n]]);
  expect(await rows("SELECT count(*) FROM range(v)")).toEqual([[2n]]);
});

test("temporary views read variables as they are, views of the catalog may not", async () => {
  await run("DECLARE v = 1", "CREATE TEMPORARY VIEW t AS SELECT v AS c", "SET VAR v = 9");
  expect(await rows("SELECT c FROM t")).toEqual([[9]]);
  await expect(rows("CREATE VIEW p AS SELECT v AS c")).rejects.toMatchObject({ condition: "INVALID_TEMP_OBJ_REFERENCE" });
});

test("what is wrong has Spark's conditions", async () => {
  await run("DECLARE v = 1", "DECLARE w INT");
  const failures: readonly (readonly [string, string])[] = [
    ["DECLARE v INT", "VARIABLE_ALREADY_EXISTS"],
    ["DECLARE x, X INT", "DUPLICATE_VARIABLE_NAME_INSIDE_DECLARE"],
    ["DECLARE x INT DEFAULT (SELECT 1)", "INVALID_DEFAULT_VALUE.SUBQUERY_EXPRESSION"],
    ["DECLARE other.x INT", "UNRESOLVED_VARIABLE"],
    ["SET VAR nope = 1", "UNRESOLVED_VARIABLE"],
    ["SET VAR v = 1, V = 2", "DUPLICATE_ASSIGNMENTS"],
    ["SET VAR v = 1 + DEFAULT", "DEFAULT_PLACEMENT_INVALID"],
    ["SET VAR v = 'x'", "CAST_INVALID_INPUT"],
    ["SET VAR (v, w) = (SELECT 1)", "ASSIGNMENT_ARITY_MISMATCH"],
    ["SET VAR (v) = (SELECT id FROM range(2))", "ROW_SUBQUERY_TOO_MANY_ROWS"],
    ["SET v = 5", "UNSUPPORTED_FEATURE.SET_VARIABLE_USING_SET"],
    ["DROP TEMPORARY VARIABLE nope", "VARIABLE_NOT_FOUND"],
  ];
  for (const [sql, condition] of failures) await expect(rows(sql), sql).rejects.toMatchObject({ condition });
  await run("DROP TEMPORARY VARIABLE IF EXISTS nope", "DROP TEMPORARY VARIABLE v");
  await expect(rows("SELECT v")).rejects.toMatchObject({ condition: "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" });
});

test("EXECUTE IMMEDIATE runs a text with arguments by position or name, into variables too", async () => {
  await run("DECLARE q = 'SELECT id FROM range(10) WHERE id = ? OR id = ?'", "DECLARE p = 3", "DECLARE a INT", "DECLARE b STRING");
  expect(await rows("EXECUTE IMMEDIATE q USING p, 1 + 1")).toEqual([[2n], [3n]]);
  expect(await rows("EXECUTE IMMEDIATE 'SELECT :x || :p' USING 'a' AS x, p")).toEqual([["a3"]]);
  await run("EXECUTE IMMEDIATE 'SELECT ?, ?' INTO a, b USING 4, array(1)[0]");
  expect(await rows("SELECT a, b")).toEqual([[4, "1"]]);
  expect(await rows("EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ''SELECT ?'' USING 8'")).toEqual([[8]]);
});

test("EXECUTE IMMEDIATE refuses what Spark refuses, and a text that executes itself", async () => {
  await run("DECLARE q STRING", "DECLARE a INT", "DECLARE self = 'EXECUTE IMMEDIATE self'");
  const failures: readonly (readonly [string, string])[] = [
    ["EXECUTE IMMEDIATE q", "NULL_QUERY_STRING_EXECUTE_IMMEDIATE"],
    ["EXECUTE IMMEDIATE 1", "INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE"],
    ["EXECUTE IMMEDIATE (SELECT 'x')", "UNSUPPORTED_EXPR_FOR_PARAMETER"],
    ["EXECUTE IMMEDIATE 'SELECT :x, ?' USING 1 AS x", "INVALID_QUERY_MIXED_QUERY_PARAMETERS"],
    ["EXECUTE IMMEDIATE 'SELECT :x' USING 1", "ALL_PARAMETERS_MUST_BE_NAMED"],
    ["EXECUTE IMMEDIATE 'SELECT :x' USING 1 AS x, 2 AS X", "EXEC_IMMEDIATE_DUPLICATE_ARGUMENT_ALIASES"],
    ["EXECUTE IMMEDIATE 'SELECT :x'", "UNBOUND_SQL_PARAMETER"],
    ["EXECUTE IMMEDIATE 'SET VAR a = 1' INTO a", "INVALID_STATEMENT_FOR_EXECUTE_INTO"],
    ["EXECUTE IMMEDIATE self", "STATEMENT_TOO_COMPLEX"],
  ];
  for (const [sql, condition] of failures) await expect(rows(sql), sql).rejects.toMatchObject({ condition });
});

test("IDENTIFIER takes constant strings made of variables and parameters, and its plans are kept by what they gave", async () => {
  await run("DECLARE col = 'a'", "DECLARE agg = 'max'");
  expect(await rows("SELECT IDENTIFIER(agg)(IDENTIFIER(col)) AS r FROM VALUES (1, 20), (2, 10) AS t(a, b)")).toEqual([[2]]);
  await run("SET VAR col = 'b'");
  expect(await rows("SELECT IDENTIFIER(agg)(IDENTIFIER(col)) AS r FROM VALUES (1, 20), (2, 10) AS t(a, b)")).toEqual([[20]]);
  expect(await rows("EXECUTE IMMEDIATE 'SELECT IDENTIFIER(:t ''.'' :c) FROM VALUES (5) AS t(x)' USING 't' AS t, 'x' AS c")).toEqual([[5]]);
  await run("CREATE TEMPORARY VIEW IDENTIFIER(col || '1') AS SELECT 1 AS one");
  expect(await rows("SELECT one FROM b1")).toEqual([[1]]);
});

test("IDENTIFIER refuses what is no constant string, and variables in a text that is kept", async () => {
  await run("DECLARE col = 'a'");
  const failures: readonly (readonly [string, string])[] = [
    ["SELECT IDENTIFIER(1)", "NOT_A_CONSTANT_STRING.WRONG_TYPE"],
    ["SELECT IDENTIFIER(CAST(NULL AS STRING))", "NOT_A_CONSTANT_STRING.NULL"],
    ["SELECT IDENTIFIER((SELECT 'a'))", "NOT_A_CONSTANT_STRING.NOT_CONSTANT"],
    ["SELECT IDENTIFIER(substr('abc', 1, rand() + 1))", "NOT_A_CONSTANT_STRING.NOT_CONSTANT"],
    ["SELECT 1 AS IDENTIFIER(col || '.b')", "IDENTIFIER_TOO_MANY_NAME_PARTS"],
    ["CREATE TEMPORARY VIEW v AS SELECT IDENTIFIER(col) FROM VALUES (1) AS t(a)", "UNSUPPORTED_FEATURE.IDENTIFIER_EXPRESSION"],
  ];
  for (const [sql, condition] of failures) await expect(rows(sql), sql).rejects.toMatchObject({ condition });
});
