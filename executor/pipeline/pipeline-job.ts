import type { Value } from "../../catalog/values.ts";
import type { EvalContext } from "../functions/scalar-function.ts";
import type { Account } from "../memory/accounts.ts";
import type { Owner } from "../memory/pool.ts";
import type { StoredPartition } from "../operators/spilling-rows.ts";
import type { ResultBatch } from "../result-batch.ts";
import type { CompiledPipeline } from "./compile-pipeline.ts";
import type { SpilledPage } from "../spill/spill-store.ts";
import type { Morsels } from "./morsels.ts";
import type { PartitionNumbers } from "./row-places.ts";

/** A pipeline to run: sent to every worker that takes part, each makes an instance of it. */
export interface PipelineJob {
  readonly pipeline: CompiledPipeline;
  readonly morsels: Morsels;
  /** Address of the job's control words. */
  readonly control: number;
  /** Address of a byte per morsel, for the share that has taken it, from 1; 0: nobody asks. */
  readonly taken: number;
  /** Who pays for the memory. */
  readonly account: Account;
  readonly spillFolder: string;
  /** Blocks of memory that the rows of an instance's sink may take before they go to disk; undefined: they cannot go there. */
  readonly sinkBlocks: number | undefined;
  /** Bytes that a batch of a scan should not go beyond. */
  readonly scanBytes: number;
  /** What can go to disk goes there, whatever memory there is. */
  readonly eagerSpill: boolean;
  /** Words of the state block (number: uint32, bigint: int64) that are known only now: hash tables that are probed. */
  readonly words: readonly { readonly offset: number; readonly value: number | bigint }[];
  /** Partial aggregation that reduces nothing is given up. */
  readonly givesUpSearch: boolean;
  /** Rows per call of compiled code. */
  readonly batchRows: number;
  readonly outputRows: number;
  /** What TypeScript implementations may look at: time zone, current time. */
  readonly evaluation: EvalContext;
  /** Absent where nobody asks for them. */
  readonly partitions?: PartitionNumbers;
}

/** Owners of one instance's memory. */
export interface PipelineOwners {
  /** Records that the sink keeps, and their strings. */
  readonly rows: Owner;
  /** The state block, and literals: the records' strings may point into them. */
  readonly kept: Owner;
  /** What ends with the instance. */
  readonly work: Owner;
  /** What ends with a part of a join. */
  readonly part: Owner;
  /** What ends with the batch at hand. */
  readonly scratch: Owner;
}

/** A worker's part in a job. */
export interface PipelineShare {
  /** From 0. */
  readonly worker: number;
  /** The morsels to be done; absent: those that nobody else takes. */
  readonly only?: readonly number[];
}

/** Control words of a job, uint32 each. */
export const CONTROL = {
  /** The next morsel that nobody has taken. */
  next: 0,
  /** Not 0: stop at the next batch. */
  cancelled: 4,
  /** Rows that finished morsels have put into a limit. */
  rows: 8,
  /** uint64: complement of the smallest sort prefix that is known to be beyond the rows of a top-N; 0 where none is. */
  bound: 16,
  /** Per worker: result batches that it has sent and the reader has not taken. */
  outstanding: 24,
} as const;

/** Bytes of the control words of a job for so many workers. */
export function controlBytes(workers: number): number {
  return CONTROL.outstanding + 4 * workers;
}

/** What an instance leaves behind, in memory of its attempt. */
export type SinkResult =
  | { readonly kind: "none" }
  /** `unmerged`: one group may have several records. `unsearched`: rows that were kept without looking for their groups. */
  | { readonly kind: "aggregate"; readonly partitions: readonly StoredPartition[]; readonly unmerged: boolean; readonly unsearched: number }
  /** `range`: smallest and largest key, where they are measured and there are any. */
  | { readonly kind: "build"; readonly partitions: readonly StoredPartition[]; readonly sawNull: boolean; readonly range: readonly [bigint, bigint] | undefined }
  /** `copied`: by partition, bytes of strings. */
  | { readonly kind: "exchange"; readonly partitions: readonly StoredPartition[]; readonly copied: readonly number[] }
  /** By radix partition; one where rows are not kept apart. `sorted`: what a sort has on disk, runs of pages in order. */
  | { readonly kind: "rows"; readonly partitions: readonly StoredPartition[]; readonly sorted: readonly (readonly SpilledPage[])[] };

/** One task of a join in parts; `rows`: of its probe side. */
export interface JoinTaskResult {
  readonly task: number;
  readonly rows: number;
  readonly milliseconds: number;
}

export interface InstanceResult {
  readonly sink: SinkResult;
  readonly joinTasks: readonly JoinTaskResult[];
  /** Rows that entered the pipeline, and calls of TypeScript implementations over a batch. */
  readonly rows: number;
  readonly vectorCalls: number;
  readonly milliseconds: number;
  /** Rows by plan node; empty unless they are counted. */
  readonly nodeRows: readonly (readonly [node: number, rows: number])[];
}

/** Where results go: the batches of one morsel in order, and word of each morsel that is begun. */
export interface ResultOutput {
  readonly begin: (morsel: number) => void;
  readonly add: (morsel: number, batch: ResultBatch) => void;
}

/** Raised inside a worker where compiled code met an error; the text is made by whoever has the sites. */
export class RowError extends Error {
  readonly site: number;
  readonly operands: readonly Value[];

  constructor(site: number, operands: readonly Value[]) {
    super(`error site ${site}`);
    this.name = "RowError";
    this.site = site;
    this.operands = operands;
  }
}

/** The job was cancelled while it ran. */
export class CancelledError extends Error {
  constructor() {
    super("cancelled");
    this.name = "CancelledError";
  }
}

