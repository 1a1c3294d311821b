import { expect, test } from "vitest";
import { analyze, failure, schema, shape } from "./analyze.ts";

test("what stands beside aggregates must be a key", () => {
  expect(schema("SELECT b, count(*), sum(a) FROM t GROUP BY b")).toBe("b:int, count(1):bigint!, sum(a):bigint");
  expect(schema("SELECT b + 1, max(a) * (b + 1) AS m FROM t GROUP BY b + 1")).toBe("(b + 1):int, m:int");
  expect(failure("SELECT a, count(*) FROM t GROUP BY b")).toBe("MISSING_AGGREGATION at a");
  expect(failure("SELECT a, count(*) FROM t")).toBe("MISSING_GROUP_BY at SELECT a, count(*) FROM t");
  expect(failure("SELECT sum(sum(a)) FROM t")).toBe("NESTED_AGGREGATE_FUNCTION at sum(a)");
  expect(failure("SELECT a FROM t WHERE sum(b) > 1")).toBe("INVALID_WHERE_CONDITION at sum(b)");
  expect(failure("SELECT count(*) FROM t GROUP BY max(a)")).toBe("GROUP_BY_AGGREGATE at max(a)");
});

test("lambdas are the same key whatever their parameters are called, and other keys where they read other parameters", () => {
  const nested = (outer: string, inner: string, read: string): string => `transform(a, ${outer} -> transform(b, ${inner} -> ${read}))`;
  const grouped = (item: string): string => `SELECT ${item} AS n FROM VALUES (array(1), array(2)) AS v(a, b) GROUP BY ${nested("x", "y", "x")}`;
  expect(schema(grouped(nested("v", "w", "v")))).toBe("n:array<array<int>>!");
  expect(failure(grouped(nested("x", "y", "y")))).toMatch(/^MISSING_AGGREGATION at /);
});

test("equal aggregates are computed once", () => {
  const { plan } = analyze("SELECT sum(a), sum(t.a) + 1, count(*) FROM t HAVING sum(a) > 0 ORDER BY SUM(A)");
  const aggregates: number[] = [];
  const visit = (p: typeof plan): void => {
    if (p.kind === "aggregate") aggregates.push(p.calls.length);
    if ("input" in p) visit(p.input);
  };
  visit(plan);
  expect(aggregates).toEqual([2]);
});

test("ordinals, aliases and ALL in GROUP BY", () => {
  expect(schema("SELECT b AS k, count(*) AS n FROM t GROUP BY k")).toBe("k:int, n:bigint!");
  expect(schema("SELECT count(*) AS n, upper(s) FROM t GROUP BY 2")).toBe("n:bigint!, upper(s):string");
  expect(schema("SELECT b, s, sum(a) + b AS x FROM t GROUP BY ALL")).toBe("b:int, s:string, x:bigint");
  expect(failure("SELECT b FROM t GROUP BY 3")).toBe("GROUP_BY_POS_OUT_OF_RANGE at 3");
  expect(failure("SELECT count(*) FROM t GROUP BY 1")).toBe("GROUP_BY_POS_AGGREGATE at 1");
  expect(failure("SELECT b AS k, count(*) FROM t GROUP BY k", { groupByAliases: false })).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION at k");
});

test("grouping sets expand the rows, once per set, and make their keys nullable", () => {
  expect(shape(analyze("SELECT a, s, count(*) FROM t GROUP BY ROLLUP (a, s)").plan)).toBe("project(aggregate(expand(t)))");
  expect(schema("SELECT a, grouping(a), grouping_id(), count(*) FROM t GROUP BY CUBE (a)")).toBe("a:int, grouping(a):tinyint!, grouping_id():bigint!, count(1):bigint!");
  const { plan } = analyze("SELECT a, b FROM t GROUP BY GROUPING SETS ((a, b), (a), ())");
  const expand = plan.kind === "project" && plan.input.kind === "aggregate" ? plan.input.input : undefined;
  expect(expand?.kind === "expand" && expand.projections.map((p) => p.map((e) => (e.kind === "literal" ? e.value : "column")))).toEqual([
    ["column", "column", 0n],
    ["column", null, 1n],
    [null, null, 3n],
  ]);
  expect(shape(analyze("SELECT count(*), grouping_id() FROM t GROUP BY GROUPING SETS (())").plan)).toBe("project(aggregate(t))");
  expect(failure("SELECT grouping(a) FROM t GROUP BY a")).toBe("UNSUPPORTED_GROUPING_EXPRESSION at grouping(a)");
});

test("ORDER BY sees outputs first, then what is below; hidden columns are dropped again", () => {
  expect(schema("SELECT b FROM t ORDER BY a")).toBe("b:int");
  expect(shape(analyze("SELECT b FROM t ORDER BY a LIMIT 3").plan)).toBe("project(limit(sort(project(t))))");
  expect(shape(analyze("SELECT a AS x FROM t ORDER BY x").plan)).toBe("sort(project(t))");
  expect(shape(analyze("SELECT b, count(*) FROM t GROUP BY b ORDER BY max(a)").plan)).toBe("project(sort(project(aggregate(t))))");
  expect(failure("SELECT DISTINCT b FROM t ORDER BY a")).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION at a");
  expect(failure("SELECT b FROM t ORDER BY 2")).toBe("ORDER_BY_POS_OUT_OF_RANGE at 2");
});

test("DISTINCT is an aggregate without calls", () => {
  expect(shape(analyze("SELECT DISTINCT b FROM t").plan)).toBe("aggregate(project(t))");
});

test("PIVOT and UNPIVOT", () => {
  expect(schema("SELECT * FROM (SELECT b, s, a FROM t) PIVOT (sum(a) AS n, max(a) FOR s IN ('x', 'y' AS why))")).toBe("b:int, x_n:bigint, x_max(a):int, why_n:bigint, why_max(a):int");
  expect(schema("SELECT * FROM (SELECT s, a, b FROM t) UNPIVOT (v FOR n IN (a, b AS bee))")).toBe("s:string, n:string!, v:int");
});
