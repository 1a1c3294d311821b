import { expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { analyze, failure, schema, shape } from "./analyze.ts";

test("columns are found whatever their case, under any length of qualifier, and keep the name as written", () => {
  expect(schema("SELECT A, t.b, default.t.S, spark_catalog.default.t.a FROM t")).toBe("A:int!, b:int, S:string, a:int!");
});

test("an alias hides the table's own name", () => {
  expect(failure("SELECT t.a FROM t AS x")).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION at t.a");
});

test("fields of structs, and of every struct of an array", () => {
  expect(schema("SELECT p.x, t.p.y, array(p).x AS xs FROM t")).toBe("x:int, y:int, xs:array<int>!");
  expect(failure("SELECT p.z FROM t")).toBe("FIELD_NOT_FOUND at p.z");
  expect(failure("SELECT a.z FROM t")).toBe("INVALID_EXTRACT_BASE_FIELD_TYPE at a.z");
});

test("a name of two relations is ambiguous; a column selected twice is not", () => {
  expect(failure("SELECT a FROM t, u")).toBe("AMBIGUOUS_REFERENCE at a");
  expect(schema("SELECT a FROM (SELECT a, a FROM t)")).toBe("a:int!");
  expect(failure("SELECT a FROM (SELECT a, b AS a FROM t)")).toBe("AMBIGUOUS_REFERENCE at a");
});

test("an unknown column names the nearest ones first", () => {
  let parameters: Readonly<Record<string, string>> = {};
  try {
    analyze("SELECT dai FROM t");
  } catch (error) {
    if (error instanceof SparrowError) ({ parameters } = error);
  }
  expect(parameters.objectName).toBe("`dai`");
  expect(parameters.proposal).toBe("`a`, `b`, `s`, `d`, `day`");
});

test("USING and NATURAL merge their columns and keep both sides' reachable", () => {
  expect(schema("SELECT * FROM t JOIN u USING (a, s)")).toBe("a:int!, s:string, b:int, d:decimal(10,2), day:date, at:timestamp, p:struct<x:int,y:int>, xs:array<int>, c:bigint");
  expect(schema("SELECT a, t.a, u.a FROM t FULL JOIN u USING (a)")).toBe("a:int, a:int, a:int");
  expect(schema("SELECT a FROM t RIGHT JOIN u USING (a)")).toBe("a:int");
  expect(schema("SELECT u.* FROM t NATURAL JOIN u")).toBe("a:int, s:string!, c:bigint");
  expect(failure("SELECT * FROM t JOIN u USING (b)")).toBe("UNRESOLVED_USING_COLUMN_FOR_JOIN at b");
});

test("stars: of a relation, of a struct, with EXCEPT", () => {
  expect(schema("SELECT * EXCEPT (s, a) FROM u")).toBe("c:bigint");
  expect(schema("SELECT p.* FROM t")).toBe("x:int, y:int");
  expect(schema("SELECT u.*, t.a FROM t, u")).toBe("a:int, c:bigint, s:string!, a:int!");
  expect(failure("SELECT z.* FROM t")).toBe("CANNOT_RESOLVE_STAR_EXPAND at z.*");
});

test("a select item may name the aliases before it, where no column has the name", () => {
  expect(schema("SELECT b + 1 AS x, x * 2 AS y FROM t")).toBe("x:int, y:int");
  expect(schema("SELECT 'text' AS b, b AS c FROM t")).toBe("b:string!, c:int");
  expect(failure("SELECT 1 AS x, 2 AS x, x + 1 FROM t")).toBe("AMBIGUOUS_LATERAL_COLUMN_ALIAS at x");
  expect(failure("SELECT b + 1 AS x, x FROM t", { lateralColumnAlias: false })).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION at x");
});

test("views give their columns under their own names, common tables cover tables", () => {
  expect(schema("SELECT * FROM v")).toBe("x:int!, y:int");
  expect(schema("WITH t AS (SELECT 1 AS one) SELECT * FROM t")).toBe("one:int!");
  expect(schema("WITH w(p, q) AS (SELECT a, b FROM t) SELECT w.q FROM w")).toBe("q:int");
  expect(schema("WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH t AS (SELECT 'inner' AS x) SELECT * FROM t)")).toBe("x:string!");
  expect(failure("WITH x AS (SELECT 1), x AS (SELECT 2) SELECT * FROM x")).toMatch(/^DUPLICATED_CTE_NAMES at x/);
  expect(failure("SELECT 1 FROM t, broken")).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION at broken");
  expect(failure("SELECT * FROM nowhere")).toBe("TABLE_OR_VIEW_NOT_FOUND at nowhere");
});

test("a lateral alias of a random value is that value, not another one", () => {
  expect(shape(analyze("SELECT rand() AS r, r + 1 AS q, r FROM t").plan)).toBe("project(project(t))");
  expect(shape(analyze("SELECT b + 1 AS r, r + 1 AS q FROM t").plan)).toBe("project(t)");
});

test("EXCEPT takes a relation's column by its qualified name", () => {
  expect(schema("SELECT * EXCEPT (t.a, t.p, xs, day, at, d, b, t.s) FROM t, u")).toBe("a:int, c:bigint, s:string!");
});
