import { InternalError } from "../../../catalog/errors.ts";
import type { Allocator, Arena } from "../../memory/arena.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { HEADER, initializeState, STATUS } from "../../pipeline/state-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { Directory } from "../group-directory.ts";
import { NEED, PARTITION_BITS } from "../row-store.ts";
import type { SortModule, SortShape } from "./sort-module.ts";
import { SORT_ENTRY } from "./sort-module.ts";

/** Bytes that the sort kernel wants beside a copy of the entries. */
const HISTOGRAM_BYTES = 8192;

/** Entries in order, from `address` on: see SORT_ENTRY. */
export interface SortedEntries {
  readonly address: number;
  readonly count: number;
  /** Entries with equal keys are equal in the whole order. */
  readonly exact: boolean;
}

/** A thread's instance of compiled sorting code. Its state block, and so the constants in it, live as long as `arena`; what the code asks for as long as `scratch`. */
export class RecordSorter {
  readonly state: number;
  readonly exports: WebAssembly.Instance["exports"];
  readonly #context: ThreadContext;
  readonly #scratch: Arena;
  readonly #shape: SortShape;
  readonly #words: SortModule["words"];

  constructor(context: ThreadContext, arena: Arena, scratch: Arena, shape: SortShape, sorting: SortModule) {
    this.#context = context;
    this.#scratch = scratch;
    this.#shape = shape;
    this.#words = sorting.words;
    this.state = arena.allocate(sorting.state.bytes);
    initializeState(context.pool, this.state, sorting.state);
    this.exports = new WebAssembly.Instance(sorting.module, {
      env: { memory: context.pool.memory },
      kernels: context.kernels,
      host: { allocate: (bytes: number) => scratch.allocate(bytes >>> 0) },
    }).exports;
  }

  /**
   * All records of the runs, in order. Records that are equal in the order come in any. The entries lie in `memory`. `sharedBits`: upper hash bits that the
   * keys of all partitions have in common.
   */
  sort(runs: readonly RecordRun[], memory: Allocator, sharedBits = PARTITION_BITS): SortedEntries {
    const count = rowsOf(runs);
    const partitionBits = this.#shape.partitionBy.length === 0 ? 0 : Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
    return this.#sortEntries(this.#enterAll(runs, count, partitionBits, memory, sharedBits), count, partitionBits, memory);
  }

  /** Entries of records that are in order, and one partition. */
  inOrder(runs: readonly RecordRun[], memory: Allocator): SortedEntries {
    const count = rowsOf(runs);
    return { address: this.#enterAll(runs, count, 0, memory, 0), count, exact: this.#shape.prefixEnd.kind === "all" };
  }

  #enterAll(runs: readonly RecordRun[], count: number, partitionBits: number, memory: Allocator, sharedBits: number): number {
    const { pool } = this.#context;
    const address = memory.allocate((count + 1) * SORT_ENTRY.bytes);
    this.#set(this.#words.next, address);
    this.#set(this.#words.partitionBits, partitionBits);
    const directory = this.#shape.partitionBy.length === 0 ? undefined : new Directory(pool, this.#scratch, this.state, this.#words.directory, sharedBits, 0);
    for (const run of runs) this.#enter(run, directory);
    const end = pool.u32[(this.state + this.#words.next) >>> 2];
    if (end !== address + count * SORT_ENTRY.bytes) throw new InternalError("not every record has been entered");
    return address;
  }

  /** As `sort`, from entries that are there already. */
  sortSlices(slices: readonly RecordRun[], memory: Allocator): SortedEntries {
    const count = rowsOf(slices);
    const address = memory.allocate((count + 1) * SORT_ENTRY.bytes);
    const copy = this.#context.kernels["copy_bytes"] as (to: number, from: number, bytes: number) => void;
    let to = address;
    for (const { base, count: entries } of slices) {
      copy(to, base, entries * SORT_ENTRY.bytes);
      to += entries * SORT_ENTRY.bytes;
    }
    return this.#sortEntries(address, count, 0, memory);
  }

  #sortEntries(address: number, count: number, partitionBits: number, memory: Allocator): SortedEntries {
    const exact = this.#shape.prefixEnd.kind === "all" && this.#shape.prefixBits + partitionBits <= 64;
    if (count > 1) {
      const spare = memory.allocate(count * SORT_ENTRY.bytes + HISTOGRAM_BYTES);
      this.#set(this.#words.scratch, spare);
      (this.#context.kernels["sort_pairs"] as (base: number, count: number, scratch: number) => void)(address, count, spare);
      if (!exact) this.#call("settle", address, address + count * SORT_ENTRY.bytes);
    }
    return { address, count, exact };
  }

  /** Below, equal to or above 0 as record a goes before, with or after record b of its partition. */
  compare(a: number, b: number): number {
    return this.#call("compare", a, b);
  }

  #enter(run: RecordRun, directory: Directory | undefined): void {
    const { u32 } = this.#context.pool;
    this.#set(this.#words.base, run.base);
    this.#set(this.#words.stride, run.stride);
    for (let at = 0; ; ) {
      const status = this.#call("enter", at, run.count);
      if (status === STATUS.done) return;
      if (status !== STATUS.need || directory === undefined || u32[(this.state + HEADER.needKind) >>> 2] !== NEED.directory) throw new InternalError(`entering records answered ${status}`);
      directory.grow();
      at = u32[(this.state + HEADER.position) >>> 2];
    }
  }

  #call(name: "enter" | "settle" | "compare", a: number, b: number): number {
    return (this.exports[name] as (state: number, a: number, b: number) => number)(this.state, a, b);
  }

  #set(word: number, value: number): void {
    this.#context.pool.u32[(this.state + word) >>> 2] = value;
  }
}

/** Entries of all records of the runs, bucket after bucket, and a run of the addresses where each bucket ends. */
export function distributeRecords(context: ThreadContext, arena: Arena, runs: readonly RecordRun[], bounds: number, boundCount: number): readonly RecordRun[] {
  const { u32 } = context.pool;
  const count = rowsOf(runs);
  const entries = arena.allocate(count * SORT_ENTRY.bytes);
  const buckets = boundCount + 1;
  const places = arena.allocateZeroed(4 * buckets);
  const distribute = context.kernels["distribute_records"] as (base: number, count: number, stride: number, bounds: number, boundCount: number, places: number, counting: number) => void;
  for (const run of runs) distribute(run.base, run.count, run.stride, bounds, boundCount, places, 1);
  let next = entries;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const rows = u32[(places >>> 2) + bucket];
    u32[(places >>> 2) + bucket] = next;
    next += rows * SORT_ENTRY.bytes;
  }
  for (const run of runs) distribute(run.base, run.count, run.stride, bounds, boundCount, places, 0);
  return [
    { base: entries, count, stride: SORT_ENTRY.bytes },
    { base: places, count: buckets, stride: 4 },
  ];
}

function rowsOf(runs: readonly RecordRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0);
}

/** Addresses of the entries' records, as a run of the arena. */
export function addressesInOrder(context: ThreadContext, arena: Allocator, { address, count }: SortedEntries): RecordRun {
  const { u32 } = context.pool;
  const base = arena.allocate(Math.max(1, count) * 4);
  for (let i = 0, from = (address + SORT_ENTRY.record) >>> 2, to = base >>> 2; i < count; i++, from += SORT_ENTRY.bytes / 4) u32[to + i] = u32[from];
  return { base, count, stride: 0 };
}

export function forEachRecord(u32: Uint32Array, runs: readonly RecordRun[], visit: (record: number) => void): void {
  for (const { base, count, stride } of runs) {
    if (stride === 0) for (let i = 0; i < count; i++) visit(u32[(base >>> 2) + i]);
    else for (let i = 0, record = base; i < count; i++, record += stride) visit(record);
  }
}

/** The addresses of the records as an array in the arena. */
export function addressesOf(runs: readonly RecordRun[], arena: Arena): RecordRun {
  const { u32 } = arena.pool;
  const count = rowsOf(runs);
  const base = arena.allocate(Math.max(1, count) * 4);
  let at = base >>> 2;
  forEachRecord(u32, runs, (record) => {
    u32[at++] = record;
  });
  return { base, count, stride: 0 };
}
