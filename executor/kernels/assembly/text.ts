import { memequal } from "./bytes";

/** Two 32-bit results in one: an offset in the high half, a length in the low half. */
@inline
function range(offset: u32, length: u32): i64 {
  return (<i64>offset << 32) | <i64>length;
}

@inline
function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/** Bytes of the character that starts with this byte. */
@inline
function characterBytes(lead: u8): u32 {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Characters (code points) in n bytes of UTF-8. */
export function utf8_length(p: u32, n: u32): i32 {
  let continuations: u32 = 0;
  let i: u32 = 0;
  while (i + 16 <= n) {
    // Continuation bytes are the signed bytes below -64.
    continuations += popcnt(i8x16.bitmask(i8x16.lt_s(v128.load(p + i), i8x16.splat(-64))));
    i += 16;
  }
  if (i < n) {
    // What is read beyond the end is masked out.
    continuations += popcnt(i8x16.bitmask(i8x16.lt_s(v128.load(p + i), i8x16.splat(-64))) & ((1 << (n - i)) - 1));
  }
  return <i32>(n - continuations);
}

/** Bytes of the first `characters` characters; n where there are fewer. */
export function utf8_offset(p: u32, n: u32, characters: u32): i32 {
  let left = characters;
  let i: u32 = 0;
  while (left >= 16 && i + 16 <= n) {
    const started = 16 - popcnt(i8x16.bitmask(i8x16.lt_s(v128.load(p + i), i8x16.splat(-64))));
    left -= started;
    i += 16;
  }
  while (i < n && isContinuation(load<u8>(p + i))) i++;
  while (left > 0 && i < n) {
    i += characterBytes(load<u8>(p + i));
    left--;
  }
  return <i32>(i < n ? i : n);
}

/** SQL's substring by characters, positions from 1, negative ones from the end: offset and length in bytes. Source: Spark's `UTF8String.substringSQL`. */
export function substring_range(p: u32, n: u32, position: i32, length: i32): i64 {
  let start: i64 = position > 0 ? <i64>position - 1 : 0;
  if (position < 0) start = <i64>position + <i64>utf8_length(p, n);
  const end = start + <i64>length;
  if (start < 0) start = 0;
  if (end <= start) return 0;
  if (start >= <i64>n) return 0;
  const offset = <u32>utf8_offset(p, n, <u32>start);
  const count = end - start;
  const bytes = count >= <i64>(n - offset) ? n - offset : <u32>utf8_offset(p + offset, n - offset, <u32>count);
  return range(offset, bytes);
}

/** Index of the first occurrence of the m bytes at `needle`, at or after `from`; -1 if there is none. Sixteen places at a time by first and last byte. */
export function find(p: u32, n: u32, needle: u32, m: u32, from: u32): i32 {
  if (m == 0) return <i32>from;
  if (from + m > n) return -1;
  const first = i8x16.splat(load<i8>(needle));
  const last = i8x16.splat(load<i8>(needle + m - 1));
  const end = n - m;
  for (let i = from; i <= end; i += 16) {
    let candidates = i8x16.bitmask(v128.and(i8x16.eq(v128.load(p + i), first), i8x16.eq(v128.load(p + i + m - 1), last)));
    while (candidates != 0) {
      const at = i + ctz(candidates);
      if (at > end) return -1;
      if (m <= 2 || memequal(p + at + 1, needle + 1, m - 2)) return <i32>at;
      candidates &= candidates - 1;
    }
  }
  return -1;
}

/** 1-based character position of `needle` at or after character `start` (1-based); 0 if there is none. Source: Spark's `StringLocate`. */
export function locate(needle: u32, m: u32, p: u32, n: u32, start: i32): i32 {
  if (start < 1) return 0;
  if (m == 0) return 1;
  const from = start == 1 ? 0 : <u32>utf8_offset(p, n, <u32>(start - 1));
  const at = find(p, n, needle, m, from);
  return at < 0 ? 0 : utf8_length(p, <u32>at) + 1;
}

/** Marks of a prepared LIKE pattern; neither is a byte of UTF-8. */
const ANY_TEXT: u8 = 0xff;
const ANY_CHARACTER: u8 = 0xfe;

/** Index of the first such byte at or after `from`; n if there is none. */
function findByte(p: u32, n: u32, byte: u8, from: u32): u32 {
  const wanted = i8x16.splat(<i8>byte);
  for (let i = from; i < n; i += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p + i), wanted));
    if (found != 0) {
      const at = i + ctz(found);
      return at < n ? at : n;
    }
  }
  return n;
}

/** Whether text matches a prepared pattern. Goes back only to the last `%`, so it takes at most n * m steps. */
export function like_match(p: u32, n: u32, pattern: u32, m: u32): i32 {
  let i: u32 = 0;
  let j: u32 = 0;
  let retryText: u32 = 0;
  let retryPattern: u32 = u32.MAX_VALUE;
  while (i < n) {
    if (j < m) {
      const wanted = load<u8>(pattern + j);
      if (wanted == ANY_TEXT) {
        retryPattern = ++j;
        if (j == m) return 1;
        const next = load<u8>(pattern + j);
        if (next < ANY_CHARACTER) i = findByte(p, n, next, i);
        retryText = i;
        continue;
      }
      if (wanted == ANY_CHARACTER) {
        i += characterBytes(load<u8>(p + i));
        j++;
        continue;
      }
      if (wanted == load<u8>(p + i)) {
        i++;
        j++;
        continue;
      }
    }
    if (retryPattern == u32.MAX_VALUE) return 0;
    retryText += characterBytes(load<u8>(p + retryText));
    const next = load<u8>(pattern + retryPattern);
    // A first byte of a character is never met within another: so places are characters, found by their bytes.
    if (next < ANY_CHARACTER) retryText = findByte(p, n, next, retryText);
    i = retryText;
    j = retryPattern;
  }
  while (j < m && load<u8>(pattern + j) == ANY_TEXT) j++;
  return j == m ? 1 : 0;
}

/** Copies with ASCII letters in upper (lower) case, writing up to 15 bytes more. 0, with nothing useful copied, when a byte is not ASCII. */
export function ascii_case(p: u32, n: u32, to: u32, upper: i32): i32 {
  const low: i8 = upper ? 0x61 : 0x41;
  const high: i8 = low + 25;
  for (let i: u32 = 0; i < n; i += 16) {
    const bytes = v128.load(p + i);
    const beyond = i8x16.bitmask(bytes);
    if (beyond != 0 && (n - i >= 16 || (beyond & ((1 << (n - i)) - 1)) != 0)) return 0;
    const letters = v128.and(i8x16.ge_s(bytes, i8x16.splat(low)), i8x16.le_s(bytes, i8x16.splat(high)));
    v128.store(to + i, v128.xor(bytes, v128.and(letters, i8x16.splat(0x20))));
  }
  return 1;
}

/** Copies the characters in opposite order. */
export function reverse_text(p: u32, n: u32, to: u32): void {
  let i: u32 = 0;
  while (i < n) {
    const left = n - i;
    let bytes = characterBytes(load<u8>(p + i));
    if (bytes > left) bytes = left;
    for (let k: u32 = 0; k < bytes; k++) store<u8>(to + left - bytes + k, load<u8>(p + i + k));
    i += bytes;
  }
}

/** Whether the character of `bytes` bytes at c is one of those in the set. */
function inSet(c: u32, bytes: u32, set: u32, m: u32): bool {
  for (let i: u32 = 0; i < m; ) {
    const size = characterBytes(load<u8>(set + i));
    if (size == bytes && i + size <= m && memequal(c, set + i, size)) return true;
    i += size;
  }
  return false;
}

/** What is left after characters of a set are cut from the start (sides & 1) and the end (sides & 2): offset and length. */
export function trim_range(p: u32, n: u32, set: u32, m: u32, sides: i32): i64 {
  let start: u32 = 0;
  let end = n;
  if (sides & 1) {
    while (start < end) {
      const bytes = characterBytes(load<u8>(p + start));
      if (!inSet(p + start, bytes, set, m)) break;
      start += bytes;
    }
    if (start > end) start = end;
  }
  if (sides & 2) {
    while (end > start) {
      let at = end - 1;
      while (at > start && isContinuation(load<u8>(p + at))) at--;
      if (!inSet(p + at, end - at, set, m)) break;
      end = at;
    }
  }
  return range(start, end - start);
}

/** Bytes that `replace_into` will write. */
export function replace_size(p: u32, n: u32, search: u32, m: u32, replacement: u32): i32 {
  if (m == 0) return <i32>n;
  let size = n;
  let from: u32 = 0;
  while (true) {
    const at = find(p, n, search, m, from);
    if (at < 0) return <i32>size;
    size += replacement - m;
    from = <u32>at + m;
  }
}

/** Copies with every occurrence of `search` (m bytes) replaced by `by` (k bytes). */
export function replace_into(p: u32, n: u32, search: u32, m: u32, by: u32, k: u32, to: u32): void {
  let from: u32 = 0;
  while (m > 0) {
    const at = find(p, n, search, m, from);
    if (at < 0) break;
    memory.copy(to, p + from, <u32>at - from);
    to += <u32>at - from;
    memory.copy(to, by, k);
    to += k;
    from = <u32>at + m;
  }
  memory.copy(to, p + from, n - from);
}

/** Bytes of text brought to `length` characters with padding (m bytes at `pad`). */
export function padded_size(p: u32, n: u32, length: i32, pad: u32, m: u32): i32 {
  if (length <= 0) return 0;
  const missing = length - utf8_length(p, n);
  if (missing <= 0) return utf8_offset(p, n, <u32>length);
  if (m == 0) return <i32>n;
  const padCharacters = utf8_length(pad, m);
  return <i32>(n + <u32>(missing / padCharacters) * m + <u32>utf8_offset(pad, m, <u32>(missing % padCharacters)));
}

/** Writes what `padded_size` has measured; `left`: padding before the text. */
export function pad_into(p: u32, n: u32, size: u32, pad: u32, m: u32, to: u32, left: i32): void {
  if (size <= n) {
    memory.copy(to, p, size);
    return;
  }
  let padding = size - n;
  let at = left ? to : to + n;
  memory.copy(left ? to + padding : to, p, n);
  while (padding > 0) {
    const step = padding < m ? padding : m;
    memory.copy(at, pad, step);
    at += step;
    padding -= step;
  }
}

/** The first code point; 0 for no text. */
export function first_code_point(p: u32, n: u32): i32 {
  if (n == 0) return 0;
  const lead = <i32>load<u8>(p);
  const bytes = characterBytes(<u8>lead);
  if (bytes == 1 || bytes > n) return lead;
  let code = lead & (0x7f >> bytes);
  for (let i: u32 = 1; i < bytes; i++) code = (code << 6) | (<i32>load<u8>(p + i) & 0x3f);
  return code;
}

function findLast(p: u32, needle: u32, m: u32, from: i32): i32 {
  for (let at = from; at >= 0; at--) if (memequal(p + <u32>at, needle, m)) return at;
  return -1;
}

/** The part before the count-th delimiter, or after the count-th from the end: offset and length. Source: Spark's `UTF8String.subStringIndex`. */
export function substring_index_range(p: u32, n: u32, delimiter: u32, m: u32, count: i32): i64 {
  if (m == 0 || count == 0) return 0;
  let left = count;
  if (count > 0) {
    let at: i32 = -1;
    while (left > 0) {
      at = find(p, n, delimiter, m, <u32>(at + 1));
      if (at < 0) return range(0, n);
      left--;
    }
    return range(0, <u32>at);
  }
  let at: i32 = <i32>n - <i32>m + 1;
  while (left < 0) {
    at = findLast(p, delimiter, m, at - 1);
    if (at < 0) return range(0, n);
    left++;
  }
  const start = <u32>at + m;
  return range(start, n - start);
}

/** Slots of an IN list's table: offset of the text from the table, plus 1; then its length. The table starts with the mask of its slots. */
export function in_text_set(p: u32, n: u32, table: u32): i32 {
  const mask = load<u32>(table);
  let hash: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < n; i++) hash = (hash ^ load<u8>(p + i)) * 0x01000193;
  let slot = (hash ^ (hash >> 15)) & mask;
  while (true) {
    const at = table + 8 + slot * 8;
    const offset = load<u32>(at);
    if (offset == 0) return 0;
    if (load<u32>(at + 4) == n && memequal(p, table + offset - 1, n)) return 1;
    slot = (slot + 1) & mask;
  }
}
