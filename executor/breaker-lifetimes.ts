import type { Pipeline, StagePlan } from "../planner/stages.ts";
import type { BreakerShape } from "./pipeline/compile-pipeline.ts";
import { keepsLists } from "./operators/aggregate/aggregate-plan.ts";
import { FLAGS_MATCHES } from "./operators/join/build-in-parts.ts";
import { keepsBytes } from "./pipeline/row-access.ts";

/** Breakers whose records a pipeline looks at. */
export function breakersRead({ source, steps }: Pipeline): readonly number[] {
  const own = source.kind === "breaker" ? [source.breaker] : [];
  return [...own, ...steps.flatMap((step) => (step.kind === "probe" || step.kind === "loop" ? [step.breaker] : []))];
}

/** Breakers in whose records a pipeline may mark matches. */
export function breakersMarked({ steps }: Pipeline): readonly number[] {
  return steps.flatMap((step) => ((step.kind === "probe" || step.kind === "loop") && FLAGS_MATCHES.has(step.node.join) ? [step.breaker] : []));
}

/**
 * Breakers whose memory is still needed: those that a pipeline still to come feeds or reads, those that are `kept`, and those that their records point into.
 * `pointsInto`: by breaker, the breakers that hold bytes of its strings.
 */
export function liveBreakers(toCome: readonly Pipeline[], kept: ReadonlySet<number>, pointsInto: ReadonlyMap<number, ReadonlySet<number>>): ReadonlySet<number> {
  const live = new Set<number>();
  const visit = (breaker: number): void => {
    if (live.has(breaker)) return;
    live.add(breaker);
    for (const other of pointsInto.get(breaker) ?? []) visit(other);
  };
  for (const breaker of kept) visit(breaker);
  for (const pipeline of toCome) {
    for (const breaker of breakersRead(pipeline)) visit(breaker);
    if (pipeline.sink.kind === "breaker") visit(pipeline.sink.breaker);
  }
  return live;
}

/**
 * Breakers that the pipelines which have fed incomplete ones have read: with these, what they have put there can be made again. Empty for queries whose result
 * comes from one pipeline: before it has begun they can start again as a whole.
 */
export function sourcesOfIncomplete({ pipelines }: StagePlan, ran: readonly Pipeline[], toCome: readonly Pipeline[]): ReadonlySet<number> {
  if (pipelines.filter(({ sink }) => sink.kind === "result").length < 2) return new Set();
  const incomplete = new Set(toCome.flatMap(({ sink }) => (sink.kind === "breaker" ? [sink.breaker] : [])));
  return new Set(ran.filter(({ sink }) => sink.kind === "breaker" && incomplete.has(sink.breaker)).flatMap(breakersRead));
}

/** Whether records point to bytes that may lie in another breaker's memory. */
export function keepsStrings({ kind, shape }: BreakerShape): boolean {
  return shape.layout.fields.some(keepsBytes) || (kind === "aggregate" && keepsLists(shape.plan));
}
