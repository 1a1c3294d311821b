import type { PhysicalPlan } from "../physical.ts";
import { physicalOutput } from "../physical.ts";
import type { RunState } from "./progress.ts";

/** Assumed width of a column in memory, beside the record's header of the same size. */
const BYTES_PER_COLUMN = 8;

/**
 * Rows that a node gives, as they are thought of now: exact where a breaker is complete, above it the first estimates scaled by what was wrong below.
 */
export class RevisedRows {
  readonly #state: RunState;
  readonly #known = new Map<PhysicalPlan, number>();

  constructor(state: RunState) {
    this.#state = state;
  }

  of(plan: PhysicalPlan): number {
    const known = this.#known.get(plan) ?? Math.max(0, this.#compute(plan));
    this.#known.set(plan, known);
    return known;
  }

  /** How many times the estimate the rows are. */
  ratio(plan: PhysicalPlan): number {
    return this.of(plan) / Math.max(1, plan.rows);
  }

  bytes(plan: PhysicalPlan): number {
    return this.of(plan) * BYTES_PER_COLUMN * (1 + physicalOutput(plan).length);
  }

  /** Of a join's build side: exact when it is complete. */
  ofBuild(join: Extract<PhysicalPlan, { readonly build: PhysicalPlan }>): number {
    return this.#state.complete(join)?.rows ?? this.of(join.build);
  }

  #compute(plan: PhysicalPlan): number {
    switch (plan.kind) {
      case "scan":
      case "values":
      case "range":
        return plan.rows;
      case "filter":
      case "runtimeFilter":
      case "project":
      case "expand":
      case "generate":
      case "sample":
        return plan.rows * this.ratio(plan.input);
      case "sort":
      case "window":
      case "exchange":
        return this.#state.complete(plan)?.rows ?? this.of(plan.input);
      case "topN":
      case "limit":
        return this.#state.complete(plan)?.rows ?? Math.min(this.of(plan.input), plan.limit ?? Infinity);
      case "aggregate":
        return this.#state.complete(plan)?.rows ?? (plan.keys.length === 0 ? 1 : Math.min(this.of(plan.input), plan.rows * this.ratio(plan.input)));
      case "union":
        return plan.inputs.reduce((sum, input) => sum + this.of(input.plan), 0);
      case "shared":
        return this.of(plan.definition);
      case "hashJoin":
      case "nestedLoopJoin":
        return this.#joined(plan);
    }
  }

  #joined(join: Extract<PhysicalPlan, { readonly build: PhysicalPlan }>): number {
    const build = this.ofBuild(join);
    const buildRatio = build / Math.max(1, join.build.rows);
    const probe = this.of(join.probe);
    const probeRatio = this.ratio(join.probe);
    switch (join.join) {
      case "inner":
        return join.rows * probeRatio * buildRatio;
      case "probeOuter":
        return Math.max(probe, join.rows * probeRatio * buildRatio);
      case "buildOuter":
        return Math.max(build, join.rows * probeRatio * buildRatio);
      case "fullOuter":
        return Math.max(probe, build, join.rows * probeRatio * buildRatio);
      case "probeSemi":
        return Math.min(probe, join.rows * probeRatio * buildRatio);
      case "buildSemi":
        return Math.min(build, join.rows * probeRatio * buildRatio);
      case "probeAnti":
        return Math.min(probe, join.rows * probeRatio);
      case "buildAnti":
        return Math.min(build, join.rows * buildRatio);
      case "probeMark":
      case "probeSingle":
        return probe;
    }
  }
}
