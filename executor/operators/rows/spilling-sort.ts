import { InternalError } from "../../../catalog/errors.ts";
import type { Allocator, Arena } from "../../memory/arena.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { RowChunks, runsOf } from "../row-store.ts";
import type { RowChunk, RowStoreState } from "../row-store.ts";
import { PiecewiseSort } from "./piecewise-sort.ts";
import type { SortModule, SortShape } from "./sort-module.ts";

/** Rows that are sorted at a time: entries and their copy stay in the second-level cache. */
const MAX_PIECE_ROWS = 16_384;

/** Rows of a sort's instance. When it may not have more memory all of them go to disk as one sorted run, and it begins anew. */
export class SpillingSort implements Allocator {
  readonly #rows: Arena;
  readonly #layout: SpillLayout;
  readonly #spill: SpillStore | undefined;
  readonly #chunks: RowChunks;
  readonly #newSort: () => PiecewiseSort;
  readonly #runs: (readonly SpilledPage[])[] = [];
  #sort: PiecewiseSort | undefined;

  /** `rows`: holds nothing but these rows. `work`: for sorting them. Without a spill store more memory than there is is an error. */
  constructor(context: ThreadContext, rows: Arena, work: Arena, block: number, store: RowStoreState, shape: SortShape & { readonly sorting: SortModule | undefined }, layout: SpillLayout, spill: SpillStore | undefined) {
    this.#rows = rows;
    this.#layout = layout;
    this.#spill = spill;
    this.#chunks = new RowChunks(context.pool, this, block, store);
    this.#newSort = () => {
      if (shape.sorting === undefined) throw new InternalError("a sort knows how to sort");
      return new PiecewiseSort(context, work, shape, shape.sorting, MAX_PIECE_ROWS);
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

  #write(): void {
    const runs = runsOf(this.#chunks.finish().flat(), this.#layout.recordBytes);
    if (this.#spill === undefined || runs.length === 0) return;
    this.#sort ??= this.#newSort();
    const writer = this.#spill.openPartitions(this.#layout, 1);
    this.#sort.visit(runs, Number.POSITIVE_INFINITY, (record) => writer.add(0, record));
    this.#runs.push(writer.finish()[0]);
    this.#chunks.clear();
    this.#rows.reset();
  }
}
