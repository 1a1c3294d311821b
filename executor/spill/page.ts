import type { Pool } from "../memory/pool.ts";
import type { SpilledList, SpillLayout } from "./spill-layout.ts";

/**
 * A page is a number of records and what they point to, in the form in which it lies in a file:
 *
 *     records, one after the other | strings and list nodes
 *
 * Addresses are counted from the beginning of the second part, of which the first 8 bytes are not used, so that 0 is still "none".
 */
export const PAGE_BYTES = 256 * 1024;
const FIRST_ADDRESS = 8;
const ALIGNMENT = 8;
/** Strings up to this length are copied byte by byte: making a view costs more. */
const SHORT_BYTES = 24;

/** Collects records for one page, in memory of the thread's own. */
export class PageBuilder {
  readonly #pool: Pool;
  readonly #layout: SpillLayout;
  readonly #pageBytes: number;
  #records: Uint8Array;
  #beside: Uint8Array;
  #view: DataView<ArrayBuffer>;
  #end = FIRST_ADDRESS;
  count = 0;

  /** `pageBytes`: of a page, unless one record needs more. */
  constructor(pool: Pool, layout: SpillLayout, pageBytes = PAGE_BYTES) {
    this.#pool = pool;
    this.#layout = layout;
    this.#pageBytes = pageBytes;
    this.#beside = new Uint8Array(pageBytes);
    const records = new ArrayBuffer(Math.max(pageBytes, layout.recordBytes));
    this.#records = new Uint8Array(records);
    this.#view = new DataView(records);
  }

  /** Bytes of the page so far. */
  get bytes(): number {
    return this.count * this.#layout.recordBytes + this.#end;
  }

  /** Whether the record at an address still fits. An empty page takes any. */
  hasRoom(record: number): boolean {
    return this.count === 0 || this.bytes + this.#layout.recordBytes + this.#bytesBeside(record) <= this.#pageBytes;
  }

  add(record: number): void {
    const { recordBytes, strings, lists } = this.#layout;
    const at = this.count * recordBytes;
    this.#records.set(this.#pool.u8.subarray(record, record + recordBytes), at);
    for (const offset of strings) this.#view.setUint32(at + offset, this.#copyString(record + offset), true);
    for (const list of lists) this.#copyList(record, list, at + list.offset);
    this.count++;
  }

  /** The two parts of the page, valid until the next `add`. */
  parts(): readonly [Uint8Array, Uint8Array] {
    return [this.#records.subarray(0, this.count * this.#layout.recordBytes), this.#beside.subarray(0, this.#end)];
  }

  clear(): void {
    this.count = 0;
    this.#end = FIRST_ADDRESS;
  }

  #bytesBeside(record: number): number {
    const { u32 } = this.#pool;
    let bytes = 0;
    for (const offset of this.#layout.strings) bytes += u32[(record + offset + 4) >>> 2];
    for (const { offset, nodeBytes, strings } of this.#layout.lists) {
      for (let node = u32[(record + offset) >>> 2]; node !== 0; node = u32[node >>> 2]) {
        bytes += nodeBytes + ALIGNMENT;
        for (const string of strings) bytes += u32[(node + string + 4) >>> 2];
      }
    }
    return bytes;
  }

  /** Address in the page of the copy of the string whose address and length are at `at`. */
  #copyString(at: number): number {
    const { u32, u8 } = this.#pool;
    const from = u32[at >>> 2];
    const length = u32[(at >>> 2) + 1];
    if (length === 0) return 0;
    const to = this.#take(length);
    const beside = this.#beside;
    if (length <= SHORT_BYTES) for (let i = 0; i < length; i++) beside[to + i] = u8[from + i];
    else beside.set(u8.subarray(from, from + length), to);
    return to;
  }

  #copyList(record: number, { offset, nodeBytes, strings }: SpilledList, at: number): void {
    const { u32, u8 } = this.#pool;
    let previous = 0;
    let first = 0;
    for (let node = u32[(record + offset) >>> 2]; node !== 0; node = u32[node >>> 2]) {
      this.#end = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
      const to = this.#take(nodeBytes);
      this.#beside.set(u8.subarray(node, node + nodeBytes), to);
      this.#putAddress(to, 0);
      for (const string of strings) this.#putAddress(to + string, this.#copyString(node + string));
      if (previous === 0) first = to;
      else this.#putAddress(previous, to);
      previous = to;
    }
    this.#view.setUint32(at, first, true);
    this.#view.setUint32(at + 4, previous, true);
  }

  #putAddress(at: number, address: number): void {
    for (let i = 0; i < 4; i++) this.#beside[at + i] = address >>> (8 * i);
  }

  #take(bytes: number): number {
    const at = this.#end;
    this.#end += bytes;
    if (this.#end > this.#beside.length) {
      const larger = new Uint8Array(Math.max(this.#end, 2 * this.#beside.length));
      larger.set(this.#beside);
      this.#beside = larger;
    }
    return at;
  }
}

/** Turns the addresses of a page that has been read to `start` into addresses of the pool. */
export function relocate(pool: Pool, layout: SpillLayout, start: number, records: number): void {
  const { u32 } = pool;
  const { recordBytes, strings, lists } = layout;
  const base = start + records * recordBytes;
  const move = (at: number): void => {
    if (u32[at >>> 2] !== 0) u32[at >>> 2] += base;
  };
  if (strings.length === 0 && lists.length === 0) return;
  for (let record = start; record < base; record += recordBytes) {
    for (const offset of strings) move(record + offset);
    for (const { offset, strings: inNode } of lists) {
      move(record + offset);
      move(record + offset + 4);
      for (let node = u32[(record + offset) >>> 2]; node !== 0; node = u32[node >>> 2]) {
        move(node);
        for (const string of inNode) move(node + string);
      }
    }
  }
}
