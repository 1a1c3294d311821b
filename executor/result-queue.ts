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
  #error: unknown;
  #wake: (() => void) | undefined;

  /** The batches of one pipeline; pipelines feed one after the other. */
  feed(workers: number): ResultFeed {
    return new ResultFeed(workers, (batches) => {
      this.#ready.push(...batches);
      this.#wakeReader();
    });
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
  /** The morsel that each worker is at; Infinity when it has ended. */
  readonly #at: number[];
  #waiting: Waiting[] = [];

  constructor(workers: number, deliver: (batches: readonly Waiting[]) => void) {
    this.#deliver = deliver;
    this.#at = Array.from({ length: workers }, () => -1);
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

  #release(): void {
    if (this.#waiting.length === 0) return;
    const first = Math.min(...this.#at);
    const ready = this.#waiting.filter((w) => w.morsel <= first);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((w) => w.morsel > first);
    this.#deliver(ready.toSorted((a, b) => a.morsel - b.morsel));
  }
}
