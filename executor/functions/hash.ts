import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";

/** Spark's hash functions: Murmur3 (x86, 32 bits) and XXH64, each argument seeding the next from seed 42. Source: Spark's `HashExpression`. */

const SEED = 42;

interface Hasher<T> {
  readonly int: (value: number, seed: T) => T;
  readonly long: (value: bigint, seed: T) => T;
  readonly bytes: (value: Uint8Array, seed: T) => T;
}

function rotate32(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function mix32(k: number): number {
  return Math.imul(rotate32(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
}

function step32(hash: number, k: number): number {
  return (Math.imul(rotate32(hash ^ mix32(k), 13), 5) + 0xe6546b64) | 0;
}

function finish32(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

const murmur3: Hasher<number> = {
  int: (value, seed) => finish32(step32(seed, value | 0), 4),
  long: (value, seed) => finish32(step32(step32(seed, Number(BigInt.asIntN(32, value))), Number(BigInt.asIntN(32, value >> 32n))), 8),
  bytes: (value, seed) => {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const aligned = value.length - (value.length % 4);
    let hash = seed;
    for (let i = 0; i < aligned; i += 4) hash = step32(hash, view.getInt32(i, true));
    // Spark hashes the bytes of the tail one by one, which Murmur3 itself does not.
    for (let i = aligned; i < value.length; i++) hash = step32(hash, view.getInt8(i));
    return finish32(hash, value.length);
  },
};

const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

function u64(x: bigint): bigint {
  return BigInt.asUintN(64, x);
}

function rotate64(x: bigint, by: bigint): bigint {
  return u64((x << by) | (u64(x) >> (64n - by)));
}

function avalanche(hash: bigint): bigint {
  let h = u64((hash ^ (hash >> 33n)) * P2);
  h = u64((h ^ (h >> 29n)) * P3);
  return h ^ (h >> 32n);
}

function round64(accumulator: bigint, lane: bigint): bigint {
  return u64(rotate64(u64(accumulator + u64(lane * P2)), 31n) * P1);
}

function lane64(hash: bigint, lane: bigint): bigint {
  return u64(rotate64(hash ^ round64(0n, lane), 27n) * P1 + P4);
}

const xxhash64: Hasher<bigint> = {
  int: (value, seed) => {
    const hash = u64(seed + P5 + 4n) ^ u64(BigInt(value >>> 0) * P1);
    return avalanche(u64(rotate64(hash, 23n) * P2 + P3));
  },
  long: (value, seed) => avalanche(lane64(u64(seed + P5 + 8n), u64(value))),
  bytes: (value, seed) => {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    let at = 0;
    let hash: bigint;
    if (value.length >= 32) {
      let [a, b, c, d] = [u64(seed + P1 + P2), u64(seed + P2), u64(seed), u64(seed - P1)];
      for (; at + 32 <= value.length; at += 32) {
        a = round64(a, view.getBigUint64(at, true));
        b = round64(b, view.getBigUint64(at + 8, true));
        c = round64(c, view.getBigUint64(at + 16, true));
        d = round64(d, view.getBigUint64(at + 24, true));
      }
      hash = u64(rotate64(a, 1n) + rotate64(b, 7n) + rotate64(c, 12n) + rotate64(d, 18n));
      for (const lane of [a, b, c, d]) hash = u64((hash ^ round64(0n, lane)) * P1 + P4);
    } else {
      hash = u64(seed + P5);
    }
    hash = u64(hash + BigInt(value.length));
    for (; at + 8 <= value.length; at += 8) hash = lane64(hash, view.getBigUint64(at, true));
    if (at + 4 <= value.length) {
      hash = u64(rotate64(hash ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
      at += 4;
    }
    for (; at < value.length; at++) hash = u64(rotate64(hash ^ u64(BigInt(value[at]) * P5), 11n) * P1);
    return avalanche(hash);
  },
};

const FLOAT_BITS = new DataView(new ArrayBuffer(8));

function floatBits(value: number): number {
  FLOAT_BITS.setFloat32(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? 0x7fc00000 : FLOAT_BITS.getInt32(0);
}

function doubleBits(value: number): bigint {
  FLOAT_BITS.setFloat64(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? 0x7ff8000000000000n : FLOAT_BITS.getBigInt64(0);
}

/** Two's complement bytes, most significant first, as few as hold the number: Java's `BigInteger.toByteArray`. */
function bigIntegerBytes(value: bigint): Uint8Array {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length++;
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

function hashValue<T>(value: Value, type: DataType, seed: T, hasher: Hasher<T>): T {
  if (value === null) return seed;
  switch (type.kind) {
    case "null":
      return seed;
    case "boolean":
      return hasher.int(value === true ? 1 : 0, seed);
    case "byte":
    case "short":
    case "int":
    case "date":
    case "interval_ym":
      return hasher.int(value as number, seed);
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return hasher.long(value as bigint, seed);
    case "float":
      return hasher.int(floatBits(value as number), seed);
    case "double":
      return hasher.long(doubleBits(value as number), seed);
    case "decimal":
      return type.precision <= 18 ? hasher.long(value as bigint, seed) : hasher.bytes(bigIntegerBytes(value as bigint), seed);
    case "string":
    case "char":
    case "varchar":
      return hasher.bytes(Buffer.from(value as string, "utf8"), seed);
    case "binary":
    case "variant":
      return hasher.bytes(value as Uint8Array, seed);
    case "calendar_interval": {
      const interval = value as CalendarInterval;
      return hasher.int(interval.months, hasher.int(interval.days, hasher.long(interval.micros, seed)));
    }
    case "array":
      return (value as readonly Value[]).reduce((h: T, item) => hashValue(item, type.element, h, hasher), seed);
    case "struct":
      return (value as StructValue).fields.reduce((h: T, field, i) => hashValue(field, type.fields[i].type, h, hasher), seed);
    case "map": {
      const map = value as MapValue;
      return map.keys.reduce((h: T, key, i) => hashValue(map.values[i], type.value, hashValue(key, type.key, h, hasher), hasher), seed);
    }
  }
}

/** Spark's 32-bit Murmur3 of several values: what `hash()` gives and what partitions by. */
function murmur3Of(values: readonly Value[], types: readonly DataType[]): number {
  return values.reduce((seed: number, value, i) => hashValue(value, types[i], seed, murmur3), SEED);
}

const BITMAP_BITS = 32768n;

/** Position of a number's bit within its bucket. Source: Spark's `BitmapExpressionUtils`. */
function bitmapPosition(value: bigint): bigint {
  return value > 0n ? (value - 1n) % BITMAP_BITS : -value % BITMAP_BITS;
}

function bitsOfByte(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const SHA2: Readonly<Record<number, string>> = { 0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512" };

function digest(algorithm: string, bytes: Value): string {
  return createHash(algorithm).update(bytes as Uint8Array).digest("hex");
}

export const hashFunctions: readonly ScalarFunction[] = [
  define("md5", ([bytes]) => digest("md5", bytes)),
  define("sha1", ([bytes]) => digest("sha1", bytes)),
  define("sha2", ([bytes, bits]) => {
    const algorithm = SHA2[bits as number];
    return algorithm === undefined ? null : digest(algorithm, bytes);
  }),
  define("crc32", ([bytes]) => BigInt(crc32(bytes as Uint8Array))),
  define("bitmap_bit_position", ([value]) => bitmapPosition(value as bigint)),
  define("bitmap_bucket_number", ([value]) => ((value as bigint) > 0n ? ((value as bigint) - 1n) / BITMAP_BITS + 1n : (value as bigint) / BITMAP_BITS)),
  define("bitmap_count", ([bytes]) => BigInt((bytes as Uint8Array).reduce((count, byte) => count + bitsOfByte(byte), 0))),
  defineWithNulls("hash", (args, call) => murmur3Of(args, call.argTypes)),
  defineWithNulls("xxhash64", (args, call) =>
    BigInt.asIntN(
      64,
      args.reduce((seed: bigint, value, i) => hashValue(value, call.argTypes[i], seed, xxhash64), BigInt(SEED)),
    ),
  ),
];
