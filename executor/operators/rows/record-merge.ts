import { assert } from "../../../catalog/errors.ts";
import type { Allocator } from "../../memory/arena.ts";
import { ReusedMemory } from "../../memory/reused-memory.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { PAGE_BYTES } from "../../spill/page.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import { SORT_RECORD } from "./sort-module.ts";
import type { RecordSorter } from "./sort-records.ts";

/** Records in order, one at hand. */
export interface SortedSource {
  /** Address; 0 where there is none left. */
  record: number;
  /** The next record takes the memory of this one, and of others before it. */
  readonly isAtPageEnd: boolean;
  readonly advance: () => void;
}

/** Records behind sorted addresses. */
export function addressSource({ u32 }: Pool, { base, count }: RecordRun): SortedSource {
  let at = base >>> 2;
  const end = at + count;
  const source = {
    record: count === 0 ? 0 : u32[at],
    isAtPageEnd: false,
    advance: () => {
      source.record = ++at < end ? u32[at] : 0;
    },
  };
  return source;
}

/** Those of sorted addresses whose records' prefixes are not below `low`, and below `high`. */
export function addressesWithin({ u32, view }: Pool, { base, count }: RecordRun, low: bigint | undefined, high: bigint | undefined): RecordRun {
  const firstFrom = (bound: bigint): number => {
    let from = 0;
    for (let to = count; from < to; ) {
      const middle = (from + to) >>> 1;
      if (view.getBigUint64(u32[(base >>> 2) + middle] + SORT_RECORD.prefix, true) < bound) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const from = low === undefined ? 0 : firstFrom(low);
  return { base: base + 4 * from, count: (high === undefined ? count : firstFrom(high)) - from, stride: 0 };
}

/** Merges sorted sources: the smallest record stands first. A binary heap. */
export class RecordMerge {
  readonly #pool: Pool;
  readonly #sorter: RecordSorter;
  readonly #heap: SortedSource[];

  constructor(pool: Pool, sorter: RecordSorter, sources: readonly SortedSource[]) {
    this.#pool = pool;
    this.#sorter = sorter;
    this.#heap = sources.filter((source) => source.record !== 0);
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** The source with the smallest record. After it has advanced `settle` must be called. */
  get first(): SortedSource | undefined {
    return this.#heap[0];
  }

  settle(): void {
    const heap = this.#heap;
    if (heap[0].record === 0) {
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const source = heap[from];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1].record, heap[child].record)) child++;
      if (!this.#isBefore(heap[child].record, source.record)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = source;
  }

  #isBefore(a: number, b: number): boolean {
    const { u32 } = this.#pool;
    const x = (a + SORT_RECORD.prefix) >>> 2;
    const y = (b + SORT_RECORD.prefix) >>> 2;
    if (u32[x + 1] !== u32[y + 1]) return u32[x + 1] < u32[y + 1];
    if (u32[x] !== u32[y]) return u32[x] < u32[y];
    return this.#sorter.compare(a, b) < 0;
  }
}

/** Records of one sorted run on disk whose prefixes are within bounds. One page is in memory at a time, in memory that is used again. */
export class PageSource implements SortedSource {
  record = 0;
  readonly #pool: Pool;
  readonly #spill: SpillStore;
  readonly #layout: SpillLayout;
  readonly #pages: readonly SpilledPage[];
  readonly #below: bigint | undefined;
  readonly #memory: ReusedMemory;
  #next = 0;
  #end = 0;

  /** `low` belongs to the bounds, `high` does not; undefined: none. Pages before `low` have been left out but for one. */
  constructor(pool: Pool, spill: SpillStore, layout: SpillLayout, pages: readonly SpilledPage[], memory: Allocator, low: bigint | undefined, high: bigint | undefined) {
    this.#pool = pool;
    this.#spill = spill;
    this.#layout = layout;
    this.#pages = pages;
    this.#below = high;
    this.#memory = new ReusedMemory(memory, PAGE_BYTES);
    this.#turn();
    while (low !== undefined && this.record !== 0 && this.#prefix(this.record) < low) {
      if (this.isAtPageEnd) this.#turn();
      else this.#step();
    }
  }

  get isAtPageEnd(): boolean {
    return this.record + this.#layout.recordBytes >= this.#end;
  }

  advance(): void {
    if (this.isAtPageEnd) this.#turn();
    else this.#step();
  }

  #step(): void {
    this.#place(this.record + this.#layout.recordBytes);
  }

  #turn(): void {
    const page = this.#pages[this.#next++];
    if (page === undefined) {
      this.record = 0;
      return;
    }
    this.#memory.beginRound();
    const { base, count, stride } = this.#spill.read(page, this.#layout, this.#memory);
    assert(count > 0, "a page has records");
    this.#end = base + count * stride;
    this.#place(base);
  }

  #place(record: number): void {
    this.record = this.#below !== undefined && this.#prefix(record) >= this.#below ? 0 : record;
  }

  #prefix(record: number): bigint {
    return this.#pool.view.getBigUint64(record + SORT_RECORD.prefix, true);
  }
}
