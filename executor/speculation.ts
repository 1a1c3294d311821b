import type { Owner, Pool } from "./memory/pool.ts";
import { CONTROL } from "./pipeline/pipeline-job.ts";
import type { Share, ShareEnd, WorkerPool } from "./worker-pool.ts";

/** When a share counts as stuck. Source: `spark.speculation.*`; what is a task there is a morsel here. */
export interface SpeculationPolicy {
  /** How often one looks. */
  readonly intervalMilliseconds: number;
  /** Part of the morsels that must be done. */
  readonly quantile: number;
  /** A morsel is late that takes so many times the mean. */
  readonly multiplier: number;
  /** And longer than this. */
  readonly minRuntimeMilliseconds: number;
}

/** A job whose stuck shares may be done again by another thread. */
export interface Speculation {
  readonly policy: SpeculationPolicy;
  readonly morsels: number;
  /** Address of a byte per morsel: the share that has taken it, from 1; 0: nobody. */
  readonly taken: number;
  /** A second attempt at a share begins. */
  readonly onStart: (share: number) => void;
  /** Memory that the slower attempt may still write to, until its thread has ended. */
  readonly abandon: (owners: readonly Owner[], ended: Promise<unknown>) => void;
}

/** One attempt at a share, and the owners of its memory. */
export interface Attempt {
  readonly share: Share;
  readonly owners: readonly Owner[];
}

/** A share's output without what has come from its other attempt: both make the same batches of a morsel, in the same order. */
class SharedOutput {
  #begun = -1;
  /** Batches by morsel. */
  readonly #accepted = new Map<number, number>();

  /** The output of one attempt. */
  of(onOutput: Share["onOutput"], onRepeated: () => void): Share["onOutput"] {
    let [morsel, made] = [-1, 0];
    return (output) => {
      if (output.kind === "begin") {
        if (output.morsel <= this.#begun) return;
        this.#begun = output.morsel;
        onOutput(output);
        return;
      }
      [morsel, made] = [output.morsel, output.morsel === morsel ? made + 1 : 1];
      if (made <= (this.#accepted.get(morsel) ?? 0)) {
        onRepeated();
        return;
      }
      this.#accepted.set(morsel, made);
      onOutput(output);
    };
  }
}

/**
 * Runs the shares of one attempt at a job, and those that are stuck a second time: in a slow read of a file, mostly, for work itself is shared out in morsels of
 * about equal size. Once all morsels have been taken, one that takes too long is given to another thread, with all that its share has done for a breaker. The
 * first of both to end counts; the other's thread is ended, and what it owns is freed when it can no longer write to it.
 */
export class SpeculativeShares {
  readonly #pool: Pool;
  readonly #workers: WorkerPool;
  readonly #control: number;
  readonly #speculation: Speculation;
  readonly #watched = new Set<Watched>();
  readonly #started = performance.now();
  #shares = 0;
  #meanMilliseconds: number | undefined;

  constructor(pool: Pool, workers: WorkerPool, control: number, speculation: Speculation) {
    this.#pool = pool;
    this.#workers = workers;
    this.#control = control;
    this.#speculation = speculation;
    pool.zero(speculation.taken, speculation.morsels);
  }

  /** `again`: an attempt at some of the job's morsels. `feedsResult`: batches have left, all but those of its last morsel for good. */
  async run(worker: number, first: Attempt, again: (only: readonly number[]) => Attempt, feedsResult: boolean, onRepeated: () => void): Promise<ShareEnd> {
    const output = new SharedOutput();
    const share = { ...first.share, onOutput: output.of(first.share.onOutput, onRepeated) };
    const original = this.#workers.run(share);
    const watched: Watched = { worker, at: -1, since: performance.now(), late: Promise.withResolvers<void>() };
    this.#watched.add(watched);
    this.#shares++;
    try {
      const isLate = await Promise.race([original.then(() => false), watched.late.promise.then(() => true)]);
      if (!isLate) return await original;
    } finally {
      this.#watched.delete(watched);
    }
    this.#speculation.onStart(worker);
    const taken = this.#takenBy(worker);
    const second = again(feedsResult ? taken.slice(-1) : taken);
    const repeated = { ...second.share, onOutput: output.of(second.share.onOutput, onRepeated) };
    const copy = this.#workers.run(repeated);
    const byOriginal = original.then((end) => ({ end, lost: second, loser: repeated, ended: copy }));
    const byCopy = copy.then((end) => (end.kind === "ended" ? { end, lost: first, loser: share, ended: original } : byOriginal));
    const { end, lost, loser, ended } = await Promise.race([byOriginal, byCopy]);
    this.#workers.endShare(loser);
    this.#speculation.abandon(lost.owners, ended);
    return end;
  }

  /** Looks at what every share is at. */
  look(): void {
    const { policy, morsels } = this.#speculation;
    const now = performance.now();
    if (Atomics.load(this.#pool.u32, (this.#control + CONTROL.next) >>> 2) < morsels) return;
    const done = morsels - this.#watched.size;
    this.#meanMilliseconds ??= ((now - this.#started) * this.#shares) / morsels;
    for (const watched of this.#watched) {
      const at = this.#takenBy(watched.worker).at(-1) ?? -1;
      const waitsForReader = Atomics.load(this.#pool.u32, (this.#control + CONTROL.outstanding + 4 * watched.worker) >>> 2) > 0;
      if (at !== watched.at || waitsForReader) [watched.at, watched.since] = [at, now];
      const late = Math.max(policy.minRuntimeMilliseconds, policy.multiplier * this.#meanMilliseconds);
      if (done >= policy.quantile * morsels && now - watched.since > late) watched.late.resolve();
    }
  }

  #takenBy(worker: number): readonly number[] {
    const { taken, morsels } = this.#speculation;
    const mine: number[] = [];
    for (let morsel = 0; morsel < morsels; morsel++) if (Atomics.load(this.#pool.u8, taken + morsel) === worker + 1) mine.push(morsel);
    return mine;
  }
}

interface Watched {
  readonly worker: number;
  at: number;
  since: number;
  readonly late: PromiseWithResolvers<void>;
}
