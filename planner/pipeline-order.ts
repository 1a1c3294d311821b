import { assert } from "../catalog/errors.ts";
import type { Pipeline, Step } from "./stages.ts";

/** Unions of thousands of inputs stay in the order in which they are written: looking for a better one takes quadratic time. */
const MAX_ORDERED_PIPELINES = 256;

/**
 * An order in which pipelines can run, those over few rows first: what they find out (that nothing is left, which keys there are) saves work of the others. Pipelines
 * with the same sink stay in order, as their rows do.
 */
export function smallestFirst(pipelines: readonly Pipeline[]): readonly Pipeline[] {
  if (pipelines.length > MAX_ORDERED_PIPELINES) return pipelines;
  const feeders = new Map<number, Pipeline[]>();
  const probers = new Map<number, Pipeline[]>();
  const waitsFor = new Map<Pipeline, Set<Pipeline>>();
  const lastOfSink = new Map<string, Pipeline>();
  for (const pipeline of pipelines) {
    const { steps, sink } = pipeline;
    const name = sink.kind === "breaker" ? `breaker ${sink.breaker}` : sink.kind;
    const before = lastOfSink.get(name);
    lastOfSink.set(name, pipeline);
    waitsFor.set(pipeline, new Set(before === undefined ? [] : [before]));
    if (sink.kind === "breaker") feeders.set(sink.breaker, [...(feeders.get(sink.breaker) ?? []), pipeline]);
    for (const breaker of probed(steps)) probers.set(breaker, [...(probers.get(breaker) ?? []), pipeline]);
  }
  for (const [pipeline, before] of waitsFor) {
    const { source, steps } = pipeline;
    const read = source.kind === "breaker" ? [source.breaker, ...probed(steps)] : probed(steps);
    for (const other of read.flatMap((breaker) => feeders.get(breaker) ?? [])) before.add(other);
    // Whether a join is made in partitions is known when its build side is complete.
    if (source.kind === "breaker" && source.joins !== undefined) {
      const builds = feeders.get(source.joins.breaker) ?? [];
      for (const spreads of feeders.get(source.breaker) ?? []) for (const build of builds) waitsFor.get(spreads)?.add(build);
    }
    // Matches are known when all probes are done.
    if (source.kind === "breaker" && source.rows !== "all") for (const other of probers.get(source.breaker) ?? []) before.add(other);
  }
  const order: Pipeline[] = [];
  while (waitsFor.size > 0) {
    const ready = [...waitsFor].filter(([, before]) => before.size === 0).map(([pipeline]) => pipeline);
    assert(ready.length > 0, "pipelines wait for each other");
    const next = ready.reduce((least, pipeline) => (sourceRows(pipeline) < sourceRows(least) ? pipeline : least));
    order.push(next);
    waitsFor.delete(next);
    for (const before of waitsFor.values()) before.delete(next);
  }
  return order;
}

function probed(steps: readonly Step[]): readonly number[] {
  return steps.flatMap((step) => (step.kind === "probe" || step.kind === "loop" ? [step.breaker] : []));
}

function sourceRows({ source }: Pipeline): number {
  return source.kind === "breaker" ? source.estimate : source.node.rows;
}
