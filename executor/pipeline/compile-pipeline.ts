import { assert, InternalError } from "../../catalog/errors.ts";
import type { Column } from "../../catalog/expression.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Partitioning } from "../../planner/partitioning.ts";
import type { PhysicalJoinKind } from "../../planner/physical.ts";
import type { Breaker, Pipeline, Source, StagePlan, Step } from "../../planner/stages.ts";
import type { ErrorSite } from "../emit/emit-context.ts";
import { emitFilters } from "../emit/expression.ts";
import type { AggregateShape, AggregateState } from "../operators/aggregate/aggregate-sink.ts";
import { aggregateShape, emitAggregateSink, reserveAggregate } from "../operators/aggregate/aggregate-sink.ts";
import type { BuildShape, BuildState } from "../operators/join/join-build.ts";
import { buildShape, emitBuildSink, reserveBuild } from "../operators/join/join-build.ts";
import type { BuildFacts, ProbeState } from "../operators/join/join-probe.ts";
import { emitProbe, reserveProbe } from "../operators/join/join-probe.ts";
import type { LoopState } from "../operators/join/nested-loop.ts";
import type { PassState } from "../operators/join/passes.ts";
import { reservePasses, takesNotes } from "../operators/join/passes.ts";
import { emitNestedLoop, reserveLoop } from "../operators/join/nested-loop.ts";
import { emitExpand } from "../operators/expand.ts";
import type { ExchangeShape, ExchangeState } from "../operators/exchange/exchange-sink.ts";
import { emitExchangeSink, exchangeShape, reserveExchange } from "../operators/exchange/exchange-sink.ts";
import type { RowSinkShape, RowSinkState } from "../operators/rows/row-sink.ts";
import { emitRowSink, reserveRowSink, rowSinkShape } from "../operators/rows/row-sink.ts";
import { rowSinkRequest } from "../operators/rows/row-sink-request.ts";
import { emitSample } from "../operators/sample.ts";
import type { Label } from "../wasm/function-builder.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { takeBlockFilter } from "./block-filter.ts";
import { outputLayout, SLOT_BYTES } from "./buffer-access.ts";
import type { OutputBatch } from "./output-batch.ts";
import { emitOutput, reserveOutput } from "./output-batch.ts";
import type { HostedExpression } from "./hosted-expression.ts";
import { SegmentEmitter } from "./segment-emitter.ts";
import type { PlacesAsked } from "./row-places.ts";
import { placesAsked } from "./row-places.ts";
import type { Cut } from "./segments.ts";
import { segmentPipeline } from "./segments.ts";
import type { CompiledSource } from "./sources.ts";
import { emitScanFilter, scanConditions, SELECT_FUNCTION } from "./scan-filter.ts";
import { bindScanColumns, bindSource, sourceColumns } from "./sources.ts";
import { compileModule } from "./module-cache.ts";
import type { StateTemplate } from "./state-layout.ts";
import { StateLayout } from "./state-layout.ts";

/** What the pipelines around a breaker agree on; settled when the first pipeline that feeds it is compiled. */
export type BreakerShape = {
  /** Some records are on disk: known when the breaker is complete. */
  readonly isSpilled?: boolean;
} & (
  | { readonly kind: "aggregate"; readonly shape: AggregateShape }
  | { readonly kind: "build"; readonly shape: BuildShape; readonly complete?: BuildFacts }
  | { readonly kind: "exchange"; readonly shape: ExchangeShape }
  | { readonly kind: "rows"; readonly shape: RowSinkShape }
);

export interface CompileOptions {
  /** False: every function runs through its TypeScript implementation. */
  readonly emit: boolean;
  /** All hashes equal: a hostile setting for tests. */
  readonly collide: boolean;
  readonly timeZone: string;
  /** Code counts the rows that each node of the plan gives: EXPLAIN ANALYZE. */
  readonly measure: boolean;
}

/** A pipeline as code and plain data; `sites` stay with who compiled it. */
export interface CompiledPipeline {
  readonly module: WebAssembly.Module;
  readonly state: StateTemplate;
  readonly source: CompiledSource;
  readonly segments: readonly CompiledSegment[];
  readonly sink: CompiledSink;
  readonly probes: readonly { readonly breaker: number; readonly state: ProbeState }[];
  readonly loops: readonly { readonly breaker: number; readonly state: LoopState }[];
  /** int64 words that count the rows of plan nodes. */
  readonly rowCounts: readonly RowCount[];
  readonly hosted: readonly HostedExpression[];
  /** Operand types of each error site. */
  readonly errorOperands: readonly (readonly DataType[])[];
  readonly placesAsked: PlacesAsked;
}

export interface RowCount {
  readonly node: number;
  readonly word: number;
}

/** Function `run<i>` of the module; with a cut, the batch it fills and what is computed over it. */
export interface CompiledSegment {
  readonly cut?: { readonly batch: OutputBatch; readonly next: readonly CutColumn[]; readonly plan: Cut };
}

/** A column of the segment after a cut: slot that it reads, and where it comes from. */
export interface CutColumn {
  readonly column: Column;
  readonly slot: number;
}

export type CompiledSink =
  | { readonly kind: "output"; readonly batch: OutputBatch }
  | { readonly kind: "aggregate"; readonly breaker: number; readonly shape: AggregateShape; readonly state: AggregateState }
  | { readonly kind: "build"; readonly breaker: number; readonly shape: BuildShape; readonly state: BuildState }
  | { readonly kind: "exchange"; readonly breaker: number; readonly shape: ExchangeShape; readonly state: ExchangeState }
  | { readonly kind: "rows"; readonly breaker: number; readonly shape: RowSinkShape; readonly state: RowSinkState }
  | { readonly kind: "discard" };

export interface Compilation {
  readonly pipeline: CompiledPipeline;
  readonly sites: readonly ErrorSite[];
}

export function compilePipeline(
  stages: StagePlan,
  pipeline: Pipeline,
  shapes: Map<number, BreakerShape>,
  scanLayouts: readonly ColumnLayout[],
  options: CompileOptions,
): Compilation {
  return new PipelineCompiler(stages, shapes, options).compile(pipeline, scanLayouts);
}

class PipelineCompiler {
  readonly #stages: StagePlan;
  readonly #shapes: Map<number, BreakerShape>;
  readonly #options: CompileOptions;
  readonly #module = new ModuleBuilder();
  readonly #state = new StateLayout();
  readonly #sites: ErrorSite[] = [];
  readonly #hosted: HostedExpression[] = [];
  readonly #rowCounts = new Map<number, RowCount>();
  readonly #probes: { breaker: number; state: ProbeState }[] = [];
  readonly #loops: { breaker: number; state: LoopState }[] = [];
  #segment = 0;

  constructor(stages: StagePlan, shapes: Map<number, BreakerShape>, options: CompileOptions) {
    this.#stages = stages;
    this.#shapes = shapes;
    this.#options = options;
  }

  compile(pipeline: Pipeline, scanLayouts: readonly ColumnLayout[]): Compilation {
    const breaker = pipeline.sink.kind === "breaker" ? this.#stages.breakers[pipeline.sink.breaker] : undefined;
    const output = pipeline.sink.kind === "result" ? this.#stages.output : [];
    const cut = segmentPipeline(pipeline, breaker, sourceColumns(pipeline.source), output, this.#options.emit);
    const segments: CompiledSegment[] = [];
    let source: CompiledSource | undefined;
    let sink: CompiledSink | undefined = pipeline.sink.kind === "discard" ? { kind: "discard" } : undefined;
    let incoming: readonly CutColumn[] = [];
    cut.segments.forEach((segment, i) => {
      const emitter = this.#emitter(`run${i}`);
      this.#segment = i;
      if (i === 0) source = this.#bindSource(emitter, pipeline.source, scanLayouts);
      else for (const { column, slot } of incoming) bindSlot(emitter, column, slot);
      const { cut: ending } = segment;
      const batch = ending && reserveOutput(this.#state, ending.columns);
      // Where rows are counted, each goes through the filters by itself.
      const { filter, steps } = i === 0 && !this.#options.measure ? takeBlockFilter(segment.steps, emitter) : { filter: undefined, steps: segment.steps };
      emitter.forEachRow((skip) => {
        if (i === 0) this.#count(emitter, this.#sourceNode(pipeline.source));
        this.#steps(emitter, steps, 0, skip, (away) => {
          if (batch !== undefined) emitOutput(emitter, batch);
          else sink = this.#sink(emitter, pipeline, cut.breaker, away);
        });
      }, filter);
      if (ending === undefined || batch === undefined) {
        segments.push({});
        return;
      }
      incoming = this.#afterCut(ending, batch);
      segments.push({ cut: { batch, next: incoming, plan: ending } });
    });
    if (source === undefined || sink === undefined) throw new InternalError("a pipeline has a source and a sink");
    const places = placesAsked(cut.segments, this.#hosted.map(({ expr }) => expr));
    if (places === "never") source = this.#withFilter(source, pipeline.source, cut.segments[0].steps, scanLayouts);
    const compiled: CompiledPipeline = {
      module: compileModule(this.#module.encode()),
      state: this.#state.template(),
      source,
      segments,
      sink,
      probes: this.#probes,
      loops: this.#loops,
      hosted: this.#hosted,
      rowCounts: [...this.#rowCounts.values()],
      errorOperands: this.#sites.map((s) => s.operands),
      placesAsked: places,
    };
    return { pipeline: compiled, sites: this.#sites };
  }

  #emitter(name: string): SegmentEmitter {
    const { builder } = this.#module.function(name, { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
    const parts = { module: this.#module, state: this.#state, sites: this.#sites, hosted: this.#hosted, timeZone: this.#options.timeZone, measure: this.#options.measure };
    return new SegmentEmitter(parts, builder);
  }

  #bindSource(emitter: SegmentEmitter, source: Source, scanLayouts: readonly ColumnLayout[]): CompiledSource {
    const shape = source.kind === "breaker" ? this.#shapes.get(source.breaker) : undefined;
    return bindSource(emitter, source, scanLayouts, shape);
  }

  /** The scan with a filter that leaves rows out, where nobody counts them. */
  #withFilter(compiled: CompiledSource, source: Source, steps: readonly Step[], scanLayouts: readonly ColumnLayout[]): CompiledSource {
    const numbersRows = this.#options.measure || [...this.#probes, ...this.#loops].some(({ state }) => state.passes !== undefined);
    if (compiled.kind !== "scan" || source.kind !== "scan" || numbersRows) return compiled;
    const conditions = scanConditions(source, steps);
    if (conditions === undefined) return compiled;
    const emitter = this.#emitter(SELECT_FUNCTION);
    bindScanColumns(emitter, source.node, scanLayouts, compiled.slots);
    return { ...compiled, filter: emitScanFilter(emitter, conditions) };
  }

  /** One more row of a node, where rows are counted. A row that is taken up again counts once; of a node in several steps the last one counts. */
  #count(emitter: SegmentEmitter, node: number): void {
    if (!this.#options.measure) return;
    const word = this.#state.reserve(8);
    this.#rowCounts.set(node, { node, word });
    const block = get(emitter.state);
    const one = i64.extendI32U(i32.eqz(get(emitter.resuming())));
    emitter.f.store("i64", block, i64.add(i64.load(block, word), one), word);
  }

  #sourceNode(source: Source): number {
    return source.kind === "breaker" ? this.#stages.breakers[source.breaker].node.id : source.node.id;
  }

  /** Columns of the next segment: those of the batch under their slots, and slots of their own for what is computed. */
  #afterCut(cut: Cut, batch: OutputBatch): readonly CutColumn[] {
    const slot = () => this.#state.reserve(SLOT_BYTES, 8);
    switch (cut.kind) {
      case "interpret":
        return [...batch.columns, ...cut.computed.map(({ column }) => ({ column, slot: slot() }))];
      case "generate": {
        const args = new Set(cut.args.map((a) => a.id));
        return [...cut.columns.filter((c) => !args.has(c.id)), ...cut.made].map((column) => ({ column, slot: slot() }));
      }
    }
  }

  #steps(emitter: SegmentEmitter, steps: readonly Step[], at: number, skip: Label, end: (skip: Label) => void): void {
    if (at === steps.length) {
      end(skip);
      return;
    }
    const step = steps[at];
    const downstream = (away: Label) => {
      this.#count(emitter, step.kind === "project" ? step.id : step.node.id);
      this.#steps(emitter, steps, at + 1, away, end);
    };
    switch (step.kind) {
      case "filter": {
        const filters = filtersFrom(steps, at).filter((s) => !this.#options.measure || s.node.id === step.node.id);
        emitFilters(filters.map((s) => s.node.condition), emitter, skip);
        this.#count(emitter, step.node.id);
        this.#steps(emitter, steps, at + filters.length, skip, end);
        return;
      }
      case "project":
        for (const { column, expr } of step.outputs) emitter.bind(column.id, { kind: "expr", expr });
        downstream(skip);
        return;
      case "expand":
        emitExpand(emitter, step.node, downstream);
        return;
      case "sample":
        emitSample(emitter, step.node, skip);
        downstream(skip);
        return;
      case "probe": {
        const shape = this.#shapes.get(step.breaker);
        assert(shape?.kind === "build" && shape.complete !== undefined, "a probe needs a build side that is complete");
        const state = reserveProbe(this.#state, this.#passes(step.node.join, shape.complete.isOnDisk));
        this.#probes.push({ breaker: step.breaker, state });
        emitProbe(emitter, step.node, step.columns, shape.shape, shape.complete, state, skip, downstream);
        return;
      }
      case "loop": {
        const shape = this.#shapes.get(step.breaker);
        assert(shape?.kind === "rows", "a nested loop needs a build side that has been compiled");
        const isOnDisk = shape.isSpilled === true;
        const state = reserveLoop(this.#state, this.#passes(step.node.join, isOnDisk));
        this.#loops.push({ breaker: step.breaker, state });
        emitNestedLoop(emitter, step.node, step.columns, shape.shape.layout, state, isOnDisk, skip, downstream);
        return;
      }
      case "generate":
        throw new InternalError("generators end segments");
    }
  }

  /** Positions are those of the run in the first segment alone. */
  #passes(join: PhysicalJoinKind, isOnDisk: boolean): PassState | undefined {
    return isOnDisk && this.#segment === 0 && takesNotes(join) ? reservePasses(this.#state) : undefined;
  }

  #sink(emitter: SegmentEmitter, pipeline: Pipeline, breaker: Breaker | undefined, skip: Label): CompiledSink {
    switch (pipeline.sink.kind) {
      case "result": {
        const batch = reserveOutput(this.#state, this.#stages.output);
        emitOutput(emitter, batch);
        return { kind: "output", batch };
      }
      case "discard":
        return { kind: "discard" };
      case "breaker":
        if (breaker === undefined) throw new InternalError("a pipeline ends in a breaker that does not exist");
        return this.#breakerSink(emitter, breaker, skip);
    }
  }

  #breakerSink(emitter: SegmentEmitter, breaker: Breaker, skip: Label): CompiledSink {
    const feeders = this.#stages.pipelines.filter((p) => p.sink.kind === "breaker" && p.sink.breaker === breaker.id).length;
    const singleFeeder = feeders === 1;
    const { collide, emit } = this.#options;
    const known = this.#shapes.get(breaker.id);
    switch (breaker.kind) {
      case "aggregate": {
        const shape = known?.kind === "aggregate" ? known.shape : aggregateShape(emitter, breaker.node, { emit, collide, singleFeeder });
        this.#shapes.set(breaker.id, { kind: "aggregate", shape });
        const state = reserveAggregate(this.#state, shape);
        emitAggregateSink(emitter, breaker.node, shape, state);
        return { kind: "aggregate", breaker: breaker.id, shape, state };
      }
      case "build": {
        const shape = known?.kind === "build" ? known.shape : buildShape(emitter, breaker.node, breaker.columns, { collide, singleFeeder });
        this.#shapes.set(breaker.id, { kind: "build", shape });
        const state = reserveBuild(this.#state, shape);
        emitBuildSink(emitter, breaker.node, breaker.columns, shape, state, skip);
        return { kind: "build", breaker: breaker.id, shape, state };
      }
      case "shared":
        return this.#exchangeSink(emitter, breaker, { keys: [], partitions: 1 }, singleFeeder);
      case "exchange":
        return this.#exchangeSink(emitter, breaker, breaker.node.partitioning, singleFeeder);
      case "loopBuild":
      case "sort":
      case "topN":
      case "limit":
      case "window": {
        const request = rowSinkRequest(breaker, { singleFeeder, collide });
        const shape = known?.kind === "rows" ? known.shape : rowSinkShape(emitter, request);
        this.#shapes.set(breaker.id, { kind: "rows", shape });
        const state = reserveRowSink(this.#state, shape);
        emitRowSink(emitter, request, shape, state, skip);
        return { kind: "rows", breaker: breaker.id, shape, state };
      }
    }
  }

  #exchangeSink(emitter: SegmentEmitter, { id, columns }: Breaker, partitioning: Partitioning, singleFeeder: boolean): CompiledSink {
    const known = this.#shapes.get(id);
    const shape = known?.kind === "exchange" ? known.shape : exchangeShape(emitter, columns, partitioning.partitions, { collide: this.#options.collide, singleFeeder });
    this.#shapes.set(id, { kind: "exchange", shape });
    const state = reserveExchange(this.#state, shape);
    emitExchangeSink(emitter, partitioning, columns, shape, state);
    return { kind: "exchange", breaker: id, shape, state };
  }
}

type FilterStep = Extract<Step, { kind: "filter" }>;

/** The filters that follow each other from a step on. */
function filtersFrom(steps: readonly Step[], at: number): readonly FilterStep[] {
  const end = steps.findIndex((s, i) => i >= at && s.kind !== "filter");
  return steps.slice(at, end === -1 ? undefined : end).filter((s) => s.kind === "filter");
}

/** The batch behind a cut is emptied before the batches and records that its rows go to are: its bytes must be copied. */
function bindSlot(emitter: SegmentEmitter, column: Column, slot: number): void {
  emitter.bind(column.id, {
    kind: "buffer",
    type: column.type,
    layout: outputLayout(column.type),
    nulls: column.nullable ? "bytes" : "none",
    slot,
    index: emitter.position,
    lifetime: "row",
  });
}
