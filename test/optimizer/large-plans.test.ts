import { expect, test } from "vitest";
import type { Expr } from "../../catalog/expression.ts";
import { booleanCall, conjuncts } from "../../planner/conjunctions.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";
import { explainLogical } from "../../planner/explain.ts";
import { optimize } from "../../planner/optimizer/optimize.ts";
import { planPhysical } from "../../planner/physical-planner.ts";
import { call, col, context, lit, PlanBuilder } from "./plan-builder.ts";

test.each(["and", "or"])("a left-deep chain of 10,000 %s neither overflows nor stays deep", (connective) => {
  const b = new PlanBuilder();
  const t = b.scan("t", { a: "int", b: "int" });
  let condition: Expr = call("<>", col(t, "a"), lit(0));
  for (let i = 1; i < 10_000; i++) condition = booleanCall(connective, [condition, call(connective === "and" ? "<>" : "=", col(t, "a"), lit(i))]);
  const plan = optimize({ kind: "filter", input: t, condition }, context(b));
  expect(plan.kind).toBe("filter");
  expect(planPhysical(plan).kind).toBe("filter");
  if (plan.kind !== "filter") return;
  let depth = 0;
  for (let node = plan.condition; node.kind === "call" && node.name === connective; [node] = node.args) depth++;
  expect(depth).toBeLessThan(20);
});

test("10,000 conjuncts in one WHERE stay in order", () => {
  const b = new PlanBuilder();
  const t = b.scan("t", { a: "int" });
  const plan = optimize(b.filter(t, ...Array.from({ length: 10_000 }, (_, i) => call("<>", col(t, "a"), lit(i)))), context(b));
  const values = plan.kind === "filter" ? conjuncts(plan.condition).map((c) => (c.kind === "call" && c.args[1].kind === "literal" ? c.args[1].value : undefined)) : [];
  expect(values).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
});

test("a union of 1,000 inputs, each in the one before, is one union", () => {
  const b = new PlanBuilder();
  let plan: LogicalPlan = b.scan("t", { a: "int" });
  for (let i = 0; i < 1_000; i++) {
    const right = b.scan("t", { a: "int" });
    const inputs = [plan, right].map((input) => ({ plan: input, columns: outputOf(input).map((c) => c.id) }));
    plan = { kind: "setOperation", operation: "union", all: true, columns: [b.column("a")], inputs };
  }
  const optimized = optimize(plan, context(b));
  expect(optimized.kind === "setOperation" && optimized.inputs.length).toBe(1_001);
});

test("40 tables joined in a row are ordered without looking at all orders", () => {
  const b = new PlanBuilder();
  const tables = Array.from({ length: 40 }, (_, i) => b.scan(`t${i}`, { a: "int", b: "int" }, { rows: 1000 * (i + 1) }));
  let plan = tables[0];
  for (let i = 1; i < 40; i++) plan = b.join("inner", plan, tables[i], call("=", col(tables[i - 1], "b"), col(tables[i], "a")));
  expect(explainLogical(optimize(plan, context(b)))).not.toContain("Join inner\n");
});

test("25 tables around one are ordered without looking at all orders", () => {
  const b = new PlanBuilder();
  const names = Array.from({ length: 25 }, (_, i) => `k${i}`);
  const fact = b.scan("fact", Object.fromEntries(names.map((name) => [name, "int" as const])), { rows: 1_000_000 });
  const plan = names.reduce<LogicalPlan>((left, name, i) => {
    const dimension = b.scan(`d${i}`, { k: "int" }, { rows: 100 + i });
    return b.join("inner", left, dimension, call("=", col(fact, name), col(dimension, "k")));
  }, fact);
  expect(explainLogical(optimize(plan, context(b)))).not.toContain("Join inner\n");
});
