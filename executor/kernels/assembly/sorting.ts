/** Below it, insertion is faster than eight passes. */
const SMALL: u32 = 48;
const ENTRY: u32 = 16;

/**
 * Sorts entries {u64 key, u64 payload} ascending by unsigned key, in place and stable. `scratch` has room for the entries and 8 KiB. Radix by bytes from the
 * lowest; bytes that all keys share cost nothing.
 */
export function sort_pairs(base: u32, count: u32, scratch: u32): void {
  if (count <= SMALL) {
    insertionSort(base, count);
    return;
  }
  const histograms = scratch + count * ENTRY;
  memory.fill(histograms, 0, 8192);
  for (let i: u32 = 0; i < count; i++) {
    let key = load<u64>(base + i * ENTRY);
    for (let digit: u32 = 0; digit < 8; digit++) {
      const slot = histograms + digit * 1024 + ((<u32>key & 0xff) << 2);
      store<u32>(slot, load<u32>(slot) + 1);
      key >>= 8;
    }
  }
  const first = load<u64>(base);
  let from = base;
  let to = scratch;
  for (let digit: u32 = 0; digit < 8; digit++) {
    const histogram = histograms + digit * 1024;
    if (load<u32>(histogram + ((<u32>(first >> (digit * 8)) & 0xff) << 2)) == count) continue;
    let at = to;
    for (let i: u32 = 0; i < 256; i++) {
      const n = load<u32>(histogram + (i << 2));
      store<u32>(histogram + (i << 2), at);
      at += n * ENTRY;
    }
    const end = from + count * ENTRY;
    const shift = digit * 8;
    for (let p = from; p < end; p += ENTRY) {
      const slot = histogram + ((<u32>(load<u64>(p) >> shift) & 0xff) << 2);
      const target = load<u32>(slot);
      v128.store(target, v128.load(p));
      store<u32>(slot, target + ENTRY);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != base) memory.copy(base, from, count * ENTRY);
}

function insertionSort(base: u32, count: u32): void {
  for (let i: u32 = 1; i < count; i++) {
    const entry = v128.load(base + i * ENTRY);
    const key = load<u64>(base + i * ENTRY);
    let at = base + i * ENTRY;
    while (at > base && load<u64>(at - ENTRY) > key) {
      v128.store(at, v128.load(at - ENTRY));
      at -= ENTRY;
    }
    v128.store(at, entry);
  }
}

/** Bits set among the first `bits` of a bitmap. */
export function count_bits(bitmap: u32, bits: u32): u32 {
  let total: u64 = 0;
  let i: u32 = 0;
  for (; i + 64 <= bits; i += 64) total += popcnt(load<u64>(bitmap + (i >> 3)));
  for (; i < bits; i++) total += (load<u8>(bitmap + (i >> 3)) >> <u8>(i & 7)) & 1;
  return <u32>total;
}

/**
 * The unsigned word that would stand at index `k` in order. Words are moved so that none before it is larger and none behind it smaller.
 * Source: Hoare's selection, with pivots taken from anywhere.
 */
export function select_word(base: u32, count: u32, k: u32): u64 {
  let low: i32 = 0;
  let high: i32 = <i32>count - 1;
  const wanted = <i32>k;
  let random: u32 = 0x9e3779b9;
  while (low < high) {
    random = random * 1664525 + 1013904223;
    const pivot = load<u64>(base + ((<u32>low + (random >> 8) % <u32>(high - low + 1)) << 3));
    let i = low;
    let j = high;
    while (i <= j) {
      while (load<u64>(base + (<u32>i << 3)) < pivot) i++;
      while (load<u64>(base + (<u32>j << 3)) > pivot) j--;
      if (i > j) break;
      const word = load<u64>(base + (<u32>i << 3));
      store<u64>(base + (<u32>i << 3), load<u64>(base + (<u32>j << 3)));
      store<u64>(base + (<u32>j << 3), word);
      i++;
      j--;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return load<u64>(base + (k << 3));
}

/** Copies the words of a list's nodes (uint32 next, uint32 count, words) to one place; how many there are. */
export function gather_words(first: u32, to: u32): u32 {
  let at = to;
  for (let node = first; node != 0; node = load<u32>(node)) {
    const bytes = load<u32>(node, 4) << 3;
    memory.copy(at, node + 8, bytes);
    at += bytes;
  }
  return (at - to) >> 3;
}

/** How many of the ascending `bounds` are not above the key. */
@inline
function bucketOf(key: u64, bounds: u32, count: u32): u32 {
  let low: u32 = 0;
  let left = count;
  while (left > 0) {
    const half = left >> 1;
    const above = load<u64>(bounds + ((low + half) << 3)) > key;
    low = above ? low : low + half + 1;
    left = above ? half : left - half - 1;
  }
  return low;
}

/**
 * Adds entries {u64 key, u32 record} of `count` records to buckets between the ascending `bounds`; a record's key is its first eight bytes. Records lie `stride`
 * bytes apart, or behind addresses (stride 0). `places`: per bucket, uint32 address of the next entry; with `counting` the number of its entries instead, and none is written.
 */
export function distribute_records(base: u32, count: u32, stride: u32, bounds: u32, bound_count: u32, places: u32, counting: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const record = stride == 0 ? load<u32>(base + (i << 2)) : base + i * stride;
    const key = load<u64>(record);
    const place = places + (bucketOf(key, bounds, bound_count) << 2);
    const at = load<u32>(place);
    if (counting != 0) {
      store<u32>(place, at + 1);
    } else {
      store<u64>(at, key);
      store<u32>(at, record, 8);
      store<u32>(place, at + ENTRY);
    }
  }
}
