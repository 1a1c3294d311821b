import type { DataType } from "../../catalog/types.ts";
import { isIntegral } from "../../catalog/types.ts";
import { arithmeticOverflow } from "../../catalog/runtime-errors.ts";
import type { Value } from "../../catalog/values.ts";
import type { IntegralKind } from "./cast-numeric.ts";
import { fitsIntegral, integralValue, toDecimalType, wrapIntegral } from "./cast-numeric.ts";
import { dataError, invalidParameter } from "./data-errors.ts";
import { decimalFromDouble, decimalToDouble, divideHalfEven, divideHalfUp, pow10 } from "./decimal-arithmetic.ts";
import { MAX_LONG, MIN_LONG } from "./datetime-text.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls, siteState } from "./scalar-function.ts";

function unary(name: string, of: (x: number) => number): ScalarFunction {
  return define(name, ([x]) => of(x as number));
}

/** NULL for what is not positive, as Spark's logarithms. `floor` is the greatest value without a logarithm. */
function logarithm(name: string, floor: number, of: (x: number) => number): ScalarFunction {
  return define(name, ([x]) => ((x as number) <= floor ? null : of(x as number)));
}

/** Java's `Math.rint`: to the nearest integer, halves to even; what becomes 0 keeps its sign. */
function rint(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const nearest = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return nearest === 0 && (x < 0 || Object.is(x, -0)) ? -0 : nearest;
}

type Divide = (dividend: bigint, divisor: bigint) => bigint;

/** ROUND and BROUND over every numeric type. Source: Spark's `RoundBase`. */
function rounding(name: string, divide: Divide): ScalarFunction {
  return define(name, ([value, scaleValue = 0], call) => {
    const scale = scaleValue as number;
    const type = call.argTypes[0];
    if (type.kind === "decimal" && call.type.kind === "decimal") {
      if (scale >= type.scale) return toDecimalType(value as bigint, type.scale, call.type, call.mode);
      const dropped = type.scale - scale;
      const kept = divide(value as bigint, pow10(dropped));
      return scale < 0 ? toDecimalType(kept * pow10(-scale), 0, call.type, call.mode) : toDecimalType(kept, scale, call.type, call.mode);
    }
    if (isIntegral(type)) return roundIntegral(value, type as DataType & { kind: IntegralKind }, scale, divide, call);
    const number = value as number;
    if (!Number.isFinite(number)) return number;
    const parsed = decimalFromDouble(number);
    // The digits that Spark rounds have no negative zero.
    if (parsed === undefined || scale >= parsed.scale) return number + 0;
    const kept = divide(parsed.unscaled, pow10(parsed.scale - scale));
    const result = scale < 0 ? Number(kept) * 10 ** -scale : decimalToDouble(kept, scale);
    return type.kind === "float" ? Math.fround(result) : result;
  });
}

function roundIntegral(value: Value, type: DataType & { kind: IntegralKind }, scale: number, divide: Divide, call: ScalarCall): Value {
  if (scale >= 0) return value;
  const unit = pow10(Math.min(-scale, 40));
  const result = divide(BigInt(value as number | bigint), unit) * unit;
  if (fitsIntegral(result, type.kind)) return integralValue(result, type.kind);
  if (call.mode === "legacy") return wrapIntegral(result, type.kind);
  throw arithmeticOverflow(undefined, call.span);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

function ceilingDivide(dividend: bigint, divisor: bigint): bigint {
  return -floorDivide(-dividend, divisor);
}

/** CEIL and FLOOR: bigint for integers and doubles, decimal for decimals. */
function directed(name: string, onDouble: (x: number) => number, divide: Divide): ScalarFunction {
  return define(name, ([value, scaleValue = 0], call) => {
    const type = call.argTypes[0];
    if (type.kind === "decimal" && call.type.kind === "decimal") {
      const scale = scaleValue as number;
      if (scale >= type.scale) return toDecimalType(value as bigint, type.scale, call.type, call.mode);
      const kept = divide(value as bigint, pow10(type.scale - scale));
      return scale < 0 ? toDecimalType(kept * pow10(-scale), 0, call.type, call.mode) : toDecimalType(kept, scale, call.type, call.mode);
    }
    if (typeof value === "bigint") return value;
    return saturatedLong(onDouble(value as number));
  });
}

/** Java's `(long) x`. */
function saturatedLong(x: number): bigint {
  if (Number.isNaN(x)) return 0n;
  if (x >= 2 ** 63) return MAX_LONG;
  return x <= -(2 ** 63) ? MIN_LONG : BigInt(Math.trunc(x));
}

const FACTORIALS: bigint[] = [1n];
for (let i = 1n; i <= 20n; i++) FACTORIALS.push(FACTORIALS[Number(i) - 1] * i);

function hex(value: Value): string {
  if (typeof value === "bigint") return BigInt.asUintN(64, value).toString(16).toUpperCase();
  return Buffer.from(typeof value === "string" ? Buffer.from(value, "utf8") : (value as Uint8Array))
    .toString("hex")
    .toUpperCase();
}

function unhex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text.length % 2 === 0 ? text : `0${text}`, "hex"));
}

/** Digits from one base to another, as Hive does: unsigned 64-bit unless the target base is negative. */
function conv(text: string, from: number, to: number, call: ScalarCall): Value {
  const trimmed = text.trim();
  const target = Math.abs(to);
  if (trimmed === "" || from < 2 || from > 36 || target < 2 || target > 36) return null;
  const negative = trimmed.startsWith("-");
  let value = 0n;
  let overflow = false;
  for (const c of negative ? trimmed.slice(1) : trimmed) {
    const digit = Number.parseInt(c, 36);
    if (Number.isNaN(digit) || digit >= from) break;
    value = value * BigInt(from) + BigInt(digit);
    if (value > 2n ** 64n - 1n) overflow = true;
  }
  if (overflow) {
    if (call.mode !== "legacy") throw arithmeticOverflow(undefined, call.span);
    value = 2n ** 64n - 1n;
  }
  if (negative && to > 0) value = BigInt.asUintN(64, overflow ? value : -value);
  if (to < 0) {
    const signed = negative ? -value : BigInt.asIntN(64, value);
    return signed.toString(target).toUpperCase();
  }
  return value.toString(target).toUpperCase();
}

/** Bits of the two's complement, with the sign extended to 64. */
function bitCount(value: Value): number {
  if (typeof value === "boolean") return Number(value);
  let bits = BigInt.asUintN(64, BigInt(value as number | bigint));
  let count = 0;
  for (; bits !== 0n; bits &= bits - 1n) count++;
  return count;
}

const BIT_SIZES: Readonly<Record<string, number>> = { byte: 8, short: 16, int: 32, long: 64 };

/** Source: Spark's `WidthBucket.computeBucketNumber`. */
function widthBucket(value: number, low: number, high: number, buckets: bigint): Value {
  if (buckets <= 0n || buckets === MAX_LONG || Number.isNaN(value) || low === high || !Number.isFinite(low) || !Number.isFinite(high)) return null;
  const [lower, upper] = low < high ? [low, high] : [high, low];
  const count = Number(buckets);
  if (low < high) {
    if (value < lower) return 0n;
    return value >= upper ? buckets + 1n : saturatedLong((count * (value - lower)) / (upper - lower)) + 1n;
  }
  if (value > upper) return 0n;
  return value <= lower ? buckets + 1n : saturatedLong((count * (upper - value)) / (upper - lower)) + 1n;
}

/** The numbers that Spark gives for a seed in the first partition. Source: Spark's `XORShiftRandom`, Java's `Random`. */
class RandomSequence {
  private state: bigint;
  private spare: number | undefined;

  constructor(seed: bigint) {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigInt64(0, seed);
    const low = murmur3Bytes(bytes, 0x3c074a61);
    const high = murmur3Bytes(bytes, low);
    this.state = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
  }

  private bits(count: bigint): bigint {
    let x = BigInt.asUintN(64, this.state ^ (this.state << 21n));
    x ^= x >> 35n;
    x = BigInt.asUintN(64, x ^ (x << 4n));
    this.state = x;
    return x & ((1n << count) - 1n);
  }

  /** Uniform in [0, 1). */
  next(): number {
    const high = this.bits(26n);
    return Number((high << 27n) + this.bits(27n)) / 2 ** 53;
  }

  /** Normal with mean 0 and deviation 1, by the polar method: two numbers at a time. */
  nextNormal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.spare = y * factor;
      return x * factor;
    }
  }
}

/** Murmur3 of eight bytes. */
function murmur3Bytes(bytes: DataView, seed: number): number {
  let hash = seed;
  for (let at = 0; at < 8; at += 4) {
    const k = Math.imul(bytes.getInt32(at, true), 0xcc9e2d51);
    hash ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= 8;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const sequences = new WeakMap<object, { morsel: number; sequence: RandomSequence }>();

/** The site's sequence over the rows of the morsel at hand: from its seed, of which NULL is 0, and the morsel's number, as Spark adds that of the partition; or from chance. */
export function randomSequence(call: ScalarCall, seed: Value | undefined): RandomSequence {
  const morsel = call.place?.morsel ?? 0;
  const start = (): RandomSequence => new RandomSequence(seed === undefined ? BigInt(Math.floor(Math.random() * 2 ** 53)) : BigInt.asIntN(64, BigInt((seed ?? 0n) as bigint) + BigInt(morsel)));
  const state = siteState(sequences, call, () => ({ morsel, sequence: start() }));
  if (state.morsel !== morsel) [state.morsel, state.sequence] = [morsel, start()];
  return state.sequence;
}

export const mathFunctions: readonly ScalarFunction[] = [
  define("sign", ([x]) => Math.sign(Number(x))),
  directed("ceil", Math.ceil, ceilingDivide),
  directed("floor", Math.floor, floorDivide),
  rounding("round", divideHalfUp),
  rounding("bround", divideHalfEven),
  unary("rint", rint),
  unary("sqrt", Math.sqrt),
  unary("cbrt", Math.cbrt),
  unary("exp", Math.exp),
  unary("expm1", Math.expm1),
  logarithm("ln", 0, Math.log),
  logarithm("log10", 0, Math.log10),
  logarithm("log2", 0, Math.log2),
  logarithm("log1p", -1, Math.log1p),
  define("log", ([a, b]) => {
    if (b === undefined) return (a as number) <= 0 ? null : Math.log(a as number);
    return (a as number) <= 0 || (b as number) <= 0 ? null : Math.log(b as number) / Math.log(a as number);
  }),
  define("power", ([x, y]) => (x as number) ** (y as number)),
  unary("sin", Math.sin),
  unary("cos", Math.cos),
  unary("tan", Math.tan),
  unary("cot", (x) => 1 / Math.tan(x)),
  unary("sec", (x) => 1 / Math.cos(x)),
  unary("csc", (x) => 1 / Math.sin(x)),
  unary("asin", Math.asin),
  unary("acos", Math.acos),
  unary("atan", Math.atan),
  unary("sinh", Math.sinh),
  unary("cosh", Math.cosh),
  unary("tanh", Math.tanh),
  unary("asinh", Math.asinh),
  unary("acosh", Math.acosh),
  unary("atanh", Math.atanh),
  unary("degrees", (x) => (x * 180) / Math.PI),
  unary("radians", (x) => (x / 180) * Math.PI),
  define("atan2", ([y, x]) => Math.atan2((y as number) + 0, (x as number) + 0)),
  define("hypot", ([x, y]) => Math.hypot(x as number, y as number)),
  define("pi", () => Math.PI),
  define("e", () => Math.E),
  define("factorial", ([n]) => FACTORIALS[n as number] ?? null),
  define("bin", ([n]) => BigInt.asUintN(64, n as bigint).toString(2)),
  define("hex", ([value]) => hex(value)),
  define("unhex", ([text, fails = false], call) => {
    const bytes = unhex(text as string);
    if (bytes !== undefined) return bytes;
    if (fails === true) throw dataError("CONVERSION_INVALID_INPUT", "22018", `${text as string} is not hexadecimal.`, { str: `'${text as string}'`, fmt: "'HEX'", targetType: '"BINARY"', suggestion: "`try_to_binary`" }, call);
    return null;
  }),
  define("conv", ([text, from, to], call) => conv(text as string, from as number, to as number, call)),
  defineWithNulls("isnan", ([x]) => Number.isNaN(x)),
  defineWithNulls("nanvl", ([x, y]) => (x === null ? null : Number.isNaN(x) ? y : x)),
  define("bit_count", ([value]) => bitCount(value)),
  define("getbit", ([value, position], call) => {
    const size = BIT_SIZES[call.argTypes[0].kind];
    const at = position as number;
    if (at < 0 || at >= size) throw invalidParameter("BIT_POSITION_RANGE", call.name, "pos", `${at} is not within 0 and ${size - 1}`, { upper: String(size), invalidValue: String(at) }, call);
    return Number((BigInt(value as number | bigint) >> BigInt(at)) & 1n);
  }),
  define("width_bucket", ([value, low, high, buckets]) => widthBucket(Number(value), Number(low), Number(high), buckets as bigint)),
  defineWithNulls("rand", ([seed], call) => randomSequence(call, seed).next()),
  defineWithNulls("randn", ([seed], call) => randomSequence(call, seed).nextNormal()),
  define("uniform", ([low, high, seed], call) => {
    const x = randomSequence(call, seed).next();
    if (call.type.kind === "double") return (low as number) + x * ((high as number) - (low as number));
    const start = BigInt(low as number | bigint);
    const result = start + BigInt(Math.floor(x * Number(BigInt(high as number | bigint) - start)));
    return call.type.kind === "long" ? result : Number(result);
  }),
  define("randstr", ([length, seed], call) => {
    const sequence = randomSequence(call, seed);
    const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return Array.from({ length: Number(length) }, () => alphabet[Math.floor(sequence.next() * alphabet.length)]).join("");
  }),
];
