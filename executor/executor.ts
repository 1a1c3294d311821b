import { tmpdir } from "node:os";
import { InternalError } from "../catalog/errors.ts";
import type { ExecutionEvent } from "./events.ts";
import type { Replan } from "../planner/adaptive/progress.ts";
import type { StagePlan } from "../planner/stages.ts";
import type { CachedRelations } from "./cache/cached-relations.ts";
import type { CacheJob, CacheResult, RunCacheJob } from "./cache/cache-table.ts";
import { toError } from "./failure-error.ts";
import type { EvalContext } from "./functions/scalar-function.ts";
import { kernelBytes } from "./kernels/instantiate.ts";
import type { Owner } from "./memory/pool.ts";
import { BLOCK_BYTES, Pool } from "./memory/pool.ts";
import type { FinishJob, FinishOwners } from "./operators/finish-task.ts";
import type { PipelineJob, PipelineOwners } from "./pipeline/pipeline-job.ts";
import { lazily } from "./lazily.ts";
import type { QueryCounters } from "./query-counters.ts";
import { QueryRun } from "./query-run.ts";
import type { ResultBatch } from "./result-batch.ts";
import { ResultQueue } from "./result-queue.ts";
import type { JobMessage, JobOptions, MemoryUse } from "./run-on-workers.ts";
import { runPipelineJob, toFailure } from "./run-job.ts";
import type { LocateFile } from "./scan/row-group-splits.ts";
import type { SpeculationPolicy } from "./speculation.ts";
import { SpillFolder } from "./spill/spill-folder.ts";
import type { ThreadSetup } from "./thread-context.ts";
import { ThreadContext } from "./thread-context.ts";
import { DEFAULT_MAX_FAILURES, WorkerLostError } from "./worker-lost.ts";
import { WorkerPool } from "./worker-pool.ts";
import type { JobResult } from "./worker-messages.ts";

export interface ExecutorOptions {
  readonly poolBytes: number;
  /** Workers that a job is divided among. */
  readonly workers: number;
  /** How many threads there are, and for how long; absent: as many as workers, for good. */
  readonly allocation?: { readonly min: number; readonly max: number; readonly idleMilliseconds: number };
  /** The pool hands out memory from this address on. Source: `sparrow.memory.firstByte`. */
  readonly firstByte?: number;
  /** Where queries put what does not fit into memory; absent: the system's folder for temporary files. */
  readonly spillDirectory?: string;
  /** Memory is checked for stores beyond what was allocated. */
  readonly canaries?: boolean;
  /** Where whole data files are found on the local disk; absent: no plan reads any. */
  readonly locateFile?: LocateFile;
}

export interface ExecuteOptions {
  readonly signal: AbortSignal;
  readonly evaluation: EvalContext;
  /** Rows per call of compiled code. */
  readonly batchRows: number;
  /** False: functions run through their TypeScript implementations. */
  readonly emit: boolean;
  /** All hashes equal. */
  readonly collide?: boolean;
  /** Attempts at work whose worker dies. Source: `spark.task.maxFailures`. */
  readonly maxFailures?: number;
  /** Work at which a worker is stuck is done again by another one; absent: it is waited for. Source: `spark.speculation`. */
  readonly speculation?: SpeculationPolicy;
  /** Everything that can go to disk goes there. */
  readonly eagerSpill?: boolean;
  /** Bytes of the pool that the query may hold at a time; absent: no limit but the pool's. */
  readonly memoryLimit?: number;
  /** Count the rows of every node of the plan, at some cost. */
  readonly measure?: boolean;
  readonly onEnd?: (counters: QueryCounters) => void;
  readonly onEvent?: (event: ExecutionEvent) => void;
  /** Asked to have so many bytes of the pool free, as far as what is kept beyond queries can give them up: before a pipeline that may need them, and after one that has had to go to disk. */
  readonly makeRoom?: (bytes: number) => Promise<unknown>;
  /** Corrects the plan at every breaker that is complete, while its pipelines to come have `minRows` to read; without it the plan stays as it is. */
  readonly adaptive?: { readonly replan: Replan; readonly minRows: number; /** Partial aggregation that reduces nothing is given up. */ readonly partialAggregation?: boolean };
}

/** What a query runs on. */
export interface ExecutorThreads {
  readonly pool: Pool;
  readonly spill: SpillFolder;
  readonly workers: number;
  readonly locateFile: LocateFile;
  readonly runPipeline: (job: PipelineJob, options: JobOptions) => Promise<void>;
  readonly runFinish: (job: FinishJob, options: JobOptions) => Promise<void>;
}

const finishModule = lazily(() => import("./run-finish-job.ts"));
const workersModule = lazily(() => import("./run-on-workers.ts"));

/** The reader has taken all rows, or wants no more. One error for all queries: each of its own would have its stack written. */
const READER_LEFT = new DOMException("The reader of the result has left.", "AbortError");

/** Runs physical plans on worker threads over one shared pool. The main thread plans and listens; it never waits on memory. */
export class Executor implements ExecutorThreads {
  readonly pool: Pool;
  readonly workers: number;
  readonly workerPool: WorkerPool;
  readonly locateFile: LocateFile;
  readonly spill: SpillFolder;
  readonly #setup: ThreadSetup;
  readonly #cached = lazily(async () => {
    const [{ CachedRelations: Relations }, { runCacheJob }] = await Promise.all([import("./cache/cached-relations.ts"), import("./cache/cache-table.ts")]);
    return new Relations(this.pool, this.spill, this.locateFile, (job, owner, signal) => this.#cachePass(job, owner, signal, runCacheJob));
  });
  #hasCached = false;
  #main: ThreadContext | undefined;

  constructor(options: ExecutorOptions) {
    this.pool = Pool.create({ bytes: options.poolBytes, firstBlock: Math.ceil((options.firstByte ?? 0) / BLOCK_BYTES), canaries: options.canaries });
    this.#setup = { memory: this.pool.memory, firstBlock: this.pool.firstBlock, canaries: this.pool.canaries, kernels: new WebAssembly.Module(kernelBytes()) };
    this.spill = new SpillFolder(options.spillDirectory ?? tmpdir());
    this.workers = options.workers;
    this.locateFile = options.locateFile ?? ((path) => Promise.reject(new InternalError(`${path} is to be read, and the executor was not told where files are`)));
    const { min, max, idleMilliseconds } = options.allocation ?? { min: 0, max: options.workers, idleMilliseconds: Number.POSITIVE_INFINITY };
    this.workerPool = new WorkerPool({ min, max, idleMilliseconds, onQuietAfterDeath: () => this.pool.recount() }, this.#setup);
  }

  /** The query's rows, in order where the plan gives one. Ends the work when the signal is aborted or the reader leaves. */
  async *execute(stages: StagePlan, options: ExecuteOptions): AsyncGenerator<ResultBatch> {
    const queue = new ResultQueue();
    const stop = new AbortController();
    const ended = this.#run(stages, { ...options, signal: AbortSignal.any([options.signal, stop.signal]) }, queue).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    try {
      yield* queue;
    } finally {
      stop.abort(READER_LEFT);
      await ended;
    }
  }

  /** Runs a query; from its beginning again where a worker has died at work that changes what it reads, and what it takes to make that anew has been freed. */
  async #run(stages: StagePlan, options: ExecuteOptions, queue: ResultQueue): Promise<void> {
    for (let failures = 1; ; failures++) {
      const run = new QueryRun(stages, this, options, queue);
      try {
        await run.run();
        options.onEnd?.(run.counters);
        return;
      } catch (error) {
        if (error instanceof WorkerLostError && error.spoilsInput && !queue.hasDelivered && failures < (options.maxFailures ?? DEFAULT_MAX_FAILURES)) continue;
        options.onEnd?.(run.counters);
        throw error;
      }
    }
  }

  runPipeline(job: PipelineJob, options: JobOptions): Promise<void> {
    return this.#onThreads(
      job.control,
      options,
      (id, worker, newOwner, only) => ({ kind: "pipeline", id, share: { worker, only }, job, owners: pipelineOwners(newOwner) }),
      () => {
        const context = this.#mainContext();
        const { feed } = options;
        return runPipelineJob(job, { worker: 0 }, context, pipelineOwners(options.newOwner), {
          begin: () => {},
          add: (morsel, batch) => feed?.add(morsel, batch, () => {}),
        });
      },
    );
  }

  runFinish(job: FinishJob, options: JobOptions): Promise<void> {
    return this.#onThreads(
      job.control,
      options,
      (id, _worker, newOwner) => ({ kind: "finish", id, job, owners: finishOwners(newOwner) }),
      async () => (await finishModule()).runFinishJob(job, this.#mainContext(), finishOwners(options.newOwner)),
    );
  }

  /** What is kept beyond queries. */
  cached(): Promise<CachedRelations> {
    this.#hasCached = true;
    return this.#cached();
  }

  async #cachePass(job: CacheJob, owner: Owner, signal: AbortSignal, runInline: RunCacheJob): Promise<readonly CacheResult[]> {
    const results: CacheResult[] = [];
    const scratch: Owner[] = [];
    try {
      await this.#onThreads(
        job.control,
        {
          inline: job.splits.length === 0,
          shares: Math.min(this.workers, job.splits.length),
          repeatable: false,
          maxFailures: 1,
          newOwner: () => {
            const made = this.pool.newOwner();
            scratch.push(made);
            return made;
          },
          signal,
          onResult: (result) => {
            if (result.kind === "cache") results.push(result.result);
          },
          toError: (failure) => toError(failure, []),
        },
        (id, _worker, newOwner) => ({ kind: "cache", id, job, owner, scratch: newOwner("work") }),
        () => ({ kind: "cache", result: runInline(job, this.#mainContext(), owner, this.pool.newOwner()) }),
      );
    } finally {
      // A thread that was ended has not freed its own.
      this.pool.release(...scratch);
    }
    return results;
  }

  async close(): Promise<void> {
    await this.workerPool.close();
    if (this.#hasCached) await (await this.#cached()).close();
    await this.spill.remove();
  }

  #mainContext(): ThreadContext {
    this.#main ??= new ThreadContext(this.#setup, this.pool);
    return this.#main;
  }

  async #onThreads(control: number, options: JobOptions, message: JobMessage, inline: () => JobResult | Promise<JobResult>): Promise<void> {
    options.signal.throwIfAborted();
    if (options.inline) {
      try {
        options.onResult(await inline());
      } catch (error) {
        throw options.toError(toFailure(error));
      }
      return;
    }
    const { runOnWorkers } = await workersModule();
    await runOnWorkers(this.pool, this.workerPool, control, options, message);
  }
}

function pipelineOwners(newOwner: (use: MemoryUse) => Owner): PipelineOwners {
  return { rows: newOwner("kept"), kept: newOwner("kept"), work: newOwner("work"), part: newOwner("work"), scratch: newOwner("work") };
}

function finishOwners(newOwner: (use: MemoryUse) => Owner): FinishOwners {
  return { kept: newOwner("kept"), work: newOwner("work") };
}
