import { describe, expect, test } from "vitest";
import type { Select } from "../../parser/ast.ts";
import { parseExpression, parseQuery, parseStatement } from "../../parser/parse.ts";
import { withoutSpans } from "./without-spans.ts";

function select(sql: string): Select {
  const { body } = parseQuery(sql);
  if (body.kind !== "select") throw new Error(`${sql} is no SELECT`);
  return body;
}

const column = (name: string): object => ({ kind: "name", name: { parts: [{ name }] } });
const number = (text: string): object => ({ kind: "number", text, suffix: "" });

describe("two ways of writing the same", () => {
  test.each([
    ["FROM t SELECT a WHERE b", "SELECT a FROM t WHERE b"],
    ["SELECT a FROM t WHERE IDENTIFIER('x' || '.y') = 1", "SELECT a FROM t WHERE x.y = 1"],
    ["SELECT a MINUS SELECT b", "SELECT a EXCEPT DISTINCT SELECT b"],
    ["SELECT * FROM a LEFT OUTER JOIN b USING (x)", "SELECT * FROM a LEFT JOIN b USING (x)"],
    ["SELECT * FROM a LEFT SEMI JOIN b", "SELECT * FROM a SEMI JOIN b"],
    ["SELECT TRIM(BOTH 'x' FROM a), TRIM(LEADING FROM a), TRIM('x' FROM a)", "SELECT trim('x', a), ltrim(a), trim('x', a)"],
    ["SELECT SUBSTRING(a FROM 2 FOR 3), POSITION('x' IN a), OVERLAY(a PLACING b FROM 1)", "SELECT SUBSTRING(a, 2, 3), POSITION('x', a), OVERLAY(a, b, 1)"],
    ["SELECT DATEADD(MONTH, 1, d), DATEDIFF(DAY, a, b)", "SELECT timestampadd(month, 1, d), timestampdiff(DAY, a, b)"],
    ["SELECT a GROUP BY a, b WITH ROLLUP", "SELECT a GROUP BY ROLLUP (a, b)"],
    ["SELECT a GROUP BY GROUPING SETS (ROLLUP (a, b), (c))", "SELECT a GROUP BY GROUPING SETS ((a, b), (a), (), (c))"],
    ["SELECT a GROUP BY GROUPING SETS (CUBE (a, b))", "SELECT a GROUP BY GROUPING SETS ((a, b), (a), (b), ())"],
    ["SELECT first(a IGNORE NULLS)", "SELECT first(a) IGNORE NULLS"],
    ["SELECT v:a.b[0]['c d']", "SELECT variant_get(v, '$.a.b[0][\"c d\"]')"],
    ["SELECT * FROM t@v12, u@20240131235959007 x", "SELECT * FROM t VERSION AS OF 12, u TIMESTAMP AS OF '2024-01-31 23:59:59.007' x"],
    ["SELECT 1 == 2, 1 != 2", "SELECT 1 = 2, 1 <> 2"],
    ["FROM t |> WHERE t.a = 1 |> SELECT a, b", "SELECT a, b FROM t WHERE t.a = 1"],
    ["FROM t |> WHERE a |> WHERE b |> EXTEND 1 AS c", "SELECT *, 1 AS c FROM t WHERE a AND b"],
    ["TABLE t |> AGGREGATE count(*) AS n GROUP BY a |> ORDER BY n |> LIMIT 3", "SELECT * FROM (SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY n) LIMIT 3"],
    ["FROM t |> JOIN u ON t.a = u.a |> SET x = 2 |> DROP a", "SELECT * EXCEPT (a) FROM (SELECT * REPLACE (2 AS x) FROM t JOIN u ON t.a = u.a)"],
    ["SELECT 1 |> UNION ALL SELECT 2", "(SELECT 1) UNION ALL SELECT 2"],
  ])("%s", (one, other) => {
    expect(withoutSpans(parseStatement(one))).toEqual(withoutSpans(parseStatement(other)));
  });
});

describe("queries", () => {
  test("INTERSECT binds tighter than UNION and EXCEPT, which group to the left", () => {
    const { body } = parseQuery("SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4");
    expect(body).toMatchObject({ kind: "setOperation", operator: "except", left: { operator: "union", all: true, right: { operator: "intersect", all: false } } });
  });

  test("what closes a query belongs to the whole of it", () => {
    const query = parseQuery("WITH RECURSIVE a (x) AS (SELECT 1), b AS (SELECT 2) SELECT 1 UNION SELECT 2 ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 4");
    expect(query).toMatchObject({ recursive: true, with: [{ name: { name: "a" }, columns: [{ name: "x" }] }, { name: { name: "b" }, columns: [] }], orderBy: [{ ascending: false, nullsFirst: false }], limit: number("3"), offset: number("4") });
    expect(parseQuery("SELECT 1 ORDER BY ALL DESC LIMIT ALL")).toMatchObject({ orderBy: [], orderByAll: { ascending: false }, limit: "all" });
    expect(parseQuery("SELECT 1 DISTRIBUTE BY a SORT BY b")).toMatchObject({ distributeBy: [column("a")], sortBy: [{ expr: column("b") }] });
  });

  test("parentheses before it is known what they hold", () => {
    expect(parseExpression("((SELECT 1) + 2)")).toMatchObject({ kind: "binary_op", left: { kind: "scalarSubquery" } });
    expect(parseExpression("((SELECT 1) UNION (SELECT 2))")).toMatchObject({ kind: "scalarSubquery", query: { body: { kind: "setOperation" } } });
    expect(parseExpression("a IN ((SELECT 1) UNION (SELECT 2))")).toMatchObject({ kind: "inSubquery" });
    expect(parseExpression("(x, y) -> x + y")).toMatchObject({ kind: "lambda", parameters: [{ name: "x" }, { name: "y" }] });
    expect(parseExpression("(x, y)")).toMatchObject({ kind: "row" });
    expect(select("SELECT * FROM ((SELECT 1) UNION (SELECT 2)) t").from).toMatchObject([{ kind: "subquery", alias: { name: { name: "t" } } }]);
    expect(select("SELECT * FROM ((a JOIN b) CROSS JOIN c)").from).toMatchObject([{ kind: "nested", relation: { kind: "join", type: "cross", left: { kind: "nested" } } }]);
  });

  test("relations", () => {
    expect(select("SELECT * FROM db.t VERSION AS OF 3 TABLESAMPLE (10 PERCENT) REPEATABLE (7) AS x (a, b)").from).toMatchObject([
      { kind: "table", name: { parts: [{ name: "db" }, { name: "t" }] }, version: { kind: "version", version: number("3") }, sample: { kind: "percent", percent: number("10"), seed: 7n }, alias: { name: { name: "x" }, columns: [{ name: "a" }, { name: "b" }] } },
    ]);
    expect(select("SELECT * FROM a NATURAL LEFT JOIN b, LATERAL (SELECT 1), explode(c) e, VALUES (1), (2) v").from).toMatchObject([{ kind: "join", natural: true, type: "left" }, { kind: "subquery", lateral: true }, { kind: "function" }, { kind: "values", rows: [number("1"), number("2")] }]);
    expect(select("SELECT * FROM f(TABLE(t) PARTITION BY a, x => 1)").from).toMatchObject([{ kind: "function", call: { args: [{ value: { kind: "tableArgument", partitionBy: [column("a")] } }, { name: { name: "x" } }] } }]);
    expect(select("SELECT * FROM t PIVOT (sum(a) AS s FOR (b, c) IN ((1, 2) AS d))").from).toMatchObject([{ kind: "pivot", columns: [{ name: "b" }, { name: "c" }], values: [{ kind: "alias", operand: { kind: "row" } }] }]);
    expect(select("SELECT * FROM t UNPIVOT INCLUDE NULLS ((v, w) FOR n IN ((a, b) AS x, (c, d)))").from).toMatchObject([{ kind: "unpivot", includeNulls: true, valueColumns: [{ name: "v" }, { name: "w" }], nameColumn: { name: "n" }, items: [{ alias: "x" }, {}] }]);
    expect(select("SELECT * FROM t LATERAL VIEW OUTER explode(a) v AS x, y WHERE b").lateralViews).toMatchObject([{ outer: true, table: { name: "v" }, columns: [{ name: "x" }, { name: "y" }] }]);
  });

  test("select lists", () => {
    const { hints, distinct, items } = select("SELECT /*+ BROADCAST(a, b), REPARTITION(3) */ DISTINCT a x, b AS `y z`, t.*, * EXCEPT (c, d), f(e) AS (g, h) FROM t");
    expect(hints).toMatchObject([{ name: "BROADCAST", args: [column("a"), column("b")] }, { name: "REPARTITION", args: [number("3")] }]);
    expect(distinct).toBe(true);
    expect(items).toMatchObject([{ kind: "alias", names: [{ name: "x" }] }, { kind: "alias", names: [{ name: "y z", quoted: true }] }, { kind: "star", qualifier: { parts: [{ name: "t" }] } }, { kind: "star", except: [{}, {}] }, { kind: "alias", names: [{ name: "g" }, { name: "h" }] }]);
    expect(parseQuery("SELECT * EXCEPT (SELECT 1)").body).toMatchObject({ kind: "setOperation", operator: "except" });
  });

  test("windows", () => {
    const { items, windows, qualify } = select("SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND UNBOUNDED FOLLOWING), lag(a) IGNORE NULLS OVER w, rank() OVER (w ORDER BY e) FROM t WINDOW w AS (PARTITION BY f) QUALIFY row_number() OVER w = 1");
    expect(items).toMatchObject([
      { filter: column("b"), over: { kind: "spec", spec: { partitionBy: [column("c")], orderBy: [{ expr: column("d") }], frame: { unit: "range", start: { kind: "preceding", offset: { kind: "interval" } }, end: { kind: "unboundedFollowing" } } } } },
      { nulls: "ignore", over: { kind: "named", name: { name: "w" } } },
      { over: { kind: "spec", spec: { base: { name: "w" } } } },
    ]);
    expect(windows).toMatchObject([{ name: { name: "w" }, spec: { kind: "spec" } }]);
    expect(qualify).toMatchObject({ kind: "binary_op" });
  });

  test("words that Spark reserves nowhere", () => {
    expect(select("SELECT select.from, order, group AS limit FROM where AS order WHERE values = 1").items).toMatchObject([{ name: { parts: [{ name: "select" }, { name: "from" }] } }, column("order"), { kind: "alias", names: [{ name: "limit" }] }]);
    expect(select("SELECT date, timestamp, interval, left(a, 1), right FROM t").items).toMatchObject([column("date"), column("timestamp"), column("interval"), { kind: "call" }, column("right")]);
  });
});

describe("expressions", () => {
  test.each([
    ["INTERVAL '1-2' YEAR TO MONTH", { kind: "interval", quoted: false, parts: [{ value: { kind: "string", value: "1-2" }, unit: "year", to: "month" }] }],
    ["INTERVAL -3 days 2.5 seconds", { kind: "interval", parts: [{ value: number("-3"), unit: "day" }, { value: number("2.5"), unit: "second" }] }],
    ["INTERVAL '3 days -2 hours'", { kind: "interval", quoted: true, parts: [{ value: number("3"), unit: "day" }, { value: number("-2"), unit: "hour" }] }],
    ["TIMESTAMP_NTZ '2020-01-01'", { kind: "typedLiteral", type: "timestamp_ntz", value: "2020-01-01" }],
    ["EXTRACT(YEAR FROM d)", { kind: "extract", field: "YEAR", source: column("d") }],
    ["TRY_CAST(a AS MAP<STRING, ARRAY<INT>>)", { kind: "cast", try: true, type: { kind: "map", value: { kind: "array", element: { kind: "int" } } } }],
    ["a::STRUCT<x: INT, y DECIMAL(3,1) NOT NULL COMMENT 'c'>", { kind: "cast", type: { kind: "struct", fields: [{ name: "x", nullable: true }, { name: "y", nullable: false, type: { precision: 3, scale: 1 }, metadata: { comment: "c" } }] } }],
    ["a LIKE ALL ('x', 'y')", { kind: "likeQuantified", quantifier: "all" }],
    ["a NOT LIKE 'x' ESCAPE '!'", { kind: "like", negated: true, escape: { value: "!" } }],
    ["a IS NOT DISTINCT FROM b", { kind: "isDistinctFrom", negated: true }],
    ["a IS NOT UNKNOWN", { kind: "isBoolean", value: null, negated: true }],
    ["a[0].b COLLATE UNICODE_CI", { kind: "collate", collation: "UNICODE_CI", operand: { kind: "field", base: { kind: "index" } } }],
    ["listagg(DISTINCT a, ',') WITHIN GROUP (ORDER BY b DESC)", { kind: "call", distinct: true, withinGroup: [{ ascending: false }] }],
    ["f(x -> x + 1, y => 2)", { kind: "call", args: [{ value: { kind: "lambda" } }, { name: { name: "y" } }] }],
    ["struct(a AS b, c)", { kind: "call", args: [{ value: { kind: "alias" } }, { value: column("c") }] }],
    [":p + ? + ?", { left: { left: { kind: "parameter", name: "p" }, right: { kind: "parameter", ordinal: 0 } }, right: { ordinal: 1 } }],
    ["exists(a, x -> x)", { kind: "call" }],
    ["EXISTS (SELECT 1)", { kind: "exists" }],
    ["-9223372036854775808L", { kind: "number", text: "-9223372036854775808", suffix: "L" }],
    ["CASE a WHEN 1 THEN 2 ELSE 3 END", { kind: "case", operand: column("a"), branches: [{ when: number("1"), then: number("2") }], otherwise: number("3") }],
  ])("%s", (text, shape) => {
    expect(parseExpression(text)).toMatchObject(shape);
  });
});
