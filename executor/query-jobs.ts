import { InternalError } from "../catalog/errors.ts";
import type { Pipeline } from "../planner/stages.ts";
import type { ErrorSite } from "./emit/emit-context.ts";
import type { ExecuteOptions, ExecutorThreads } from "./executor.ts";
import { toError } from "./failure-error.ts";
import { isSmall } from "./job-sources.ts";
import type { FinishTask, TaskResult } from "./operators/finish-task.ts";
import { emptyKeyedDirectories, isRepeatable } from "./operators/repeated-tasks.ts";
import type { RunDivision } from "./operators/spilled/run-division.ts";
import { morselCount } from "./pipeline/morsels.ts";
import type { InstanceResult, PipelineJob } from "./pipeline/pipeline-job.ts";
import { controlBytes } from "./pipeline/pipeline-job.ts";
import type { Holder, QueryMemory } from "./query-memory.ts";
import type { ResultFeed } from "./result-queue.ts";
import { DEFAULT_MAX_FAILURES } from "./worker-lost.ts";

/** How one query has its pipelines run, and the tasks that complete its breakers or divide what is on disk: on whose threads, who pays, how often. */
export class QueryJobs {
  readonly #threads: ExecutorThreads;
  readonly #options: ExecuteOptions;
  readonly #memory: QueryMemory;
  readonly #spillFolder: string;

  constructor(threads: ExecutorThreads, options: ExecuteOptions, memory: QueryMemory, spillFolder: string) {
    this.#threads = threads;
    this.#options = options;
    this.#memory = memory;
    this.#spillFolder = spillFolder;
  }

  /** Attempts at work whose worker dies. */
  get maxFailures(): number {
    return this.#options.maxFailures ?? DEFAULT_MAX_FAILURES;
  }

  /** `feed`: of a pipeline that gives the result. */
  async runPipeline(job: PipelineJob, sites: readonly ErrorSite[], pipeline: Pipeline, feed: ResultFeed | undefined): Promise<readonly InstanceResult[]> {
    const results: InstanceResult[] = [];
    const { speculation: policy, onEvent } = this.#options;
    await this.#threads.runPipeline(job, {
      inline: isSmall(job.morsels) && !job.eagerSpill && !pipeline.steps.some((s) => s.kind === "loop" || s.kind === "generate"),
      repeatable: true,
      shares: Math.max(1, Math.min(this.#threads.workers, morselCount(job.morsels))),
      maxFailures: this.maxFailures,
      newOwner: (use) => this.#memory.newOwner(use === "kept" && pipeline.sink.kind === "breaker" ? pipeline.sink.breaker : "pipeline"),
      signal: this.#options.signal,
      feed,
      ...(policy !== undefined && job.taken !== 0 && {
        speculation: { policy, morsels: morselCount(job.morsels), taken: job.taken, onStart: (task) => onEvent?.({ kind: "taskSpeculated", stage: pipeline.id, task }), abandon: (owners, ended) => this.#memory.abandon(owners, ended) },
      }),
      onResult: (result) => {
        if (result.kind !== "pipeline") throw new InternalError("a pipeline job gives a pipeline result");
        results.push(result.result);
      },
      toError: (failure) => toError(failure, sites),
    });
    return results;
  }

  /** Divides partitions on disk; what the tasks need is held as long as `holder`. */
  divide(holder: Holder): RunDivision {
    return async (tasks) => (await this.runTasks(holder, tasks, [], false)).map((result) => result.pages);
  }

  /** What each task gives, held as long as `holder`. */
  async runTasks(holder: Holder, tasks: readonly FinishTask[], sites: readonly ErrorSite[], inline: boolean): Promise<readonly TaskResult[]> {
    const results: TaskResult[] = [];
    if (tasks.length === 0) return results;
    const job = { tasks, control: this.#memory.arena("tasks").allocateZeroed(controlBytes(this.#threads.workers)), account: this.#memory.account, spillFolder: this.#spillFolder, evaluation: this.#options.evaluation };
    await this.#threads.runFinish(job, {
      inline,
      shares: Math.min(this.#threads.workers, tasks.length),
      repeatable: tasks.every(isRepeatable),
      again: () => emptyKeyedDirectories(this.#threads.pool, tasks),
      maxFailures: this.maxFailures,
      newOwner: (use) => this.#memory.newOwner(use === "kept" ? holder : "tasks"),
      signal: this.#options.signal,
      onResult: (result) => {
        if (result.kind !== "finish") throw new InternalError("a finish job gives records");
        for (const { task, ...made } of result.results) results[task] = made;
      },
      toError: (failure) => toError(failure, sites),
    });
    this.#memory.release("tasks");
    return results;
  }
}
