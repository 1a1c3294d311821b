import { expect, test } from "vitest";
import { explainLogical } from "../../planner/explain.ts";
import type { JoinKind } from "../../planner/logical.ts";
import * as pushdown from "../../planner/optimizer/rules/filter-pushdown.ts";
import { agg, call, col, lit, PlanBuilder, run } from "./plan-builder.ts";

const rules = Object.values(pushdown).filter((rule) => typeof rule === "object");

function optimized(build: (b: PlanBuilder) => Parameters<typeof run>[0]): string {
  const b = new PlanBuilder();
  return explainLogical(run(build(b), b, ...rules)).trimEnd();
}

test("a filter moves below a projection and takes its expressions along", () => {
  const plan = optimized((b) => {
    const t = b.scan("t", { a: "int", b: "int" });
    const p = b.project(t, { c: call("+", col(t, "a"), col(t, "b")) });
    return b.filter(p, call("=", col(p, "c"), lit(5)));
  });
  expect(plan).toBe("Project [(a#1 + b#2) AS c#3]\n+- Filter ((a#1 + b#2) = 5)\n   +- Relation t[a#1, b#2]");
});

test("a filter stays above a projection of a random number", () => {
  const plan = optimized((b) => {
    const t = b.scan("t", { a: "int" });
    const p = b.project(t, { a: col(t, "a"), r: call("rand") });
    return b.filter(p, call("=", col(p, "a"), lit(5)));
  });
  expect(plan).toBe("Filter (a#1 = 5)\n+- Project [a#1, rand() AS r#2]\n   +- Relation t[a#1]");
});

test("HAVING over a key filters rows, over an aggregate it stays", () => {
  const plan = optimized((b) => {
    const t = b.scan("t", { a: "int" });
    const g = b.aggregate(t, ["a"], { n: agg("count") });
    return b.filter(g, call("=", col(g, "a"), lit(5)), call(">", col(g, "n"), lit(1n)));
  });
  expect(plan).toBe("Filter (n#2 > 1)\n+- Aggregate [a#1], [count(1) AS n#2]\n   +- Filter (a#1 = 5)\n      +- Relation t[a#1]");
});

test("HAVING over an aggregate without keys stays", () => {
  const plan = optimized((b) => b.filter(b.aggregate(b.scan("t", { a: "int" }), [], { n: agg("count") }), lit(false)));
  expect(plan).toBe("Filter false\n+- Aggregate [], [count(1) AS n#2]\n   +- Relation t[a#1]");
});

const WHERE_OVER_JOIN: readonly [JoinKind, string][] = [
  ["inner", "Join inner, ((k#1 = k#3) AND ((x#2 + y#4) = 0))\n:- Filter (x#2 = 1)\n:  +- Relation t[k#1, x#2]\n+- Filter (y#4 = 2)\n   +- Relation u[k#3, y#4]"],
  ["left", "Filter ((y#4 = 2) AND ((x#2 + y#4) = 0))\n+- Join left, (k#1 = k#3)\n   :- Filter (x#2 = 1)\n   :  +- Relation t[k#1, x#2]\n   +- Relation u[k#3, y#4]"],
  ["right", "Filter ((x#2 = 1) AND ((x#2 + y#4) = 0))\n+- Join right, (k#1 = k#3)\n   :- Relation t[k#1, x#2]\n   +- Filter (y#4 = 2)\n      +- Relation u[k#3, y#4]"],
  ["full", "Filter ((x#2 = 1) AND (y#4 = 2) AND ((x#2 + y#4) = 0))\n+- Join full, (k#1 = k#3)\n   :- Relation t[k#1, x#2]\n   +- Relation u[k#3, y#4]"],
];

test.each(WHERE_OVER_JOIN)("WHERE over a %s join goes to the sides it may go to", (kind, expected) => {
  const plan = optimized((b) => {
    const t = b.scan("t", { k: "int", x: "int" });
    const u = b.scan("u", { k: "int", y: "int" });
    const join = b.join(kind, t, u, call("=", col(t, "k"), col(u, "k")));
    return b.filter(join, call("=", col(t, "x"), lit(1)), call("=", col(u, "y"), lit(2)), call("=", call("+", col(t, "x"), col(u, "y")), lit(0)));
  });
  expect(plan).toBe(expected);
});

const ON_CONDITIONS: readonly [JoinKind, boolean, boolean][] = [
  ["inner", true, true],
  ["left", false, true],
  ["right", true, false],
  ["full", false, false],
  ["semi", true, true],
  ["anti", false, true],
  ["single", false, true],
];

test.each(ON_CONDITIONS)("ON conditions of a %s join over one side move: left %s, right %s", (kind, left, right) => {
  const plan = optimized((b) => {
    const t = b.scan("t", { k: "int", x: "int" });
    const u = b.scan("u", { k: "int", y: "int" });
    return b.join(kind, t, u, call("and", call("=", col(t, "k"), col(u, "k")), call("and", call("=", col(t, "x"), lit(1)), call("=", col(u, "y"), lit(2)))));
  });
  expect(plan.includes("Filter (x#2 = 1)")).toBe(left);
  expect(plan.includes("Filter (y#4 = 2)")).toBe(right);
});

test("a mark join's right side is only filtered by what is never unknown", () => {
  const build = (b: PlanBuilder, type: "int" | "int!") => {
    const t = b.scan("t", { k: "int" });
    const u = b.scan("u", { k: "int", y: type });
    return b.join("mark", t, u, call("and", call("=", col(t, "k"), col(u, "k")), call("=", col(u, "y"), lit(2))), { mark: b.column("m", { kind: "boolean" }) });
  };
  expect(optimized((b) => build(b, "int"))).not.toContain("Filter");
  expect(optimized((b) => build(b, "int!"))).toContain("Filter (y#3 = 2)");
});

test("what can raise does not go below a join, unless statistics exclude that it raises", () => {
  const build = (b: PlanBuilder, max: number) => {
    const t = b.scan("t", { k: "int", x: "int" }, { statistics: { x: { min: 0, max } } });
    const u = b.scan("u", { k: "int" });
    const join = b.join("inner", t, u, call("=", col(t, "k"), col(u, "k")));
    return b.filter(join, call("=", call("+", col(t, "x"), lit(1)), lit(3)));
  };
  expect(optimized((b) => build(b, 2147483647))).toBe("Join inner, ((k#1 = k#3) AND ((x#2 + 1) = 3))\n:- Relation t[k#1, x#2]\n+- Relation u[k#3]");
  expect(optimized((b) => build(b, 100))).toBe("Join inner, (k#1 = k#3)\n:- Filter ((x#2 + 1) = 3)\n:  +- Relation t[k#1, x#2]\n+- Relation u[k#3]");
});

test("what can raise does not overtake the condition that guards it", () => {
  const plan = optimized((b) => {
    const t = b.scan("t", { a: "int" });
    const g = b.aggregate(t, ["a"], { n: agg("count") });
    return b.filter(g, call(">", col(g, "n"), lit(1n)), call("=", call("/", lit(1), col(g, "a")), lit(1)));
  });
  expect(plan).toBe("Filter ((n#2 > 1) AND ((1 / a#1) = 1))\n+- Aggregate [a#1], [count(1) AS n#2]\n   +- Relation t[a#1]");
});
