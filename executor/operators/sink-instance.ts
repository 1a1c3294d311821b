import { InternalError } from "../../catalog/errors.ts";
import type { Arena } from "../memory/arena.ts";
import type { CompiledSink } from "../pipeline/compile-pipeline.ts";
import { outputWidth, SLOT } from "../pipeline/buffer-access.ts";
import type { OutputBatch } from "../pipeline/output-batch.ts";
import type { ResultOutput, PipelineJob, SinkResult } from "../pipeline/pipeline-job.ts";
import { CONTROL } from "../pipeline/pipeline-job.ts";
import { copyResult } from "../pipeline/result-copy.ts";
import { spillLayout } from "../spill/spill-layout.ts";
import type { SpillStore } from "../spill/spill-store.ts";
import type { ThreadContext } from "../thread-context.ts";
import { ByteHeap } from "./byte-heap.ts";
import { Directory } from "./group-directory.ts";
import type { RowSinkShape, RowSinkState } from "./rows/row-sink.ts";
import { BOUND } from "./rows/row-sink.ts";
import { addressesInOrder, RecordSorter } from "./rows/sort-records.ts";
import { openGroupLimit } from "./window/group-limit.ts";
import { NEED, RowChunks, runsOf } from "./row-store.ts";
import { SpillingRows } from "./spilling-rows.ts";
import type { RecordRun } from "../pipeline/morsels.ts";

/** The driver's half of a sink: answers what compiled code asks for, and gathers what it has left. */
export interface SinkInstance {
  outputRows: number;
  /** Answers STATUS.need; false when the reason is not one of its own. */
  readonly supply: (kind: number, argument: number) => boolean;
  /** Empties a full output batch. */
  readonly flush: () => void;
  readonly startMorsel: (morsel: number) => void;
  readonly endMorsel: () => void;
  /** False when no further morsel can change the result. */
  readonly wantsMore: () => boolean;
  readonly finish: () => SinkResult;
}

/** Where a sink puts what it has: records that it leaves, what ends with the instance, and what does not fit into memory. */
export interface SinkStores {
  /** Holds nothing else. */
  readonly rows: Arena;
  readonly work: Arena;
  /** Absent in the main thread. */
  readonly spill: SpillStore | undefined;
}

export function openSink(sink: CompiledSink, context: ThreadContext, { rows, work, spill }: SinkStores, state: number, job: PipelineJob, output: ResultOutput, rowsSeen: () => number): SinkInstance {
  switch (sink.kind) {
    case "output":
      return new OutputSink(sink.batch, context, work, state, job, output);
    case "aggregate": {
      const chunks = new RowChunks(context.pool, rows, state, sink.state.store);
      const directory = new Directory(context.pool, work, state, sink.state.directory, 0, 0);
      let cleared = false;
      return recordSink(
        (kind, argument) => {
          if (kind !== NEED.directory) return chunks.supply(kind, argument);
          if (directory.growOrClear(rowsSeen())) cleared = true;
          return true;
        },
        () => ({ kind: "aggregate", chunks: chunks.finish(), unmerged: cleared }),
      );
    }
    case "build": {
      const chunks = new RowChunks(context.pool, rows, state, sink.state.store);
      return recordSink(
        (kind, argument) => chunks.supply(kind, argument),
        () => {
          const { view } = context.pool;
          const range = [view.getBigInt64(state + sink.state.range, true), view.getBigInt64(state + sink.state.range + 8, true)] as const;
          return {
            kind: "build",
            chunks: chunks.finish(),
            sawNull: context.pool.u32[(state + sink.state.sawNull) >>> 2] !== 0,
            range: range[0] > range[1] ? undefined : range,
          };
        },
      );
    }
    case "exchange": {
      const { shape } = sink;
      const stored = new SpillingRows(context.pool, rows, state, sink.state.store, spillLayout(shape.layout.bytes, shape.layout.fields), spill);
      return recordSink(
        (kind, argument) => stored.supply(kind, argument),
        () => {
          const copied = Array.from({ length: shape.partitions }, (_, p) => Number(context.pool.view.getBigInt64(state + sink.state.copied + 8 * p, true)));
          return { kind: "exchange", partitions: stored.finish(), copied };
        },
      );
    }
    case "rows":
      if (sink.shape.limit !== undefined) openGroupLimit(context.pool, work, state, sink.shape.limit, sink.state.limit);
      return new RowSink(sink.shape, sink.state, context, rows, state, job);
    case "discard":
      return recordSink(
        () => false,
        () => ({ kind: "none" }),
      );
  }
}

function recordSink(supply: SinkInstance["supply"], finish: SinkInstance["finish"]): SinkInstance {
  return {
    outputRows: 0,
    supply,
    flush: () => {
      throw new InternalError("records are not flushed");
    },
    startMorsel: () => {},
    endMorsel: () => {},
    wantsMore: () => true,
    finish,
  };
}

/** The query's result: batches are copied out of the pool as they fill, and at the end of each morsel. */
class OutputSink implements SinkInstance {
  outputRows = 0;
  readonly #batch: OutputBatch;
  readonly #context: ThreadContext;
  readonly #state: number;
  readonly #heap: ByteHeap;
  readonly #output: ResultOutput;
  #morsel = 0;

  constructor(batch: OutputBatch, context: ThreadContext, arena: Arena, state: number, job: PipelineJob, output: ResultOutput) {
    const { pool } = context;
    this.#batch = batch;
    this.#context = context;
    this.#state = state;
    this.#output = output;
    pool.u32[(state + batch.capacity) >>> 2] = job.outputRows;
    for (const { column, slot } of batch.columns) {
      const at = (state + slot) >>> 2;
      pool.u32[at + SLOT.data / 4] = arena.allocate(job.outputRows * outputWidth(column.type));
      if (column.nullable) pool.u32[at + SLOT.validity / 4] = arena.allocateZeroed(job.outputRows);
    }
    this.#heap = new ByteHeap(pool, arena, state + batch.bytes);
  }

  supply(kind: number, argument: number): boolean {
    if (kind !== NEED.bytes) return false;
    this.#heap.more(argument >>> 0);
    return true;
  }

  flush(): void {
    if (this.outputRows === 0) return;
    this.#output.add(this.#morsel, copyResult(this.#context.pool, this.#state, this.#batch, this.outputRows));
    this.outputRows = 0;
    this.#heap.clear();
  }

  startMorsel(morsel: number): void {
    this.#morsel = morsel;
    this.#output.begin(morsel);
  }

  endMorsel(): void {
    this.flush();
  }

  wantsMore(): boolean {
    return true;
  }

  finish(): SinkResult {
    return { kind: "none" };
  }
}

/** Rows for sorts, limits and the like. A top-N drops what cannot matter whenever its buffer is full; a limit stops when finished morsels have enough. */
class RowSink implements SinkInstance {
  outputRows = 0;
  readonly #shape: RowSinkShape;
  readonly #bound: number;
  readonly #context: ThreadContext;
  readonly #arena: Arena;
  readonly #control: number;
  readonly #store: RowSinkState["store"];
  readonly #state: number;
  #chunks: RowChunks;
  #kept: RecordRun[] = [];
  #sorter: RecordSorter | undefined;

  constructor(shape: RowSinkShape, state: RowSinkState, context: ThreadContext, arena: Arena, block: number, job: PipelineJob) {
    this.#shape = shape;
    this.#context = context;
    this.#arena = arena;
    this.#control = job.control;
    this.#store = state.store;
    this.#state = block;
    this.#bound = (block + state.bound) >>> 2;
    this.#chunks = new RowChunks(context.pool, arena, block, state.store);
    if (shape.keep !== undefined) context.pool.u32[this.#bound + BOUND.pruneAt / 4] = Math.max(2 * shape.keep, 4096);
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
    if (this.#shape.perMorsel !== undefined) this.#context.pool.u32[this.#bound + BOUND.left / 4] = Math.min(this.#shape.perMorsel, 0xffffffff);
  }

  endMorsel(): void {
    if (this.#shape.perMorsel === undefined) return;
    const { u32, i32 } = this.#context.pool;
    const rows = Math.min(this.#shape.perMorsel, 0xffffffff) - u32[this.#bound + BOUND.left / 4];
    Atomics.add(i32, (this.#control + CONTROL.rows) >>> 2, Math.min(rows, 0x7fffffff));
  }

  /** Morsels are taken in order, so all before the last one taken are finished or under way: enough rows in finished ones are enough. */
  wantsMore(): boolean {
    if (this.#shape.perMorsel === undefined) return true;
    return Atomics.load(this.#context.pool.u32, (this.#control + CONTROL.rows) >>> 2) < this.#shape.perMorsel;
  }

  finish(): SinkResult {
    const partitions = this.#chunks.finish().map((chunks) => runsOf(chunks, this.#shape.layout.bytes));
    return { kind: "rows", partitions: this.#kept.length === 0 ? partitions : [[...this.#kept, ...partitions.flat()]] };
  }

  /** Keeps the best `keep` rows, and remembers the prefix of the last one. */
  #prune(): void {
    const { pool } = this.#context;
    const { keep, sorting } = this.#shape;
    if (keep === undefined || sorting === undefined) throw new InternalError("only a top-N prunes");
    this.#sorter ??= new RecordSorter(this.#context, this.#arena, this.#arena, this.#shape, sorting);
    const runs = [...this.#kept, ...runsOf(this.#chunks.finish().flat(), this.#shape.layout.bytes)];
    const sorted = addressesInOrder(this.#context, this.#arena, this.#sorter.sort(runs, this.#arena));
    const count = Math.min(keep, sorted.count);
    this.#kept = [{ base: sorted.base, count, stride: 0 }];
    this.#chunks = new RowChunks(pool, this.#arena, this.#state, this.#store);
    const cursor = (this.#state + this.#store.cursors) >>> 2;
    pool.u32[cursor] = 0;
    pool.u32[cursor + 1] = 0;
    const bound = this.#bound;
    if (count === keep && count > 0) {
      const last = pool.u32[(sorted.base >>> 2) + count - 1] >>> 2;
      pool.u32[bound + BOUND.prefix / 4] = pool.u32[last];
      pool.u32[bound + BOUND.prefix / 4 + 1] = pool.u32[last + 1];
      pool.u32[bound + BOUND.known / 4] = 1;
    }
    pool.u32[bound + BOUND.rows / 4] = count;
    pool.u32[bound + BOUND.pruneAt / 4] = count + Math.max(keep, 4096);
  }
}
