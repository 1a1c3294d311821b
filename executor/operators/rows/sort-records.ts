import { InternalError } from "../../../catalog/errors.ts";
import type { Arena } from "../../memory/arena.ts";
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
  /** Highest bits of a key that number the partition; 0: all rows are one partition. */
  readonly partitionBits: number;
  /** Entries with equal keys are equal in the whole order. */
  readonly exact: boolean;
}

/** A thread's instance of compiled sorting code. Its state block, and so the constants in it, live as long as `arena`; what the code asks for as long as `scratch`. */
export class RecordSorter {
  readonly state: number;
  readonly exports: WebAssembly.Instance["exports"];
  readonly #context: ThreadContext;
  readonly #shape: SortShape;
  readonly #words: SortModule["words"];

  constructor(context: ThreadContext, arena: Arena, scratch: Arena, shape: SortShape, sorting: SortModule) {
    this.#context = context;
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

  /** All records of the runs, in order. Records that are equal in the order come in any. The entries live as long as `scratch`. */
  sort(runs: readonly RecordRun[], scratch: Arena): SortedEntries {
    const { u32 } = this.#context.pool;
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    const address = scratch.allocate((count + 1) * SORT_ENTRY.bytes);
    const partitionBits = this.#shape.partitionBy.length === 0 ? 0 : Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
    const spare = scratch.allocate(count * SORT_ENTRY.bytes + HISTOGRAM_BYTES);
    this.#set(this.#words.next, address);
    this.#set(this.#words.scratch, spare);
    this.#set(this.#words.partitionBits, partitionBits);
    const directory = this.#shape.partitionBy.length === 0 ? undefined : new Directory(this.#context.pool, scratch, this.state, this.#words.directory, PARTITION_BITS, 0);
    for (const run of runs) this.#enter(run, directory);
    const end = u32[(this.state + this.#words.next) >>> 2];
    if (end !== address + count * SORT_ENTRY.bytes) throw new InternalError("not every record has been entered");
    const exact = this.#shape.prefixExact && this.#shape.prefixBits + partitionBits <= 64;
    if (count > 1) {
      (this.#context.kernels["sort_pairs"] as (base: number, count: number, scratch: number) => void)(address, count, spare);
      if (!exact) this.#call("settle", address, end);
    }
    return { address, count, partitionBits, exact };
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

/** Addresses of the entries' records, as a run of the arena. */
export function addressesInOrder(context: ThreadContext, arena: Arena, { address, count }: SortedEntries): RecordRun {
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
