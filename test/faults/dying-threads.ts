import type { Share, ShareEnd } from "../../executor/worker-pool.ts";
import type { FromWorker, ToWorker } from "../../executor/worker-messages.ts";
import type { EngineOptions } from "../../server/engine.ts";
import { WatchedExecutor } from "../oracle/watched-executor.ts";

/**
 * When the thread dies that has a share: `end`: all of it is done, but nobody hears so; a number, from 1: when the batch has come that is the so many-th of all shares of the job;
 * undefined: it lives.
 */
export type Death = "end" | number | undefined;

/** What a share does: the kind of the first task of a job that completes a breaker, or what a pipeline runs over. */
export function workOf(message: ToWorker): string {
  switch (message.kind) {
    case "pipeline":
      return message.job.morsels.kind;
    case "finish":
      return message.job.tasks[0].kind;
    case "cache":
      return message.kind;
  }
}

/** An engine's executor whose threads die at moments that a test names, by shares instead of by time. */
export class DyingThreads {
  readonly watched = new WatchedExecutor();
  /** Asked for each share that is given to a thread. */
  deathOf: (message: ToWorker) => Death = () => undefined;
  /** Deaths so far. */
  deaths = 0;
  readonly #batches = new Map<number, number>();

  /** For the engine's option. */
  readonly create: NonNullable<EngineOptions["createExecutor"]> = async (resources) => {
    const created = await this.watched.create(resources);
    const { workerPool } = this.watched.executor!;
    const run = workerPool.run.bind(workerPool);
    workerPool.run = (share) => this.#run(share, run, (mortal) => workerPool.endShare(mortal));
    return created;
  };

  /** A share of each of the first jobs of this kind dies in such a way: the first share, or, of deaths at a batch, the one that makes it. Gives the jobs of the kind as they come. */
  die(work: string, deaths: readonly Death[]): readonly number[] {
    const jobs: number[] = [];
    this.deaths = 0;
    this.deathOf = (message) => {
      if (workOf(message) !== work) return undefined;
      const isFirst = !jobs.includes(message.id);
      if (isFirst) jobs.push(message.id);
      const death = deaths[jobs.indexOf(message.id)];
      return isFirst || death !== "end" ? death : undefined;
    };
    return jobs;
  }

  async #run(share: Share, run: (share: Share) => Promise<ShareEnd>, kill: (share: Share) => void): Promise<ShareEnd> {
    const death = this.deathOf(share.message);
    if (death === undefined) return run(share);
    let isDead = death === "end";
    let isSilent = false;
    const onOutput = (output: Extract<FromWorker, { kind: "batch" | "begin" }>): void => {
      if (isSilent) return;
      share.onOutput(output);
      if (output.kind !== "batch" || death === "end" || this.#countBatch(share.message.id) !== death) return;
      isDead = isSilent = true;
      kill(mortal);
    };
    const mortal: Share = { ...share, onOutput };
    const end = await run(mortal);
    if (!isDead || (end.kind !== "ended" && end.kind !== "died")) return end;
    this.deaths++;
    return { kind: "died", message: "ended by the test" };
  }

  #countBatch(job: number): number {
    const batches = (this.#batches.get(job) ?? 0) + 1;
    this.#batches.set(job, batches);
    return batches;
  }
}
