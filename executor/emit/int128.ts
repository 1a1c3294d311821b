import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32, i64 } from "../wasm/instructions.ts";

/** A signed 128-bit integer in two i64 lanes, both safe to read twice. */
export interface Int128 {
  readonly lo: Val;
  readonly hi: Val;
}

const SIGN_SHIFT = i64.const(63n);
const LOW_32 = i64.const(0xffff_ffffn);
const HALF_SHIFT = i64.const(32n);

export function fromLanes(lanes: readonly Val[]): Int128 {
  return { lo: lanes[0], hi: lanes[1] };
}

/** Sign extension; `value` must be safe to read twice. The high lane costs nothing where it is not read. */
export function fromInt64(value: Val): Int128 {
  return { lo: value, hi: i64.shrS(value, SIGN_SHIFT) };
}

export function constant128(value: bigint): Int128 {
  return { lo: i64.const(BigInt.asIntN(64, value)), hi: i64.const(BigInt.asIntN(64, value >> 64n)) };
}

export function add128(f: FunctionBuilder, a: Int128, b: Int128): Int128 {
  const lo = f.reusable(i64.add(a.lo, b.lo));
  const carry = i64.extendI32U(i64.ltU(lo, a.lo));
  return { lo, hi: f.reusable(i64.add(i64.add(a.hi, b.hi), carry)) };
}

export function sub128(f: FunctionBuilder, a: Int128, b: Int128): Int128 {
  const borrow = i64.extendI32U(i64.ltU(a.lo, b.lo));
  const hi = f.reusable(i64.sub(i64.sub(a.hi, b.hi), borrow));
  return { lo: f.reusable(i64.sub(a.lo, b.lo)), hi };
}

export function negate128(f: FunctionBuilder, a: Int128): Int128 {
  return sub128(f, constant128(0n), a);
}

/** High half of an unsigned 64 x 64 product, by 32-bit halves. */
function mulHighUnsigned(f: FunctionBuilder, a: Val, b: Val): Val {
  const aLow = f.reusable(i64.and(a, LOW_32));
  const aHigh = f.reusable(i64.shrU(a, HALF_SHIFT));
  const bLow = f.reusable(i64.and(b, LOW_32));
  const bHigh = f.reusable(i64.shrU(b, HALF_SHIFT));
  const low = i64.shrU(i64.mul(aLow, bLow), HALF_SHIFT);
  const middle = f.reusable(i64.add(i64.mul(aHigh, bLow), low));
  const cross = i64.add(i64.mul(aLow, bHigh), i64.and(middle, LOW_32));
  return i64.add(i64.add(i64.mul(aHigh, bHigh), i64.shrU(middle, HALF_SHIFT)), i64.shrU(cross, HALF_SHIFT));
}

/** Signed 64 x 64 to 128 bits, always exact. */
export function mul64(f: FunctionBuilder, a: Val, b: Val): Int128 {
  const high = mulHighUnsigned(f, a, b);
  const correction = i64.add(i64.and(i64.shrS(a, SIGN_SHIFT), b), i64.and(i64.shrS(b, SIGN_SHIFT), a));
  return { lo: f.reusable(i64.mul(a, b)), hi: f.reusable(i64.sub(high, correction)) };
}

/** The low 128 bits of a product: exact where the product is known to fit. */
export function mul128(f: FunctionBuilder, a: Int128, b: Int128): Int128 {
  const cross = i64.add(i64.mul(a.hi, b.lo), i64.mul(a.lo, b.hi));
  return { lo: f.reusable(i64.mul(a.lo, b.lo)), hi: f.reusable(i64.add(mulHighUnsigned(f, a.lo, b.lo), cross)) };
}

/** i32 */
export function equal128(a: Int128, b: Int128): Val {
  return i64.eqz(i64.or(i64.xor(a.lo, b.lo), i64.xor(a.hi, b.hi)));
}

/** i32: a < b, signed. */
export function less128(a: Int128, b: Int128): Val {
  return i32.or(i64.ltS(a.hi, b.hi), i32.and(i64.eq(a.hi, b.hi), i64.ltU(a.lo, b.lo)));
}

/** i32: whether the value is one of signed 64 bits. */
export function fitsInt64At(a: Int128): Val {
  return i64.eq(a.hi, i64.shrS(a.lo, SIGN_SHIFT));
}

/** i32: whether the magnitude is at least `limit`. */
export function beyond128(a: Int128, limit: bigint): Val {
  return i32.or(less128(constant128(limit - 1n), a), less128(a, constant128(1n - limit)));
}
