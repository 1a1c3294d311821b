import { expect, test } from "vitest";
import type { LogicalPlan } from "../../planner/logical.ts";
import { inputsOf } from "../../planner/logical.ts";
import { analyze, failure, schema, shape } from "./analyze.ts";

function planShape(sql: string): string {
  return shape(analyze(sql).plan);
}

test("EXISTS and IN as a conjunct of WHERE are semi joins, NOT EXISTS an anti join", () => {
  expect(planShape("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AND b > 1")).toBe("project(semi*(filter(t), project(filter(u))))");
  expect(planShape("SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u)")).toBe("project(anti(t, project(u)))");
  expect(planShape("SELECT a FROM t WHERE a IN (SELECT c FROM u)")).toBe("project(semi(t, project(u)))");
});

test("NOT IN, and IN anywhere else, keep three values by a mark", () => {
  expect(planShape("SELECT a FROM t WHERE a NOT IN (SELECT a FROM u)")).toBe("project(filter(mark(t, project(u))))");
  expect(planShape("SELECT a FROM t WHERE a IN (SELECT a FROM u) OR b = 1")).toBe("project(filter(mark(t, project(u))))");
  expect(schema("SELECT a IN (SELECT a FROM u) AS i, EXISTS (SELECT 1 FROM u) AS e FROM t")).toBe("i:boolean, e:boolean!");
});

test("a scalar subquery is a single join, dependent only when it is correlated, and attached once", () => {
  expect(planShape("SELECT (SELECT max(c) FROM u) FROM t")).toBe("project(single(t, project(aggregate(u))))");
  expect(planShape("SELECT (SELECT max(c) FROM u WHERE u.a = t.a) AS m FROM t ORDER BY (SELECT max(c) FROM u WHERE u.a = t.a)")).toBe("sort(project(single*(t, project(aggregate(filter(u))))))");
  expect(planShape("SELECT CASE WHEN (SELECT max(c) FROM u) > 1 THEN a END FROM t")).toBe("project(single(t, project(aggregate(u))))");
});

test("above an aggregation a subquery reads the keys' columns", () => {
  expect(planShape("SELECT b, (SELECT max(c) FROM u WHERE u.a = t.b) FROM t GROUP BY b")).toBe("project(single*(aggregate(t), project(aggregate(filter(u)))))");
  const { plan } = analyze("SELECT b + 1, (SELECT max(c) FROM u WHERE u.a = t.b + 1) FROM t GROUP BY b + 1");
  expect(shape(plan)).toBe("project(single*(aggregate(t), project(aggregate(filter(u)))))");
  expect(failure("SELECT b, (SELECT max(c) FROM u WHERE u.a = t.a) FROM t GROUP BY b")).toMatch(/^UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY/);
  expect(planShape("SELECT max(a) FROM t GROUP BY b HAVING max(a) > (SELECT min(c) FROM u WHERE u.a = b)")).toBe("project(filter(single*(aggregate(t), project(aggregate(filter(u))))))");
});

test("inside an aggregate's argument it is below the aggregation", () => {
  expect(planShape("SELECT sum((SELECT max(c) FROM u)) FROM t")).toBe("project(aggregate(single(t, project(aggregate(u)))))");
});

test("a subquery within a subquery depends on the query that it reads", () => {
  const { plan } = analyze("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE EXISTS (SELECT 1 FROM u AS w WHERE w.a = t.a))");
  expect(shape(plan)).toBe("project(semi*(t, project(semi(u, project(filter(u))))))");
});

test("subqueries in ON go to the side that they read", () => {
  expect(planShape("SELECT 1 FROM t LEFT JOIN u ON t.a = u.a AND u.c IN (SELECT c FROM u)")).toBe("project(left(t, mark(u, project(u))))");
  expect(planShape("SELECT 1 FROM t JOIN u ON t.a = u.a AND t.b IN (SELECT a FROM u)")).toBe("project(filter(mark(inner(t, u), project(u))))");
  expect(failure("SELECT 1 FROM t LEFT JOIN u ON t.b + u.a IN (SELECT a FROM u)")).toMatch(/^UNSUPPORTED_FEATURE/);
});

test("LATERAL is a dependent join when it reads its left side", () => {
  expect(planShape("SELECT * FROM t, LATERAL (SELECT t.a + 1 AS x)")).toBe("project(inner*(t, project(values)))");
  expect(planShape("SELECT * FROM t, LATERAL (SELECT 1 AS x)")).toBe("project(inner(t, project(values)))");
  expect(planShape("SELECT * FROM t, LATERAL explode(xs)")).toBe("project(inner*(t, generate(values)))");
  expect(failure("SELECT * FROM t, (SELECT t.a AS x)")).toMatch(/^UNRESOLVED_COLUMN/);
});

test("the number and types of columns are checked", () => {
  expect(failure("SELECT (SELECT a, c FROM u) FROM t")).toMatch(/^INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN/);
  expect(failure("SELECT 1 FROM t WHERE a IN (SELECT a, c FROM u)")).toMatch(/^DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH/);
  expect(schema("SELECT (a, b) IN (SELECT a, c FROM u) AS i FROM t")).toBe("i:boolean");
});

test("every column id of a plan with subqueries everywhere is made once", () => {
  const { plan } = analyze(`
    WITH w AS (SELECT a, (SELECT max(c) FROM u WHERE u.a = t.a) AS m FROM t)
    SELECT x.a, (SELECT count(*) FROM w WHERE w.m = x.m) FROM w AS x JOIN w AS y ON x.a = y.a
    WHERE x.a IN (SELECT a FROM w WHERE m IS NULL) OR EXISTS (SELECT x.m)`);
  const kinds = new Set<string>();
  const visit = (p: LogicalPlan): void => {
    kinds.add(p.kind);
    for (const input of inputsOf(p)) visit(input);
  };
  visit(plan);
  expect(kinds).toContain("cteReference");
});
