import type { FileSink } from "./file-writer.ts";

const CHUNK_CHARACTERS = 256 * 1024;

/** Gathers text and gives it on as UTF-8 in larger pieces. */
export class TextSink {
  readonly #sink: FileSink;
  #pending: string[] = [];
  #characters = 0;
  #bytes = 0;

  constructor(sink: FileSink) {
    this.#sink = sink;
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= CHUNK_CHARACTERS) this.#flush();
  }

  /** Total bytes, when all is written. */
  finish(): number {
    this.#flush();
    return this.#bytes;
  }

  #flush(): void {
    if (this.#characters === 0) return;
    const bytes = new TextEncoder().encode(this.#pending.join(""));
    this.#pending = [];
    this.#characters = 0;
    this.#bytes += bytes.length;
    this.#sink(bytes);
  }
}
