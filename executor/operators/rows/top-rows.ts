import { InternalError } from "../../../catalog/errors.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { PipelineJob, SinkResult } from "../../pipeline/pipeline-job.ts";
import { CONTROL } from "../../pipeline/pipeline-job.ts";
import { PageBuilder, relocate } from "../../spill/page.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import { spillLayout } from "../../spill/spill-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { NEED, RowChunks, runsOf } from "../row-store.ts";
import type { SinkInstance, SinkStores } from "../sink-instance.ts";
import type { RowSinkShape, RowSinkState } from "./row-sink.ts";
import { BOUND } from "./row-sink.ts";
import { SORT_ENTRY, SORT_RECORD } from "./sort-module.ts";
import type { SortedEntries } from "./sort-records.ts";
import { RecordSorter } from "./sort-records.ts";

/** Rows that come between two prunings, at least; fewer where batches are smaller. */
const MIN_ROWS = 4096;

/**
 * The first rows of an order. Whenever as many have come as are kept, all but the first are dropped, memory and all, and the prefix of the last of them
 * becomes a bound: rows beyond it are left out at once. Instances share the lowest bound.
 */
export class TopRows implements SinkInstance {
  outputRows = 0;
  readonly #shape: RowSinkShape;
  readonly #keep: number;
  readonly #minRows: number;
  readonly #pool: Pool;
  readonly #rows: Arena;
  readonly #layout: SpillLayout;
  readonly #sorter: RecordSorter;
  /** Word of the state block, and of all instances: complement of the bound. */
  readonly #bound: number;
  readonly #shared: BigUint64Array;
  readonly #chunks: RowChunks;
  #kept: RecordRun[] = [];
  #page: PageBuilder | undefined;

  constructor(shape: RowSinkShape, state: RowSinkState, context: ThreadContext, { rows, work }: SinkStores, block: number, { control, batchRows }: PipelineJob) {
    const { keep, sorting, layout } = shape;
    if (keep === undefined || sorting === undefined) throw new InternalError("a top-N knows how many rows it keeps");
    this.#shape = shape;
    this.#keep = keep;
    this.#minRows = Math.min(MIN_ROWS, batchRows);
    this.#pool = context.pool;
    this.#rows = rows;
    this.#layout = spillLayout(layout.bytes, layout.fields);
    this.#sorter = new RecordSorter(context, work, rows, shape, sorting);
    this.#bound = block + state.bound;
    this.#shared = new BigUint64Array(context.pool.memory.buffer, control + CONTROL.bound, 1);
    this.#chunks = new RowChunks(context.pool, rows, block, state.store);
    this.#expect(Math.max(2 * keep, this.#minRows));
  }

  supply(kind: number, argument: number): boolean {
    if (kind !== NEED.prune) return this.#chunks.supply(kind, argument);
    this.#prune();
    return true;
  }

  flush(): void {
    throw new InternalError("records are not flushed");
  }

  startMorsel(): void {
    const shared = Atomics.load(this.#shared, 0);
    if (shared > this.#own()) this.#pool.view.setBigUint64(this.#bound + BOUND.prefix, shared, true);
  }

  endMorsel(): void {}

  wantsMore(): boolean {
    return true;
  }

  finish(): SinkResult {
    const { recordBytes } = this.#layout;
    const kept = this.#kept.map(({ base, count }) => ({ start: base, end: base + count * recordBytes }));
    return { kind: "rows", partitions: [{ chunks: [...kept, ...this.#chunks.finish().flat()], pages: [] }], sorted: [] };
  }

  #all(): readonly RecordRun[] {
    return [...this.#kept, ...runsOf(this.#chunks.finish().flat(), this.#shape.layout.bytes)];
  }

  #own(): bigint {
    return this.#pool.view.getBigUint64(this.#bound + BOUND.prefix, true);
  }

  /** Asks to be called when so many rows are at hand. */
  #expect(rows: number): void {
    this.#pool.u32[(this.#bound + BOUND.pruneAt) >>> 2] = rows;
  }

  #prune(): void {
    const pool = this.#pool;
    const sorted = this.#sorter.sort(this.#all(), this.#rows);
    const count = Math.min(this.#keep, sorted.count);
    if (count === this.#keep && count > 0) this.#lower(pool.view.getBigUint64(this.#record(sorted, count - 1) + SORT_RECORD.prefix, true));
    const pages = this.#copied(sorted, count);
    this.#chunks.clear();
    this.#rows.reset();
    this.#kept = pages.map(({ bytes, records }) => {
      const base = this.#rows.allocate(bytes.length);
      pool.u8.set(bytes, base);
      relocate(pool, this.#layout, base, records);
      return { base, count: records, stride: this.#layout.recordBytes };
    });
    pool.u32[(this.#bound + BOUND.rows) >>> 2] = count;
    this.#expect(count + Math.max(this.#keep, this.#minRows));
  }

  #record({ address }: SortedEntries, row: number): number {
    return this.#pool.u32[(address + row * SORT_ENTRY.bytes + SORT_ENTRY.record) >>> 2];
  }

  /** The first rows with their strings, in memory of the thread's own. */
  #copied(sorted: SortedEntries, count: number): readonly { readonly bytes: Uint8Array; readonly records: number }[] {
    const pages: { bytes: Uint8Array; records: number }[] = [];
    const page = (this.#page ??= new PageBuilder(this.#pool, this.#layout));
    const flush = (): void => {
      if (page.count > 0) pages.push({ bytes: Buffer.concat(page.parts()), records: page.count });
      page.clear();
    };
    for (let row = 0; row < count; row++) {
      const record = this.#record(sorted, row);
      if (!page.hasRoom(record)) flush();
      page.add(record);
    }
    flush();
    return pages;
  }

  /** Takes over a bound, and makes it known where it is the lowest. */
  #lower(prefix: bigint): void {
    const bound = BigInt.asUintN(64, ~prefix);
    for (let known = Atomics.load(this.#shared, 0); known < bound; ) {
      const seen = Atomics.compareExchange(this.#shared, 0, known, bound);
      if (seen === known) break;
      known = seen;
    }
    this.#pool.view.setBigUint64(this.#bound + BOUND.prefix, Atomics.load(this.#shared, 0), true);
  }
}
