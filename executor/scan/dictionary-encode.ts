import { SparrowError } from "../../catalog/errors.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";

type DictionaryLayout = Extract<ColumnLayout, { kind: "dictionary" }>;

/** Strings one after the other; `ends[i]` is where entry i ends. */
export interface DictionaryEntries {
  readonly ends: Int32Array;
  readonly bytes: Uint8Array;
}

/**
 * Distinct byte strings, in order of their first appearance; an open-addressing table that keeps the entries' bytes in one buffer. Lookups make
 * no objects.
 */
export class StringDictionary {
  #slots = new Int32Array(1024).fill(-1);
  #hashes = new Int32Array(512);
  #ends = new Int32Array(512);
  #bytes = new Uint8Array(16 * 1024);
  #count = 0;

  get entries(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#count === 0 ? 0 : this.#ends[this.#count - 1];
  }

  /** Code of the string at [start, end) of `source`, entered when it is new. */
  code(source: Uint8Array, start: number, end: number): number {
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const code = this.#slots[slot];
      if (code < 0) return this.#enter(source, start, end, hash, slot);
      if (this.#hashes[code] === hash && this.#equals(code, source, start, end)) return code;
      slot = (slot + 1) & mask;
    }
  }

  /** A copy of the entries: plain data, to be sent to other threads. */
  snapshot(): DictionaryEntries {
    return { ends: this.#ends.slice(0, this.#count), bytes: this.#bytes.slice(0, this.byteLength) };
  }

  /** Enters all of `entries`, in their order. */
  addAll({ ends, bytes }: DictionaryEntries): void {
    for (let i = 0; i < ends.length; i++) this.code(bytes, i === 0 ? 0 : ends[i - 1], ends[i]);
  }

  /** Writes entries + 1 int32 offsets and the bytes. */
  write(pool: Pool, offsets: number, bytes: number): void {
    pool.i32[offsets >>> 2] = 0;
    pool.i32.set(this.#ends.subarray(0, this.#count), (offsets >>> 2) + 1);
    pool.u8.set(this.#bytes.subarray(0, this.byteLength), bytes);
  }

  #equals(code: number, source: Uint8Array, start: number, end: number): boolean {
    const from = code === 0 ? 0 : this.#ends[code - 1];
    if (this.#ends[code] - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#bytes[from + i - start] !== source[i]) return false;
    return true;
  }

  #enter(source: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#count;
    const from = this.byteLength;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(to, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(source.subarray(start, end), from);
    if (code === this.#ends.length) {
      this.#ends = grown(this.#ends);
      this.#hashes = grown(this.#hashes);
    }
    this.#ends[code] = to;
    this.#hashes[code] = hash;
    this.#slots[slot] = code;
    this.#count++;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (let code = 0; code < this.#count; code++) {
      let slot = this.#hashes[code] & mask;
      while (this.#slots[slot] >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = code;
    }
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Encodes utf8 rows in the pool. NULL rows get code 0; the dictionary has at least one entry. */
export function encodeDictionary(
  pool: Pool,
  allocator: Allocator,
  offsets: number,
  bytes: number,
  rows: number,
  layout: DictionaryLayout,
  validity: number,
): Omit<ColumnBuffers, "validity"> {
  const dictionary = new StringDictionary();
  const data = allocator.allocate(rows * layout.width);
  const codes = codeArray(pool, data, rows, layout.width);
  const at = offsets >>> 2;
  for (let row = 0; row < rows; row++) {
    const isNull = validity !== 0 && (pool.u8[validity + (row >> 3)] & (1 << (row & 7))) === 0;
    codes[row] = isNull ? 0 : dictionary.code(pool.u8, bytes + pool.i32[at + row], bytes + pool.i32[at + row + 1]);
  }
  if (dictionary.entries === 0) dictionary.code(pool.u8, 0, 0);
  if (dictionary.entries > 2 ** (layout.width * 8)) throw dictionaryTooLarge(dictionary.entries, layout.width);
  const entryOffsets = allocator.allocate((dictionary.entries + 1) * 4);
  const entryBytes = allocator.allocate(dictionary.byteLength);
  dictionary.write(pool, entryOffsets, entryBytes);
  return { layout, data, offsets: entryOffsets, bytes: entryBytes };
}

export function codeArray(pool: Pool, address: number, rows: number, width: 1 | 2 | 4): Uint8Array | Uint16Array | Int32Array {
  const { buffer } = pool.memory;
  return width === 1 ? new Uint8Array(buffer, address, rows) : width === 2 ? new Uint16Array(buffer, address, rows) : new Int32Array(buffer, address, rows);
}

function dictionaryTooLarge(entries: number, width: number): SparrowError {
  return new SparrowError(
    "DICTIONARY_OVERFLOW",
    "54000",
    `A column has ${entries} distinct values, more than codes of ${width} bytes can tell apart: its file has changed since the query was planned.`,
    { entries: String(entries), width: String(width) },
    { origin: "data" },
  );
}
