import { expect, test } from "vitest";
import type { BreakerShape, CompileOptions } from "../../executor/pipeline/compile-pipeline.ts";
import { pipelineCode } from "../../executor/pipeline/kept-code.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { planStages } from "../../planner/plan-stages.ts";
import type { StagePlan } from "../../planner/stages.ts";
import { LONG } from "../../catalog/types.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

const OPTIONS: CompileOptions = { emit: true, collide: false, timeZone: "UTC", measure: false };

/** count(*) over a range: one pipeline into groups, one out of them. */
function countOfRange(): StagePlan {
  const id = { id: 1, name: "id", type: LONG, nullable: false };
  const call = { name: "count", args: [], distinct: false, type: LONG, nullable: false, mode: "ansi" } as const;
  const range: PhysicalPlan = { kind: "range", id: 1, rows: 10, column: id, start: 0n, end: 10n, step: 1n };
  const plan: PhysicalPlan = { kind: "aggregate", id: 2, rows: 1, input: range, keys: [], calls: [{ column: { id: 2, name: "count", type: LONG, nullable: false }, call }] };
  return planStages(plan);
}

function codeOf(stages: StagePlan, options = OPTIONS, shapes = new Map<number, BreakerShape>()) {
  return { code: stages.pipelines.map((pipeline) => pipelineCode(stages, pipeline, shapes, [], options)), shapes };
}

test("the code of a plan that runs again is the same, and so are the shapes of its breakers", () => {
  const stages = countOfRange();
  const first = codeOf(stages);
  const second = codeOf(stages);
  expect(first.code).toHaveLength(2);
  second.code.forEach((code, i) => expect(code).toBe(first.code[i]));
  expect(second.shapes).toEqual(first.shapes);
});

test("code is made anew for other options, for other stages, and where a breaker has turned out otherwise", () => {
  const stages = countOfRange();
  const { code, shapes } = codeOf(stages);
  for (const options of [{ ...OPTIONS, measure: true }, { ...OPTIONS, timeZone: "Europe/Berlin" }, { ...OPTIONS, collide: true }, { ...OPTIONS, emit: false }]) expect(codeOf(stages, options).code[0]).not.toBe(code[0]);
  expect(codeOf({ ...stages }).code[0]).not.toBe(code[0]);
  const [[breaker, shape]] = shapes;
  const reader = stages.pipelines[1];
  const again = codeOf(stages);
  expect(pipelineCode(stages, reader, new Map(again.shapes), [], OPTIONS)).toBe(again.code[1]);
  expect(pipelineCode(stages, reader, new Map([[breaker, { ...shape, isSpilled: true }]]), [], OPTIONS)).not.toBe(again.code[1]);
});

test("a statement that is asked again gives the same rows", async () => {
  const sparrow = await SparrowUnderTest.open();
  try {
    const query = "SELECT a.id % 3 AS k, count(*) AS n, max(b.id) AS m FROM range(6000) a JOIN (SELECT id FROM range(100) WHERE id > 9) b ON a.id % 100 = b.id GROUP BY 1 HAVING n > 10 ORDER BY 1";
    for (let i = 0; i < 3; i++) expect((await sparrow.query(query)).rows).toEqual([[0n, 1800n, 99n], [1n, 1800n, 99n], [2n, 1800n, 99n]]);
  } finally {
    await sparrow.close();
  }
});
