/** 1 when the bytes are equal. What is read beyond the ends is shifted out. */
export function memequal(a: u32, b: u32, n: u32): i32 {
  let i: u32 = 0;
  while (i + 16 <= n) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return 0;
    i += 16;
  }
  if (i + 8 <= n) {
    if (load<u64>(a + i) != load<u64>(b + i)) return 0;
    i += 8;
  }
  return i == n ? 1 : <i32>((load<u64>(a + i) ^ load<u64>(b + i)) << (<u64>(i + 8 - n) << 3) == 0);
}

/** -1, 0 or 1: unsigned bytes, then length. */
export function memcompare(a: u32, na: u32, b: u32, nb: u32): i32 {
  const n = na < nb ? na : nb;
  for (let i: u32 = 0; i < n; i += 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    if (x != y) {
      const first = <u32>(ctz(x ^ y) & ~7);
      if (i + (first >> 3) >= n) break;
      return ((x >> first) & 0xff) < ((y >> first) & 0xff) ? -1 : 1;
    }
  }
  return na == nb ? 0 : na < nb ? -1 : 1;
}

@inline
function mix(hash: u64, word: u64): u64 {
  const x = (hash ^ word) * 0x9e3779b97f4a7c15;
  return x ^ (x >> 32);
}

/** Hash of bytes, 64 bits, for lengths above 8; shorter ones are hashed in place by compiled code. Two chains, for a multiplication takes longer than a load. */
export function hash_bytes(p: u32, n: u32): u64 {
  let a: u64 = <u64>n * 0xff51afd7ed558ccd;
  let b: u64 = 0xc4ceb9fe1a85ec53;
  const end = p + n;
  while (p + 16 < end) {
    a = mix(a, load<u64>(p));
    b = mix(b, load<u64>(p + 8));
    p += 16;
  }
  if (p + 8 < end) a = mix(a, load<u64>(p));
  return mix(a, b) ^ mix(b, load<u64>(end - 8));
}

/** Regions may overlap. */
export function copy_bytes(to: u32, from: u32, bytes: u32): void {
  memory.copy(to, from, bytes);
}
