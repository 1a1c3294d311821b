import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { FunctionBuilder } from "../../wasm/function-builder.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import type { RowChunk } from "../row-store.ts";
import { BUILD_RECORD } from "./join-build.ts";

/**
 * Which values of the one integer key a build side has: a bit for each from `min` on. Where few of many have a record, most rows of the probe side end at one
 * bit of a few KB that stay in the first-level cache, without a hash and without a look into the directory. What it lets through is still looked up.
 */
export interface KeyBitmap {
  readonly address: number;
  /** Lower 32 bits of the smallest key. */
  readonly low: number;
  readonly slots: number;
}

/** More keys than this: the directory is asked at once. It is filled in the main thread. */
const MAX_RECORDS = 64 * 1024;
/** 1 MiB of bits. */
const MAX_SLOTS = 2 ** 23;
/** Fewer values per record are not worth a test of their own. */
const SLOTS_PER_RECORD = 8;

/** Bits for keys from `min` to `max`; undefined where it would not pay. */
export function keyBitmapSlots(min: bigint, max: bigint, records: number): number | undefined {
  if (records === 0 || records > MAX_RECORDS || max - min >= BigInt(MAX_SLOTS)) return undefined;
  const slots = Number(max - min) + 1;
  return slots >= SLOTS_PER_RECORD * records ? slots : undefined;
}

export function fillKeyBitmap(pool: Pool, arena: Arena, chunks: readonly RowChunk[], rowBytes: number, key: RowField, min: bigint, slots: number): KeyBitmap {
  const address = arena.allocateZeroed(Math.ceil(slots / 8));
  const low = Number(BigInt.asIntN(32, min));
  const { u8, i32: words } = pool;
  for (const { start, end } of chunks) {
    for (let row = start; row < end; row += rowBytes) {
      if (u8[row + BUILD_RECORD.unlinked] !== 0) continue;
      // Slots are fewer than 2^32: the lower halves of keys tell them apart.
      const slot = (words[(row + key.offset) >>> 2] - low) >>> 0;
      u8[address + (slot >>> 3)] |= 1 << (slot & 7);
    }
  }
  return { address, low, slots };
}

/** Runs `found` unless the bitmap excludes the key. Keys are compared by their lower 32 bits alone. */
export function emitIfInBitmap(f: FunctionBuilder, key: Val, address: Local, low: Local, slots: Local, found: () => void): void {
  const slot = f.let(i32.sub(key.type === "i64" ? i32.wrapI64(key) : key, get(low)));
  f.if(i32.ltU(get(slot), get(slots)), () => {
    const byte = i32.load8u(i32.add(get(address), i32.shrU(get(slot), i32.const(3))));
    f.if(i32.and(i32.shrU(byte, i32.and(get(slot), i32.const(7))), i32.const(1)), found);
  });
}
