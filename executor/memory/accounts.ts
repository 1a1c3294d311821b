import { SparrowError } from "../../catalog/errors.ts";

/** Who pays for a block: a query, or the cache for the rows that are kept beyond queries. NO_ACCOUNT is for what ends with a task that is no query's, and has no limit. */
export type Account = number;

export const NO_ACCOUNT: Account = 0;
export const CACHE_ACCOUNT: Account = 1;
const FIRST_OF_QUERIES: Account = 2;

/** int32 words of an account, and one int64. All in blocks, but for what was spilled. */
const WORDS = { limit: 0, used: 2, peak: 3, spilledBytes: 4 } as const;
/** In the place of NO_ACCOUNT's limit: accounts of queries that are open. */
const OPEN_QUERIES = 0;
/** Part of the pool that cached rows may take at most: the rest is for queries, whatever is cached. */
const CACHE_SHARE = 0.75;
const ACCOUNT_BYTES = 32;
const MAX_ACCOUNTS = 2048;
/** Bytes that the table of accounts takes. */
export const ACCOUNTS_BYTES = ACCOUNT_BYTES * MAX_ACCOUNTS;
/** As long as this part of what is not cached is free, a query may take more than its fair share. */
const RESERVE = 0.25;

/**
 * The accounts of queries and of the cache, in shared memory: every thread charges them with atomic additions when it claims blocks. A query is refused beyond its own
 * limit, and beyond its fair share (what is not cached, divided by the number of queries) once that is nearly used up, so that one query cannot starve
 * the others. Only the main thread opens and closes accounts.
 */
export class Accounts {
  readonly #words: Int32Array;
  readonly #longs: BigInt64Array;
  readonly #capacity: number;
  readonly #open = new Set<Account>();

  /** `capacity`: blocks that there are to hand out. */
  constructor(buffer: ArrayBufferLike, address: number, capacity: number) {
    this.#words = new Int32Array(buffer, address, ACCOUNTS_BYTES / 4);
    this.#longs = new BigInt64Array(buffer, address, ACCOUNTS_BYTES / 8);
    this.#capacity = capacity;
  }

  /** A fresh account that may hold `limit` blocks. Raises TOO_MANY_QUERIES. */
  open(limit: number): Account {
    let account = FIRST_OF_QUERIES;
    while (this.#open.has(account)) account++;
    if (account >= MAX_ACCOUNTS) throw new SparrowError("TOO_MANY_QUERIES", "53300", `The engine runs ${this.#open.size} queries at a time and no more.`, { limit: String(MAX_ACCOUNTS - FIRST_OF_QUERIES) }, { origin: "resource" });
    const at = this.#at(account);
    this.#words.fill(0, at, at + ACCOUNT_BYTES / 4);
    this.#words[at + WORDS.limit] = Math.min(limit, this.#capacity);
    this.#open.add(account);
    Atomics.store(this.#words, OPEN_QUERIES, this.#open.size);
    return account;
  }

  /** Once, before the first block is claimed. */
  openCache(): void {
    this.#words[this.#at(CACHE_ACCOUNT) + WORDS.limit] = Math.floor(this.#capacity * CACHE_SHARE);
  }

  /** Its blocks must have been freed. */
  close(account: Account): void {
    this.#open.delete(account);
    Atomics.store(this.#words, OPEN_QUERIES, this.#open.size);
  }

  /** Takes blocks on the account; false, and nothing taken, when it may not have them. `usedOfPool`: blocks in use by anyone. */
  charge(account: Account, blocks: number, usedOfPool: number): boolean {
    if (account === NO_ACCOUNT) return true;
    const at = this.#at(account);
    const words = this.#words;
    const used = Atomics.add(words, at + WORDS.used, blocks) + blocks;
    if (used > Atomics.load(words, at + WORDS.limit) || (account !== CACHE_ACCOUNT && this.#isUnfair(used, usedOfPool + blocks))) {
      Atomics.sub(words, at + WORDS.used, blocks);
      return false;
    }
    let peak = Atomics.load(words, at + WORDS.peak);
    while (peak < used) peak = Atomics.compareExchange(words, at + WORDS.peak, peak, used);
    return true;
  }

  /** `used`: what a query would have. `usedOfPool`: what all would. */
  #isUnfair(used: number, usedOfPool: number): boolean {
    const cached = this.used(CACHE_ACCOUNT);
    const forQueries = this.#capacity - cached;
    if (usedOfPool - cached <= forQueries * (1 - RESERVE)) return false;
    return used > Math.floor(forQueries / Math.max(1, Atomics.load(this.#words, OPEN_QUERIES)));
  }

  refund(account: Account, blocks: number): void {
    if (account !== NO_ACCOUNT) Atomics.sub(this.#words, this.#at(account) + WORDS.used, blocks);
  }

  /** Puts right what the cache and open accounts have in use; `blocks`: by account. */
  recount(blocks: ReadonlyMap<Account, number>): void {
    for (const account of [CACHE_ACCOUNT, ...this.#open]) Atomics.store(this.#words, this.#at(account) + WORDS.used, blocks.get(account) ?? 0);
  }

  /** Adds bytes that have been written to disk. */
  countSpilled(account: Account, bytes: number): void {
    Atomics.add(this.#longs, (this.#at(account) + WORDS.spilledBytes) >> 1, BigInt(bytes));
  }

  spilledBytes(account: Account): number {
    return Number(Atomics.load(this.#longs, (this.#at(account) + WORDS.spilledBytes) >> 1));
  }

  /** Blocks. */
  limit(account: Account): number {
    return Atomics.load(this.#words, this.#at(account) + WORDS.limit);
  }

  /** Blocks. */
  used(account: Account): number {
    return Atomics.load(this.#words, this.#at(account) + WORDS.used);
  }

  /** Blocks: the most that it has held at a time. */
  peak(account: Account): number {
    return Atomics.load(this.#words, this.#at(account) + WORDS.peak);
  }

  #at(account: Account): number {
    return (account * ACCOUNT_BYTES) / 4;
  }
}
