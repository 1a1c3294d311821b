import type { Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64, select, simd } from "../wasm/instructions.ts";
import { bytesOrder, equalByBytes, hostHash, orderedByBytes } from "./bytes-comparison.ts";
import { compareValues, nullSafeEqual } from "./comparison.ts";
import { asInt128 } from "./decimal-arithmetic.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";
import { anyNull, FALSE, orFlags, unlessNull } from "./null-flags.ts";
import { fitsInt64, rangeOf } from "./value-range.ts";

/** Odd constants with well-spread bits: the golden ratio and the multipliers of MurmurHash3's finalizer. */
const SPREAD = BigInt.asIntN(64, 0x9e3779b97f4a7c15n);
const MIX_1 = BigInt.asIntN(64, 0xff51afd7ed558ccdn);
const MIX_2 = BigInt.asIntN(64, 0xc4ceb9fe1a85ec53n);
const NULL_WORD = BigInt.asIntN(64, 0xa0761d6478bd642fn);
const SIGN_64 = -(2n ** 63n);

/** A double (float) as the one number of its equals: one NaN, no negative zero. */
export function canonicalFloat(lane: Val): Val {
  const ops = lane.type === "f32" ? f32 : f64;
  return select(ops.eq(lane, lane), ops.add(lane, ops.const(0)), ops.const(Number.NaN));
}

/** The first eight bytes of a string, the first one lowest, zero beyond its end. `length` and `address` safe to read twice. */
function firstWord(address: Val, length: Val, ctx: EmitContext): Val {
  const { f } = ctx;
  const used = select(i32.ltU(length, i32.const(8)), length, i32.const(8));
  // Two shifts of half the width each: one shift by 64, for length 0, would be none.
  const half = f.reusable(i64.sub(i64.const(32n), i64.extendI32U(i32.shl(used, i32.const(2)))));
  return i64.shrU(i64.shrU(i64.shl(i64.shl(i64.load(address), half), half), half), half);
}

/** i64: equal for equal values, whatever is known of their ranges; not yet mixed. */
function hashWord(value: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  const [lane, second] = value.lanes;
  switch (laneKind(value.type)) {
    case "i32":
      return i64.extendI32S(lane);
    case "i64":
      return lane;
    case "f32":
      return i64.extendI32U(i32.reinterpretF32(canonicalFloat(lane)));
    case "f64":
      return i64.reinterpretF64(canonicalFloat(lane));
    case "i128": {
      if (value.type.kind === "decimal" && fitsInt64(rangeOf(value))) return lane;
      // The high half counts only where it is more than the low half's sign, so that narrow values hash alike with and without it.
      const excess = i64.xor(second, i64.shrS(lane, i64.const(63n)));
      return i64.add(lane, i64.mul(excess, i64.const(SPREAD)));
    }
    case "bytes": {
      if (!equalByBytes(value.type)) return hostHash(value, ctx);
      const word = f.local("i64");
      f.if(
        i32.leU(second, i32.const(8)),
        () => f.set(word, i64.add(firstWord(lane, second, ctx), i64.mul(i64.extendI32U(second), i64.const(SPREAD)))),
        () => f.set(word, f.call(ctx.kernel("hash_bytes"), [lane, second])),
      );
      return get(word);
    }
  }
}

/**
 * i64: hash of a row key, all 64 bits well mixed. Equal keys hash alike: NULL like NULL, NaN like NaN, -0.0 like 0.0, and values of one type
 * whatever columns or expressions they come from.
 */
export function emitHash(values: readonly EmittedValue[], ctx: EmitContext): Val {
  const { f } = ctx;
  let hash: Val | undefined;
  for (const value of values) {
    const word = hashWord(value, ctx);
    const chosen = value.isNull === undefined ? word : select(value.isNull, i64.const(NULL_WORD), word);
    hash = f.reusable(hash === undefined ? chosen : i64.add(i64.mul(mixStep(hash, ctx), i64.const(SPREAD)), chosen));
  }
  const first = f.reusable(i64.mul(mixStep(hash ?? i64.const(0n), ctx), i64.const(MIX_1)));
  const second = f.reusable(i64.mul(i64.xor(first, i64.shrU(first, i64.const(29n))), i64.const(MIX_2)));
  return f.reusable(i64.xor(second, i64.shrU(second, i64.const(32n))));
}

function mixStep(hash: Val, ctx: EmitContext): Val {
  return ctx.f.reusable(i64.xor(hash, i64.shrU(hash, i64.const(32n))));
}

/** i32: a = b for keys of one type. NULLs: equal to each other if `nullsEqual` (grouping), else to nothing (joining). */
export function emitEquals(a: EmittedValue, b: EmittedValue, ctx: EmitContext, nullsEqual: boolean): Val {
  if (nullsEqual) return ctx.f.reusable(nullSafeEqual(a, b, ctx));
  return ctx.f.reusable(unlessNull(compareValues("=", a, b, ctx), anyNull(ctx.f, [a, b])));
}

/** i32: -1, 0 or 1 for two values of one type that are not NULL. NaN is the largest number; strings by bytes, nested values by the host. */
export function emitCompare(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  if (laneKind(a.type) === "bytes") return bytesOrder(a, b, ctx);
  return f.reusable(i32.sub(compareValues(">", a, b, ctx), compareValues("<", a, b, ctx)));
}

/** i32: -1, 0 or 1 for the places of two values under one key of ORDER BY, NULLs included. */
export function emitSortOrder(a: EmittedValue, b: EmittedValue, ascending: boolean, nullsFirst: boolean, ctx: EmitContext): Val {
  const { f } = ctx;
  const order = ascending ? emitCompare(a, b, ctx) : emitCompare(b, a, ctx);
  if (orFlags(a.isNull, b.isNull) === undefined) return order;
  const aNull = a.isNull ?? FALSE;
  const bNull = b.isNull ?? FALSE;
  const byNull = nullsFirst ? i32.sub(bNull, aNull) : i32.sub(aNull, bNull);
  return f.reusable(select(i32.or(aNull, bNull), byNull, order));
}

/** An unsigned 64-bit integer that orders as the value does. */
export interface NormalizedKey {
  /** i64, to be compared unsigned. */
  readonly key: Val;
  /** Only so many of its lowest bits can be set. */
  readonly bits: number;
  /** Whether equal keys mean equal values; else ties are to be settled by the values. */
  readonly exact: boolean;
}

/** The key under which sorting ascending and unsigned gives the order of one ORDER BY item. */
export function emitNormalizedKey(value: EmittedValue, ascending: boolean, nullsFirst: boolean, ctx: EmitContext): NormalizedKey {
  const { f } = ctx;
  const { bits, word, exact } = orderedWord(value, ctx);
  const directed = (key: Val, width: number): Val => (ascending ? key : i64.xor(key, i64.const(BigInt.asIntN(64, 2n ** BigInt(width) - 1n))));
  if (value.isNull === undefined || value.isNull.constant === 0) return { key: f.reusable(directed(word, bits)), bits, exact };
  // NULL takes the bit above the value's; of a value of 64 bits the lowest one is given up for it.
  const shortened = bits === 64 ? i64.shrU(word, i64.const(1n)) : word;
  const width = Math.min(bits, 63);
  const flagged = nullsFirst
    ? select(value.isNull, i64.const(0n), i64.or(directed(shortened, width), i64.const(BigInt.asIntN(64, 2n ** BigInt(width)))))
    : select(value.isNull, i64.const(BigInt.asIntN(64, 2n ** BigInt(width))), directed(shortened, width));
  return { key: f.reusable(flagged), bits: width + 1, exact: exact && bits < 64 };
}

/** The value as an unsigned integer of `bits` bits in the same order. */
function orderedWord(value: EmittedValue, ctx: EmitContext): { bits: number; word: Val; exact: boolean } {
  const { f } = ctx;
  const [lane, length] = value.lanes;
  const kind = laneKind(value.type);
  switch (kind) {
    case "i32":
    case "i64": {
      const { min, max } = rangeOf(value);
      const wide = kind === "i64" ? lane : i64.extendI32S(lane);
      const bits = (max - min).toString(2).length;
      if (bits < 64) return { bits, word: i64.sub(wide, i64.const(min)), exact: true };
      return { bits: 64, word: i64.xor(wide, i64.const(SIGN_64)), exact: true };
    }
    case "f32": {
      const raw = f.reusable(i32.reinterpretF32(canonicalFloat(lane)));
      return { bits: 32, word: i64.extendI32U(i32.xor(raw, i32.or(i32.shrS(raw, i32.const(31)), i32.const(-(2 ** 31))))), exact: true };
    }
    case "f64": {
      const raw = f.reusable(i64.reinterpretF64(canonicalFloat(lane)));
      return { bits: 64, word: i64.xor(raw, i64.or(i64.shrS(raw, i64.const(63n)), i64.const(SIGN_64))), exact: true };
    }
    case "i128": {
      const { lo, hi } = asInt128(value);
      const sign = i64.shrS(hi, i64.const(63n));
      const clamped = select(i64.eq(hi, i64.shrS(lo, i64.const(63n))), lo, i64.xor(sign, i64.const(2n ** 63n - 1n)));
      return { bits: 64, word: i64.xor(clamped, i64.const(SIGN_64)), exact: fitsInt64(rangeOf(value)) };
    }
    case "bytes":
      if (!orderedByBytes(value.type)) return { bits: 1, word: i64.const(0n), exact: false };
      return { bits: 64, word: reverseBytes(firstWord(lane, length, ctx)), exact: false };
  }
}

/** i64 with its bytes in the opposite order. */
function reverseBytes(word: Val): Val {
  const splat = simd(0x12, "v128", [word]);
  const reversed = simd(0x0d, "v128", [splat, splat], [7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0]);
  return simd(0x1d, "i64", [reversed], [0]);
}
