import type { TableSnapshot } from "../catalog/table.ts";
import type { StagePlan } from "../planner/stages.ts";
import type { CacheJob, CacheResult } from "./cache-table.ts";
import { cacheTable, runCacheJob } from "./cache-table.ts";
import { toError } from "./failure-error.ts";
import type { EvalContext } from "./functions/scalar-function.ts";
import { kernelBytes } from "./kernels/instantiate.ts";
import type { Owner } from "./memory/pool.ts";
import { Pool } from "./memory/pool.ts";
import type { FinishJob } from "./operators/finish-task.ts";
import type { PipelineJob } from "./pipeline/pipeline-job.ts";
import { CONTROL } from "./pipeline/pipeline-job.ts";
import type { QueryCounters } from "./query-run.ts";
import { QueryRun } from "./query-run.ts";
import type { ResultBatch } from "./result-batch.ts";
import type { ResultFeed } from "./result-queue.ts";
import { ResultQueue } from "./result-queue.ts";
import { runFinishJob, runPipelineJob, toFailure } from "./run-job.ts";
import { loadParquetWasm } from "./scan/parquet-wasm.ts";
import type { ThreadSetup } from "./thread-context.ts";
import { ThreadContext } from "./thread-context.ts";
import { WorkerPool } from "./worker-pool.ts";
import type { Failure, JobResult, ToWorker } from "./worker-messages.ts";

export interface ExecutorOptions {
  readonly poolBytes: number;
  readonly workers: number;
  /** First block of the pool that is handed out: tests start above 2 GiB. */
  readonly firstBlock?: number;
  /** Memory is checked for stores beyond what was allocated. */
  readonly canaries?: boolean;
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
  readonly onEnd?: (counters: QueryCounters) => void;
}

/** How long a cancelled worker may take to notice, before it is ended. */
const CANCEL_GRACE_MS = 50;

interface RunOptions {
  readonly inline: boolean;
  readonly newOwner: () => Owner;
  readonly signal: AbortSignal;
  /** Of a pipeline that gives the result. */
  readonly feed?: ResultFeed;
  readonly onResult: (result: JobResult) => void;
  readonly toError: (failure: Failure) => Error;
}

/** What a query runs on. */
export interface ExecutorThreads {
  readonly pool: Pool;
  readonly workers: number;
  readonly runPipeline: (job: PipelineJob, options: RunOptions) => Promise<void>;
  readonly runFinish: (job: FinishJob, options: RunOptions) => Promise<void>;
}

/** Runs physical plans on worker threads over one shared pool. The main thread plans and listens; it never waits on memory. */
export class Executor implements ExecutorThreads {
  readonly pool: Pool;
  readonly #workers: WorkerPool;
  readonly #setup: ThreadSetup;
  readonly #cached = new Map<TableSnapshot, Owner>();
  #main: ThreadContext | undefined;

  constructor(options: ExecutorOptions) {
    this.pool = Pool.create({ bytes: options.poolBytes, firstBlock: options.firstBlock, canaries: options.canaries });
    this.#setup = { memory: this.pool.memory, firstBlock: this.pool.firstBlock, canaries: this.pool.canaries, kernels: new WebAssembly.Module(kernelBytes()), parquet: undefined };
    this.#workers = new WorkerPool(options.workers, () => this.#setup);
  }

  /** The query's rows, in order where the plan gives one. Ends the work when the signal is aborted or the reader leaves. */
  async *execute(stages: StagePlan, options: ExecuteOptions): AsyncGenerator<ResultBatch> {
    const queue = new ResultQueue();
    const stop = new AbortController();
    const run = new QueryRun(stages, this, { ...options, signal: AbortSignal.any([options.signal, stop.signal]) }, queue);
    const ended = run.run().then(
      () => {
        options.onEnd?.(run.counters);
        queue.end();
      },
      (error: unknown) => queue.fail(error),
    );
    try {
      yield* queue;
    } finally {
      stop.abort();
      await ended;
    }
  }

  runPipeline(job: PipelineJob, options: RunOptions): Promise<void> {
    const { morsels } = job;
    const readsParquet = morsels.kind === "splits" && morsels.splits.some((s) => s.source.kind === "parquet");
    const parquet = readsParquet ? loadParquetWasm() : undefined;
    return this.#onThreads(
      job.control,
      options,
      (id, worker) => ({ kind: "pipeline", id, worker, job, attempt: options.newOwner(), scratch: options.newOwner(), parquet }),
      () => {
        const context = this.#mainContext();
        if (parquet !== undefined) context.useParquet(parquet);
        const { feed } = options;
        return runPipelineJob(job, context, options.newOwner(), options.newOwner(), {
          begin: () => {},
          add: (morsel, batch) => feed?.add(morsel, batch, () => {}),
        });
      },
    );
  }

  runFinish(job: FinishJob, options: RunOptions): Promise<void> {
    return this.#onThreads(
      job.control,
      options,
      (id) => ({ kind: "finish", id, job, attempt: options.newOwner() }),
      () => runFinishJob(job, this.#mainContext(), options.newOwner()),
    );
  }

  /** The table with its columns in the pool, until `dropCached`. */
  async cacheTable(snapshot: TableSnapshot, signal: AbortSignal): Promise<TableSnapshot> {
    const owner = this.pool.newOwner();
    try {
      const cached = await cacheTable(snapshot, this.pool, owner, (job) => this.#cachePass(job, owner, signal));
      this.#cached.set(cached, owner);
      return cached;
    } catch (error) {
      this.pool.release(owner);
      throw error;
    }
  }

  /** Frees a cached table. Queries that read it must have ended. */
  dropCached(snapshot: TableSnapshot): void {
    const owner = this.#cached.get(snapshot);
    if (owner !== undefined) this.pool.release(owner);
    this.#cached.delete(snapshot);
  }

  async #cachePass(job: CacheJob, owner: Owner, signal: AbortSignal): Promise<readonly CacheResult[]> {
    const results: CacheResult[] = [];
    const parquet = job.splits.some((s) => s.source.kind === "parquet") ? loadParquetWasm() : undefined;
    await this.#onThreads(
      job.control,
      {
        inline: job.splits.length === 0,
        newOwner: () => this.pool.newOwner(),
        signal,
        onResult: (result) => {
          if (result.kind === "cache") results.push(result.result);
        },
        toError: (failure) => toError(failure, []),
      },
      (id) => ({ kind: "cache", id, job, owner, scratch: this.pool.newOwner(), parquet }),
      () => ({ kind: "cache", result: runCacheJob(job, this.#mainContext(), owner, this.pool.newOwner()) }),
    );
    return results;
  }

  get workers(): number {
    return this.#workers.size;
  }

  async close(): Promise<void> {
    await this.#workers.close();
  }

  #mainContext(): ThreadContext {
    this.#main ??= new ThreadContext(this.#setup, this.pool);
    return this.#main;
  }

  async #onThreads(control: number, options: RunOptions, message: (id: number, worker: number) => ToWorker, inline: () => JobResult): Promise<void> {
    options.signal.throwIfAborted();
    if (options.inline) {
      try {
        options.onResult(inline());
        for (let worker = 0; worker < this.workers; worker++) options.feed?.end(worker);
      } catch (error) {
        throw options.toError(toFailure(error));
      }
      return;
    }
    const id = this.#workers.newJobId();
    const cancel = (): void => {
      Atomics.store(this.pool.i32, (control + CONTROL.cancelled) >>> 2, 1);
    };
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      cancel();
      grace = setTimeout(() => void this.#workers.terminate(id), CANCEL_GRACE_MS);
    };
    options.signal.addEventListener("abort", abort, { once: true });
    try {
      const errors: Failure[] = [];
      const shares = Array.from({ length: this.#workers.size }, async (_, worker) => {
        const outstanding = (control + CONTROL.outstanding + 4 * worker) >>> 2;
        const taken = (): void => {
          Atomics.sub(this.pool.i32, outstanding, 1);
          Atomics.notify(this.pool.i32, outstanding);
        };
        const end = await this.#workers.run(worker, message(id, worker), (output) => {
          if (output.kind === "begin") options.feed?.begin(worker, output.morsel);
          else options.feed?.add(output.morsel, output.batch, taken);
        });
        options.feed?.end(worker);
        switch (end.kind) {
          case "ended":
            options.onResult(end.result);
            return;
          case "failed":
            cancel();
            errors.push(end.failure);
            return;
          case "died":
            cancel();
            errors.push({ kind: "other", message: `A worker ended unexpectedly: ${end.message}`, stack: undefined });
            return;
        }
      });
      await Promise.all(shares);
      options.signal.throwIfAborted();
      const first = errors.find((e) => e.kind !== "cancelled") ?? errors[0];
      if (first !== undefined) throw options.toError(first);
    } finally {
      clearTimeout(grace);
      options.signal.removeEventListener("abort", abort);
    }
  }
}

