import type { Allocator, Arena } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { SpillLayout } from "../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../spill/spill-store.ts";
import type { RowChunk, RowStoreState } from "./row-store.ts";
import { RowChunks, runsOf } from "./row-store.ts";

/** Rows of one partition that a sink has left: in memory, and on disk. */
export interface StoredPartition {
  readonly chunks: readonly RowChunk[];
  readonly pages: readonly SpilledPage[];
}

/** The rows of a sink's instance. When the instance may not have more memory, all its rows go to disk, partition by partition, and it begins anew. */
export class SpillingRows implements Allocator {
  readonly #arena: Arena;
  readonly #layout: SpillLayout;
  readonly #spill: SpillStore | undefined;
  readonly #onSpill: () => void;
  readonly #rows: RowChunks;
  readonly #pages: SpilledPage[][];

  /** `arena`: holds nothing but these rows. Without a spill store more memory than it has is an error. `onSpill`: the rows' addresses are void. */
  constructor(pool: Pool, arena: Arena, state: number, store: RowStoreState, layout: SpillLayout, spill: SpillStore | undefined, onSpill: () => void = () => {}) {
    this.#arena = arena;
    this.#layout = layout;
    this.#spill = spill;
    this.#onSpill = onSpill;
    this.#rows = new RowChunks(pool, this, state, store);
    this.#pages = Array.from({ length: store.partitions }, () => []);
  }

  /** Handles NEED.rows and NEED.bytes; false when the reason is another. */
  supply(kind: number, argument: number): boolean {
    return this.#rows.supply(kind, argument);
  }

  /** Memory for chunks. Raises MEMORY_LIMIT_EXCEEDED when there is none even for a store that is empty. */
  allocate(bytes: number): number {
    const address = this.#arena.tryAllocate(bytes);
    if (address !== 0) return address;
    this.spill();
    return this.#arena.allocate(bytes);
  }

  /** Puts all rows to disk; none, where there is no disk or no row. */
  spill(): void {
    if (this.#spill === undefined) return;
    const partitions = this.#rows.finish();
    if (partitions.every((chunks) => chunks.every((c) => c.start === c.end))) return;
    for (const [p, chunks] of partitions.entries()) this.#pages[p].push(...this.#spill.write(this.#layout, runsOf(chunks, this.#layout.recordBytes)));
    this.#rows.clear();
    this.#arena.reset();
    this.#onSpill();
  }

  /** All rows, by partition. Where some are on disk all are, so that what comes next has the memory. */
  finish(): readonly StoredPartition[] {
    if (this.#spill?.eager === true || this.#pages.some((pages) => pages.length > 0)) this.spill();
    return this.#rows.finish().map((chunks, p) => ({ chunks, pages: this.#pages[p] }));
  }
}
