import { expect, test } from "vitest";
import { Arena } from "../../executor/memory/arena.ts";
import { CACHE_ACCOUNT, NO_ACCOUNT } from "../../executor/memory/accounts.ts";
import { BLOCK_BYTES, Pool } from "../../executor/memory/pool.ts";

const BLOCKS = 64;

function poolOf(blocks: number): Pool {
  return Pool.create({ bytes: (blocks + 1) * BLOCK_BYTES });
}

test("an account is refused blocks beyond its limit and gets them again when some are freed", () => {
  const pool = poolOf(BLOCKS);
  const account = pool.accounts.open(4);
  const [first, second] = [pool.newOwner(), pool.newOwner()];
  expect(pool.claim(first, 3, account)).not.toBe(0);
  expect(pool.claim(second, 2, account)).toBe(0);
  expect(pool.accounts.used(account)).toBe(3);
  pool.release(first);
  expect(pool.accounts.used(account)).toBe(0);
  expect(pool.claim(second, 4, account)).not.toBe(0);
  expect(pool.accounts.peak(account)).toBe(4);
  expect(pool.usedBytes).toBe(4 * BLOCK_BYTES);
});

test("blocks that the pool does not have are not charged", () => {
  const pool = poolOf(8);
  const account = pool.accounts.open(Number.POSITIVE_INFINITY);
  expect(pool.claim(pool.newOwner(), 9, account)).toBe(0);
  expect(pool.accounts.used(account)).toBe(0);
});

test("a query may take more than its share while the pool is not scarce, and no more than that when it is", () => {
  const pool = poolOf(BLOCKS);
  const [greedy, late] = [pool.accounts.open(BLOCKS), pool.accounts.open(BLOCKS)];
  const owner = pool.newOwner();
  let taken = 0;
  while (pool.claim(owner, 1, greedy) !== 0) taken++;
  expect(taken).toBe(BLOCKS * 0.75);
  let left = 0;
  while (pool.claim(pool.newOwner(), 1, late) !== 0) left++;
  expect(left).toBe(BLOCKS / 4);
  pool.release(owner);
  pool.accounts.close(late);
  expect(pool.claim(owner, BLOCKS * 0.75, greedy)).not.toBe(0);
});

test("memory of no query and not of the cache is paid for by nobody", () => {
  const pool = poolOf(8);
  const owner = pool.newOwner();
  pool.claim(owner, 8, NO_ACCOUNT);
  expect(pool.usedBytes).toBe(8 * BLOCK_BYTES);
  pool.release(owner);
  expect(pool.usedBytes).toBe(0);
});

test("cached rows have three quarters of the pool at most, and queries share what is left", () => {
  const pool = poolOf(BLOCKS);
  const cached = pool.newOwner();
  expect(pool.claim(cached, BLOCKS * 0.75 + 1, CACHE_ACCOUNT)).toBe(0);
  expect(pool.claim(cached, BLOCKS / 2, CACHE_ACCOUNT)).not.toBe(0);
  expect(pool.accounts.used(CACHE_ACCOUNT)).toBe(BLOCKS / 2);
  const [greedy, late] = [pool.accounts.open(BLOCKS), pool.accounts.open(BLOCKS)];
  let taken = 0;
  while (pool.claim(pool.newOwner(), 1, greedy) !== 0) taken++;
  expect(taken).toBe((BLOCKS / 2) * 0.75);
  expect(pool.claim(pool.newOwner(), (BLOCKS / 2) * 0.25, late)).not.toBe(0);
  pool.release(cached);
  expect(pool.accounts.used(CACHE_ACCOUNT)).toBe(0);
  expect(pool.claim(pool.newOwner(), 1, greedy)).not.toBe(0);
});

test("blocks of the cache are counted anew with all others", () => {
  const pool = poolOf(BLOCKS);
  pool.claim(pool.newOwner(), 3, CACHE_ACCOUNT);
  // A thread that was ended before it took what it had been charged.
  pool.accounts.charge(CACHE_ACCOUNT, 5, 3);
  pool.recount();
  expect(pool.accounts.used(CACHE_ACCOUNT)).toBe(3);
});

test("an arena names the setting that its query ran into", () => {
  const pool = poolOf(BLOCKS);
  const account = pool.accounts.open(2);
  const arena = new Arena(pool, pool.newOwner(), account);
  arena.allocate(2 * BLOCK_BYTES);
  expect(() => arena.allocate(100)).toThrow(
    expect.objectContaining({ condition: "MEMORY_LIMIT_EXCEEDED", message: "The query needs 100 more bytes, and it has 524288 of 524288 bytes in use.", hint: "Raise sparrow.query.memory.limit, or let the query touch fewer columns or rows." }),
  );
});

test("an arena has a limit of its own, which freeing gives back", () => {
  const pool = poolOf(BLOCKS);
  const arena = new Arena(pool, pool.newOwner(), NO_ACCOUNT, 1);
  expect(arena.tryAllocate(BLOCK_BYTES)).not.toBe(0);
  expect(arena.tryAllocate(16)).toBe(0);
  arena.reset();
  expect(arena.tryAllocate(16)).not.toBe(0);
});
