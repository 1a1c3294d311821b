import { assert } from "../catalog/errors.ts";
import type { ResultBatch } from "./result-batch.ts";

/** A batch on its way, and what to do when the reader has taken it. */
interface Waiting {
  readonly morsel: number;
  readonly batch: ResultBatch;
  readonly taken: () => void;
}

/**
 * Batches on their way to the reader, in the order of pipelines and of morsels whichever worker was first. Every worker takes morsels in rising order:
 * a batch can leave when no worker is at an earlier morsel.
 */
export class ResultQueue implements AsyncIterable<ResultBatch> {
  readonly #ready: Waiting[] = [];
  #ended = false;
  #hasDelivered = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** The batches of one pipeline, all of one partition if any; pipelines feed one after the other. */
  feed(workers: number, partition?: number): ResultFeed {
    return new ResultFeed(workers, (batches) => {
      this.#ready.push(...(partition === undefined ? batches : batches.map((waiting) => ({ ...waiting, batch: { ...waiting.batch, partition } }))));
      this.#hasDelivered = true;
      this.#wakeReader();
    });
  }

  /** Whether a batch has left: what made it cannot be done again from the beginning. */
  get hasDelivered(): boolean {
    return this.#hasDelivered;
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultBatch> {
    for (;;) {
      const next = this.#error === undefined ? this.#ready.shift() : undefined;
      if (next !== undefined) {
        next.taken();
        yield next.batch;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** One pipeline's batches. */
export class ResultFeed {
  readonly #deliver: (batches: readonly Waiting[]) => void;
  /** The morsel that each worker is at; Infinity when it takes none. */
  readonly #at: number[];
  #waiting: Waiting[] = [];
  /** Rows of the batches that have left, in their order. */
  readonly #delivered: number[] = [];
  /** Batches of this attempt that came so far in place of those that have left in an earlier one. */
  #repeated = 0;

  constructor(workers: number, deliver: (batches: readonly Waiting[]) => void) {
    this.#deliver = deliver;
    this.#at = Array.from({ length: workers }, () => Number.POSITIVE_INFINITY);
  }

  /** A worker begins to take morsels: later ones than have been taken so far. */
  start(worker: number): void {
    this.#at[worker] = -1;
  }

  /** A worker has begun a morsel; all earlier ones of its own have ended. */
  begin(worker: number, morsel: number): void {
    this.#at[worker] = morsel;
    this.#release();
  }

  add(morsel: number, batch: ResultBatch, taken: () => void): void {
    this.#waiting.push({ morsel, batch, taken });
    this.#release();
  }

  /** A worker takes no further morsel. */
  end(worker: number): void {
    this.begin(worker, Number.POSITIVE_INFINITY);
  }

  /**
   * All morsels are done again, by the same code over the same input. Batches leave in the order of morsels whichever worker makes them, so that as many as
   * have left are the same ones again.
   */
  restart(): void {
    this.#waiting = [];
    this.#repeated = 0;
    this.#at.fill(Number.POSITIVE_INFINITY);
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const first = Math.min(...this.#at);
    const ready = this.#waiting.filter((w) => w.morsel <= first);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((w) => w.morsel > first);
    const fresh = ready.toSorted((a, b) => a.morsel - b.morsel).filter((w) => !this.#isRepeated(w));
    for (const { batch } of fresh) this.#delivered.push(batch.rows);
    this.#repeated += fresh.length;
    if (fresh.length > 0) this.#deliver(fresh);
  }

  #isRepeated({ batch, taken }: Waiting): boolean {
    if (this.#repeated >= this.#delivered.length) return false;
    assert(batch.rows === this.#delivered[this.#repeated], "a batch that is made again has as many rows as the first time");
    this.#repeated++;
    taken();
    return true;
  }
}
