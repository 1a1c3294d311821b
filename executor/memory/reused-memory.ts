import type { Allocator } from "./arena.ts";

/** Memory for work that is done again and again: every round is given the pieces of the round before, as far as they are large enough. */
export class ReusedMemory implements Allocator {
  readonly #allocator: Allocator;
  readonly #pieces: { address: number; bytes: number }[] = [];
  #next = 0;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
  }

  /** What has been given is given anew. */
  beginRound(): void {
    this.#next = 0;
  }

  allocate(bytes: number): number {
    const piece = this.#pieces[this.#next++];
    if (piece !== undefined && piece.bytes >= bytes) return piece.address;
    const address = this.#allocator.allocate(bytes);
    this.#pieces[this.#next - 1] = { address, bytes };
    return address;
  }
}
