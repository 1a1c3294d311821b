import { expect, test } from "vitest";
import type { WindowFrame } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { inputsOf } from "../../planner/logical.ts";
import { analyze, failure, schema, shape } from "./analyze.ts";

function frames(sql: string): readonly WindowFrame[] {
  const visit = (plan: LogicalPlan): readonly WindowFrame[] => [...(plan.kind === "window" ? plan.calls.map((c) => c.call.frame) : []), ...inputsOf(plan).flatMap(visit)];
  return visit(analyze(sql).plan);
}

test("frames: with an order up to the peers, without one the whole partition, as written otherwise", () => {
  expect(frames("SELECT sum(a) OVER (ORDER BY b) FROM t")).toEqual([{ unit: "range", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } }]);
  expect(frames("SELECT sum(a) OVER (PARTITION BY b) FROM t")).toEqual([{ unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "unboundedFollowing" } }]);
  const [written] = frames("SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 + 1 PRECEDING AND -1 PRECEDING) FROM t");
  expect(written.start).toMatchObject({ kind: "preceding", offset: { value: 2 } });
  expect(written.end).toMatchObject({ kind: "following", offset: { value: 1 } });
});

test("one operator for each partition and order, above the aggregation", () => {
  expect(shape(analyze("SELECT sum(a) OVER (PARTITION BY b), max(a) OVER (PARTITION BY b), rank() OVER (ORDER BY a) FROM t").plan)).toBe("project(window(window(t)))");
  expect(shape(analyze("SELECT b, sum(sum(a)) OVER (ORDER BY b) FROM t GROUP BY b").plan)).toBe("project(window(aggregate(t)))");
  expect(shape(analyze("SELECT b FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY a) = 1").plan)).toBe("project(filter(window(t)))");
  expect(shape(analyze("SELECT b FROM t ORDER BY row_number() OVER (ORDER BY a)").plan)).toBe("project(sort(project(window(t))))");
});

test("named windows, and windows that add to them", () => {
  expect(schema("SELECT count(*) OVER w AS c, row_number() OVER (w ORDER BY a) AS r FROM t WINDOW w AS (PARTITION BY b)")).toBe("c:bigint!, r:int!");
  expect(failure("SELECT count(*) OVER missing FROM t")).toMatch(/^MISSING_WINDOW_SPECIFICATION/);
});

test("names show the frame", () => {
  expect(schema("SELECT row_number() OVER (PARTITION BY b ORDER BY a DESC) FROM t")).toBe("row_number() OVER (PARTITION BY b ORDER BY a DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW):int!");
});

test("what windows refuse", () => {
  expect(failure("SELECT a FROM t WHERE row_number() OVER (ORDER BY a) = 1")).toMatch(/^INVALID_WHERE_CONDITION/);
  expect(failure("SELECT sum(count(*) OVER ()) OVER () FROM t")).toMatch(/^NESTED_WINDOW_FUNCTION/);
  expect(failure("SELECT row_number() FROM t")).toMatch(/^WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE/);
  expect(failure("SELECT upper(s) OVER () FROM t")).toMatch(/^UNSUPPORTED_EXPR_FOR_WINDOW/);
  expect(failure("SELECT sum(a) OVER (RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t")).toMatch(/^DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER/);
  expect(failure("SELECT sum(a) OVER (ORDER BY a ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t")).toMatch(/^DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON/);
});

test("generators make columns, and rows after windows have looked at them", () => {
  expect(schema("SELECT a, explode(xs) AS x FROM t")).toBe("a:int!, x:int!");
  expect(schema("SELECT posexplode_outer(xs) AS (i, x) FROM t")).toBe("i:int, x:int");
  expect(schema("SELECT a, x FROM t LATERAL VIEW OUTER explode(xs) e AS x")).toBe("a:int!, x:int");
  expect(shape(analyze("SELECT explode(xs), count(*) OVER () FROM t").plan)).toBe("project(window(generate(t)))");
  expect(shape(analyze("SELECT explode(collect_list(a)), count(*) OVER () FROM t").plan)).toBe("project(generate(window(aggregate(t))))");
  expect(failure("SELECT explode(xs) + 1 FROM t")).toBe("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS at explode(xs) + 1");
});
