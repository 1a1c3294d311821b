import type { Owner, Pool } from "./memory/pool.ts";
import { CONTROL } from "./pipeline/pipeline-job.ts";
import type { ResultFeed } from "./result-queue.ts";
import type { Attempt, Speculation } from "./speculation.ts";
import { SpeculativeShares } from "./speculation.ts";
import type { Share, WorkerPool } from "./worker-pool.ts";
import { WorkerLostError } from "./worker-lost.ts";
import type { Failure, JobResult, ToWorker } from "./worker-messages.ts";

/** How long a cancelled worker may take to notice, before it is ended. */
const CANCEL_GRACE_MS = 50;

/** What an attempt's memory is for: `work` ends with the job, `kept` is its result. */
export type MemoryUse = "work" | "kept";

export interface JobOptions {
  /** The work is small: the main thread does it, rather than wake workers. */
  readonly inline: boolean;
  /** Workers that find something to do. */
  readonly shares: number;
  /** An attempt changes nothing but memory of its own, so that another can follow. */
  readonly repeatable: boolean;
  /** Attempts at a job whose workers die. */
  readonly maxFailures: number;
  /** Called before another attempt: puts back what is to be found there. */
  readonly again?: () => void;
  readonly newOwner: (use: MemoryUse) => Owner;
  readonly signal: AbortSignal;
  /** Of a pipeline that gives the result. */
  readonly feed?: ResultFeed;
  readonly onResult: (result: JobResult) => void;
  readonly toError: (failure: Failure) => Error;
  /** Of jobs whose stuck shares are done again while they are stuck. */
  readonly speculation?: Speculation;
}

/** What is sent for share `worker`; owners are made for the attempt. `only`: of the job's morsels it is given these, and takes no others. */
export type JobMessage = (id: number, worker: number, newOwner: (use: MemoryUse) => Owner, only?: readonly number[]) => ToWorker;

/** How one attempt ended. */
type Outcome = { readonly kind: "done"; readonly results: readonly JobResult[] } | { readonly kind: "failed"; readonly failure: Failure } | { readonly kind: "died"; readonly message: string };

/**
 * Runs a job on workers. When one dies, what the attempt owned is freed and the whole job runs again: nothing of it has been published but result batches, and
 * the next attempt makes the same ones. Raises WorkerLostError when there have been too many attempts.
 */
export async function runOnWorkers(pool: Pool, workers: WorkerPool, control: number, options: JobOptions, message: JobMessage): Promise<void> {
  for (let failures = 1; ; failures++) {
    const owners: Owner[] = [];
    const makeMessage: AttemptMessage = (id, worker, only) => {
      const own: Owner[] = [];
      const made = message(id, worker, (use) => {
        const owner = options.newOwner(use);
        own.push(owner);
        return owner;
      }, only);
      owners.push(...own);
      return { message: made, owners: own };
    };
    // What is abandoned is freed by whoever waits for its thread.
    const speculation = options.speculation && { ...options.speculation, abandon: (lost: readonly Owner[], ended: Promise<unknown>): void => {
      for (const owner of lost) owners.splice(owners.indexOf(owner), 1);
      options.speculation?.abandon(lost, ended);
    } };
    pool.u32[(control + CONTROL.next) >>> 2] = 0;
    pool.u32[(control + CONTROL.rows) >>> 2] = 0;
    for (let worker = 0; worker < options.shares; worker++) pool.u32[(control + CONTROL.outstanding + 4 * worker) >>> 2] = 0;
    Atomics.store(pool.i32, (control + CONTROL.cancelled) >>> 2, 0);
    const outcome = await attempt(pool, workers, control, { ...options, speculation }, makeMessage);
    options.signal.throwIfAborted();
    switch (outcome.kind) {
      case "done":
        for (const result of outcome.results) options.onResult(result);
        return;
      case "failed":
        throw options.toError(outcome.failure);
      case "died":
        pool.release(...owners);
        if (!options.repeatable || failures >= options.maxFailures) throw new WorkerLostError(outcome.message, failures, !options.repeatable);
        options.feed?.restart();
        options.again?.();
    }
  }
}

/** A message, and the owners of what it makes. */
type AttemptMessage = (id: number, worker: number, only?: readonly number[]) => { readonly message: ToWorker; readonly owners: readonly Owner[] };

async function attempt(pool: Pool, workers: WorkerPool, control: number, options: JobOptions, message: AttemptMessage): Promise<Outcome> {
  const { feed, signal, speculation } = options;
  const id = workers.newJobId();
  const speculative = speculation && new SpeculativeShares(pool, workers, control, speculation);
  const watch = speculation && setInterval(() => speculative?.look(), speculation.policy.intervalMilliseconds);
  const stop = (): void => {
    Atomics.store(pool.i32, (control + CONTROL.cancelled) >>> 2, 1);
    workers.withdraw(id);
  };
  let grace: NodeJS.Timeout | undefined;
  const abort = (): void => {
    stop();
    grace = setTimeout(() => void workers.terminate(id), CANCEL_GRACE_MS);
  };
  signal.addEventListener("abort", abort, { once: true });
  const results: JobResult[] = [];
  const failures: Failure[] = [];
  let death: string | undefined;
  // Batches may be taken when the control words belong to another job.
  let isOver = false;
  const share = async (worker: number): Promise<void> => {
    const outstanding = (control + CONTROL.outstanding + 4 * worker) >>> 2;
    const taken = (): void => {
      if (isOver) return;
      Atomics.sub(pool.i32, outstanding, 1);
      Atomics.notify(pool.i32, outstanding);
    };
    const made = message(id, worker);
    const onOutput: Share["onOutput"] = (output) => {
      if (output.kind === "begin") feed?.begin(worker, output.morsel);
      else feed?.add(output.morsel, output.batch, taken);
    };
    const first: Share = { message: made.message, onStart: () => feed?.start(worker), onOutput };
    const again = (only: readonly number[]): Attempt => {
      const second = message(id, worker, only);
      return { share: { message: second.message, onStart: () => {}, onOutput }, owners: second.owners };
    };
    const end = speculative === undefined ? await workers.run(first) : await speculative.run(worker, { share: first, owners: made.owners }, again, feed !== undefined, taken);
    switch (end.kind) {
      case "ended":
        results.push(end.result);
        break;
      case "failed":
        stop();
        failures.push(end.failure);
        break;
      case "died":
        stop();
        death = end.message;
        break;
      case "withdrawn":
        break;
    }
    // What a worker that died has not sent comes before what the others have.
    if (death === undefined) feed?.end(worker);
  };
  try {
    await Promise.all(Array.from({ length: options.shares }, (_, worker) => share(worker)));
  } finally {
    isOver = true;
    clearTimeout(grace);
    clearInterval(watch);
    signal.removeEventListener("abort", abort);
  }
  const failure = failures.find((f) => f.kind !== "cancelled");
  if (failure !== undefined) return { kind: "failed", failure };
  if (death !== undefined) return { kind: "died", message: death };
  return failures.length > 0 ? { kind: "failed", failure: failures[0] } : { kind: "done", results };
}
