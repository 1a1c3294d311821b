import type { Decision } from "../planner/adaptive/progress.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import type { InstanceResult } from "./pipeline/pipeline-job.ts";

/** Work done, for tests and EXPLAIN ANALYZE. */
export interface QueryCounters {
  readonly vectorCalls: number;
  readonly rows: number;
  readonly pipelines: number;
  /** The most that the query has held of the pool at a time. */
  readonly peakBytes: number;
  /** Written to disk for want of memory. */
  readonly spilledBytes: number;
  /** By physical node id, if the query was measured. */
  readonly nodes: ReadonlyMap<number, { readonly rows: number; readonly milliseconds?: number; readonly bytes?: number }>;
  /** What was changed while the query ran. */
  readonly decisions: readonly Decision[];
  /** The plan as it ended, if it was changed. */
  readonly finalPlan?: PhysicalPlan;
}

type Counted = Pick<InstanceResult, "vectorCalls" | "rows" | "nodeRows">;

/** What a query's tasks have counted so far. */
export class WorkDone {
  readonly nodes = new Map<number, { rows: number; milliseconds?: number; bytes?: number }>();
  readonly #byStage = new Map<number, Counted[]>();
  vectorCalls = 0;
  rows = 0;

  add(stage: number, { vectorCalls, rows, nodeRows }: InstanceResult): void {
    const counted = this.#byStage.get(stage) ?? [];
    this.#byStage.set(stage, [...counted, { vectorCalls, rows, nodeRows }]);
    this.#count({ vectorCalls, rows, nodeRows }, 1);
  }

  /** A stage's work is done again. */
  forget(stage: number): void {
    for (const counted of this.#byStage.get(stage) ?? []) this.#count(counted, -1);
    this.#byStage.delete(stage);
  }

  #count({ vectorCalls, rows, nodeRows }: Counted, sign: 1 | -1): void {
    this.vectorCalls += sign * vectorCalls;
    this.rows += sign * rows;
    for (const [node, nodeRow] of nodeRows) this.measure(node, sign * nodeRow);
  }

  /** Adds to what is known of a node: rows, time of the pipelines that feed it, memory of the query when they had ended. */
  measure(node: number, rows: number, milliseconds?: number, bytes?: number): void {
    const known = this.nodes.get(node) ?? { rows: 0 };
    this.nodes.set(node, {
      rows: known.rows + rows,
      milliseconds: milliseconds === undefined ? known.milliseconds : (known.milliseconds ?? 0) + milliseconds,
      bytes: bytes ?? known.bytes,
    });
  }
}
