import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { inputsOf } from "../../planner/logical.ts";
import { explainLogical } from "../../planner/explain.ts";
import { excludableRules } from "../../planner/optimizer/optimize.ts";
import { planPhysical } from "../../planner/physical-planner.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { physicalInputs } from "../../planner/physical.ts";
import { checkPlan, checkSameOutput } from "../../planner/plan-invariants.ts";
import { planned, TPCDS, TPCH } from "./benchmark-tables.ts";
import { randomSource } from "./random-plans.ts";

const TPCDS_FOLDER = new URL("../../../shared/corpus/tpcds/", import.meta.url);
const tpcdsFiles = existsSync(TPCDS_FOLDER) ? readdirSync(TPCDS_FOLDER).filter((file) => file.endsWith(".sql")) : [];

function tpcdsQuery(file: string): string {
  return readFileSync(new URL(file, TPCDS_FOLDER), "utf8");
}

function nodesOf(plan: PhysicalPlan, into: Set<PhysicalPlan> = new Set()): ReadonlySet<PhysicalPlan> {
  if (!into.has(plan)) {
    into.add(plan);
    for (const input of physicalInputs(plan)) nodesOf(input, into);
  }
  return into;
}

/** Nested loops that look at more pairs than one row on a side makes. */
function cartesianProducts(plan: PhysicalPlan): readonly string[] {
  return [...nodesOf(plan)].flatMap((node) => (node.kind === "nestedLoopJoin" && node.probe.rows > 10 && node.build.rows > 10 ? [`${node.join} ${node.probe.rows} x ${node.build.rows}`] : []));
}

/** Optimizes under the invariants after every rule, and plans. */
function checkedPlan(sql: string, tables: ReadonlyMap<string, TableLookup>, excludedRules: ReadonlySet<string> = new Set()): PhysicalPlan {
  let first: LogicalPlan | undefined;
  const trace = (rule: string, plan: LogicalPlan): void => {
    try {
      checkPlan(plan);
      checkSameOutput(first ?? plan, plan);
    } catch (error) {
      throw new Error(`after ${rule}:\n${explainLogical(plan)}`, { cause: error });
    }
    first ??= plan;
  };
  return planPhysical(planned(sql, tables, { trace, excludedRules }).optimized);
}

test("the 22 TPC-H queries plan with hash joins only, but for scalar subqueries of one row", () => {
  for (const { id, sql } of tpchQueries(1)) expect([id, cartesianProducts(checkedPlan(sql, TPCH))]).toEqual([id, []]);
});

test.skipIf(tpcdsFiles.length === 0)("the TPC-DS queries plan without Cartesian products (skipped where ../shared/corpus is absent)", () => {
  for (const file of tpcdsFiles) expect([file, cartesianProducts(checkedPlan(tpcdsQuery(file), TPCDS))]).toEqual([file, []]);
});

test.skipIf(tpcdsFiles.length === 0)("every fourth TPC-DS query plans with any rules switched off (skipped where ../shared/corpus is absent)", () => {
  tpcdsFiles.forEach((file, i) => {
    if (i % 4 > 0) return;
    const random = randomSource(i);
    expect(nodesOf(checkedPlan(tpcdsQuery(file), TPCDS, new Set(excludableRules().filter(() => random() < 0.3)))).size).toBeGreaterThan(1);
  });
});

/** Tables in the order in which joins take them up: a join's kept side first. */
function joinOrder(plan: PhysicalPlan): readonly string[] {
  return plan.kind === "scan" ? [plan.table] : physicalInputs(plan).flatMap(joinOrder);
}

/** The largest result of a join, in rows of the estimate. */
function largestJoin(plan: PhysicalPlan): number {
  return Math.max(0, ...[...nodesOf(plan)].map((node) => (node.kind === "hashJoin" ? node.rows : 0)));
}

test.each([
  [3, ["customer", "orders", "lineitem"]],
  [4, ["orders", "lineitem"]],
  [12, ["lineitem", "orders"]],
  [14, ["lineitem", "part"]],
])("TPC-H Q%i keeps its small sides in tables and streams the large one", (number, tables) => {
  const order = joinOrder(planPhysical(planned(tpchQueries(1)[number - 1].sql, TPCH).optimized));
  expect([...order].sort()).toEqual([...tables].sort());
  expect(order.at(-1)).toBe(tables.at(-1));
});

test.each([
  [2, 1_000_000],
  [5, 1_000_000],
  [7, 1_000_000],
  [8, 1_000_000],
  [9, 1_000_000],
  [21, 4_000_000],
])("TPC-H Q%i has no intermediate result above %i rows", (number, rows) => {
  expect(largestJoin(planPhysical(planned(tpchQueries(1)[number - 1].sql, TPCH).optimized))).toBeLessThan(rows);
});

test("no plan has a dependent join or a set operation that physical planning does not know", () => {
  const kinds = (plan: LogicalPlan): boolean => (plan.kind === "join" && plan.dependent) || (plan.kind === "setOperation" && !(plan.operation === "union" && plan.all)) || inputsOf(plan).some(kinds);
  for (const { sql } of tpchQueries(1)) expect(kinds(planned(sql, TPCH).optimized)).toBe(false);
});
