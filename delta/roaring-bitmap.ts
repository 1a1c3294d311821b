import { ARRAY_MAX, MAGIC, NO_OFFSET_THRESHOLD, SERIAL_COOKIE, SERIAL_COOKIE_NO_RUNS } from "./roaring-format.ts";

/**
 * Reads the portable 64-bit Roaring bitmap of a deletion vector as sorted row ranges [from, to), flattened in pairs.
 * Source: Delta's protocol, "Deletion Vector Format", and the Roaring bitmap format specification. Raises RangeError for what is none.
 */

class ByteReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

/** Joins ranges that touch, so that a run over several containers is one range. */
class RangeCollector {
  readonly ranges: number[] = [];

  add(from: number, to: number): void {
    const last = this.ranges.length - 1;
    if (last > 0 && this.ranges[last] === from) this.ranges[last] = to;
    else this.ranges.push(from, to);
  }
}

export function readDeletedRanges(bytes: Uint8Array): Uint32Array {
  const reader = new ByteReader(bytes);
  const magic = reader.u32();
  if (magic !== MAGIC) throw new RangeError(`it begins with ${magic} instead of ${MAGIC}`);
  const buckets = reader.u32();
  if (reader.u32() !== 0) throw new RangeError("it has more than 2^32 buckets");
  const collected = new RangeCollector();
  for (let i = 0; i < buckets; i++) {
    // Row positions beyond 2^32 would be in a later bucket.
    if (reader.u32() !== 0) throw new RangeError("it deletes rows beyond position 2^32");
    readBitmap(reader, collected);
  }
  return Uint32Array.from(collected.ranges);
}

function readBitmap(reader: ByteReader, collected: RangeCollector): void {
  const cookie = reader.u32();
  const hasRuns = (cookie & 0xffff) === SERIAL_COOKIE;
  if (!hasRuns && cookie !== SERIAL_COOKIE_NO_RUNS) throw new RangeError(`a bitmap begins with ${cookie}`);
  const containers = hasRuns ? (cookie >>> 16) + 1 : reader.u32();
  if (containers > 65_536) throw new RangeError(`a bitmap has ${containers} containers`);
  const isRun = Array.from({ length: containers }, () => false);
  if (hasRuns) {
    for (let i = 0; i < containers; i += 8) {
      const flags = reader.u8();
      for (let bit = 0; bit < 8 && i + bit < containers; bit++) isRun[i + bit] = (flags & (1 << bit)) !== 0;
    }
  }
  const keys: { readonly high: number; readonly cardinality: number }[] = [];
  for (let i = 0; i < containers; i++) keys.push({ high: reader.u16() * 65_536, cardinality: reader.u16() + 1 });
  if (!hasRuns || containers >= NO_OFFSET_THRESHOLD) reader.skip(4 * containers);
  keys.forEach(({ high, cardinality }, i) => readContainer(reader, high, cardinality, isRun[i], collected));
}

function readContainer(reader: ByteReader, high: number, cardinality: number, isRun: boolean, collected: RangeCollector): void {
  if (isRun) {
    for (let runs = reader.u16(); runs > 0; runs--) {
      const start = high + reader.u16();
      collected.add(start, start + reader.u16() + 1);
    }
  } else if (cardinality <= ARRAY_MAX) {
    for (let i = 0; i < cardinality; i++) {
      const row = high + reader.u16();
      collected.add(row, row + 1);
    }
  } else {
    for (let byte = 0; byte < 8192; byte++) {
      const bits = reader.u8();
      for (let bit = 0; bit < 8; bit++) if ((bits & (1 << bit)) !== 0) collected.add(high + byte * 8 + bit, high + byte * 8 + bit + 1);
    }
  }
}
