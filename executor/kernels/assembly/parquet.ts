/**
 * Parquet's pages into column buffers. Every function answers -1 for bytes that are not well-formed, and reads and writes only what it was given, but for up to 16 bytes
 * behind the ends, which callers leave room for. Source: parquet-format's Encodings.md; Snappy's format_description.txt.
 */

/** By eights while that is shorter than a call; what is written beyond the end is overwritten later, or lies in the slack. */
@inline
function copy(to: u32, from: u32, n: u32): void {
  if (n > 64) memory.copy(to, from, n);
  else for (let i: u32 = 0; i < n; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Bytes that were written, at most `capacity`. */
export function snappy_uncompress(p: u32, n: u32, to: u32, capacity: u32): i32 {
  const end = p + n;
  const start = to;
  let length: u32 = 0;
  for (let shift: u32 = 0; ; shift += 7) {
    if (p >= end || shift > 28) return -1;
    const byte: u32 = load<u8>(p++);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  if (length > capacity) return -1;
  const limit = to + length;
  while (p < end) {
    const tag: u32 = load<u8>(p++);
    let size: u32;
    let offset: u32;
    if ((tag & 3) == 0) {
      size = tag >> 2;
      if (size >= 60) {
        const extra = size - 59;
        if (extra > end - p) return -1;
        size = load<u32>(p) & (<u32>0xffffffff >> (32 - (extra << 3)));
        p += extra;
      }
      size++;
      if (size == 0 || size > end - p || size > limit - to) return -1;
      copy(to, p, size);
      p += size;
      to += size;
      continue;
    }
    if ((tag & 3) == 1) {
      if (p >= end) return -1;
      size = ((tag >> 2) & 7) + 4;
      offset = ((tag & 0xe0) << 3) | load<u8>(p++);
    } else if ((tag & 3) == 2) {
      if (end - p < 2) return -1;
      size = (tag >> 2) + 1;
      offset = load<u16>(p);
      p += 2;
    } else {
      if (end - p < 4) return -1;
      size = (tag >> 2) + 1;
      offset = load<u32>(p);
      p += 4;
    }
    if (offset == 0 || offset > to - start || size > limit - to) return -1;
    const from = to - offset;
    if (offset >= 8) for (let i: u32 = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
    else for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
    to += size;
  }
  return to == limit ? <i32>length : -1;
}

/** One value of a dictionary-encoded page: its code (T = u8), or what the dictionary has for it. */
@inline
function put<T>(to: u32, i: u32, code: u32, dictionary: u32): void {
  if (sizeof<T>() == 1) store<u32>(to + (i << 2), code);
  else store<T>(to + i * sizeof<T>(), load<T>(dictionary + code * sizeof<T>()));
}

/** Runs of repeated and of bit-packed codes, all below `entries`. */
@inline
function decodeRuns<T>(p: u32, end: u32, bitWidth: u32, count: u32, dictionary: u32, entries: u32, to: u32): i32 {
  if (bitWidth > 32) return -1;
  const mask: u64 = (<u64>1 << bitWidth) - 1;
  const byteWidth = (bitWidth + 7) >> 3;
  let done: u32 = 0;
  while (done < count) {
    let header: u32 = 0;
    for (let shift: u32 = 0; ; shift += 7) {
      if (p >= end || shift > 28) return -1;
      const byte: u32 = load<u8>(p++);
      header |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const left = count - done;
    if (header & 1) {
      const packed: u64 = <u64>(header >> 1) << 3;
      const n = packed < <u64>left ? <u32>packed : left;
      if ((<u64>n * bitWidth + 7) >> 3 > <u64>(end - p)) return -1;
      let bit: u32 = 0;
      for (let i: u32 = 0; i < n; i++) {
        const code = <u32>((load<u64>(p + (bit >> 3)) >> (bit & 7)) & mask);
        if (code >= entries) return -1;
        put<T>(to, done + i, code, dictionary);
        bit += bitWidth;
      }
      const bytes: u64 = <u64>(header >> 1) * bitWidth;
      p = bytes < <u64>(end - p) ? p + <u32>bytes : end;
      done += n;
    } else {
      if (byteWidth > end - p) return -1;
      const code = <u32>(<u64>load<u32>(p) & mask);
      p += byteWidth;
      if (code >= entries) return -1;
      const run = header >> 1;
      const n = run < left ? run : left;
      for (let i: u32 = 0; i < n; i++) put<T>(to, done + i, code, dictionary);
      done += n;
    }
  }
  return 0;
}

export function parquet_codes(p: u32, end: u32, bitWidth: u32, count: u32, entries: u32, to: u32): i32 {
  return decodeRuns<u8>(p, end, bitWidth, count, 0, entries, to);
}

export function parquet_gather_4(p: u32, end: u32, bitWidth: u32, count: u32, dictionary: u32, entries: u32, to: u32): i32 {
  return decodeRuns<u32>(p, end, bitWidth, count, dictionary, entries, to);
}

export function parquet_gather_8(p: u32, end: u32, bitWidth: u32, count: u32, dictionary: u32, entries: u32, to: u32): i32 {
  return decodeRuns<u64>(p, end, bitWidth, count, dictionary, entries, to);
}

/** Definition levels of 0 and 1 into the bits [start, start + count) of a zeroed bitmap; how many are 1. */
export function parquet_validity(p: u32, end: u32, count: u32, bitmap: u32, start: u32): i32 {
  let done: u32 = 0;
  let present: u32 = 0;
  while (done < count) {
    let header: u32 = 0;
    for (let shift: u32 = 0; ; shift += 7) {
      if (p >= end || shift > 28) return -1;
      const byte: u32 = load<u8>(p++);
      header |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (header & 1) {
      for (let groups = header >> 1; groups > 0 && done < count; groups--) {
        if (p >= end) return -1;
        let byte: u32 = load<u8>(p++);
        const left = count - done;
        if (left < 8) byte &= (1 << left) - 1;
        const bit = start + done;
        const at = bitmap + (bit >> 3);
        store<u16>(at, load<u16>(at) | <u16>(byte << (bit & 7)));
        present += popcnt(byte);
        done += left < 8 ? left : 8;
      }
    } else {
      if (p >= end) return -1;
      const value = load<u8>(p++);
      if (value > 1) return -1;
      const run = header >> 1;
      const n = run < count - done ? run : count - done;
      if (value) {
        let bit = start + done;
        const last = bit + n;
        while (bit < last && (bit & 7)) {
          store<u8>(bitmap + (bit >> 3), load<u8>(bitmap + (bit >> 3)) | (<u8>1 << <u8>(bit & 7)));
          bit++;
        }
        if (last > bit) {
          memory.fill(bitmap + (bit >> 3), 255, (last - bit) >> 3);
          bit += (last - bit) & ~7;
        }
        while (bit < last) {
          store<u8>(bitmap + (bit >> 3), load<u8>(bitmap + (bit >> 3)) | (<u8>1 << <u8>(bit & 7)));
          bit++;
        }
        present += n;
      }
      done += n;
    }
  }
  return present;
}

/** Moves `present` values from the front of `rows` rows to the rows whose bits are set; the others become 0. */
@inline
function spread<T>(to: u32, bitmap: u32, start: u32, rows: u32, present: u32): void {
  let from = present;
  let row = rows;
  while (row > from) {
    row--;
    const bit = start + row;
    if ((load<u8>(bitmap + (bit >> 3)) >> (bit & 7)) & 1) {
      from--;
      store<T>(to + row * sizeof<T>(), load<T>(to + from * sizeof<T>()));
    } else store<T>(to + row * sizeof<T>(), 0);
  }
}

export function parquet_spread_4(to: u32, bitmap: u32, start: u32, rows: u32, present: u32): void {
  spread<u32>(to, bitmap, start, rows, present);
}

export function parquet_spread_8(to: u32, bitmap: u32, start: u32, rows: u32, present: u32): void {
  spread<u64>(to, bitmap, start, rows, present);
}

/** Strings with their lengths in front: bytes to `bytes` + `total`, ends to `ends`; the new total. */
export function parquet_strings(p: u32, end: u32, count: u32, bytes: u32, total: u32, ends: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    if (end - p < 4 || p > end) return -1;
    const n = load<u32>(p);
    p += 4;
    if (n > end - p) return -1;
    copy(bytes + total, p, n);
    p += n;
    total += n;
    store<u32>(ends + (i << 2), total);
  }
  return total;
}

/** Bytes of the entries that the codes stand for. */
export function parquet_coded_size(codes: u32, count: u32, offsets: u32): i32 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = offsets + (load<u32>(codes + (i << 2)) << 2);
    total += load<u32>(entry + 4) - load<u32>(entry);
  }
  return total < 0x7fffffff ? <i32>total : -1;
}

/** As parquet_strings, from codes and a dictionary's offsets and bytes. */
export function parquet_coded_strings(codes: u32, count: u32, offsets: u32, entries: u32, bytes: u32, total: u32, ends: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const entry = offsets + (load<u32>(codes + (i << 2)) << 2);
    const from = load<u32>(entry);
    const n = load<u32>(entry + 4) - from;
    copy(bytes + total, entries + from, n);
    total += n;
    store<u32>(ends + (i << 2), total);
  }
  return total;
}

/** Whether `count` strings, one after the other, are UTF-8 each: all bytes together are, and none begins inside of a character. 0 or 1. */
export function parquet_utf8_valid(bytes: u32, n: u32, ends: u32, count: u32): i32 {
  const end = bytes + n;
  let p = bytes;
  let ascii = true;
  while (p < end) {
    if (end - p >= 16 && !v128.any_true(v128.and(v128.load(p), i8x16.splat(-128)))) {
      p += 16;
      continue;
    }
    const first: u32 = load<u8>(p);
    if (first < 0x80) {
      p++;
      continue;
    }
    ascii = false;
    const size: u32 = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > end - p) return 0;
    const second: u32 = load<u8>(p, 1);
    // Overlong forms, surrogates, and what is beyond U+10FFFF.
    const least: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const most: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return 0;
    for (let i: u32 = 2; i < size; i++) if ((load<u8>(p + i) & 0xc0) != 0x80) return 0;
    p += size;
  }
  if (ascii) return 1;
  for (let i: u32 = 0; i < count; i++) {
    const at = load<u32>(ends + (i << 2));
    if (at < n && (load<u8>(bytes + at) & 0xc0) == 0x80) return 0;
  }
  return 1;
}
