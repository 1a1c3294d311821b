import { InternalError } from "../catalog/errors.ts";
import type { Breaker, Pipeline, StagePlan, Step } from "../planner/stages.ts";
import { PARTITIONS } from "./operators/row-store.ts";
import { columnsBefore } from "./pipeline/segments.ts";
import { sourceColumns } from "./pipeline/sources.ts";

/** A piece of a pipeline, and the plan in which its exchanges are breakers. */
export interface PipelinePiece {
  readonly pipeline: Pipeline;
  readonly stages: StagePlan;
}

/** What the plan shows of an exchange that no node of it stands for. */
const NO_NODE = -1;

type JoinStep = Extract<Step, { kind: "probe" | "loop" }>;

/** Whether a pipeline must be cut there: its rows come to a build side that is in parts as they are, not in partitions. */
function meetsParts(step: Step, at: number, { source }: Pipeline, isPartitioned: (breaker: number) => boolean): step is JoinStep {
  if ((step.kind !== "probe" && step.kind !== "loop") || !isPartitioned(step.breaker)) return false;
  return !(at === 0 && source.kind === "breaker" && source.joins?.breaker === step.breaker);
}

/**
 * Cuts a pipeline before each join with a build side that is in parts, unless the plan has done so: its rows go to an exchange, spread by the hash of the probe's keys as a hash table's rows are
 * and in turn for a nested loop, from which the next piece reads. The pieces run one after the other.
 */
export function cutAtParts(pipeline: Pipeline, stages: StagePlan, isPartitioned: (breaker: number) => boolean): readonly PipelinePiece[] {
  const sinkBreaker = pipeline.sink.kind === "breaker" ? stages.breakers[pipeline.sink.breaker] : undefined;
  const output = pipeline.sink.kind === "result" ? stages.output : [];
  const cuts = pipeline.steps.flatMap((step, at) => (meetsParts(step, at, pipeline, isPartitioned) ? [{ step, at }] : []));
  const exchanges = cuts.map(({ step, at }, i) => exchangeFor(stages.breakers.length + i, step, columnsBefore(pipeline, at, sourceColumns(pipeline.source), sinkBreaker, output)));
  const pieces = [...cuts, undefined].map((cut, i): Pipeline => {
    const before = exchanges[i - 1];
    const after = exchanges[i];
    const columns = before?.columns ?? [];
    return {
      id: pipeline.id,
      source: before === undefined ? pipeline.source : { kind: "breaker", breaker: before.id, reader: NO_NODE, estimate: before.node.rows, rows: "all", columns, source: columns.map((c) => c.id), joins: { breaker: cuts[i - 1].step.breaker } },
      steps: pipeline.steps.slice(cuts[i - 1]?.at ?? 0, cut?.at),
      sink: after === undefined ? pipeline.sink : { kind: "breaker", breaker: after.id },
    };
  });
  const withExchanges: StagePlan = { ...stages, breakers: [...stages.breakers, ...exchanges], pipelines: [...stages.pipelines, ...pieces.slice(0, -1)] };
  return pieces.map((piece) => ({ pipeline: piece, stages: withExchanges }));
}

function exchangeFor(id: number, { node }: JoinStep, columns: Breaker["columns"]): Breaker {
  const keys = node.kind === "hashJoin" ? node.keys.map((key) => key.probe) : [];
  if (node.kind === "hashJoin" && keys.length === 0) throw new InternalError("a hash join has keys");
  const partitioning = { keys, partitions: PARTITIONS };
  return { id, kind: "exchange", columns, node: { id: NO_NODE, rows: node.rows, kind: "exchange", input: node.probe, partitioning } };
}
