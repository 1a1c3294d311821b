import type { Expr } from "../../catalog/expression.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import { keepsBytes, storeField } from "../pipeline/row-access.ts";
import type { RowField, RowLayout } from "../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../pipeline/segment-emitter.ts";
import { STATUS } from "../pipeline/state-layout.ts";
import type { StateLayout } from "../pipeline/state-layout.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, select } from "../wasm/instructions.ts";

/**
 * Records appended to radix partitions, and the bytes of their strings. Compiled code bumps cursors in the state block and leaves with NEED when a
 * chunk is full; the driver hangs in a new one. Chunks start small and grow, so that a few groups cost a few KiB.
 */

/** Reasons of STATUS.need. Every sink shares the numbers. */
export const NEED = {
  /** A new chunk of records; argument: the partition. */
  rows: 1,
  /** Bytes for strings; argument: how many at least. */
  bytes: 2,
  /** A larger directory. */
  directory: 3,
  /** The top-N buffer is full and must be cut down. */
  prune: 4,
} as const;

export const PARTITION_BITS = 4;
export const PARTITIONS = 1 << PARTITION_BITS;

const FIRST_CHUNK_BYTES = 4 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;

/** Where a store's words are in the state block. */
export interface RowStoreState {
  /** Per partition: uint32 next record, uint32 end of the chunk. */
  readonly cursors: number;
  readonly partitions: number;
  /** uint32 next byte, uint32 end, of the string bytes. */
  readonly bytes: number;
  readonly rowBytes: number;
}

export function reserveRowStore(state: StateLayout, layout: RowLayout, partitions: number): RowStoreState {
  return { cursors: state.reserve(8 * partitions), partitions, bytes: state.reserve(8), rowBytes: layout.bytes };
}

// ---- compiled side

/** Makes sure that `bytes` string bytes are at hand; leaves with NEED otherwise. Nothing may have been changed for the row before. */
export function ensureBytes(emitter: SegmentEmitter, store: RowStoreState, bytes: Val): void {
  const { f } = emitter;
  const state = get(emitter.state);
  const wanted = f.reusable(bytes);
  f.if(i32.gtU(wanted, i32.sub(i32.load(state, store.bytes + 4), i32.load(state, store.bytes))), () =>
    emitter.suspend(STATUS.need, NEED.bytes, wanted),
  );
}

/** Makes sure that a record fits, and gives the address it will have; `commitRow` takes it. */
export function reserveRow(emitter: SegmentEmitter, store: RowStoreState, partition: Val): { row: Local; cursor: Local } {
  const { f } = emitter;
  const index = f.reusable(partition);
  const cursor = f.let(i32.add(i32.add(get(emitter.state), i32.shl(index, i32.const(3))), i32.const(store.cursors)));
  const row = f.let(i32.load(get(cursor)));
  f.if(i32.gtU(i32.add(get(row), i32.const(store.rowBytes)), i32.load(get(cursor), 4)), () =>
    emitter.suspend(STATUS.need, NEED.rows, index),
  );
  return { row, cursor };
}

export function commitRow(emitter: SegmentEmitter, store: RowStoreState, place: { row: Local; cursor: Local }): void {
  emitter.f.store("i32", get(place.cursor), i32.add(get(place.row), i32.const(store.rowBytes)));
}

export interface StoredValue {
  readonly field: RowField;
  readonly value: EmittedValue;
  /** The bytes behind the value go away before the record does. */
  readonly copy: boolean;
}

/** Pairs a field with the value of an expression; says whether its bytes must be copied. */
export function storedValue(emitter: SegmentEmitter, field: RowField, expr: Expr, value: EmittedValue): StoredValue {
  return { field, value, copy: keepsBytes(field) && emitter.lifetimeOf(expr) !== "query" };
}

/** Number of bytes that the copies take; undefined when there are none. */
export function bytesToCopy(values: readonly StoredValue[]): Val | undefined {
  const lengths = values.filter((v) => v.copy).map(({ value }) => lengthOrZero(value));
  return lengths.length === 0 ? undefined : lengths.reduce((a, b) => i32.add(a, b));
}

function lengthOrZero(value: EmittedValue): Val {
  return value.isNull === undefined ? value.lanes[1] : select(value.isNull, i32.const(0), value.lanes[1]);
}

/** Writes the fields, copying strings to the store's bytes. Room must have been ensured. */
export function storeValues(emitter: SegmentEmitter, store: RowStoreState, row: Val, values: readonly StoredValue[]): void {
  const { f } = emitter;
  for (const { field, value, copy } of values) {
    if (!copy) {
      storeField(emitter, field, row, value);
      continue;
    }
    const length = f.let(lengthOrZero(value));
    const address = copyBytes(emitter, store, value.lanes[0], get(length));
    storeField(emitter, field, row, value, [get(address), get(length)]);
  }
}

/** Copies bytes to the store; room must have been ensured. */
export function copyBytes(emitter: SegmentEmitter, store: RowStoreState, from: Val, length: Val): Local {
  const { f } = emitter;
  const state = get(emitter.state);
  const address = f.let(i32.load(state, store.bytes));
  f.copyMemory(get(address), from, length);
  f.store("i32", state, i32.add(get(address), length), store.bytes);
  return address;
}

// ---- driver side

/** Records from `start` up to `end`, without gaps. */
export interface RowChunk {
  readonly start: number;
  readonly end: number;
}

/** The chunks behind one instance's store. */
export class RowChunks {
  readonly #pool: Pool;
  readonly #allocator: Allocator;
  readonly #state: number;
  readonly #store: RowStoreState;
  readonly #chunks: { start: number; end: number; capacity: number }[][];

  /** The allocator may empty the store to have something to give. */
  constructor(pool: Pool, allocator: Allocator, state: number, store: RowStoreState) {
    this.#pool = pool;
    this.#allocator = allocator;
    this.#state = state;
    this.#store = store;
    this.#chunks = Array.from({ length: store.partitions }, () => []);
  }

  /** Handles NEED.rows and NEED.bytes; false when the reason is another. */
  supply(kind: number, argument: number): boolean {
    if (kind === NEED.rows) this.#moreRows(argument);
    else if (kind === NEED.bytes) this.#moreBytes(argument >>> 0);
    else return false;
    return true;
  }

  /** Forgets all rows and strings. */
  clear(): void {
    const { cursors, bytes, partitions } = this.#store;
    this.#pool.zero(this.#state + cursors, 8 * partitions);
    this.#pool.zero(this.#state + bytes, 8);
    for (const chunks of this.#chunks) chunks.length = 0;
  }

  /** All chunks, by partition. */
  finish(): readonly (readonly RowChunk[])[] {
    for (let p = 0; p < this.#store.partitions; p++) this.#closeChunk(p);
    return this.#chunks.map((chunks) => chunks.map(({ start, end }) => ({ start, end })));
  }

  #moreRows(partition: number): void {
    const { rowBytes, cursors } = this.#store;
    this.#closeChunk(partition);
    const chunks = this.#chunks[partition];
    const last = chunks.at(-1);
    const wanted = last === undefined ? FIRST_CHUNK_BYTES : Math.min(MAX_CHUNK_BYTES, 4 * last.capacity);
    const capacity = Math.max(1, Math.floor(wanted / rowBytes)) * rowBytes;
    const start = this.#allocator.allocate(capacity);
    chunks.push({ start, end: start, capacity });
    const at = (this.#state + cursors + 8 * partition) >>> 2;
    this.#pool.u32[at] = start;
    this.#pool.u32[at + 1] = start + capacity;
  }

  #moreBytes(atLeast: number): void {
    const at = (this.#state + this.#store.bytes) >>> 2;
    const size = Math.max(atLeast, this.#pool.u32[at] === 0 ? FIRST_CHUNK_BYTES : MAX_CHUNK_BYTES);
    const start = this.#allocator.allocate(size);
    this.#pool.u32[at] = start;
    this.#pool.u32[at + 1] = start + size;
  }

  #closeChunk(partition: number): void {
    const last = this.#chunks[partition].at(-1);
    if (last !== undefined) last.end = this.#pool.u32[(this.#state + this.#store.cursors + 8 * partition) >>> 2];
  }
}

/** The records of chunks. */
export function runsOf(chunks: readonly RowChunk[], rowBytes: number): RecordRun[] {
  return chunks.filter((c) => c.end > c.start).map((c) => ({ base: c.start, count: (c.end - c.start) / rowBytes, stride: rowBytes }));
}
