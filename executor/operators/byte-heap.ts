import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";

const FIRST_BYTES = 16 * 1024;

/**
 * String bytes that are emptied again and again: compiled code and TypeScript bump the same two words (uint32 next, uint32 end) at `words`. What was handed
 * out stays valid until `clear`, after which the largest piece is used again.
 */
export class ByteHeap implements Allocator {
  readonly #pool: Pool;
  readonly #arena: Allocator;
  readonly #words: number;
  #largest = { start: 0, end: 0 };

  constructor(pool: Pool, arena: Allocator, words: number) {
    this.#pool = pool;
    this.#arena = arena;
    this.#words = words;
  }

  more(atLeast: number): void {
    const size = Math.max(atLeast, FIRST_BYTES, 2 * (this.#largest.end - this.#largest.start));
    const start = this.#arena.allocate(size);
    this.#largest = { start, end: start + size };
    this.#use(this.#largest);
  }

  allocate(bytes: number): number {
    const at = this.#words >>> 2;
    const size = Math.ceil(bytes / 16) * 16;
    if (this.#pool.u32[at] + size > this.#pool.u32[at + 1]) this.more(size);
    const address = this.#pool.u32[at];
    this.#pool.u32[at] = address + size;
    return address;
  }

  clear(): void {
    this.#use(this.#largest);
  }

  #use({ start, end }: { start: number; end: number }): void {
    const at = this.#words >>> 2;
    this.#pool.u32[at] = start;
    this.#pool.u32[at + 1] = end;
  }
}
