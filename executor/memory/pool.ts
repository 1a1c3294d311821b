import { assert } from "../../catalog/errors.ts";
import type { Account } from "./accounts.ts";
import { Accounts, ACCOUNTS_BYTES, NO_ACCOUNT } from "./accounts.ts";

/**
 * The buffer pool: one shared WebAssembly memory that every worker sees, cut into blocks. A block belongs to an owner (a task attempt, a query,
 * a cached table), written in the owner table; claiming is a compare-and-swap per block and freeing is by owner, so there is no lock and a
 * worker that dies leaves nothing that cannot be freed. Beside its owner every block has the account that pays for it.
 *
 *     0        64 KiB        128 KiB         192 KiB    256 KiB
 *     | never  | owner table | payer table   | accounts | block 1 | block 2 | ...
 *
 * The memory's initial and maximum size are equal: it never grows (older views would keep the old length); the pages cost nothing until touched.
 * Claims take the lowest free blocks, so that touched pages are used again before fresh ones.
 */
export const BLOCK_BYTES = 256 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;
const OWNER_TABLE = WASM_PAGE_BYTES;
const PAYER_TABLE = 2 * WASM_PAGE_BYTES;
const ACCOUNTS = BLOCK_BYTES - ACCOUNTS_BYTES;
const HIGH_WATER = OWNER_TABLE - 4;
const USED_BLOCKS = OWNER_TABLE - 8;
const PEAK_BLOCKS = OWNER_TABLE - 12;
const NEXT_OWNER = OWNER_TABLE - 16;
/** 4 GiB minus one block: an address is a uint32 and the end of a buffer must be one too. */
const MAX_POOL_BYTES = 4 * 1024 ** 3 - BLOCK_BYTES;

/** Positive; 0 is "free". */
export type Owner = number;

export interface PoolOptions {
  /** Bytes; rounded down to blocks. */
  readonly bytes: number;
  /** The first block to hand out: tests start above 2 GiB to meet addresses with the top bit set. */
  readonly firstBlock?: number;
  /** Arenas put known words around every piece and check them. */
  readonly canaries?: boolean;
}

export class Pool {
  readonly memory: WebAssembly.Memory;
  readonly blocks: number;
  readonly firstBlock: number;
  readonly canaries: boolean;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly view: DataView;
  readonly accounts: Accounts;
  readonly #owners: Int32Array;
  readonly #payers: Int32Array;

  private constructor(memory: WebAssembly.Memory, firstBlock: number, canaries: boolean) {
    const { buffer } = memory;
    this.memory = memory;
    this.blocks = Math.floor(buffer.byteLength / BLOCK_BYTES);
    this.firstBlock = firstBlock;
    this.canaries = canaries;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.view = new DataView(buffer);
    this.accounts = new Accounts(buffer, ACCOUNTS, this.blocks - firstBlock);
    this.#owners = new Int32Array(buffer, OWNER_TABLE, this.blocks);
    this.#payers = new Int32Array(buffer, PAYER_TABLE, this.blocks);
  }

  static create(options: PoolOptions): Pool {
    const blocks = Math.floor(Math.min(options.bytes, MAX_POOL_BYTES) / BLOCK_BYTES);
    const firstBlock = Math.max(1, options.firstBlock ?? 1);
    assert(blocks > firstBlock, `a pool of ${options.bytes} bytes has no block to hand out`);
    const pages = (blocks * BLOCK_BYTES) / WASM_PAGE_BYTES;
    // One page more, which is never handed out: vectors may be read beyond the end of any block.
    const pool = new Pool(new WebAssembly.Memory({ initial: pages + 1, maximum: pages + 1, shared: true }), firstBlock, options.canaries ?? false);
    pool.i32[HIGH_WATER >> 2] = firstBlock;
    pool.accounts.openCache();
    return pool;
  }

  /** The pool in another thread, from the memory that was sent there. */
  static attach(memory: WebAssembly.Memory, firstBlock: number, canaries: boolean): Pool {
    return new Pool(memory, firstBlock, canaries);
  }

  /** An owner id that was never used in this pool. */
  newOwner(): Owner {
    return Atomics.add(this.i32, NEXT_OWNER >> 2, 1) + 1;
  }

  /** Address of `count` adjoining blocks, now the owner's, contents undefined; 0 when there is no such run or the account may not have it. */
  claim(owner: Owner, count: number, account: Account = NO_ACCOUNT): number {
    if (!this.accounts.charge(account, count, Atomics.load(this.i32, USED_BLOCKS >> 2))) return 0;
    const owners = this.#owners;
    let start = this.firstBlock;
    while (start + count <= this.blocks) {
      let length = 0;
      while (length < count && owners[start + length] === 0 && this.#take(start + length, owner)) length++;
      if (length === count) {
        this.#payers.fill(account, start, start + count);
        this.#count(count);
        return start * BLOCK_BYTES;
      }
      for (let i = 0; i < length; i++) Atomics.store(owners, start + i, 0);
      start += length + 1;
    }
    this.accounts.refund(account, count);
    return 0;
  }

  /** Frees all blocks of some owners, in one walk over the blocks. */
  release(...released: readonly Owner[]): void {
    if (released.length === 0) return;
    const [min, max, all] = [Math.min(...released), Math.max(...released), new Set(released)];
    const owners = this.#owners;
    const end = Atomics.load(this.i32, HIGH_WATER >> 2);
    let freed = 0;
    for (let i = this.firstBlock; i < end; i++) {
      const owner = owners[i];
      // Most blocks are free, or of owners that came long before.
      if (owner < min || owner > max || !all.has(owner)) continue;
      const payer = this.#payers[i];
      // A thread that is ended between taking the block and saying who pays leaves nobody else to be refunded.
      this.#payers[i] = NO_ACCOUNT;
      Atomics.store(owners, i, 0);
      this.accounts.refund(payer, 1);
      freed++;
    }
    Atomics.sub(this.i32, USED_BLOCKS >> 2, freed);
  }

  /**
   * Counts the blocks in use anew, and those of each account. A thread that is ended between charging for a block, taking it and counting it leaves the counts wrong; for
   * this no thread may be at work on the pool.
   */
  recount(): void {
    const end = Atomics.load(this.i32, HIGH_WATER >> 2);
    let used = 0;
    const byAccount = new Map<Account, number>();
    for (let i = this.firstBlock; i < end; i++) {
      if (this.#owners[i] === 0) continue;
      used++;
      byAccount.set(this.#payers[i], (byAccount.get(this.#payers[i]) ?? 0) + 1);
    }
    Atomics.store(this.i32, USED_BLOCKS >> 2, used);
    this.accounts.recount(byAccount);
  }

  /** Blocks that an account could still be given: the limit of its own, and what is free. */
  freeBlocks(account: Account): number {
    const free = this.blocks - this.firstBlock - Atomics.load(this.i32, USED_BLOCKS >> 2);
    return account === NO_ACCOUNT ? free : Math.max(0, Math.min(free, this.accounts.limit(account) - this.accounts.used(account)));
  }

  /** Zeroes from a 4-byte aligned address up to the next multiple of 4 of `bytes`. Filling bytes of shared memory is ten times slower than filling words. */
  zero(address: number, bytes: number): void {
    this.u32.fill(0, address >>> 2, (address >>> 2) + ((bytes + 3) >>> 2));
  }

  get usedBytes(): number {
    return Atomics.load(this.i32, USED_BLOCKS >> 2) * BLOCK_BYTES;
  }

  get peakBytes(): number {
    return Atomics.load(this.i32, PEAK_BLOCKS >> 2) * BLOCK_BYTES;
  }

  /** Bytes that an owner holds now. */
  ownedBytes(owner: Owner): number {
    const end = Atomics.load(this.i32, HIGH_WATER >> 2);
    let count = 0;
    for (let i = this.firstBlock; i < end; i++) if (this.#owners[i] === owner) count++;
    return count * BLOCK_BYTES;
  }

  /** Where blocks are looked for reaches beyond a block before it is taken: a thread may end in between. */
  #take(block: number, owner: Owner): boolean {
    let high = Atomics.load(this.i32, HIGH_WATER >> 2);
    while (high <= block) high = Atomics.compareExchange(this.i32, HIGH_WATER >> 2, high, block + 1);
    return Atomics.compareExchange(this.#owners, block, 0, owner) === 0;
  }

  #count(count: number): void {
    const used = Atomics.add(this.i32, USED_BLOCKS >> 2, count) + count;
    let peak = Atomics.load(this.i32, PEAK_BLOCKS >> 2);
    while (peak < used) peak = Atomics.compareExchange(this.i32, PEAK_BLOCKS >> 2, peak, used);
  }
}
