import type { Allocator } from "./arena.ts";

/** Memory for work that is done again and again: every round is given the pieces of the round before, as far as they are large enough. */
export class ReusedMemory implements Allocator {
  readonly #allocator: Allocator;
  readonly #atLeast: number;
  readonly #pieces: { address: number; bytes: number }[] = [];
  #next = 0;

  /** `atLeast`: bytes of the smallest piece. A piece that turns out too small is not given back, so that sizes which vary a little should fit into the first. */
  constructor(allocator: Allocator, atLeast = 0) {
    this.#allocator = allocator;
    this.#atLeast = atLeast;
  }

  /** What has been given is given anew. */
  beginRound(): void {
    this.#next = 0;
  }

  allocate(bytes: number): number {
    const piece = this.#pieces[this.#next++];
    if (piece !== undefined && piece.bytes >= bytes) return piece.address;
    const size = Math.max(bytes, this.#atLeast);
    const address = this.#allocator.allocate(size);
    this.#pieces[this.#next - 1] = { address, bytes: size };
    return address;
  }
}
