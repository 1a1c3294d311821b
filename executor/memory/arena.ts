import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { Account } from "./accounts.ts";
import { NO_ACCOUNT } from "./accounts.ts";
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
  readonly account: Account;
  readonly #limit: number;
  #blocks = 0;
  #next = 0;
  #end = 0;
  /** Address and size of every piece, where pieces stand between canaries. */
  readonly #guarded: { address: number; bytes: number }[] = [];

  /** `account`: who pays. `limit`: blocks beyond which this arena is refused more, whatever the account has. */
  constructor(pool: Pool, owner: Owner, account: Account = NO_ACCOUNT, limit = Number.POSITIVE_INFINITY) {
    this.pool = pool;
    this.owner = owner;
    this.account = account;
    this.#limit = limit;
  }

  allocate(bytes: number): number {
    const address = this.tryAllocate(bytes);
    if (address === 0) throw memoryLimitExceeded(bytes, this.pool, this.account);
    return address;
  }

  /** As `allocate`, but 0 when the pool cannot give it: for operators that have another way. */
  tryAllocate(bytes: number): number {
    return this.pool.canaries ? this.#allocateGuarded(bytes) : this.#allocate(bytes);
  }

  #allocateGuarded(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const start = this.#allocate(size + 2 * CANARY_BYTES);
    if (start === 0) return 0;
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

  #allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    if (this.#next + size <= this.#end) {
      const address = this.#next;
      this.#next += size;
      return address;
    }
    const blocks = Math.ceil(size / BLOCK_BYTES);
    if (this.#blocks + blocks > this.#limit) return 0;
    const address = this.pool.claim(this.owner, blocks, this.account);
    if (address === 0) return 0;
    this.#blocks += blocks;
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
    // A walk over all blocks of the pool is saved where none was taken.
    if (this.#blocks > 0) this.pool.release(this.owner);
    this.#blocks = 0;
    this.#next = 0;
    this.#end = 0;
  }
}

/** What cannot do with less memory fails with this: the query's own limit is full, or the engine's pool. */
function memoryLimitExceeded(bytes: number, pool: Pool, account: Account): SparrowError {
  const ofQuery = account !== NO_ACCOUNT && pool.freeBlocks(NO_ACCOUNT) * BLOCK_BYTES > bytes;
  const used = ofQuery ? pool.accounts.used(account) * BLOCK_BYTES : pool.usedBytes;
  const limit = ofQuery ? pool.accounts.limit(account) * BLOCK_BYTES : pool.blocks * BLOCK_BYTES;
  const setting = ofQuery && pool.accounts.limit(account) < pool.blocks - pool.firstBlock ? "sparrow.query.memory.limit" : "sparrow.memory.limit";
  return new SparrowError(
    "MEMORY_LIMIT_EXCEEDED",
    "53200",
    `The query needs ${bytes} more bytes, and ${ofQuery ? "it" : "the engine's memory"} has ${used} of ${limit} bytes in use.`,
    { requested: String(bytes), used: String(used), limit: String(limit) },
    { origin: "resource", hint: `Raise ${setting}, or let the query touch fewer columns or rows.` },
  );
}
