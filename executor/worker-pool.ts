import { Worker } from "node:worker_threads";
import { InternalError } from "../catalog/errors.ts";
import type { ThreadSetup } from "./thread-context.ts";
import type { Failure, FromWorker, JobResult, ToWorker } from "./worker-messages.ts";

/** How one worker's share of a job ended. */
export type JobEnd = { readonly kind: "ended"; readonly result: JobResult } | { readonly kind: "failed"; readonly failure: Failure } | { readonly kind: "died"; readonly message: string };

export type OnOutput = (message: Extract<FromWorker, { kind: "batch" | "begin" }>) => void;

interface Pending {
  readonly resolve: (end: JobEnd) => void;
  readonly onOutput: OnOutput;
}

/** The engine's worker threads: started when first needed, replaced when they die. Several queries' jobs may be on their way to one worker; it takes them in turn. */
export class WorkerPool {
  readonly #setup: () => ThreadSetup;
  readonly #size: number;
  readonly #workers: PooledWorker[] = [];
  #nextJob = 1;

  constructor(size: number, setup: () => ThreadSetup) {
    this.#size = size;
    this.#setup = setup;
  }

  get size(): number {
    return this.#size;
  }

  get started(): boolean {
    return this.#workers.length > 0;
  }

  newJobId(): number {
    return this.#nextJob++;
  }

  /** Sends a message to worker `index` and waits for its end of the job. */
  run(index: number, message: ToWorker, onOutput: OnOutput): Promise<JobEnd> {
    if (index >= this.#size) throw new InternalError(`there is no worker ${index}`);
    while (this.#workers.length <= index) this.#workers.push(new PooledWorker(this.#setup()));
    if (this.#workers[index].dead) this.#workers[index] = new PooledWorker(this.#setup());
    return this.#workers[index].run(message, onOutput);
  }

  /** Ends workers that have not answered for this job; their ends are "died". */
  async terminate(job: number): Promise<void> {
    await Promise.all(this.#workers.filter((w) => w.isRunning(job)).map((w) => w.terminate()));
  }

  /** Ends one worker, whatever it does; the next job starts another in its place. */
  async endOne(index: number): Promise<void> {
    await this.#workers[index]?.terminate();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((w) => w.terminate()));
    this.#workers.length = 0;
  }
}

class PooledWorker {
  dead = false;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();

  constructor(setup: ThreadSetup) {
    this.#worker = new Worker(new URL(WORKER_MODULE, import.meta.url), { workerData: setup, stdout: false, stderr: false });
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => this.#die(error instanceof Error ? error.message : String(error)));
    this.#worker.on("exit", () => this.#die("the worker ended"));
  }

  run(message: ToWorker, onOutput: OnOutput): Promise<JobEnd> {
    return new Promise((resolve) => {
      this.#pending.set(message.id, { resolve, onOutput });
      this.#worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      this.#worker.postMessage(message);
    });
  }

  isRunning(job: number): boolean {
    return this.#pending.has(job);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
    this.#die("the worker was ended");
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (message.kind === "batch" || message.kind === "begin") {
      pending.onOutput(message);
      return;
    }
    this.#settle(message.id, message.kind === "ended" ? { kind: "ended", result: message.result } : { kind: "failed", failure: message.failure });
  }

  #settle(id: number, end: JobEnd): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    pending?.resolve(end);
  }

  #die(message: string): void {
    this.dead = true;
    for (const id of this.#pending.keys()) this.#settle(id, { kind: "died", message });
  }
}

/** Beside this module: TypeScript in development, JavaScript in the package. */
const WORKER_MODULE = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
