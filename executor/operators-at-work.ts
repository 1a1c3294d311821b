import { SparrowError } from "../catalog/errors.ts";
import type { Breaker, Pipeline, Source } from "../planner/stages.ts";

/** Names of operators as EXPLAIN has them, with the number that it gives the node: what a query that runs out of memory was at. */

const BREAKER_NAMES: Readonly<Record<Breaker["kind"], string>> = {
  aggregate: "HashAggregate",
  build: "the build side of HashJoin",
  loopBuild: "the build side of NestedLoopJoin",
  sort: "Sort",
  topN: "TakeOrderedAndProject",
  limit: "Limit",
  window: "Window",
  shared: "SharedScan",
  exchange: "Exchange",
};

export function breakerName({ kind, node }: Breaker): string {
  return `${BREAKER_NAMES[kind]} (id=${node.id})`;
}

/** What a pipeline reads and what it fills. */
export function pipelineNames({ source, sink }: Pipeline, breakers: readonly Breaker[]): readonly string[] {
  return [sourceName(source, breakers), sink.kind === "breaker" ? breakerName(breakers[sink.breaker]) : "the result"];
}

function sourceName(source: Source, breakers: readonly Breaker[]): string {
  switch (source.kind) {
    case "scan":
      return `Scan of ${source.node.table} (id=${source.node.id})`;
    case "values":
      return `LocalTableScan (id=${source.node.id})`;
    case "range":
      return `Range (id=${source.node.id})`;
    case "breaker":
      return breakerName(breakers[source.breaker]);
  }
}

/** The error; one that says that memory is short also says which operators were at work. */
export function namingOperators(error: unknown, operators: readonly string[]): unknown {
  if (!(error instanceof SparrowError) || error.condition !== "MEMORY_LIMIT_EXCEEDED" || operators.length === 0) return error;
  const { condition, sqlState, message, parameters, origin, span, hint, detail } = error;
  const at = operators.join(" and ");
  return new SparrowError(condition, sqlState, `${message} At work: ${at}.`, { ...parameters, operators: at }, { origin, span, hint, detail, cause: error });
}
