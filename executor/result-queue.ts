import type { ResultBatch } from "./result-batch.ts";

/**
 * Batches on their way to the reader, in the order of pipelines and of morsels whichever worker was first. A pipeline's later morsels wait here until
 * the earlier ones have ended.
 */
export class ResultQueue implements AsyncIterable<ResultBatch> {
  readonly #ready: ResultBatch[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** The batches of one pipeline; pipelines feed one after the other. */
  feed(_pipeline: number): { add: (morsel: number, batch: ResultBatch) => void; end: () => void } {
    const waiting: { morsel: number; batch: ResultBatch }[] = [];
    return {
      add: (morsel, batch) => waiting.push({ morsel, batch }),
      end: () => {
        waiting.sort((a, b) => a.morsel - b.morsel);
        for (const { batch } of waiting) this.#ready.push(batch);
        this.#wakeReader();
      },
    };
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
      const batch = this.#ready.shift();
      if (batch !== undefined) {
        yield batch;
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
