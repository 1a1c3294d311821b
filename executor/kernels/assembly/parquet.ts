/**
 * Parquet's pages into column buffers. Every function answers -1 for bytes that are not well-formed, and reads and writes only what it was given, but for up to 16 bytes
 * behind the ends, which callers leave room for. Source: parquet-format's Encodings.md.
 */

import { copy } from "./copying";

/** One value of a dictionary-encoded page: its code (T = u8), or what the dictionary has for it. */
@inline
function put<T>(to: u32, i: u32, code: u32, dictionary: u32): void {
  if (sizeof<T>() == 1) store<u32>(to + (i << 2), code);
  else store<T>(to + i * sizeof<T>(), load<T>(dictionary + code * sizeof<T>()));
}

@inline
function putFour<T>(to: u32, i: u32, codes: v128, dictionary: u32): void {
  if (sizeof<T>() == 1) v128.store(to + (i << 2), codes);
  else {
    put<T>(to, i, <u32>i32x4.extract_lane(codes, 0), dictionary);
    put<T>(to, i + 1, <u32>i32x4.extract_lane(codes, 1), dictionary);
    put<T>(to, i + 2, <u32>i32x4.extract_lane(codes, 2), dictionary);
    put<T>(to, i + 3, <u32>i32x4.extract_lane(codes, 3), dictionary);
  }
}

/** Where the four bytes lie that hold the packed value from `bit` on: indices for a swizzle. */
@inline
function bytesAt(bit: u32): u32 {
  return 0x03020100 + (bit >> 3) * 0x01010101;
}

/** A swizzle that puts four packed values, the first from `bit` on, into a lane each. */
@inline
function laneBytes(bit: u32, bitWidth: u32): v128 {
  let bytes = i32x4.splat(bytesAt(bit));
  bytes = i32x4.replace_lane(bytes, 1, bytesAt(bit + bitWidth));
  bytes = i32x4.replace_lane(bytes, 2, bytesAt(bit + 2 * bitWidth));
  return i32x4.replace_lane(bytes, 3, bytesAt(bit + 3 * bitWidth));
}

/** Factors that move these values to bit 7 of their lanes: shifts are the same for all lanes. */
@inline
function laneFactors(bit: u32, bitWidth: u32): v128 {
  let factors = i32x4.splat(128 >> (bit & 7));
  factors = i32x4.replace_lane(factors, 1, 128 >> ((bit + bitWidth) & 7));
  factors = i32x4.replace_lane(factors, 2, 128 >> ((bit + 2 * bitWidth) & 7));
  return i32x4.replace_lane(factors, 3, 128 >> ((bit + 3 * bitWidth) & 7));
}

/** The widest value that, from any bit of a byte on, lies within four bytes. */
const MAX_LANE_BITS: u32 = 25;

/** Runs of repeated and of bit-packed codes, all below `entries`. */
@inline
function decodeRuns<T>(p: u32, end: u32, bitWidth: u32, count: u32, dictionary: u32, entries: u32, to: u32): i32 {
  if (bitWidth > 32 || (entries == 0 && count > 0)) return -1;
  const mask: u64 = (<u64>1 << bitWidth) - 1;
  const byteWidth = (bitWidth + 7) >> 3;
  // Eight values take bitWidth bytes; the second four of them begin in the middle of a byte where the width is odd.
  const halfByte = bitWidth >> 1;
  const halfBit = (bitWidth << 2) & 7;
  const firstBytes = laneBytes(0, bitWidth);
  const firstFactors = laneFactors(0, bitWidth);
  const secondBytes = laneBytes(halfBit, bitWidth);
  const secondFactors = laneFactors(halfBit, bitWidth);
  const masks = i32x4.splat(<i32>mask);
  const greatest = i32x4.splat(entries - 1);
  let wrong = i32x4.splat(0);
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
      let i: u32 = 0;
      if (bitWidth <= MAX_LANE_BITS) {
        let group = p;
        for (; i + 8 <= n; i += 8) {
          const first = v128.and(i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(group), firstBytes), firstFactors), 7), masks);
          const second = v128.and(i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(group + halfByte), secondBytes), secondFactors), 7), masks);
          // What is beyond the dictionary is noted, and not looked up.
          const firstCodes = i32x4.min_u(first, greatest);
          const secondCodes = i32x4.min_u(second, greatest);
          wrong = v128.or(wrong, v128.or(v128.xor(first, firstCodes), v128.xor(second, secondCodes)));
          putFour<T>(to, done + i, firstCodes, dictionary);
          putFour<T>(to, done + i + 4, secondCodes, dictionary);
          group += bitWidth;
        }
      }
      let bit = i * bitWidth;
      for (; i < n; i++) {
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
  return v128.any_true(wrong) ? -1 : 0;
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
