import { InternalError } from "../../../catalog/errors.ts";
import type { Allocator, Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { PipelineJob, SinkResult } from "../../pipeline/pipeline-job.ts";
import { CONTROL } from "../../pipeline/pipeline-job.ts";
import { PageBuilder, relocate } from "../../spill/page.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { NEED, RowChunks, runsOf } from "../row-store.ts";
import type { SinkInstance, SinkStores } from "../sink-instance.ts";
import type { RowSinkShape, RowSinkState } from "./row-sink.ts";
import { BOUND } from "./row-sink.ts";
import { PiecewiseSort } from "./piecewise-sort.ts";
import { SORT_RECORD } from "./sort-module.ts";

/** Rows that come between two prunings, at least; fewer where batches are smaller. */
const MIN_ROWS = 4096;

/**
 * The first rows of an order. Whenever as many have come as are kept, all but the first are dropped, memory and all, and the prefix of the last of them
 * becomes a bound: rows beyond it are left out at once. Instances share the lowest bound. Where so many rows do not fit, those at hand go to disk as a sorted
 * run; pages of runs say what bound there is. Source: Chronis, Do, Graefe, Peters, "External Merge Sort for Top-K Queries" (SIGMOD 2020).
 */
export class TopRows implements SinkInstance, Allocator {
  outputRows = 0;
  readonly #keep: number;
  readonly #minRows: number;
  readonly #pool: Pool;
  readonly #rows: Arena;
  readonly #layout: SpillLayout;
  readonly #spill: SpillStore | undefined;
  readonly #sort: PiecewiseSort;
  /** Word of the state block, and of all instances: complement of the bound. */
  readonly #bound: number;
  readonly #shared: BigUint64Array;
  readonly #chunks: RowChunks;
  readonly #runs: (readonly SpilledPage[])[] = [];
  #kept: RecordRun[] = [];
  #page: PageBuilder | undefined;

  /** `layout`: of the records, as they go to disk. */
  constructor(shape: RowSinkShape, layout: SpillLayout, state: RowSinkState, context: ThreadContext, { rows, work, spill }: SinkStores, block: number, { control, batchRows }: PipelineJob) {
    const { keep, sorting } = shape;
    if (keep === undefined || sorting === undefined) throw new InternalError("a top-N knows how many rows it keeps");
    this.#keep = keep;
    this.#minRows = Math.min(MIN_ROWS, batchRows);
    this.#pool = context.pool;
    this.#rows = rows;
    this.#layout = layout;
    this.#spill = spill;
    this.#sort = new PiecewiseSort(context, work, shape, sorting);
    this.#bound = block + state.bound;
    this.#shared = new BigUint64Array(context.pool.memory.buffer, control + CONTROL.bound, 1);
    this.#chunks = new RowChunks(context.pool, this, block, state.store);
    this.#expect(Math.max(2 * keep, this.#minRows));
  }

  supply(kind: number, argument: number): boolean {
    if (kind !== NEED.prune) return this.#chunks.supply(kind, argument);
    this.#prune();
    return true;
  }

  /** Memory for chunks. */
  allocate(bytes: number): number {
    const address = this.#rows.tryAllocate(bytes) || this.#tryAfterPruning(bytes);
    if (address !== 0) return address;
    this.#write();
    return this.#rows.allocate(bytes);
  }

  /** 0 where there are too few rows beyond those that are kept, or their memory is not enough. */
  #tryAfterPruning(bytes: number): number {
    if (this.#pool.u32[(this.#bound + BOUND.rows) >>> 2] < 2 * this.#keep) return 0;
    this.#prune();
    return this.#rows.tryAllocate(bytes);
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

  /** The rows in memory; where some are on disk all are. */
  finish(): SinkResult {
    if (this.#spill?.eager === true || this.#runs.length > 0) this.#write();
    const { recordBytes } = this.#layout;
    const kept = this.#kept.map(({ base, count }) => ({ start: base, end: base + count * recordBytes }));
    return { kind: "rows", partitions: [{ chunks: [...kept, ...this.#chunks.finish().flat()], pages: [] }], sorted: this.#runs };
  }

  #all(): readonly RecordRun[] {
    return [...this.#kept, ...runsOf(this.#chunks.finish().flat(), this.#layout.recordBytes)];
  }

  #own(): bigint {
    return this.#pool.view.getBigUint64(this.#bound + BOUND.prefix, true);
  }

  /** Asks to be called when so many rows are at hand. */
  #expect(rows: number): void {
    this.#pool.u32[(this.#bound + BOUND.pruneAt) >>> 2] = rows;
  }

  /** Drops all rows at hand but the first. These go to disk where they do not fit: memory that has been given back may be another's by now, and in pages they may take more. */
  #prune(): void {
    const pool = this.#pool;
    const spill = this.#spill;
    const { pages, rows } = this.#copied();
    this.#clear();
    for (const { bytes, records } of pages) {
      const base = spill === undefined ? this.#rows.allocate(bytes.length) : this.#rows.tryAllocate(bytes.length);
      if (spill !== undefined && base === 0) {
        this.#addRun(pages.map((page) => spill.append([page.bytes], page.records)));
        return;
      }
      pool.u8.set(bytes, base);
      relocate(pool, this.#layout, base, records);
      this.#kept.push({ base, count: records, stride: this.#layout.recordBytes });
    }
    pool.u32[(this.#bound + BOUND.rows) >>> 2] = rows;
    this.#expect(rows + Math.max(this.#keep, this.#minRows));
  }

  /** Puts the first of all rows at hand to disk. */
  #write(): void {
    const all = this.#all();
    if (this.#spill === undefined || all.length === 0) return;
    const writer = this.#spill.openPartitions(this.#layout, 1);
    this.#sort.visit(all, this.#keep, (record) => writer.add(0, record));
    this.#addRun(writer.finish()[0]);
  }

  /** The first of all rows at hand are on disk. */
  #addRun(run: readonly SpilledPage[]): void {
    this.#runs.push(run);
    this.#clear();
    const bound = boundOfRuns(this.#runs, this.#keep);
    if (bound !== undefined) this.#lower(bound);
    this.#expect(Math.max(2 * this.#keep, this.#minRows));
  }

  #clear(): void {
    this.#chunks.clear();
    this.#rows.reset();
    this.#kept = [];
    this.#pool.u32[(this.#bound + BOUND.rows) >>> 2] = 0;
  }

  /** The first rows with their strings, in memory of the thread's own; if they are as many as are kept, the last one is a bound. */
  #copied(): { readonly pages: readonly { readonly bytes: Uint8Array; readonly records: number }[]; readonly rows: number } {
    const pages: { bytes: Uint8Array; records: number }[] = [];
    const page = (this.#page ??= new PageBuilder(this.#pool, this.#layout));
    let rows = 0;
    const flush = (): void => {
      if (page.count > 0) pages.push({ bytes: Buffer.concat(page.parts()), records: page.count });
      page.clear();
    };
    this.#sort.visit(this.#all(), this.#keep, (record) => {
      if (!page.hasRoom(record)) flush();
      page.add(record);
      if (++rows === this.#keep) this.#lower(this.#pool.view.getBigUint64(record + SORT_RECORD.prefix, true));
    });
    flush();
    return { pages, rows };
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

/** A prefix that at least `keep` rows of sorted runs are not beyond: no row of a page is beyond the first one of the next. Undefined where pages do not say. */
export function boundOfRuns(runs: readonly (readonly SpilledPage[])[], keep: number): bigint | undefined {
  const pages = runs.flatMap((run) => run.slice(1).map(({ first }, i) => ({ end: first, records: run[i].records })));
  pages.sort((a, b) => (a.end < b.end ? -1 : a.end > b.end ? 1 : 0));
  let rows = 0;
  return pages.find(({ records }) => (rows += records) >= keep)?.end;
}
