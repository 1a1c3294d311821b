/** 1 when the bytes are equal. */
export function memequal(a: u32, b: u32, n: u32): i32 {
  let i: u32 = 0;
  while (i + 16 <= n) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return 0;
    i += 16;
  }
  while (i + 8 <= n) {
    if (load<u64>(a + i) != load<u64>(b + i)) return 0;
    i += 8;
  }
  while (i < n) {
    if (load<u8>(a + i) != load<u8>(b + i)) return 0;
    i++;
  }
  return 1;
}

/** -1, 0 or 1: unsigned bytes, then length. */
export function memcompare(a: u32, na: u32, b: u32, nb: u32): i32 {
  const n = na < nb ? na : nb;
  let i: u32 = 0;
  while (i + 8 <= n) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    if (x != y) {
      const first = <u32>(ctz(x ^ y) & ~7);
      return ((x >> first) & 0xff) < ((y >> first) & 0xff) ? -1 : 1;
    }
    i += 8;
  }
  while (i < n) {
    const x = load<u8>(a + i);
    const y = load<u8>(b + i);
    if (x != y) return x < y ? -1 : 1;
    i++;
  }
  return na == nb ? 0 : na < nb ? -1 : 1;
}

// @ts-ignore: decorator
@inline
function mix(hash: u64, word: u64): u64 {
  const x = (hash ^ word) * 0x9e3779b97f4a7c15;
  return x ^ (x >> 32);
}

/** Hash of bytes, 64 bits, for lengths above 8; shorter ones are hashed in place by compiled code. */
export function hash_bytes(p: u32, n: u32): u64 {
  let hash: u64 = <u64>n * 0xff51afd7ed558ccd;
  if (n < 8) {
    for (let i: u32 = 0; i < n; i++) hash = mix(hash, load<u8>(p + i));
    return hash;
  }
  const last = p + n - 8;
  while (p < last) {
    hash = mix(hash, load<u64>(p));
    p += 8;
  }
  return mix(hash, load<u64>(last));
}
