import { InternalError } from "../../../catalog/errors.ts";
import type { Allocator, Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import { ReusedMemory } from "../../memory/reused-memory.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { recordMorsels } from "../../pipeline/morsels.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { RowChunks, runsOf } from "../row-store.ts";
import type { RowChunk, RowStoreState } from "../row-store.ts";
import { addressSource, RecordMerge } from "./record-merge.ts";
import type { SortModule, SortShape } from "./sort-module.ts";
import { addressesInOrder, RecordSorter } from "./sort-records.ts";

/** Rows that are sorted at a time: entries and their copy stay in the second-level cache, and take little of what memory there is for the rows. */
const MAX_PIECE_ROWS = 16_384;
const PIECES = 8;

/** Rows of a sort's instance. When it may not have more memory all of them go to disk as one sorted run, and it begins anew. */
export class SpillingSort implements Allocator {
  readonly #context: ThreadContext;
  readonly #rows: Arena;
  readonly #layout: SpillLayout;
  readonly #spill: SpillStore | undefined;
  readonly #chunks: RowChunks;
  readonly #sorter: () => RecordSorter;
  readonly #entries: ReusedMemory;
  readonly #addresses: ReusedMemory;
  readonly #runs: (readonly SpilledPage[])[] = [];

  /** `rows`: holds nothing but these rows. `work`: for sorting them. Without a spill store more memory than there is is an error. */
  constructor(context: ThreadContext, rows: Arena, work: Arena, block: number, store: RowStoreState, shape: SortShape & { readonly sorting: SortModule | undefined }, layout: SpillLayout, spill: SpillStore | undefined) {
    this.#context = context;
    this.#rows = rows;
    this.#layout = layout;
    this.#spill = spill;
    this.#chunks = new RowChunks(context.pool, this, block, store);
    this.#entries = new ReusedMemory(work);
    this.#addresses = new ReusedMemory(work);
    let sorter: RecordSorter | undefined;
    this.#sorter = () => {
      if (shape.sorting === undefined) throw new InternalError("a sort knows how to sort");
      return (sorter ??= new RecordSorter(context, work, work, shape, shape.sorting));
    };
  }

  supply(kind: number, argument: number): boolean {
    return this.#chunks.supply(kind, argument);
  }

  allocate(bytes: number): number {
    const address = this.#rows.tryAllocate(bytes);
    if (address !== 0) return address;
    this.#write();
    return this.#rows.allocate(bytes);
  }

  /** The rows in memory; where some are on disk all are, in sorted runs. */
  finish(): { readonly chunks: readonly RowChunk[]; readonly sorted: readonly (readonly SpilledPage[])[] } {
    if (this.#spill?.eager === true || this.#runs.length > 0) this.#write();
    return { chunks: this.#chunks.finish().flat(), sorted: this.#runs };
  }

  /** Sorts some rows at a time, which takes little memory, and merges them on their way to the disk. */
  #write(): void {
    const runs = runsOf(this.#chunks.finish().flat(), this.#layout.recordBytes);
    if (this.#spill === undefined || runs.length === 0) return;
    const { pool } = this.#context;
    const sorter = this.#sorter();
    this.#addresses.beginRound();
    const rows = runs.reduce((sum, { count }) => sum + count, 0);
    const pieces = recordMorsels(runs, Math.min(MAX_PIECE_ROWS, Math.ceil(rows / PIECES))).runs.map((run) => {
      this.#entries.beginRound();
      return addressesInOrder(this.#context, this.#addresses, sorter.sort([run], this.#entries));
    });
    this.#runs.push(this.#writeMerged(pool, sorter, pieces, this.#spill));
    this.#chunks.clear();
    this.#rows.reset();
  }

  #writeMerged(pool: Pool, sorter: RecordSorter, pieces: readonly RecordRun[], spill: SpillStore): readonly SpilledPage[] {
    const writer = spill.openPartitions(this.#layout, 1);
    const merge = new RecordMerge(pool, sorter, pieces.map((piece) => addressSource(pool, piece)));
    for (let source = merge.first; source !== undefined; source = merge.first) {
      writer.add(0, source.record);
      source.advance();
      merge.settle();
    }
    return writer.finish()[0];
  }
}
