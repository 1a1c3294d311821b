import { InternalError } from "../../catalog/errors.ts";
import type { Arena } from "../memory/arena.ts";
import type { CompiledSink } from "../pipeline/compile-pipeline.ts";
import { outputWidth, SLOT } from "../pipeline/buffer-access.ts";
import type { OutputBatch } from "../pipeline/output-batch.ts";
import type { ResultOutput, PipelineJob, SinkResult } from "../pipeline/pipeline-job.ts";
import { copyResult } from "../pipeline/result-copy.ts";
import { spillLayout } from "../spill/spill-layout.ts";
import type { SpillStore } from "../spill/spill-store.ts";
import type { ThreadContext } from "../thread-context.ts";
import { ByteHeap } from "./byte-heap.ts";
import { aggregateSpillLayout } from "./aggregate/aggregate-spill.ts";
import { Directory } from "./group-directory.ts";
import { openRowSink } from "./rows/row-sink-instance.ts";
import { NEED } from "./row-store.ts";
import { SpillingRows } from "./spilling-rows.ts";

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

export function openSink(sink: CompiledSink, context: ThreadContext, stores: SinkStores, state: number, job: PipelineJob, output: ResultOutput, rowsSeen: () => number): SinkInstance {
  switch (sink.kind) {
    case "output":
      return new OutputSink(sink.batch, context, stores.work, state, job, output);
    case "aggregate":
      return openGroups(sink, context, stores, state, job, rowsSeen);
    case "build":
      return openBuild(sink, context, stores, state);
    case "exchange":
      return openExchange(sink, context, stores, state);
    case "rows":
      return openRowSink(sink.shape, sink.state, context, stores, state, job);
    case "discard":
      return recordSink(
        () => false,
        () => ({ kind: "none" }),
      );
  }
}

type Sink<Kind extends CompiledSink["kind"]> = Extract<CompiledSink, { readonly kind: Kind }>;

function openGroups(sink: Sink<"aggregate">, context: ThreadContext, { rows, work, spill }: SinkStores, state: number, job: PipelineJob, rowsSeen: () => number): SinkInstance {
  const directory = new Directory(context.pool, work, state, sink.state.directory, 0, 0);
  const groups = new SpillingRows(context.pool, rows, state, sink.state.store, aggregateSpillLayout(sink.shape), spill, () => directory.clear(rowsSeen()));
  let cleared = false;
  let unsearched = 0;
  const left = (state + sink.state.unsearched) >>> 2;
  return recordSink(
    (kind, argument) => {
      if (kind !== NEED.directory) return groups.supply(kind, argument);
      if (directory.growOrClear(rowsSeen())) {
        cleared = true;
        const rows = job.givesUpSearch ? directory.rowsToPass() : 0;
        context.pool.u32[left] = rows;
        unsearched += rows;
      }
      return true;
    },
    () => ({ kind: "aggregate", partitions: groups.finish(), unmerged: cleared, unsearched: unsearched - context.pool.u32[left] }),
  );
}

function openBuild(sink: Sink<"build">, context: ThreadContext, { rows, spill }: SinkStores, state: number): SinkInstance {
  const { layout } = sink.shape;
  const records = new SpillingRows(context.pool, rows, state, sink.state.store, spillLayout(layout.bytes, layout.fields), spill);
  return recordSink(
    (kind, argument) => records.supply(kind, argument),
    () => {
      const { view } = context.pool;
      const range = [view.getBigInt64(state + sink.state.range, true), view.getBigInt64(state + sink.state.range + 8, true)] as const;
      return {
        kind: "build",
        partitions: records.finish(),
        sawNull: context.pool.u32[(state + sink.state.sawNull) >>> 2] !== 0,
        range: range[0] > range[1] ? undefined : range,
      };
    },
  );
}

function openExchange(sink: Sink<"exchange">, context: ThreadContext, { rows, spill }: SinkStores, state: number): SinkInstance {
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
