import type { EngineEvent } from "../../executor/events.ts";
import type { EngineEvents } from "../engine-events.ts";

/** Events that are kept for clients that come later or fall behind. */
const CAPACITY = 10_000;

/** An event with its number, by which a client that was cut off goes on. */
export interface NumberedEvent {
  /** From 1. */
  readonly id: number;
  readonly event: EngineEvent;
}

/** The latest events of an engine, for any number of readers, each at its own pace. */
export class EventLog {
  readonly #unlisten: () => void;
  #kept: NumberedEvent[] = [];
  #lastId = 0;
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  constructor(events: EngineEvents) {
    this.#unlisten = events.listen((event) => {
      this.#kept.push({ id: ++this.#lastId, event });
      // Not each time: the rest would be moved.
      if (this.#kept.length >= 2 * CAPACITY) this.#kept = this.#kept.slice(-CAPACITY);
      this.#wakeReaders();
    });
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** Events after the one of this number, as far as they are kept, and then those that come, until the signal is aborted or the log is closed. */
  async *after(id: number, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    let last = id;
    while (!signal.aborted) {
      const first = this.#kept[0]?.id ?? this.#lastId + 1;
      for (const numbered of this.#kept.slice(Math.max(0, last + 1 - first))) {
        last = numbered.id;
        yield numbered;
      }
      if (last < this.#lastId) continue;
      if (this.#isClosed) return;
      await Promise.race([this.#wake.promise, aborted]);
    }
  }

  /** Readers end with what there is. */
  close(): void {
    this.#unlisten();
    this.#isClosed = true;
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
