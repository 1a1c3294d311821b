import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { ThreadSetup } from "./thread-context.ts";
import type { Failure, FromWorker, JobResult, ToWorker } from "./worker-messages.ts";

/** How a share of a job ended. `withdrawn`: it was taken back before a thread had begun it. */
export type ShareEnd =
  | { readonly kind: "ended"; readonly result: JobResult }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "died"; readonly message: string }
  | { readonly kind: "withdrawn" };

/** One worker's part in a job; any thread may do it. */
export interface Share {
  readonly message: ToWorker;
  /** Called as the share goes to a thread. */
  readonly onStart: () => void;
  readonly onOutput: (message: Extract<FromWorker, { kind: "batch" | "begin" }>) => void;
}

interface Waiting extends Share {
  readonly resolve: (end: ShareEnd) => void;
}

export interface WorkerPoolLimits {
  /** Threads at most. Source: `spark.dynamicAllocation.maxExecutors`. */
  readonly max: number;
  /** Threads that stay, however long there is nothing for them to do. Source: `spark.dynamicAllocation.minExecutors`. */
  readonly min: number;
  /** Source: `spark.dynamicAllocation.executorIdleTimeout`. */
  readonly idleMilliseconds: number;
  /** Called when no thread is at work and at least one has died since it was last called. */
  readonly onQuietAfterDeath: () => void;
}

/** Threads that may wait for readers in addition to those that are at work. */
const MAX_AWAITING_READERS = 64;

/**
 * The engine's worker threads. Shares of jobs wait in one queue and go to threads one by one, so that nothing but the share which a thread was at is lost with
 * it. A thread is started when a share finds none idle, and ends when it has been idle for long. One that waits for a reader does not count: what the reader itself waits
 * for may be another query of this engine.
 */
export class WorkerPool {
  readonly #setup: ThreadSetup;
  readonly #limits: WorkerPoolLimits;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  #nextJob = 1;
  #closed = false;
  #hasLost = false;

  constructor(limits: WorkerPoolLimits, setup: ThreadSetup) {
    this.#limits = limits;
    this.#setup = setup;
  }

  /** Threads that there are now. */
  get threads(): number {
    return this.#threads.size;
  }

  newJobId(): number {
    return this.#nextJob++;
  }

  /** Has a thread do a share, and waits for its end. */
  run(share: Share): Promise<ShareEnd> {
    return new Promise((resolve) => {
      if (this.#closed) resolve({ kind: "died", message: "the engine is closed" });
      else this.#queue.push({ ...share, resolve });
      this.#dispatch();
    });
  }

  /** Takes back the shares of a job that no thread has begun. */
  withdraw(job: number): void {
    const mine = this.#queue.filter((share) => share.message.id === job);
    for (const share of mine) {
      this.#queue.splice(this.#queue.indexOf(share), 1);
      share.resolve({ kind: "withdrawn" });
    }
  }

  /** Ends the threads that are at a job; their shares' ends are "died". */
  async terminate(job: number): Promise<void> {
    await Promise.all([...this.#threads].filter((thread) => thread.job === job).map((thread) => thread.terminate()));
  }

  /** Ends the thread that is at a share, or takes the share back from the queue. */
  endShare({ message }: Share): void {
    for (const share of this.#queue.filter((waiting) => waiting.message === message)) {
      this.#queue.splice(this.#queue.indexOf(share), 1);
      share.resolve({ kind: "withdrawn" });
    }
    for (const thread of this.#threads) if (thread.isAt(message)) void thread.terminate();
  }

  /** Ends the thread at this place among those that there are, whatever it does; modulo their number. */
  async endOne(index: number): Promise<void> {
    const threads = [...this.#threads];
    await threads[index % Math.max(1, threads.length)]?.terminate();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const share of this.#queue.splice(0)) share.resolve({ kind: "died", message: "the engine was closed" });
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idleThread() ?? this.#newThread();
      const share = thread && this.#queue.shift();
      if (thread === undefined || share === undefined) return;
      thread.run(share);
    }
  }

  #idleThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.job === undefined && !thread.isEnding) return thread;
    return undefined;
  }

  /** Undefined where there are as many as there may be, or the system gives no more: shares wait for those that there are, and die where there are none. */
  #newThread(): Thread | undefined {
    if (counted([...this.#threads]) >= this.#limits.max) return undefined;
    try {
      const thread: Thread = new Thread(this.#setup, { onFree: () => this.#freed(thread), onExit: () => this.#exited(thread), onAwaitedReader: () => this.#dispatch() });
      this.#threads.add(thread);
      return thread;
    } catch (error) {
      if (this.#threads.size === 0) for (const share of this.#queue.splice(0)) share.resolve({ kind: "died", message: `no thread could be started: ${String(error)}` });
      return undefined;
    }
  }

  #staying(): readonly Thread[] {
    return [...this.#threads].filter((thread) => !thread.isEnding);
  }

  #freed(thread: Thread): void {
    this.#dispatch();
    this.#checkQuiet();
    if (thread.job !== undefined) return;
    if (counted(this.#staying()) > this.#limits.max) {
      void thread.terminate();
      return;
    }
    thread.afterIdle(this.#limits.idleMilliseconds, () => {
      if (this.#staying().length > this.#limits.min) void thread.terminate();
    });
  }

  #exited(thread: Thread): void {
    this.#threads.delete(thread);
    this.#hasLost = true;
    this.#dispatch();
    this.#checkQuiet();
  }

  #checkQuiet(): void {
    if (!this.#hasLost || [...this.#threads].some((thread) => thread.job !== undefined)) return;
    this.#hasLost = false;
    this.#limits.onQuietAfterDeath();
  }
}

interface ThreadEvents {
  /** The thread's share has ended. */
  readonly onFree: () => void;
  readonly onAwaitedReader: () => void;
  readonly onExit: () => void;
}

class Thread {
  isEnding = false;
  /** Its share can go on only when the reader has taken what there is. */
  awaitsReader = false;
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #running: Waiting | undefined;
  #error = "the worker ended";
  #idle: NodeJS.Timeout | undefined;

  constructor(setup: ThreadSetup, events: ThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL(WORKER_MODULE, import.meta.url), { workerData: setup, env: workerEnvironment(), stdout: false, stderr: false });
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => {
      this.isEnding = true;
      this.#error = error instanceof Error ? error.message : String(error);
    });
    // Only now does it certainly write no more.
    this.#worker.on("exit", () => this.#exited());
  }

  /** The job that it is at. */
  get job(): number | undefined {
    return this.#running?.message.id;
  }

  isAt(message: ToWorker): boolean {
    return this.#running?.message === message;
  }

  run(share: Waiting): void {
    clearTimeout(this.#idle);
    this.#running = share;
    share.onStart();
    this.#worker.ref();
    try {
      // Nothing is handed over with it.
      this.#worker.postMessage(share.message, []);
    } catch (error) {
      this.#settle({ kind: "failed", failure: { kind: "other", message: `a share cannot be sent to a thread: ${String(error)}`, stack: undefined } });
    }
  }

  /** Calls back if it has nothing to do for so long. */
  afterIdle(milliseconds: number, action: () => void): void {
    clearTimeout(this.#idle);
    if (Number.isFinite(milliseconds)) this.#idle = setTimeout(action, milliseconds).unref();
  }

  async terminate(): Promise<void> {
    this.isEnding = true;
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (this.#running?.message.id !== message.id) return;
    switch (message.kind) {
      case "batch":
      case "begin":
        this.#running.onOutput(message);
        return;
      case "reader":
        this.awaitsReader = message.isAwaited;
        if (message.isAwaited) this.#events.onAwaitedReader();
        return;
      case "ended":
        this.#settle({ kind: "ended", result: message.result });
        break;
      case "failed":
        this.#settle({ kind: "failed", failure: message.failure });
        break;
    }
    this.#events.onFree();
  }

  #settle(end: ShareEnd): void {
    const running = this.#running;
    this.#running = undefined;
    this.awaitsReader = false;
    this.#worker.unref();
    running?.resolve(end);
  }

  #exited(): void {
    clearTimeout(this.#idle);
    this.isEnding = true;
    this.#settle({ kind: "died", message: this.#error });
    this.#events.onExit();
  }
}

/** Those that count where there is a limit to threads. */
function counted(threads: readonly Thread[]): number {
  const awaiting = threads.filter((thread) => thread.awaitsReader).length;
  return threads.length - Math.min(awaiting, MAX_AWAITING_READERS);
}

/** A thread has Node's compile cache when its environment says so, and not because the main thread has enabled it: with it a worker starts in a third of the CPU time. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  // Node adds a folder for its own version.
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

/** Beside this module: TypeScript in development, JavaScript in the package. */
const WORKER_MODULE = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
