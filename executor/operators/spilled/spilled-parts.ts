import type { Breaker } from "../../../planner/stages.ts";
import type { BreakerShape } from "../../pipeline/compile-pipeline.ts";
import type { BreakerState } from "../breaker-state.ts";
import type { FinishTask, SpilledParts, TaskResult } from "../finish-task.ts";
import { mergeTasks } from "./spilled-sort.ts";
import { divideGroups } from "./spilled-groups.ts";
import { spilledWindow } from "./spilled-windows.ts";

export interface SpilledPartsOptions {
  readonly emit: boolean;
  readonly timeZone: string;
  readonly workers: number;
  /** What a worker may take for one part. */
  readonly partBytes: number;
  /** Runs tasks on workers; what they give is held as long as the breaker. */
  readonly runTasks: (tasks: readonly FinishTask[]) => Promise<readonly TaskResult[]>;
}

/** Parts of a breaker of which some rows are on disk; undefined where its reader takes them as they lie (exchanges, shared results) or with another side (build-in-parts.ts). */
export async function spilledParts(breaker: Breaker, state: BreakerState, { kind, shape }: BreakerShape, options: SpilledPartsOptions): Promise<SpilledParts | undefined> {
  const { timeZone, partBytes, runTasks } = options;
  const divide = async (tasks: readonly FinishTask[]) => (await runTasks(tasks)).map((result) => result.pages);
  switch (kind) {
    case "aggregate":
      return divideGroups(shape, timeZone, state.stored(), partBytes, divide);
    case "exchange":
    case "build":
      return undefined;
    case "rows":
      if (breaker.kind === "loopBuild") return undefined;
      if (breaker.kind === "window") return spilledWindow(breaker.node.calls, shape, { stored: state.stored(), sorted: state.sortedRuns() }, options);
      return { tasks: await mergeTasks(shape, state.stored(), state.sortedRuns(), options, breaker.kind === "limit" || breaker.kind === "topN" ? breaker.node : undefined), sites: [] };
  }
}
