import { InternalError } from "../catalog/errors.ts";
import type { Split } from "../catalog/table.ts";
import type { Breaker, PartsJoined, Pipeline, Source, StagePlan, Step } from "../planner/stages.ts";
import { breakersMarked, breakersRead, keepsStrings, liveBreakers, sourcesOfIncomplete } from "./breaker-lifetimes.ts";
import type { Arena } from "./memory/arena.ts";
import { bytesWanted, sinkBlocks, sourceBytes } from "./memory-shares.ts";
import { breakerWords } from "./breaker-words.ts";
import { breakerName, namingOperators, pipelineNames } from "./operators-at-work.ts";
import { mayRunTwice, partMorsels, scanLayouts, scanSplits, splitMorsels, storedMorsels } from "./job-sources.ts";
import type { QueryCounters } from "./query-counters.ts";
import { WorkDone } from "./query-counters.ts";
import { QueryJobs } from "./query-jobs.ts";
import { QueryMemory } from "./query-memory.ts";
import { BreakerState } from "./operators/breaker-state.ts";
import type { BuildInParts } from "./operators/join/build-in-parts.ts";
import { joinLookup } from "./operators/join/join-lookup.ts";
import { takesNotes } from "./operators/join/passes.ts";
import type { FinishTasks, SpilledParts } from "./operators/finish-task.ts";
import type { BreakerShape, CompiledPipeline } from "./pipeline/compile-pipeline.ts";
import { pipelineCode } from "./pipeline/kept-code.ts";
import type { Morsels, RecordRun } from "./pipeline/morsels.ts";
import { morselCount, rangeMorsels } from "./pipeline/morsels.ts";
import { PartitionNumbering } from "./pipeline/row-places.ts";
import type { PipelineJob } from "./pipeline/pipeline-job.ts";
import { controlBytes } from "./pipeline/pipeline-job.ts";
import type { ExecuteOptions, ExecutorThreads } from "./executor.ts";
import { PlanInProgress } from "./plan-in-progress.ts";
import type { ResultQueue } from "./result-queue.ts";
import { spillLayout } from "./spill/spill-layout.ts";
import { WorkerLostError } from "./worker-lost.ts";

/**
 * One query on its way: its pipelines run one after the other, each on all workers; at every breaker exact sizes are known before the next pipeline is
 * compiled. Memory is held for a breaker, until the last pipeline that reads it has ended, or for the pipeline that runs.
 */
export class QueryRun {
  readonly #threads: ExecutorThreads;
  readonly #options: ExecuteOptions;
  readonly #plan: PlanInProgress;
  readonly #shapes = new Map<number, BreakerShape>();
  readonly #breakers = new Map<number, BreakerState>();
  readonly #parts = new Map<number, SpilledParts>();
  readonly #partitioned = new Map<number, BuildInParts>();
  readonly #memory: QueryMemory;
  readonly #spillFolder: string;
  readonly #jobs: QueryJobs;
  /** By breaker, those that hold bytes of its records' strings. */
  readonly #pointsInto = new Map<number, Set<number>>();
  /** Breakers whose rows are gone. */
  readonly #freed = new Set<number>();
  readonly #results: ResultQueue;
  readonly #work = new WorkDone();
  readonly #numbering = new PartitionNumbering();
  #atWork: readonly string[] = [];
  #peakBytes = 0;
  #spilledBytes = 0;

  constructor(stages: StagePlan, threads: ExecutorThreads, options: ExecuteOptions, results: ResultQueue) {
    this.#threads = threads;
    this.#options = options;
    this.#plan = new PlanInProgress(stages);
    this.#results = results;
    this.#memory = new QueryMemory(threads.pool, options.memoryLimit, options.makeRoom);
    this.#spillFolder = threads.spill.newQuery();
    this.#jobs = new QueryJobs(threads, options, this.#memory, this.#spillFolder);
  }

  get counters(): QueryCounters {
    const { vectorCalls, rows, nodes } = this.#work;
    return { vectorCalls, rows, pipelines: this.#plan.ran.length, peakBytes: this.#peakBytes, spilledBytes: this.#spilledBytes, nodes, decisions: this.#plan.decisions, finalPlan: this.#plan.corrected };
  }

  async run(): Promise<void> {
    try {
      for (let pipeline = this.#plan.next(); pipeline !== undefined; pipeline = this.#plan.next()) {
        const started = performance.now();
        this.#atWork = pipelineNames(pipeline, this.#plan.stages.breakers);
        const { source, sink } = pipeline;
        // Before rows go to disk for want of memory, what is cached and not read may go there.
        if (sink.kind === "breaker") await this.#memory.makeRoom(bytesWanted(this.#plan.stages.breakers[sink.breaker], source, source.kind === "breaker" ? this.#breaker(source.breaker).recordCount() : undefined));
        const spilled = this.#memory.spilledBytes;
        await this.#runPipeline(pipeline);
        this.#plan.ended(pipeline);
        if (sink.kind === "breaker") {
          const breaker = this.#plan.stages.breakers[sink.breaker];
          const isComplete = !this.#plan.left().some((p) => p.sink.kind === "breaker" && p.sink.breaker === sink.breaker);
          this.#atWork = [breakerName(breaker)];
          if (isComplete) await this.#complete(breaker);
          if (this.#options.measure === true) this.#work.measure(breaker.node.id, 0, performance.now() - started, this.#memory.usedBytes);
          if (isComplete) await this.#plan.breakerCompleted(breaker, this.#breaker(breaker.id), this.#threads.pool, this.#options);
        }
        this.#freeUnused();
        // As much as it may have: what comes next reads those rows again.
        if (this.#memory.spilledBytes > spilled) await this.#memory.makeRoom(Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      throw namingOperators(error, this.#atWork);
    } finally {
      this.#peakBytes = this.#memory.peakBytes;
      this.#spilledBytes = this.#memory.spilledBytes;
      this.#memory.close();
      if (this.#spilledBytes > 0) await this.#threads.spill.removeQuery(this.#spillFolder);
    }
  }

  /** Frees the memory of the pipeline that has ended, and of breakers which nothing reads any more. */
  #freeUnused(): void {
    const left = this.#plan.left();
    const live = liveBreakers(left, sourcesOfIncomplete(this.#plan.stages, this.#plan.ran, left), this.#pointsInto);
    const unused = this.#memory.holders.filter((holder) => typeof holder !== "number" || !live.has(holder));
    for (const holder of unused) if (typeof holder === "number") this.#freed.add(holder);
    this.#memory.release(...unused);
  }

  /** Strings are not copied from one breaker to the next, so that a breaker whose records have some keeps those alive that its feeders read. */
  #keepSources(pipeline: Pipeline, breaker: number): void {
    const shape = this.#shapes.get(breaker);
    if (shape === undefined || !keepsStrings(shape)) return;
    const sources = this.#pointsInto.get(breaker) ?? new Set();
    for (const source of breakersRead(pipeline)) sources.add(source);
    this.#pointsInto.set(breaker, sources);
  }

  #breaker(id: number, stages = this.#plan.stages): BreakerState {
    let state = this.#breakers.get(id);
    if (state === undefined) {
      state = new BreakerState(stages.breakers[id]);
      this.#breakers.set(id, state);
    }
    return state;
  }

  /** Runs a pipeline; one that probes hash tables which are in parts is cut before each of these probes. */
  async #runPipeline(whole: Pipeline): Promise<void> {
    for (const step of whole.steps) if (step.kind === "probe") await this.#completeTable(step.breaker);
    const pipeline = this.#partitioned.size === 0 ? whole : { ...whole, steps: whole.steps.filter((step) => !this.#isRuntimeFilterInParts(step)) };
    if (pipeline.steps.some((step) => (step.kind === "probe" || step.kind === "loop") && this.#partitioned.has(step.breaker))) await this.#runPieces(pipeline);
    else await this.#runStages(pipeline, this.#plan.stages);
    if (whole.sink.kind === "breaker") this.#keepSources(whole, whole.sink.breaker);
  }

  async #runPieces(pipeline: Pipeline): Promise<void> {
    const { cutAtParts } = await import("./partitioned-pipeline.ts");
    const pieces = cutAtParts(pipeline, this.#plan.stages, (breaker) => this.#partitioned.has(breaker));
    let before: number | undefined;
    for (const { pipeline: piece, stages } of pieces) {
      await this.#runStages(piece, stages);
      if (before !== undefined) this.#forget(before);
      before = piece.sink === pipeline.sink || piece.sink.kind !== "breaker" ? undefined : piece.sink.breaker;
    }
  }

  /** It would only leave out rows that the join itself drops. */
  #isRuntimeFilterInParts(step: Step): boolean {
    return step.kind === "probe" && this.#partitioned.has(step.breaker) && step.node.id !== this.#plan.stages.breakers[step.breaker].node.id;
  }

  /** A breaker is as if nothing had been put into it. */
  #forget(breaker: number): void {
    this.#memory.release(breaker);
    this.#breakers.delete(breaker);
    this.#shapes.delete(breaker);
    this.#pointsInto.delete(breaker);
    this.#numbering.forget(breaker);
  }

  /** Both sides of a join in parts; `exchange`: the breaker of the probe side. */
  async #joinParts(exchange: number, { breaker: join, reads }: PartsJoined, compiled: CompiledPipeline, arena: Arena): Promise<Morsels> {
    const build = this.#partitioned.get(join);
    const lookup = joinLookup(compiled, join);
    if (build === undefined || lookup === undefined) throw new InternalError("a join in parts has a build side in parts");
    const { joinMorsels } = await import("./operators/join/join-tasks.ts");
    const { layout } = this.#shape(exchange).shape;
    const sides = { build: build.layout, probe: spillLayout(layout.bytes, layout.fields), lookup, keepsFlags: build.keepsFlags };
    const parts = await build.parts(this.#breaker(exchange).stored(), sides.probe, !takesNotes(build.join) || lookup.state.passes !== undefined, this.#jobs.divide("pipeline"));
    if (lookup.kind === "loop") return { kind: "joinParts", join: { ...sides, tasks: parts.flat().map((part) => [part]) } };
    return joinMorsels(parts, reads, sides, arena, (links) => this.#jobs.runTasks("pipeline", links, [], false));
  }

  async #runStages(pipeline: Pipeline, stages: StagePlan): Promise<void> {
    const { source } = pipeline;
    const joins = source.kind === "breaker" ? source.joins : undefined;
    // Where the build side is on disk, probe rows of its partitions are divided to disk too.
    if (source.kind === "breaker" && joins !== undefined) this.#shapes.set(source.breaker, { ...this.#shape(source.breaker), isSpilled: this.#shape(joins.breaker).isSpilled === true || this.#breaker(source.breaker).isSpilled() });
    const splits = await scanSplits(source, this.#threads.locateFile);
    const arena = this.#memory.arena("pipeline");
    const layouts = await scanLayouts(source, splits);
    const { pipeline: compiled, sites: own } = pipelineCode(stages, pipeline, this.#shapes, layouts, {
      emit: this.#options.emit,
      collide: this.#options.collide ?? false,
      timeZone: this.#options.evaluation.timeZone,
      measure: this.#options.measure ?? false,
    });
    const parts = source.kind === "breaker" ? this.#parts.get(source.breaker) : undefined;
    const sites = [...own, ...(parts?.sites ?? [])];
    const morsels = parts === undefined ? await this.#morsels(source, splits, arena, compiled) : partMorsels(parts, own.length);
    const speculates = this.#options.speculation !== undefined && mayRunTwice(pipeline, stages, morsels);
    const job: PipelineJob = {
      pipeline: compiled,
      morsels,
      control: arena.allocateZeroed(controlBytes(this.#threads.workers)),
      taken: speculates ? arena.allocate(morselCount(morsels)) : 0,
      account: this.#memory.account,
      spillFolder: this.#spillFolder,
      sinkBlocks: sinkBlocks(pipeline.sink.kind === "breaker" ? stages.breakers[pipeline.sink.breaker].kind : undefined, this.#memory.freeBlocks, this.#threads.workers),
      scanBytes: sourceBytes(this.#memory.freeBlocks, this.#threads.workers),
      eagerSpill: this.#options.eagerSpill ?? false,
      words: breakerWords(compiled, (breaker) => this.#breaker(breaker)),
      givesUpSearch: this.#options.adaptive?.partialAggregation ?? false,
      batchRows: this.#options.batchRows,
      outputRows: Math.max(1, Math.min(this.#options.batchRows, 4096)),
      evaluation: this.#options.evaluation,
      partitions: this.#numbering.next(pipeline.sink, compiled.placesAsked, morsels),
    };
    const { onEvent } = this.#options;
    const { id: stage } = pipeline;
    const [node, estimated] = source.kind === "breaker" ? [source.reader, source.estimate] : [source.node.id, source.node.rows];
    const started = performance.now();
    onEvent?.({ kind: "stageStarted", stage, node, estimatedRows: estimated, morsels: morselCount(morsels), inputBytes: splits.reduce((sum, { bytes }) => sum + bytes, 0) });
    const results = await this.#jobs.runPipeline(job, sites, pipeline, pipeline.sink.kind === "result" ? this.#results.feed(this.#threads.workers, pipeline.sink.partition) : undefined);
    const tasks = morsels.kind === "joinParts" ? results.flatMap((result) => result.joinTasks) : results.map((result, task) => ({ ...result, task }));
    for (const { task, rows, milliseconds } of tasks) onEvent?.({ kind: "taskEnded", stage, task, rows, milliseconds });
    onEvent?.({ kind: "stageEnded", stage, rows: results.reduce((sum, { rows }) => sum + rows, 0), milliseconds: performance.now() - started, heldBytes: this.#memory.usedBytes, spilledBytes: this.#memory.spilledBytes });
    for (const result of results) {
      this.#work.add(stage, result);
      if (pipeline.sink.kind === "breaker") this.#breaker(pipeline.sink.breaker, stages).add(result.sink, result.rows);
    }
  }

  /** `splits`: those of a scan. */
  async #morsels(source: Source, splits: readonly Split[], arena: Arena, compiled: CompiledPipeline): Promise<Morsels> {
    switch (source.kind) {
      case "scan":
        return splitMorsels(splits, source.node);
      case "values":
        return { kind: "values", rows: source.node.data };
      case "range":
        return rangeMorsels(source.node.start, source.node.end, source.node.step);
      case "breaker":
        return source.joins === undefined ? storedMorsels(source, this.#breaker(source.breaker), this.#shape(source.breaker).shape.layout, this.#partitioned.get(source.breaker), this.#threads.pool, arena) : this.#joinParts(source.breaker, source.joins, compiled, arena);
    }
  }

  #shape(breaker: number): BreakerShape {
    const shape = this.#shapes.get(breaker);
    if (shape === undefined) throw new InternalError("a breaker is looked at before it is fed");
    return shape;
  }

  /**
   * All rows of a breaker are in. Merging groups changes them: where a worker dies at that, the pipelines that have fed the breaker run again. The breakers that they read are
   * still there, but for matches that they have marked, and nobody has seen the one that they feed: it may get other rows than the first time, where these are random.
   */
  async #complete(breaker: Breaker): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await this.#allIn(breaker);
        return;
      } catch (error) {
        if (!(error instanceof WorkerLostError) || !error.spoilsInput) throw error;
        if (failures >= this.#jobs.maxFailures) throw new WorkerLostError(error.reason, failures, false);
        const feeders = this.#plan.ran.filter(({ sink }) => sink.kind === "breaker" && sink.breaker === breaker.id);
        if (feeders.flatMap(breakersRead).some((source) => this.#freed.has(source))) throw error;
        this.#memory.release("pipeline", "tasks");
        this.#forget(breaker.id);
        for (const id of new Set(feeders.flatMap(breakersMarked))) this.#breaker(id).clearMatches(this.#partitioned.get(id), this.#threads.pool);
        for (const feeder of feeders) {
          this.#work.forget(feeder.id);
          await this.#runPipeline(feeder);
          this.#memory.release("pipeline");
        }
      }
    }
  }

  /** All rows of a breaker are in. A hash table is completed when it is probed: what is to come may be planned otherwise before. */
  async #allIn(breaker: Breaker): Promise<void> {
    const state = this.#breaker(breaker.id);
    state.settle(this.#shape(breaker.id));
    if (breaker.kind === "build") return;
    await this.#finish(breaker, state);
    if (!state.isSpilled()) return;
    if (breaker.kind === "loopBuild") await this.#leaveLoopInParts(breaker, state);
    else await this.#divideSpilled(breaker, state, this.#shape(breaker.id));
  }

  async #finish(breaker: Breaker, state: BreakerState): Promise<void> {
    const first = state.finishTasks(this.#threads.pool, this.#memory.arena(breaker.id), { timeZone: this.#options.evaluation.timeZone, emit: this.#options.emit });
    const inline = state.isSmall();
    let runs: readonly (readonly RecordRun[])[] = [];
    for (let round: FinishTasks | undefined = first; round !== undefined; round = round.then?.(runs)) {
      const made = await this.#jobs.runTasks(round.then === undefined ? breaker.id : "pipeline", round.tasks, round.sites, inline);
      runs = made.map((result) => result.runs);
    }
    state.complete(runs);
  }

  async #leaveLoopInParts({ id, node }: Extract<Breaker, { kind: "loopBuild" }>, state: BreakerState): Promise<void> {
    const { LoopBuildInParts } = await import("./operators/join/loop-build-in-parts.ts");
    const shape = this.#shape(id);
    const { bytes, fields } = shape.shape.layout;
    this.#partitioned.set(id, new LoopBuildInParts(spillLayout(bytes, fields), node.join, state.stored(), sourceBytes(this.#memory.freeBlocks, this.#threads.workers), this.#threads.workers, this.#memory.arena(id)));
    this.#shapes.set(id, { ...shape, isSpilled: true });
  }

  /** Before the first probe of a hash table: one directory for all workers, or parts, where the plan says so or some rows are on disk. */
  async #completeTable(id: number): Promise<void> {
    const breaker = this.#plan.stages.breakers[id];
    const shape = this.#shape(id);
    if (shape.kind !== "build" || breaker.kind !== "build") throw new InternalError("what is probed is a hash table");
    if (shape.complete !== undefined) return;
    const state = this.#breaker(id);
    if (state.isSpilled() || this.#plan.stages.pipelines.some(({ source }) => source.kind === "breaker" && source.joins?.breaker === id)) {
      state.leaveInParts();
      const { PartitionedBuild } = await import("./operators/join/partitioned-build.ts");
      const build = await PartitionedBuild.divide(shape.shape, breaker.node.join, state.stored(), sourceBytes(this.#memory.freeBlocks, this.#threads.workers), this.#memory.arena(id), this.#jobs.divide(id));
      this.#partitioned.set(id, build);
      const isOnDisk = build.pages.length > 0;
      this.#shapes.set(id, { ...shape, isSpilled: isOnDisk, complete: { directory: "hash", unique: false, isPartitioned: true, isOnDisk } });
      return;
    }
    await this.#finish(breaker, state);
    const { directory, unique } = state.build();
    this.#shapes.set(id, { ...shape, complete: { directory: directory.kind, unique, isPartitioned: false, isOnDisk: false } });
  }

  /** What does not fit into memory is read part by part. */
  async #divideSpilled(breaker: Breaker, state: BreakerState, shape: BreakerShape): Promise<void> {
    const { spilledParts } = await import("./operators/spilled/spilled-parts.ts");
    this.#shapes.set(breaker.id, { ...shape, isSpilled: true });
    const parts = await spilledParts(breaker, state, shape, {
      emit: this.#options.emit,
      timeZone: this.#options.evaluation.timeZone,
      workers: this.#threads.workers,
      partBytes: sourceBytes(this.#memory.freeBlocks, this.#threads.workers),
      runTasks: (tasks) => this.#jobs.runTasks(breaker.id, tasks, [], false),
    });
    if (parts !== undefined) this.#parts.set(breaker.id, parts);
  }
}
