import type { Arena } from "../../memory/arena.ts";
import { BLOCK_BYTES } from "../../memory/pool.ts";
import type { FunctionBuilder } from "../../wasm/function-builder.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";

/**
 * A directory of one integer key whose values are few among many: a bit for each value from `min` on, for every 64 bits how many are set before them, and the
 * heads of chains by the rank of their key. A key that no record has ends at one bit; every record of a chain has the key, so none is compared. Rows that come
 * in the order of their keys go through all of it in order too, where a hash would scatter them. Source: rank over bit vectors (Jacobson, "Space-efficient static
 * trees and graphs", FOCS 1989).
 */
export interface RankedDirectory {
  readonly kind: "ranked";
  /** Heads of chains: uint32 by rank. */
  readonly address: number;
  readonly min: bigint;
  readonly slots: number;
  /** No fewer than there are keys. */
  readonly records: number;
  readonly bits: number;
  /** uint32 for every 64 slots. */
  readonly ranks: number;
}

/** Slots take 1.5 bits each: for a record no more than a directory of hashes would, ... */
const MAX_SLOTS_PER_RECORD = 128;
/** ... or little beside the rows that are looked up, and beside the processor's caches, whatever the records. */
const MAX_SLOTS_PER_PROBE = 8;
const MAX_SLOTS_FOR_PROBES = 2 ** 26;
const MAX_SLOTS = 2 ** 30;
/** Part of the memory that is free which it may take: what comes after it needs some too, and a directory of hashes is never far larger. */
const FREE_SHARE = 0.25;

/** Whether a directory of that many slots is worth its memory and the time to empty it. `probes`: rows that are looked up, by an estimate. */
export function canBeRanked(slots: number, records: number, probes: number): boolean {
  return slots <= MAX_SLOTS && slots <= Math.max(MAX_SLOTS_PER_RECORD * records, Math.min(MAX_SLOTS_FOR_PROBES, MAX_SLOTS_PER_PROBE * probes));
}

/** Without keys yet: they are marked (`emitMark`), then counted (`writeCount`), then their records linked. Undefined where memory is scarce. */
export function allocateRanked(arena: Arena, min: bigint, slots: number, records: number): RankedDirectory | undefined {
  const words = wordsOf(slots);
  const bytes = 12 * words + 4 * records;
  const { pool } = arena;
  const bits = bytes > FREE_SHARE * BLOCK_BYTES * pool.freeBlocks(arena.account) ? 0 : arena.tryAllocate(bytes);
  if (bits === 0) return undefined;
  pool.zero(bits, bytes);
  return { kind: "ranked", min, slots, records, bits, ranks: bits + 8 * words, address: bits + 12 * words };
}

/** 64-bit words of the bits. */
export function wordsOf(slots: number): number {
  return Math.ceil(slots / 64);
}

/** Head of the chain of a key of 32 or 64 bits; 0 where it has none. `min`: int32 or int64 like the key. */
export function emitRankedHead(f: FunctionBuilder, key: Val, min: Val, directory: { readonly heads: Local; readonly bits: Local; readonly ranks: Local; readonly slots: Local }): Val {
  const head = f.local("i32");
  f.set(head, i32.const(0));
  // Of 32-bit keys the difference modulo 2^32 is below `slots` only if the key is in range: slots end at the largest 32-bit number.
  const distance = f.let(key.type === "i64" ? i64.sub(key, min) : i32.sub(key, min));
  const inRange = key.type === "i64" ? i64.ltU(get(distance), i64.extendI32U(get(directory.slots))) : i32.ltU(get(distance), get(directory.slots));
  f.if(inRange, () => {
    const slot = f.let(key.type === "i64" ? i32.wrapI64(get(distance)) : get(distance));
    const word = f.let(i64.load(i32.add(get(directory.bits), wordOffset(slot))));
    f.if(isMarked(word, slot), () => f.set(head, i32.load(headAddress(f, word, slot, directory))));
  });
  return get(head);
}

/** Address of the head of a marked slot, of which `word` has the bit. */
export function headAddress(f: FunctionBuilder, word: Local, slot: Local, { heads, ranks }: { readonly heads: Local; readonly ranks: Local }): Val {
  const before = i64.sub(i64.shl(i64.const(1n), i64.extendI32U(get(slot))), i64.const(1n));
  const rank = f.let(i32.add(i32.load(i32.add(get(ranks), i32.shl(wordIndex(slot), i32.const(2)))), i32.wrapI64(i64.popcnt(i64.and(get(word), before)))));
  return i32.add(get(heads), i32.shl(get(rank), i32.const(2)));
}

/** Offset of the word that has the slot's bit. */
export function wordOffset(slot: Local): Val {
  return i32.shl(wordIndex(slot), i32.const(3));
}

function wordIndex(slot: Local): Val {
  return i32.shrU(get(slot), i32.const(6));
}

function isMarked(word: Local, slot: Local): Val {
  return i32.and(i32.wrapI64(i64.shrU(get(word), i64.extendI32U(get(slot)))), i32.const(1));
}

/** Marks a slot. Workers mark slots of one word at the same time. */
export function emitMark(f: FunctionBuilder, bits: Local, slot: Local): void {
  const half = i32.add(get(bits), i32.shl(i32.shrU(get(slot), i32.const(5)), i32.const(2)));
  f.atomicOr(half, i32.shl(i32.const(1), get(slot)));
}

/** The body of `countKeys(bits, ranks, words)`. */
export function writeCount(f: FunctionBuilder): void {
  const [bits, ranks, words] = [0, 1, 2].map((i) => f.param(i));
  const [at, count] = [f.local("i32"), f.local("i32")];
  f.while(i32.ltU(get(at), get(words)), () => {
    f.store("i32", i32.add(get(ranks), i32.shl(get(at), i32.const(2))), get(count));
    f.set(count, i32.add(get(count), i32.wrapI64(i64.popcnt(i64.load(i32.add(get(bits), i32.shl(get(at), i32.const(3))))))));
    f.set(at, i32.add(get(at), i32.const(1)));
  });
}
