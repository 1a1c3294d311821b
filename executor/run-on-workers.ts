import type { Owner, Pool } from "./memory/pool.ts";
import { CONTROL } from "./pipeline/pipeline-job.ts";
import type { ResultFeed } from "./result-queue.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { Failure, JobResult, ToWorker } from "./worker-messages.ts";

/** How long a cancelled worker may take to notice, before it is ended. */
const CANCEL_GRACE_MS = 50;
/** Attempts at a job whose workers die. Source: spark.task.maxFailures. */
const MAX_FAILURES = 4;

/** What an attempt's memory is for: `work` ends with the job, `kept` is its result. */
export type MemoryUse = "work" | "kept";

export interface JobOptions {
  /** The work is small: the main thread does it, rather than wake workers. */
  readonly inline: boolean;
  /** An attempt changes nothing but memory of its own, so that another can follow. */
  readonly repeatable: boolean;
  readonly newOwner: (use: MemoryUse) => Owner;
  readonly signal: AbortSignal;
  /** Of a pipeline that gives the result. */
  readonly feed?: ResultFeed;
  readonly onResult: (result: JobResult) => void;
  readonly toError: (failure: Failure) => Error;
}

/** What is sent to worker `worker`; owners are made for the attempt. */
export type JobMessage = (id: number, worker: number, newOwner: (use: MemoryUse) => Owner) => ToWorker;

/** How one attempt ended. */
type Outcome = { readonly kind: "done"; readonly results: readonly JobResult[] } | { readonly kind: "failed"; readonly failure: Failure } | { readonly kind: "died"; readonly message: string };

/**
 * Runs a job on all workers. When a worker dies, what the attempt owned is freed and the whole job runs again: nothing of it has been published. Once
 * result batches have left, it fails instead.
 */
export async function runOnWorkers(
  pool: Pool,
  workers: WorkerPool,
  control: number,
  options: JobOptions,
  message: JobMessage,
): Promise<void> {
  let delivered = false;
  for (let failures = 0; ; failures++) {
    const owners: Owner[] = [];
    const newOwner = (use: MemoryUse): Owner => {
      const owner = options.newOwner(use);
      owners.push(owner);
      return owner;
    };
    pool.u32[(control + CONTROL.next) >>> 2] = 0;
    pool.u32[(control + CONTROL.rows) >>> 2] = 0;
    Atomics.store(pool.i32, (control + CONTROL.cancelled) >>> 2, 0);
    const outcome = await attempt(pool, workers, control, options, (id, worker) => message(id, worker, newOwner), () => {
      delivered = true;
    });
    options.signal.throwIfAborted();
    switch (outcome.kind) {
      case "done":
        for (const result of outcome.results) options.onResult(result);
        return;
      case "failed":
        throw options.toError(outcome.failure);
      case "died":
        if (!options.repeatable || delivered || failures + 1 >= MAX_FAILURES) throw options.toError(workerLost(outcome.message, failures + 1));
        for (const owner of owners) pool.release(owner);
    }
  }
}

function workerLost(message: string, failures: number): Failure {
  return {
    kind: "sparrow",
    condition: "WORKER_LOST",
    sqlState: "58000",
    message: `A worker ended while it ran the query, ${failures} time(s): ${message}.`,
    parameters: { failures: String(failures) },
    origin: "resource",
    span: undefined,
    hint: "The machine may be out of memory.",
    detail: undefined,
  };
}

async function attempt(
  pool: Pool,
  workers: WorkerPool,
  control: number,
  options: JobOptions,
  message: (id: number, worker: number) => ToWorker,
  onDelivery: () => void,
): Promise<Outcome> {
  const id = workers.newJobId();
  const cancel = (): void => {
    Atomics.store(pool.i32, (control + CONTROL.cancelled) >>> 2, 1);
  };
  let grace: NodeJS.Timeout | undefined;
  const abort = (): void => {
    cancel();
    grace = setTimeout(() => void workers.terminate(id), CANCEL_GRACE_MS);
  };
  options.signal.addEventListener("abort", abort, { once: true });
  const results: JobResult[] = [];
  const failures: Failure[] = [];
  let death: string | undefined;
  const share = async (worker: number): Promise<void> => {
    const outstanding = (control + CONTROL.outstanding + 4 * worker) >>> 2;
    const taken = (): void => {
      Atomics.sub(pool.i32, outstanding, 1);
      Atomics.notify(pool.i32, outstanding);
    };
    const end = await workers.run(worker, message(id, worker), (output) => {
      if (output.kind === "begin") {
        options.feed?.begin(worker, output.morsel);
        return;
      }
      onDelivery();
      options.feed?.add(output.morsel, output.batch, taken);
    });
    switch (end.kind) {
      case "ended":
        results.push(end.result);
        break;
      case "failed":
        cancel();
        failures.push(end.failure);
        break;
      case "died":
        cancel();
        death = end.message;
        break;
    }
    if (death === undefined) options.feed?.end(worker);
  };
  try {
    await Promise.all(Array.from({ length: workers.size }, (_, worker) => share(worker)));
  } finally {
    clearTimeout(grace);
    options.signal.removeEventListener("abort", abort);
  }
  const failure = failures.find((f) => f.kind !== "cancelled");
  if (failure !== undefined) return { kind: "failed", failure };
  if (death !== undefined) return { kind: "died", message: death };
  return failures.length > 0 ? { kind: "failed", failure: failures[0] } : { kind: "done", results };
}
