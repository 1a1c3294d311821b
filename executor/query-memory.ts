import { Arena } from "./memory/arena.ts";
import type { Account } from "./memory/accounts.ts";
import { NO_ACCOUNT } from "./memory/accounts.ts";
import type { Owner, Pool } from "./memory/pool.ts";
import { BLOCK_BYTES } from "./memory/pool.ts";

/** What a query's memory is held for: the pipeline that runs, tasks that complete a breaker while they run, or the breaker of this number. */
export type Holder = "pipeline" | "tasks" | number;

/** The memory of one query: its account, and the owners of its blocks by what they are held for, so that each part is freed as soon as nothing reads it. */
export class QueryMemory {
  readonly pool: Pool;
  readonly account: Account;
  readonly #owners = new Map<Holder, Owner[]>();
  /** Threads that have been given up and may still write. */
  readonly #abandoned: Promise<unknown>[] = [];

  readonly #makeRoom: ((bytes: number) => Promise<unknown>) | undefined;

  /** `limitBytes`: what the query may hold at a time; undefined: the whole pool. `makeRoom`: has so many bytes of the pool free, as far as that is possible. Raises TOO_MANY_QUERIES. */
  constructor(pool: Pool, limitBytes: number | undefined, makeRoom?: (bytes: number) => Promise<unknown>) {
    this.pool = pool;
    this.#makeRoom = makeRoom;
    this.account = pool.accounts.open(limitBytes === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(limitBytes / BLOCK_BYTES)));
  }

  /** Blocks that the query can still have. */
  get freeBlocks(): number {
    return this.pool.freeBlocks(this.account);
  }

  /** Asks for room in the pool where less than so many bytes are free, and no more than the query's own limit allows. */
  async makeRoom(bytes: number): Promise<void> {
    const { accounts } = this.pool;
    const wanted = Math.min(bytes, (accounts.limit(this.account) - accounts.used(this.account)) * BLOCK_BYTES);
    if (wanted > this.pool.freeBlocks(NO_ACCOUNT) * BLOCK_BYTES) await this.#makeRoom?.(wanted);
  }

  newOwner(holder: Holder): Owner {
    const owner = this.pool.newOwner();
    const owners = this.#owners.get(holder);
    if (owners === undefined) this.#owners.set(holder, [owner]);
    else owners.push(owner);
    return owner;
  }

  /** A fresh arena whose memory goes with the holder's. */
  arena(holder: Holder): Arena {
    return new Arena(this.pool, this.newOwner(holder), this.account);
  }

  get holders(): readonly Holder[] {
    return [...this.#owners.keys()];
  }

  release(...holders: readonly Holder[]): void {
    this.pool.release(...holders.flatMap((holder) => this.#owners.get(holder) ?? []));
    for (const holder of holders) this.#owners.delete(holder);
  }

  get spilledBytes(): number {
    return this.pool.accounts.spilledBytes(this.account);
  }

  get usedBytes(): number {
    return this.pool.accounts.used(this.account) * BLOCK_BYTES;
  }

  get peakBytes(): number {
    return this.pool.accounts.peak(this.account) * BLOCK_BYTES;
  }

  /** Frees owners once the thread that may write to their memory has ended, be it after the query. */
  abandon(owners: readonly Owner[], ended: Promise<unknown>): void {
    const lost = new Set(owners);
    for (const [holder, own] of this.#owners) this.#owners.set(holder, own.filter((owner) => !lost.has(owner)));
    this.#abandoned.push(ended.then(() => this.pool.release(...owners)));
  }

  /** Frees everything. The query's threads must have ended, but for those that were given up. */
  close(): void {
    this.release(...this.holders);
    if (this.#abandoned.length === 0) this.pool.accounts.close(this.account);
    else void Promise.all(this.#abandoned).then(() => this.pool.accounts.close(this.account));
  }
}
