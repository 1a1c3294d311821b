import { expect, test } from "vitest";
import { failure, schema } from "./analyze.ts";

test("literals", () => {
  expect(schema("SELECT 1, 3000000000, 1.50, 0.001, 1e2, 1L, 1S, 1Y, 2BD, 1.5F, -2147483648, 99999999999999999999")).toBe(
    "1:int!, 3000000000:bigint!, 1.50:decimal(3,2)!, 0.001:decimal(3,3)!, 100.0:double!, 1:bigint!, 1:smallint!, 1:tinyint!, 2:decimal(1,0)!, 1.5:float!, -2147483648:int!, 99999999999999999999:decimal(20,0)!",
  );
  expect(schema("SELECT DATE '2020-1-2', INTERVAL '1' DAY, INTERVAL 2 HOURS 3 MINUTES, INTERVAL '1-2' YEAR TO MONTH")).toBe(
    "DATE '2020-01-02':date!, INTERVAL '1' DAY:interval day!, INTERVAL '02:03' HOUR TO MINUTE:interval hour to minute!, INTERVAL '1-2' YEAR TO MONTH:interval year to month!",
  );
  expect(failure("SELECT DATE '2020-13-01'")).toBe("INVALID_TYPED_LITERAL at DATE '2020-13-01'");
  expect(failure("SELECT 300Y")).toBe("INVALID_NUMERIC_LITERAL_RANGE at 300Y");
});

test("arithmetic: an integer literal counts by its digits beside a decimal, an int by all it may hold", () => {
  expect(schema("SELECT d + 1 AS l, d + a AS c, d * d AS m, d / 3 AS q, a / 2 AS h, a + 1L AS w FROM t")).toBe("l:decimal(11,2), c:decimal(13,2), m:decimal(21,4), q:decimal(14,6), h:double!, w:bigint!");
});

test("dates and intervals", () => {
  expect(schema("SELECT day + 1, day - day AS days, day + INTERVAL '2' HOUR AS h, at - at AS span, at + INTERVAL '1' MONTH AS m FROM t")).toBe("date_add(day, 1):date, days:interval day, h:timestamp, span:interval day to second, m:timestamp");
});

test("common types of CASE, IN, coalesce, UNION and VALUES", () => {
  expect(schema("SELECT CASE WHEN b > 0 THEN a ELSE d END AS c, coalesce(b, 1) AS x, b IN (1, 2.5) AS i FROM t")).toBe("c:decimal(12,2), x:int!, i:boolean");
  expect(schema("SELECT a FROM t UNION ALL SELECT 1.5")).toBe("a:decimal(11,1)!");
  expect(schema("SELECT * FROM VALUES (1, NULL), (2L, 'x') AS w(n, s)")).toBe("n:bigint!, s:string");
  expect(failure("SELECT CASE WHEN b > 0 THEN day ELSE 1 END FROM t")).toBe("DATATYPE_MISMATCH.DATA_DIFF_TYPES at CASE WHEN b > 0 THEN day ELSE 1 END");
  expect(failure("SELECT a FROM t UNION SELECT p FROM t")).toMatch(/^INCOMPATIBLE_COLUMN_TYPE/);
  expect(failure("SELECT a, b FROM t UNION SELECT a FROM t")).toMatch(/^NUM_COLUMNS_MISMATCH/);
  expect(failure("SELECT day + day FROM t")).toBe("DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE at day + day");
});

test("UNION BY NAME goes by name", () => {
  expect(schema("SELECT a, s FROM u UNION ALL BY NAME SELECT 'x' AS s, 1L AS a")).toBe("a:bigint, s:string!");
});

test("what may be NULL is known as closely as the operators allow", () => {
  expect(schema("SELECT a + 1 AS x, a IS NULL AS n, b <=> a AS e, CASE WHEN a = 1 THEN 2 ELSE 3 END AS c, CASE WHEN a = 1 THEN 2 END AS m, count(b) AS k FROM t GROUP BY a, b")).toBe("x:int!, n:boolean!, e:boolean!, c:int!, m:int, k:bigint!");
  expect(schema("SELECT t.a, u.s FROM t LEFT JOIN u ON t.a = u.a")).toBe("a:int!, s:string");
  expect(schema("SELECT t.a, u.s FROM t RIGHT JOIN u ON t.a = u.a")).toBe("a:int, s:string!");
  expect(schema("SELECT try_cast(a AS string) AS x, CAST(a AS bigint) AS y FROM t")).toBe("x:string, y:bigint!");
});

test("without ANSI mode casts and arithmetic may give NULL", () => {
  expect(schema("SELECT CAST(s AS int) AS x, a / 1 AS y FROM u", { ansi: false })).toBe("x:int, y:double");
});

test("lambdas", () => {
  expect(schema("SELECT transform(xs, x -> x + b) AS t, filter(xs, x -> x > 1) AS f, aggregate(xs, 0L, (acc, x) -> acc + x) AS s FROM t")).toBe("t:array<int>, f:array<int>, s:bigint");
  expect(failure("SELECT transform(xs, (x, i, z) -> x) FROM t")).toMatch(/^INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH/);
});

test("limits", () => {
  expect(schema("SELECT a FROM t LIMIT 1 + 1 OFFSET 2")).toBe("a:int!");
  expect(failure("SELECT a FROM t LIMIT -1")).toBe("INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE at -1");
  expect(failure("SELECT a FROM t LIMIT a")).toMatch(/^UNRESOLVED_COLUMN|^INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE/);
  expect(failure("SELECT a FROM t LIMIT 'x'")).toBe("INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE at 'x'");
});

test("casts that there are not", () => {
  expect(failure("SELECT CAST(day AS int) FROM t")).toBe("DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION at CAST(day AS int)");
  expect(schema("SELECT CAST(day AS int) AS n FROM t", { ansi: false })).toBe("n:int");
  expect(failure("SELECT CAST(a AS binary) FROM t")).toBe("DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION at CAST(a AS binary)");
  expect(failure("SELECT CAST(xs AS int) FROM t")).toBe("DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION at CAST(xs AS int)");
  expect(schema("SELECT CAST(p AS string) AS s, CAST(xs AS array<string>) AS x FROM t")).toBe("s:string, x:array<string>");
});

test("a try_ function may give NULL whatever its arguments", () => {
  expect(schema("SELECT try_add(a, 1) AS s, try_divide(a, 0) AS q FROM t")).toBe("s:int, q:double");
});
