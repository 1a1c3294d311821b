/** Snappy's raw format. Callers leave 16 bytes of room behind both ends, which are read and written. Source: Snappy's format_description.txt. */

import { copy } from "./copying";

/** Bytes of input and of output that one step of the short way can use up. */
const STEP_BYTES: u32 = 80;

/** A copy within the output, of 1 to 64 bytes; up to 15 more are written. */
@inline
function repeat(to: u32, offset: u32, size: u32): void {
  const from = to - offset;
  if (offset >= 16) {
    v128.store(to, v128.load(from));
    if (size > 16) for (let i: u32 = 16; i < size; i += 16) v128.store(to + i, v128.load(from + i));
  } else if (size - 4 <= 4 && offset >= size) {
    // Loads of what has just been stored are fast where they lie within one store.
    const first = load<u32>(from);
    const last = load<u32>(from + size - 4);
    store<u32>(to, first);
    store<u32>(to + size - 4, last);
  } else if (offset >= 8) for (let i: u32 = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
  else for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
}

/** Bytes that were written, at most `capacity`; -1 for bytes that are not well-formed. */
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
  const nearEnd = n > STEP_BYTES ? end - STEP_BYTES : 0;
  const nearLimit = length > STEP_BYTES ? limit - STEP_BYTES : 0;
  while (p < end) {
    // The short way: an element's end cannot be beyond the ends, copies have one path for both sizes of their offsets, and a literal of up to 4 bytes
    // is taken with the copy behind it, out of one word. What waits is the next element's position, so that it comes first.
    if (p < nearEnd && to < nearLimit) {
      let word = load<u64>(p);
      const first = <u32>word & 255;
      let next = p + 2;
      if ((first & 3) == 0 && first <= 12) {
        store<u64>(to, word >> 8);
        word = (word >> 16) >> <u64>(first << 1);
        const size = (first >> 2) + 1;
        to += size;
        p += size + 1;
        next += size + 1;
      }
      const tag = <u32>word & 255;
      const kind = tag & 3;
      if (kind - 1 < 2) {
        const isLong = kind >> 1;
        p = next + isLong;
        const size = select<u32>((tag >> 2) + 1, ((tag >> 2) & 7) + 4, isLong);
        const offset = select<u32>(<u32>(word >> 8) & 0xffff, ((tag & 0xe0) << 3) | (<u32>(word >> 8) & 255), isLong);
        if (offset - 1 >= to - start) return -1;
        repeat(to, offset, size);
        to += size;
        continue;
      }
      if (kind == 0 && tag < 64) {
        const size = (tag >> 2) + 1;
        v128.store(to, v128.load(p, 1));
        to += size;
        p += size + 1;
        continue;
      }
    }
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
    repeat(to, offset, size);
    to += size;
  }
  return to == limit ? <i32>length : -1;
}
