import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { Owner, Pool } from "./pool.ts";
import { BLOCK_BYTES } from "./pool.ts";

/** Where a task gets memory: everything it allocates belongs to one owner and is freed with it. */
export interface Allocator {
  /** A fresh address, 16-byte aligned, contents undefined. Raises MEMORY_LIMIT_EXCEEDED when the pool cannot give it. */
  readonly allocate: (bytes: number) => number;
}

const ALIGNMENT = 16;
const CANARY = 0xa5a5a5a5;
const CANARY_BYTES = 16;

/** Hands out pieces of the owner's blocks from the front; a piece larger than a block is a run of its own. Nothing is freed one by one. */
export class Arena implements Allocator {
  readonly pool: Pool;
  readonly owner: Owner;
  #next = 0;
  #end = 0;
  /** Address and size of every piece, where pieces stand between canaries. */
  readonly #guarded: { address: number; bytes: number }[] = [];

  constructor(pool: Pool, owner: Owner) {
    this.pool = pool;
    this.owner = owner;
  }

  allocate(bytes: number): number {
    if (this.pool.canaries) return this.#allocateGuarded(bytes);
    const address = this.tryAllocate(bytes);
    if (address === 0) throw memoryLimitExceeded(bytes, this.pool);
    return address;
  }

  #allocateGuarded(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const start = this.tryAllocate(size + 2 * CANARY_BYTES);
    if (start === 0) throw memoryLimitExceeded(bytes, this.pool);
    const address = start + CANARY_BYTES;
    this.pool.u32.fill(CANARY, start >>> 2, address >>> 2);
    this.pool.u32.fill(CANARY, (address + size) >>> 2, (address + size + CANARY_BYTES) >>> 2);
    this.#guarded.push({ address, bytes: size });
    return address;
  }

  /** Fails if a store has gone beyond a piece: only where the pool has canaries. */
  verify(): void {
    for (const { address, bytes } of this.#guarded) {
      for (const at of [address - CANARY_BYTES, address + bytes]) {
        const words = this.pool.u32.subarray(at >>> 2, (at + CANARY_BYTES) >>> 2);
        if (words.some((word) => word !== CANARY)) throw new InternalError(`memory beside the ${bytes} bytes at ${address} has been overwritten`);
      }
    }
  }

  /** As `allocate`, but 0 when the pool cannot give it: for operators that have another way. */
  tryAllocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    if (this.#next + size <= this.#end) {
      const address = this.#next;
      this.#next += size;
      return address;
    }
    const blocks = Math.ceil(size / BLOCK_BYTES);
    const address = this.pool.claim(this.owner, blocks);
    if (address === 0) return 0;
    const end = address + blocks * BLOCK_BYTES;
    if (end - (address + size) > this.#end - this.#next) {
      this.#next = address + size;
      this.#end = end;
    }
    return address;
  }

  /** Zeroed memory. */
  allocateZeroed(bytes: number): number {
    const address = this.allocate(bytes);
    this.pool.zero(address, bytes);
    return address;
  }

  /** Frees everything; the arena can be used again. */
  reset(): void {
    this.verify();
    this.#guarded.length = 0;
    this.pool.release(this.owner);
    this.#next = 0;
    this.#end = 0;
  }
}

export function memoryLimitExceeded(bytes: number, pool: Pool): SparrowError {
  return new SparrowError(
    "MEMORY_LIMIT_EXCEEDED",
    "53200",
    `The query needs ${bytes} more bytes, and the engine's memory has ${pool.usedBytes} of ${pool.blocks * BLOCK_BYTES} bytes in use.`,
    { requested: String(bytes), used: String(pool.usedBytes), limit: String(pool.blocks * BLOCK_BYTES) },
    { origin: "resource", hint: "Raise sparrow.memory.limit, or let the query touch fewer columns or rows." },
  );
}
