import { isDeepStrictEqual } from "node:util";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { Pipeline, StagePlan } from "../../planner/stages.ts";
import type { BreakerShape, Compilation, CompileOptions } from "./compile-pipeline.ts";
import { compilePipeline } from "./compile-pipeline.ts";

/** A pipeline's code, and all that it was made from beside the plan. */
interface KeptCode {
  readonly stages: StagePlan;
  readonly layouts: readonly ColumnLayout[];
  readonly options: CompileOptions;
  /** Of the breakers that it reads and of the one that it feeds, before it was compiled. */
  readonly shapes: readonly (BreakerShape | undefined)[];
  /** Of the breaker that it feeds, afterwards. */
  readonly fed: BreakerShape | undefined;
  readonly code: Compilation;
}

/** As long as the plan is kept (server/plan-cache.ts). A plan that is changed while it runs has pipelines of its own for what has not run. */
const kept = new WeakMap<Pipeline, KeptCode>();

/**
 * `compilePipeline`, or what it gave when the plan ran before, where everything has come out as it did then: the code is made from the plan, the breakers' shapes,
 * the columns' layouts and the options, and from nothing else. Writing a pipeline's code takes about as long as running it over a few thousand rows.
 */
export function pipelineCode(stages: StagePlan, pipeline: Pipeline, shapes: Map<number, BreakerShape>, layouts: readonly ColumnLayout[], options: CompileOptions): Compilation {
  const sink = pipeline.sink.kind === "breaker" ? pipeline.sink.breaker : undefined;
  const around = breakersAround(pipeline).map((breaker) => shapes.get(breaker));
  const known = kept.get(pipeline);
  if (known !== undefined && known.stages === stages && around.every((shape, i) => isSameShape(shape, known.shapes[i])) && isDeepStrictEqual(known.options, options) && isDeepStrictEqual(known.layouts, layouts)) {
    if (sink !== undefined && known.fed !== undefined) shapes.set(sink, known.fed);
    return known.code;
  }
  const code = compilePipeline(stages, pipeline, shapes, layouts, options);
  kept.set(pipeline, { stages, layouts, options, shapes: around, fed: sink === undefined ? undefined : shapes.get(sink), code });
  return code;
}

function breakersAround({ source, steps, sink }: Pipeline): readonly number[] {
  const read = steps.flatMap((step) => (step.kind === "probe" || step.kind === "loop" ? [step.breaker] : []));
  return [...(source.kind === "breaker" ? [source.breaker] : []), ...read, ...(sink.kind === "breaker" ? [sink.breaker] : [])];
}

/** Layouts are made with the code of the pipeline that feeds the breaker first, and are the same object when that is. */
function isSameShape(a: BreakerShape | undefined, b: BreakerShape | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.shape === b.shape && a.isSpilled === b.isSpilled && (a.kind !== "build" || b.kind !== "build" || isDeepStrictEqual(a.complete, b.complete));
}
