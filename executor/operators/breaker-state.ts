import { InternalError } from "../../catalog/errors.ts";
import type { PartitionSize } from "../../planner/adaptive/progress.ts";
import type { Breaker } from "../../planner/stages.ts";
import type { ErrorSite } from "../emit/emit-context.ts";
import type { Arena } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { BreakerShape } from "../pipeline/compile-pipeline.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import type { SinkResult } from "../pipeline/pipeline-job.ts";
import { keepsLists } from "./aggregate/aggregate-plan.ts";
import { mergeCode } from "./aggregate/merge-module.ts";
import type { FinishTask, FinishTasks, WindowTask } from "./finish-task.ts";
import type { BuildShape } from "./join/join-build.ts";
import { BUILD_RECORD } from "./join/join-build.ts";
import type { BuildInParts } from "./join/build-in-parts.ts";
import type { JoinDirectory, KeyedDirectory } from "./join/join-directory.ts";
import { keyedDirectory } from "./join/join-directory.ts";
import { linkTasks } from "./join/link-tasks.ts";
import { LOOP_RECORD } from "./join/nested-loop.ts";
import { PARTITION_BITS, runsOf } from "./row-store.ts";
import type { RowChunk } from "./row-store.ts";
import { recordsOf } from "./spilled/hash-partitions.ts";
import type { StoredPartition } from "./spilling-rows.ts";
import type { SpilledPage } from "../spill/spill-store.ts";
import type { RowSinkShape } from "./rows/row-sink.ts";
import { sortCode } from "./rows/sort-module.ts";
import { sortTasks } from "./rows/sort-plan.ts";
import { forEachRecord } from "./rows/sort-records.ts";
import { clearMarks } from "./join/page-marks.ts";
import { compileWindow } from "./window/window-module.ts";

/** Records below which a breaker is completed in the main thread. */
const INLINE_RECORDS = 4096;

export interface CompleteBuild {
  readonly directory: JoinDirectory;
  readonly records: number;
  readonly sawNull: boolean;
  /** No key repeats; known of keyed directories only. */
  readonly unique: boolean;
}

/** A breaker while the query runs: what its feeding pipelines left, the tasks that complete it, and the records that later pipelines read. */
export class BreakerState {
  readonly #breaker: Breaker;
  readonly #results: SinkResult[] = [];
  #rowsRead = 0;
  #shape: BreakerShape | undefined;
  #runs: readonly RecordRun[] | undefined;
  #build: CompleteBuild | undefined;
  #isUnique = (): boolean => false;

  constructor(breaker: Breaker) {
    this.#breaker = breaker;
  }

  /** `rows`: read to make it. */
  add(result: SinkResult, rows: number): void {
    this.#results.push(result);
    this.#rowsRead += rows;
  }

  /** Whether there is so little to do that the main thread completes it. */
  isSmall(): boolean {
    if (this.#shape?.kind === "aggregate" && keepsLists(this.#shape.shape.plan) && this.#rowsRead > INLINE_RECORDS) return false;
    const bytes = this.stored().reduce((sum, { chunks }) => sum + chunks.reduce((s, c) => s + c.end - c.start, 0), 0);
    return bytes / (this.#shape?.shape.layout.bytes ?? 1) <= INLINE_RECORDS;
  }

  /** All rows are in. Those of hash tables and exchanges are read as they lie. */
  settle(shape: BreakerShape): void {
    this.#shape = shape;
    if (shape.kind === "build" || shape.kind === "exchange") this.#runs = runsOf(this.stored().flatMap((p) => p.chunks), shape.shape.layout.bytes);
  }

  /** The rows of a build side stay in parts, which have directories of their own. */
  leaveInParts(): void {
    this.#build = { directory: { kind: "hash", address: 0, bits: 0 }, records: this.recordCount(), sawNull: this.sawNull(), unique: false };
  }

  /** Tasks that complete the breaker; error sites of the code they run. */
  finishTasks(pool: Pool, arena: Arena, { timeZone, emit }: { readonly timeZone: string; readonly emit: boolean }): FinishTasks {
    const shape = this.#settledShape();
    switch (shape.kind) {
      case "aggregate": {
        // They are completed part by part, as they are read.
        if (this.isSpilled()) return { tasks: [], sites: [] };
        const { merge, sites } = mergeCode(shape.shape, timeZone);
        const stored = this.stored();
        const needsMerge = this.#results.length > 1 || this.#results.some((r) => r.kind === "aggregate" && r.unmerged);
        const sharedBits = shape.shape.partitions === 1 || shape.shape.collide ? 0 : PARTITION_BITS;
        const tasks = stored
          .filter(({ chunks }) => chunks.some((c) => c.end > c.start) || shape.shape.keys.length === 0)
          .map((groups): FinishTask => ({ kind: "groups", shape: shape.shape, groups, merge, needsMerge, copies: false, sharedBits, firstSite: 0 }));
        return { tasks, sites };
      }
      case "build":
        return this.#linkTasks(shape, arena);
      case "exchange":
        return { tasks: [], sites: [] };
      case "rows":
        return this.#rowTasks(this.#breaker, shape.shape, pool, arena, emit, timeZone);
    }
  }

  complete(runs: readonly (readonly RecordRun[])[]): void {
    if (this.#build !== undefined) this.#build = { ...this.#build, unique: this.#isUnique() };
    const { kind } = this.#settledShape();
    if (kind !== "build" && kind !== "exchange") this.#runs = runs.flat();
  }

  build(): CompleteBuild {
    if (this.#build === undefined) throw new InternalError("a hash table is probed before it is complete");
    return this.#build;
  }

  #settledShape(): BreakerShape {
    if (this.#shape === undefined) throw new InternalError("a breaker is looked at before it is complete");
    return this.#shape;
  }

  /** What all rows are, once they are in. */
  completeRuns(): { readonly shape: BreakerShape; readonly runs: readonly RecordRun[] } {
    if (this.#shape === undefined || this.#runs === undefined) throw new InternalError("a breaker is measured before it is complete");
    return { shape: this.#shape, runs: this.#runs };
  }

  /** Rows of a grouping that were kept without looking for their groups. */
  unsearchedRows(): number {
    return this.#results.reduce((sum, r) => sum + (r.kind === "aggregate" ? r.unsearched : 0), 0);
  }

  /** Smallest and largest key of a hash table, where they were measured. */
  keyRange(): readonly [bigint, bigint] | undefined {
    const ranges = this.#results.flatMap((r) => (r.kind === "build" && r.range !== undefined ? [r.range] : []));
    if (ranges.length === 0) return undefined;
    return [ranges.map((r) => r[0]).reduce((a, b) => (a < b ? a : b)), ranges.map((r) => r[1]).reduce((a, b) => (a > b ? a : b))];
  }

  /** The one array of record addresses of a nested loop. */
  array(): RecordRun {
    const run = this.#runs?.[0];
    if (run === undefined) throw new InternalError("a nested loop begins before its records are complete");
    return run;
  }

  /** Rows by partition, of all instances: those of a hash table, of groups and of windows by the uppermost bits of their hashes. */
  stored(): readonly StoredPartition[] {
    const partitions: { chunks: RowChunk[]; pages: SpilledPage[] }[] = [];
    for (const result of this.#results) {
      if (result.kind === "none") continue;
      for (const [p, { chunks, pages }] of result.partitions.entries()) {
        const partition = (partitions[p] ??= { chunks: [], pages: [] });
        partition.chunks.push(...chunks);
        partition.pages.push(...pages);
      }
    }
    return partitions;
  }

  /** Records in memory and on disk; of a group that is not merged yet there are several. */
  recordCount(): number {
    const { bytes } = this.#settledShape().shape.layout;
    return [...this.stored(), { chunks: [], pages: this.sortedRuns().flat() }].reduce((sum, partition) => sum + recordsOf(partition, bytes), 0);
  }

  /** A row with a NULL key was met. */
  sawNull(): boolean {
    return this.#results.some((r) => r.kind === "build" && r.sawNull);
  }

  /** Some rows are on disk. */
  isSpilled(): boolean {
    return this.#results.some((r) => r.kind !== "none" && r.partitions.some((p) => p.pages.length > 0)) || this.sortedRuns().length > 0;
  }

  /** What a sort has on disk. */
  sortedRuns(): readonly (readonly SpilledPage[])[] {
    return this.#results.flatMap((r) => (r.kind === "rows" ? r.sorted : []));
  }

  /** Rows of a breaker's partitions that are on disk. */
  pages(partitions?: readonly number[]): readonly SpilledPage[] {
    const stored = this.stored();
    return (partitions?.map((p) => stored[p]) ?? stored).flatMap((p) => p.pages);
  }

  /** Exact sizes of partitions; of a build side's rows without their strings. */
  partitionSizes(): readonly PartitionSize[] {
    const shape = this.#settledShape();
    const copied = (p: number): number => this.#results.reduce((sum, r) => sum + (r.kind === "exchange" ? r.copied[p] : 0), 0);
    return this.stored().map((partition, p) => {
      const rows = recordsOf(partition, shape.shape.layout.bytes);
      return { rows, bytes: rows * shape.shape.layout.bytes + copied(p) };
    });
  }

  /** What a pipeline reads of what is in memory; of a build side, the records whose match flag is (not) set; of an exchange, some partitions or all. */
  records(rows: "all" | "matched" | "unmatched", pool: Pool, arena: Arena, partitions?: readonly number[]): readonly RecordRun[] {
    const runs = this.#runs;
    if (runs === undefined) throw new InternalError("a breaker is read before it is complete");
    if (partitions !== undefined) {
      const stored = this.stored();
      return runsOf(partitions.flatMap((p) => stored[p].chunks), this.#settledShape().shape.layout.bytes);
    }
    return this.flagged(rows, runs, pool, arena);
  }

  /** Those of some records whose match flag is (not) set. */
  flagged(rows: "all" | "matched" | "unmatched", runs: readonly RecordRun[], pool: Pool, arena: Arena): readonly RecordRun[] {
    if (rows === "all") return runs;
    const flag = this.#matchFlag;
    const wanted = rows === "matched" ? 1 : 0;
    const total = runs.reduce((sum, r) => sum + r.count, 0);
    const base = arena.allocate(Math.max(1, total) * 4);
    let count = 0;
    forEachRecord(pool.u32, runs, (record) => {
      if (pool.u8[record + flag] === wanted) pool.u32[(base >>> 2) + count++] = record;
    });
    return count === 0 ? [] : [{ base, count, stride: 0 }];
  }

  /** Takes back what joins have marked in build rows. `inParts`: where not all of them are looked at together. */
  clearMatches(inParts: BuildInParts | undefined, pool: Pool): void {
    const { u8, u32 } = pool;
    const flag = this.#matchFlag;
    const runs = inParts === undefined ? (this.#runs ?? []) : runsOf(inParts.chunks, this.#settledShape().shape.layout.bytes);
    forEachRecord(u32, runs, (record) => {
      u8[record + flag] = 0;
    });
    if (inParts !== undefined) clearMarks(pool, inParts.pages);
  }

  get #matchFlag(): number {
    return this.#breaker.kind === "build" ? BUILD_RECORD.matched : LOOP_RECORD.matched;
  }

  #linkTasks({ shape }: Extract<BreakerShape, { kind: "build" }>, arena: Arena): FinishTasks {
    const records = this.recordCount();
    const { directory, tasks, isUnique } = linkTasks(shape, this.stored(), records, this.keyedDirectory(shape, records), arena);
    this.#build = { directory, records, sawNull: this.sawNull(), unique: false };
    this.#isUnique = isUnique;
    return tasks;
  }

  /** How rows of a hash table are found by the value of their key; undefined where it must be by a hash. */
  keyedDirectory({ measuresKey }: BuildShape, records: number): KeyedDirectory | undefined {
    const range = measuresKey ? this.keyRange() : undefined;
    if (range === undefined || this.#breaker.kind !== "build") return undefined;
    return keyedDirectory(range[0], range[1], records, this.#breaker.node.probe.rows);
  }

  #rowTasks(breaker: Breaker, shape: RowSinkShape, pool: Pool, arena: Arena, emit: boolean, timeZone: string): FinishTasks {
    // What is on disk is completed part by part, as it is read.
    if (this.isSpilled()) return { tasks: [], sites: [] };
    const stored = this.stored();
    const runs = runsOf(stored.flatMap((p) => p.chunks), shape.layout.bytes);
    switch (breaker.kind) {
      case "sort":
        return sortTasks(shape, runs, pool, arena);
      case "topN":
        return { tasks: [{ kind: "sort", shape, sorting: sortCode(shape), runs, offset: breaker.node.offset, limit: breaker.node.limit }], sites: [] };
      case "limit":
        return { tasks: [{ kind: "limit", runs, offset: breaker.node.offset, limit: breaker.node.limit }], sites: [] };
      case "window": {
        const { window, sites } = compileWindow(breaker.node.calls, shape, emit, timeZone);
        if (shape.partitionBy.length === 0 && runs.length > 0) return windowOverAll(sortTasks(shape, runs, pool, arena), { kind: "window", shape, window, rows: { chunks: [], pages: [] }, sharedBits: 0, firstSite: 0 }, sites);
        const partitions = stored.filter(({ chunks }) => chunks.some((c) => c.end > c.start));
        return { tasks: partitions.map((rows): FinishTask => ({ kind: "window", shape, window, rows, sharedBits: PARTITION_BITS, firstSite: 0 })), sites };
      }
      case "loopBuild":
        return { tasks: [{ kind: "addresses", runs }], sites: [] };
      case "aggregate":
      case "build":
      case "shared":
      case "exchange":
        throw new InternalError(`${breaker.kind} does not keep plain rows`);
    }
  }
}

/** All rows are one partition: they are sorted on all workers, and evaluated by one. */
function windowOverAll({ tasks, then }: FinishTasks, task: WindowTask, sites: readonly ErrorSite[]): FinishTasks {
  const evaluated = (sorted: readonly (readonly RecordRun[])[]): FinishTasks => ({ tasks: [{ ...task, sorted: sorted.flat() }], sites });
  return { tasks, sites, then: then === undefined ? evaluated : (made) => windowOverAll(then(made), task, sites) };
}
