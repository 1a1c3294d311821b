import { expect, test } from "vitest";
import type { Column, Expr } from "../../catalog/expression.ts";
import { LONG } from "../../catalog/types.ts";
import { BreakerState } from "../../executor/operators/breaker-state.ts";
import { Pool } from "../../executor/memory/pool.ts";
import type { BreakerShape } from "../../executor/pipeline/compile-pipeline.ts";
import { pipelineCode } from "../../executor/pipeline/kept-code.ts";
import { PlanInProgress } from "../../executor/plan-in-progress.ts";
import type { Progress, Replanned } from "../../planner/adaptive/progress.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { planStages } from "../../planner/plan-stages.ts";

const id: Column = { id: 1, name: "id", type: LONG, nullable: false };
const key: Expr = { kind: "column", ...id };

/** Two exchanges, one after the other. */
function twoExchanges() {
  const range: PhysicalPlan = { kind: "range", id: 1, rows: 1000, column: id, start: 0n, end: 1000n, step: 1n };
  const first: PhysicalPlan = { kind: "exchange", id: 2, rows: 1000, input: range, partitioning: { keys: [key], partitions: 2 } };
  const plan: PhysicalPlan = { kind: "exchange", id: 3, rows: 1000, input: first, partitioning: { keys: [key], partitions: 1 } };
  return { plan, stages: planStages(plan) };
}

const { plan, stages } = twoExchanges();
const pool = Pool.create({ bytes: 1024 * 1024 });
const shapes = new Map<number, BreakerShape>();
for (const pipeline of stages.pipelines) pipelineCode(stages, pipeline, shapes, [], { emit: true, collide: false, timeZone: "UTC", measure: false });

/** Runs the plan's breakers to their ends with so many records in their first partitions; at which of them the rules were asked. */
async function askedAt(rows: readonly number[], change?: (progress: Progress) => Replanned | undefined): Promise<readonly number[]> {
  const progress = new PlanInProgress(stages);
  const asked: number[] = [];
  const replan = async (at: Progress): Promise<Replanned | undefined> => {
    asked.push(at.latest);
    return change?.(at);
  };
  for (const [i, count] of rows.entries()) {
    progress.ended(stages.pipelines[i]);
    const breaker = stages.breakers[i];
    const shape = shapes.get(breaker.id)!;
    const state = new BreakerState(breaker);
    state.add({ kind: "exchange", partitions: [{ chunks: [{ start: 4096, end: 4096 + count * shape.shape.layout.bytes }], pages: [] }], copied: [0] }, 0);
    state.settle(shape);
    await progress.breakerCompleted(breaker, state, pool, { adaptive: { replan, minRows: 0 } });
  }
  return asked;
}

test("rules are asked at every breaker once, and again from the first one on that turns out otherwise", async () => {
  expect(stages.breakers.map((breaker) => breaker.kind)).toEqual(["exchange", "exchange"]);
  expect(await askedAt([10, 10])).toEqual([0, 1]);
  expect(await askedAt([10, 10])).toEqual([]);
  expect(await askedAt([10, 11])).toEqual([1]);
  expect(await askedAt([9, 11])).toEqual([0, 1]);
  expect(await askedAt([9, 11])).toEqual([]);
});

test("what later breakers were counts only together with what the earlier ones were", async () => {
  expect(await askedAt([20, 20])).toEqual([0, 1]);
  // A run that ends before its second breaker.
  expect(await askedAt([21])).toEqual([0]);
  expect(await askedAt([21, 20])).toEqual([1]);
  expect(await askedAt([21, 20])).toEqual([]);
});

test("where the rules change the plan they are asked every time", async () => {
  const change = ({ latest }: Progress): Replanned | undefined => (latest === 0 ? { plan, stages: { ...stages }, decisions: [] } : undefined);
  for (let i = 0; i < 2; i++) expect(await askedAt([5, 5], change)).toEqual([0, 1]);
});
