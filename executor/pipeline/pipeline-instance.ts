import { InternalError } from "../../catalog/errors.ts";
import type { Split } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { laneKind } from "../emit/emitted-value.ts";
import { evaluate } from "../interpret.ts";
import { Arena } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { PartTask } from "../operators/finish-task.ts";
import type { JoinParts } from "../operators/join/join-part.ts";
import { openSink } from "../operators/sink-instance.ts";
import type { SinkInstance } from "../operators/sink-instance.ts";
import type { ThreadContext } from "../thread-context.ts";
import { SLOT } from "./buffer-access.ts";
import { columnWriter, readBytes, readLanes } from "./column-values.ts";
import { CutStage } from "./cut-stage.ts";
import { morselCount, RANGE_MORSEL_ROWS } from "./morsels.ts";
import type { RecordFlag, RecordRun } from "./morsels.ts";
import type { InstanceResult, JoinTaskResult, PipelineJob, PipelineOwners, PipelineShare, ResultOutput } from "./pipeline-job.ts";
import { CancelledError, CONTROL, RowError } from "./pipeline-job.ts";
import type { RowFilter } from "../scan/selected-rows.ts";
import { MAX_SELECTED_SHARE } from "../scan/selected-rows.ts";
import { SELECT_FUNCTION } from "./scan-filter.ts";
import type { CompiledSource } from "./sources.ts";
import type { HostedExpression } from "./hosted-expression.ts";
import type { SpillLayout } from "../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../spill/spill-store.ts";
import { RowPlaces } from "./row-places.ts";
import { HEADER, initializeState, OPERAND_BYTES, STATUS } from "./state-layout.ts";

const HEAP_BYTES = 64 * 1024;
/** Morsel numbers of the batches of one split: split * this + batch. */
const BATCHES_PER_SPLIT = 4096;
/** Splits after which a filter that has let most rows through is asked again. */
const UNFILTERED_SPLITS = 16;

type Run = (state: number, from: number, to: number) => number;

/**
 * One worker's instance of a pipeline: its state block, its sink, and the loop that takes morsels and drives the compiled segments. Everything it
 * allocates belongs to owners of its attempt; results are published by returning them.
 */
export class PipelineInstance {
  readonly #job: PipelineJob;
  readonly #places: RowPlaces | undefined;
  readonly #share: PipelineShare;
  readonly #context: ThreadContext;
  readonly #kept: Arena;
  readonly #spill: SpillStore | undefined;
  readonly #arena: Arena;
  readonly #part: Arena;
  readonly #scratch: Arena;
  readonly #state: number;
  readonly #runs: readonly Run[];
  readonly #filter: RowFilter | undefined;
  /** Splits to come that are read without the filter: it has let most rows through. */
  #unfilteredSplits = 0;
  readonly #cuts: readonly (CutStage | undefined)[];
  readonly #sink: SinkInstance;
  readonly #tasks: JoinTaskResult[] = [];
  #rows = 0;
  #vectorCalls = 0;

  constructor(job: PipelineJob, share: PipelineShare, context: ThreadContext, owners: PipelineOwners, output: ResultOutput) {
    const { pool } = context;
    this.#places = job.partitions && new RowPlaces(job.morsels, job.partitions);
    this.#job = this.#places === undefined ? job : { ...job, evaluation: { ...job.evaluation, place: this.#places.place } };
    this.#share = share;
    this.#context = context;
    this.#kept = new Arena(pool, owners.kept, job.account);
    this.#arena = new Arena(pool, owners.work, job.account);
    this.#part = new Arena(pool, owners.part, job.account);
    this.#scratch = new Arena(pool, owners.scratch, job.account);
    const { pipeline } = job;
    this.#state = this.#kept.allocate(pipeline.state.bytes);
    initializeState(pool, this.#state, pipeline.state);
    for (const { offset, value } of job.words) {
      if (typeof value === "bigint") pool.view.setBigInt64(this.#state + offset, value, true);
      else pool.u32[(this.#state + offset) >>> 2] = value;
    }
    const heap = this.#arena.allocate(HEAP_BYTES);
    pool.u32[(this.#state + HEADER.heapBase) >>> 2] = heap;
    pool.u32[(this.#state + HEADER.heapEnd) >>> 2] = heap + HEAP_BYTES;
    const instance = new WebAssembly.Instance(pipeline.module, {
      env: { memory: pool.memory },
      kernels: context.kernels,
      host: {
        allocate: (bytes: number) => this.#scratch.allocate(bytes >>> 0),
        interpret: (_state: number, number: number) => this.#interpret(pipeline.hosted[number]),
      },
    });
    this.#runs = pipeline.segments.map((_, i) => instance.exports[`run${i}`] as Run);
    this.#filter = pipeline.source.kind === "scan" ? this.#rowFilter(pipeline.source, instance.exports[SELECT_FUNCTION] as Run) : undefined;
    this.#cuts = pipeline.segments.map(({ cut }) => cut && new CutStage(cut, context, this.#arena, this.#state, this.#job));
    this.#spill = context.disk?.openSpill(pool, job.account, job.spillFolder, job.eagerSpill);
    // Without a disk there is nothing to be had from a limit.
    const rows = new Arena(pool, owners.rows, job.account, this.#spill === undefined ? undefined : job.sinkBlocks);
    this.#sink = openSink(pipeline.sink, context, { rows, work: this.#arena, spill: this.#spill }, this.#state, job, output, () => this.#rows + pool.u32[(this.#state + HEADER.position) >>> 2]);
  }

  /** Runs until no morsel is left, the sink has enough, or the job is cancelled. */
  run(): InstanceResult {
    try {
      return this.#run();
    } finally {
      this.#spill?.close();
    }
  }

  #run(): InstanceResult {
    const started = performance.now();
    const { pool } = this.#context;
    const { control, taken } = this.#job;
    const { worker, only } = this.#share;
    const count = morselCount(this.#job.morsels);
    for (let i = 0; this.#sink.wantsMore(); i++) {
      const morsel = only === undefined ? Atomics.add(pool.i32, (control + CONTROL.next) >>> 2, 1) : (only[i] ?? count);
      if (morsel >= count) break;
      if (taken !== 0) Atomics.store(pool.u8, taken + morsel, worker + 1);
      this.#runMorsel(morsel);
      this.#scratch.reset();
    }
    const sink = this.#sink.finish();
    this.#kept.verify();
    this.#arena.verify();
    const nodeRows = this.#job.pipeline.rowCounts.map(({ node, word }) => [node, Number(pool.view.getBigInt64(this.#state + word, true))] as const);
    return { sink, joinTasks: this.#tasks, rows: this.#rows, vectorCalls: this.#vectorCalls, milliseconds: performance.now() - started, nodeRows };
  }

  #runMorsel(morsel: number): void {
    const { morsels } = this.#job;
    this.#places?.begin(morsel);
    switch (morsels.kind) {
      case "splits":
        this.#runSplit(morsels.splits[morsel], morsel);
        return;
      case "values":
        this.#loadValues(morsels.rows);
        this.#runRows(morsel, morsels.rows.length);
        return;
      case "range": {
        const first = BigInt(morsel) * BigInt(RANGE_MORSEL_ROWS);
        this.#context.pool.view.setBigInt64(this.#state + HEADER.firstRow, first, true);
        const left = morsels.rows - first;
        this.#runRows(morsel, left < BigInt(RANGE_MORSEL_ROWS) ? Number(left) : RANGE_MORSEL_ROWS);
        return;
      }
      case "records":
        this.#runRecords(morsel, morsels.runs[morsel]);
        return;
      case "parts":
        this.#runPart(morsel, morsels.tasks[morsel]);
        return;
      case "stored":
        this.#runRecords(morsel, morsels.runs[morsel] ?? this.#readPage(morsels.pages[morsel - morsels.runs.length], morsels.layout, morsels.flag));
        return;
      case "joinParts":
        this.#runJoinTask(morsel, morsels.join);
        return;
    }
  }

  #runSplit(split: Split, morsel: number): void {
    const { source } = this.#job.pipeline;
    if (source.kind !== "scan") throw new InternalError("splits are read by scans");
    const { pool } = this.#context;
    if (split.source.kind === "cached") {
      source.columns.forEach((column, i) => {
        if (split.source.kind !== "cached") return;
        const addresses = split.source.columns[column.field];
        const at = (this.#state + source.slots[i]) >>> 2;
        for (let k = 0; k < 4; k++) pool.u32[at + k] = addresses[k];
      });
      this.#runRows(morsel * BATCHES_PER_SPLIT, split.rows ?? 0);
      return;
    }
    const isFiltered = this.#unfilteredSplits === 0;
    if (!isFiltered) this.#unfilteredSplits--;
    const reader = this.#context.openSplit(split, source.columns, this.#job.scanBytes, isFiltered ? this.#filter : undefined);
    try {
      for (let batch = 0; ; batch++) {
        const columns = reader.next(this.#scratch);
        if (columns === undefined) return;
        this.#loadColumns(columns);
        this.#runRows(morsel * BATCHES_PER_SPLIT + batch, columns.rows);
        if (!this.#sink.wantsMore()) return;
        this.#scratch.reset();
      }
    } finally {
      reader.close();
    }
  }

  #rowFilter({ slots, filter }: Extract<CompiledSource, { kind: "scan" }>, select: Run): RowFilter | undefined {
    if (filter === undefined) return undefined;
    const { u32 } = this.#context.pool;
    const words = (this.#state + filter.words) >>> 2;
    return {
      reads: filter.reads,
      select: (columns, rows, allocator) => {
        columns.forEach((column, i) => column && this.#loadColumn(slots[i], column));
        u32[words] = allocator.allocate(rows * 4);
        u32[words + 1] = 0;
        select(this.#state, 0, rows);
        const selected = { rows: u32[words], count: u32[words + 1] };
        if (selected.count > rows * MAX_SELECTED_SHARE) this.#unfilteredSplits = UNFILTERED_SPLITS;
        return selected;
      },
    };
  }

  #loadColumns(batch: ColumnBatch): void {
    const { source } = this.#job.pipeline;
    if (source.kind !== "scan") return;
    batch.columns.forEach((column, i) => this.#loadColumn(source.slots[i], column));
  }

  #loadColumn(slot: number, column: ColumnBuffers): void {
    const { u32 } = this.#context.pool;
    const at = (this.#state + slot) >>> 2;
    u32[at + SLOT.data / 4] = column.data;
    u32[at + SLOT.validity / 4] = column.validity;
    u32[at + SLOT.offsets / 4] = column.offsets;
    u32[at + SLOT.bytes / 4] = column.bytes;
  }

  #loadValues(rows: readonly (readonly Value[])[]): void {
    const { source } = this.#job.pipeline;
    if (source.kind !== "values") throw new InternalError("literal rows are read by values");
    const { pool } = this.#context;
    source.columns.forEach((column, i) => {
      const data = this.#kept.allocate(Math.max(1, rows.length) * 16);
      const nulls = column.nullable ? this.#kept.allocate(Math.max(1, rows.length)) : 0;
      const write = columnWriter(pool, column.type, data, nulls, this.#kept);
      rows.forEach((row, r) => write(r, row[i]));
      const at = (this.#state + source.slots[i]) >>> 2;
      pool.u32[at + SLOT.data / 4] = data;
      pool.u32[at + SLOT.validity / 4] = nulls;
    });
  }

  #runPart(morsel: number, task: PartTask): void {
    const { disk } = this.#context;
    if (disk === undefined) throw new InternalError("what is on disk is completed by workers");
    const stores = { arena: this.#scratch, work: this.#scratch, spill: this.#spill };
    for (const run of disk.partRecords(task, this.#context, stores, this.#job.evaluation)) if (!this.#runRecords(morsel, run)) return;
  }

  #runJoinTask(morsel: number, join: JoinParts): void {
    const { disk } = this.#context;
    if (disk === undefined || this.#spill === undefined) throw new InternalError("parts on disk are joined by workers");
    const [started, before] = [performance.now(), this.#rows];
    for (const part of join.tasks[morsel]) {
      disk.runJoinPart(part, join, this.#state, this.#part, this.#scratch, this.#spill, (run) => this.#runRecords(morsel, run));
    }
    this.#tasks.push({ task: morsel, rows: this.#rows - before, milliseconds: performance.now() - started });
  }

  #readPage(page: SpilledPage, layout: SpillLayout, flag: RecordFlag | undefined): RecordRun {
    const { disk } = this.#context;
    if (disk === undefined || this.#spill === undefined) throw new InternalError("pages are read by workers");
    const run = this.#spill.read(page, layout, this.#scratch);
    return flag === undefined ? run : disk.recordsWithFlag(page, run, flag, this.#scratch);
  }

  /** False when the sink has enough of this morsel. */
  #runRecords(morsel: number, run: RecordRun): boolean {
    const { source } = this.#job.pipeline;
    if (source.kind !== "records") throw new InternalError("records are read by their own source");
    const { u32 } = this.#context.pool;
    u32[(this.#state + source.base) >>> 2] = run.base;
    u32[(this.#state + source.stride) >>> 2] = run.stride;
    return this.#runRows(morsel, run.count);
  }

  /** False when the sink has enough of this morsel. */
  #runRows(morsel: number, rows: number): boolean {
    const { pool } = this.#context;
    pool.u32[(this.#state + HEADER.morsel) >>> 2] = morsel;
    this.#sink.startMorsel(morsel);
    const { batchRows, control } = this.#job;
    let wantsMore = true;
    for (let from = 0; from < rows && wantsMore; from += batchRows) {
      if (Atomics.load(pool.i32, (control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
      wantsMore = this.#drive(0, from, Math.min(rows, from + batchRows));
    }
    this.#flushCuts(0);
    this.#rows += rows;
    this.#sink.endMorsel();
    return wantsMore;
  }

  /** Runs a segment over source rows; false when the sink has enough of this morsel. */
  #drive(segment: number, from: number, to: number): boolean {
    const { u32, i32 } = this.#context.pool;
    const header = this.#state >>> 2;
    let at = from;
    let resuming = 0;
    for (;;) {
      u32[header + HEADER.resuming / 4] = resuming;
      // The header's row count belongs to the segment that runs; in between each stage keeps its own.
      const stage = this.#cuts[segment] ?? this.#sink;
      u32[header + HEADER.outputRows / 4] = stage.outputRows;
      const status = this.#runs[segment](this.#state, at, to);
      stage.outputRows = u32[header + HEADER.outputRows / 4];
      if (status === STATUS.done) return true;
      at = u32[header + HEADER.position / 4];
      resuming = u32[header + HEADER.resuming / 4];
      switch (status) {
        case STATUS.outputFull:
          this.#flush(segment);
          break;
        case STATUS.need:
          this.#supply(segment, u32[header + HEADER.needKind / 4], i32[header + HEADER.needArgument / 4]);
          break;
        case STATUS.error:
          throw this.#error();
        case STATUS.enough:
          return false;
        default:
          throw new InternalError(`compiled code answered ${status}`);
      }
    }
  }

  #supply(segment: number, kind: number, argument: number): void {
    const stage = this.#cuts[segment] ?? this.#sink;
    if (!stage.supply(kind, argument)) throw new InternalError(`nothing supplies need ${kind}`);
  }

  /** Empties the batch behind a segment: into the next segment, or out of the sink. */
  #flush(segment: number): void {
    const cut = this.#cuts[segment];
    if (cut === undefined) {
      this.#sink.flush();
      return;
    }
    this.#vectorCalls += cut.forEachBatch((rows) => this.#drive(segment + 1, 0, rows));
  }

  #flushCuts(from: number): void {
    for (let segment = from; segment < this.#cuts.length; segment++) {
      const cut = this.#cuts[segment];
      if (cut !== undefined && cut.outputRows > 0) this.#flush(segment);
    }
  }

  #error(): RowError {
    const site = this.#context.pool.u32[(this.#state + HEADER.errorSite) >>> 2];
    const operands = this.#job.pipeline.errorOperands[site].map((type, i) => this.#operand(type, HEADER.errorOperands + i * OPERAND_BYTES));
    return new RowError(site, operands);
  }

  #interpret({ expr, inputs, result }: HostedExpression): void {
    const { view } = this.#context.pool;
    const values = new Map(inputs.map(({ id, type, offset }) => [id, this.#operand(type, offset)]));
    this.#vectorCalls++;
    const value = evaluate(expr, (id) => values.get(id) ?? null, this.#job.evaluation);
    view.setUint32(this.#state + result, value === null ? 1 : 0, true);
    view.setUint32(this.#state + result + 4, value === true ? 1 : 0, true);
  }

  /** A value that compiled code has stored at an offset of the state block. */
  #operand(type: DataType, offset: number): Value {
    const { pool } = this.#context;
    const at = this.#state + offset;
    if (pool.u32[at >>> 2] !== 0) return null;
    if (laneKind(type) === "bytes") return readBytes(pool, type, pool.u32[(at + 8) >>> 2], pool.u32[(at + 16) >>> 2]);
    return readLanes(pool, type, at + 8, type.kind === "short" ? 4 : undefined);
  }
}
