import type { Pipeline, StagePlan } from "../planner/stages.ts";
import { breakersRead } from "./breaker-lifetimes.ts";

/**
 * What gives the rest of a result of which whole pipelines have been delivered: the stages without these, and without what only they need. Undefined when there is
 * a breaker that both need: made again it might have other rows than those that have been seen (LIMIT in a common table, random numbers).
 */
export function undeliveredStages(stages: StagePlan, ran: readonly Pipeline[]): StagePlan | undefined {
  const isDelivered = (pipeline: Pipeline): boolean => pipeline.sink.kind === "result" && ran.includes(pipeline);
  const rest = stages.pipelines.filter((pipeline) => !isDelivered(pipeline));
  const needed = breakersNeeded(rest.filter(({ sink }) => sink.kind === "result"), stages.pipelines);
  const seen = breakersNeeded(stages.pipelines.filter(isDelivered), stages.pipelines);
  if ([...needed].some((breaker) => seen.has(breaker))) return undefined;
  return { ...stages, pipelines: rest.filter((pipeline) => pipeline.sink.kind === "result" || reaches(pipeline, needed)) };
}

/** Breakers that pipelines read, and those that the pipelines before them do. */
function breakersNeeded(readers: readonly Pipeline[], all: readonly Pipeline[]): ReadonlySet<number> {
  const needed = new Set<number>();
  let next = readers;
  while (next.length > 0) {
    const found = new Set(next.flatMap(breakersRead).filter((breaker) => !needed.has(breaker)));
    for (const breaker of found) needed.add(breaker);
    next = all.filter((pipeline) => reaches(pipeline, found));
  }
  return needed;
}

/** Whether a pipeline puts rows into one of the breakers, or marks its rows. */
function reaches({ sink, steps }: Pipeline, breakers: ReadonlySet<number>): boolean {
  if (sink.kind === "breaker") return breakers.has(sink.breaker);
  return sink.kind === "discard" && steps.some((step) => (step.kind === "probe" || step.kind === "loop") && breakers.has(step.breaker));
}
