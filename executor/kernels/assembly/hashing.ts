/** Spark's hash functions, each value with the hash of those before it as seed. Source: Spark's `Murmur3_x86_32` and `XXH64`. */

@inline
function murmurStep(hash: u32, word: u32): u32 {
  const mixed = rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593;
  return rotl<u32>(hash ^ mixed, 13) * 5 + 0xe6546b64;
}

@inline
function murmurFinish(hash: u32, length: u32): i32 {
  let h = hash ^ length;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return <i32>(h ^ (h >> 16));
}

export function murmur3_int(value: i32, seed: i32): i32 {
  return murmurFinish(murmurStep(seed, value), 4);
}

export function murmur3_long(value: i64, seed: i32): i32 {
  return murmurFinish(murmurStep(murmurStep(seed, <u32>value), <u32>(value >> 32)), 8);
}

/** Spark hashes the bytes after the last whole word one by one, which Murmur3 itself does not. */
export function murmur3_bytes(p: u32, n: u32, seed: i32): i32 {
  let hash: u32 = seed;
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) hash = murmurStep(hash, load<u32>(p + i));
  for (; i < n; i++) hash = murmurStep(hash, <u32>(<i32>load<i8>(p + i)));
  return murmurFinish(hash, n);
}

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

@inline
function avalanche(hash: u64): i64 {
  let h = (hash ^ (hash >> 33)) * P2;
  h = (h ^ (h >> 29)) * P3;
  return <i64>(h ^ (h >> 32));
}

@inline
function round64(accumulator: u64, lane: u64): u64 {
  return rotl<u64>(accumulator + lane * P2, 31) * P1;
}

@inline
function laneStep(hash: u64, lane: u64): u64 {
  return rotl<u64>(hash ^ round64(0, lane), 27) * P1 + P4;
}

export function xxhash64_int(value: i32, seed: i64): i64 {
  const hash = (<u64>seed + P5 + 4) ^ (<u64>(<u32>value) * P1);
  return avalanche(rotl<u64>(hash, 23) * P2 + P3);
}

export function xxhash64_long(value: i64, seed: i64): i64 {
  return avalanche(laneStep(<u64>seed + P5 + 8, <u64>value));
}

export function xxhash64_bytes(p: u32, n: u32, seed: i64): i64 {
  let i: u32 = 0;
  let hash: u64 = <u64>seed + P5;
  if (n >= 32) {
    let a: u64 = <u64>seed + P1 + P2;
    let b: u64 = <u64>seed + P2;
    let c: u64 = <u64>seed;
    let d: u64 = <u64>seed - P1;
    for (; i + 32 <= n; i += 32) {
      a = round64(a, load<u64>(p + i));
      b = round64(b, load<u64>(p + i + 8));
      c = round64(c, load<u64>(p + i + 16));
      d = round64(d, load<u64>(p + i + 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = (hash ^ round64(0, a)) * P1 + P4;
    hash = (hash ^ round64(0, b)) * P1 + P4;
    hash = (hash ^ round64(0, c)) * P1 + P4;
    hash = (hash ^ round64(0, d)) * P1 + P4;
  }
  hash += n;
  for (; i + 8 <= n; i += 8) hash = laneStep(hash, load<u64>(p + i));
  if (i + 4 <= n) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(p + i) * P1), 23) * P2 + P3;
    i += 4;
  }
  for (; i < n; i++) hash = rotl<u64>(hash ^ (<u64>load<u8>(p + i) * P5), 11) * P1;
  return avalanche(hash);
}
