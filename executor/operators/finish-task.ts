import type { ErrorSite } from "../emit/emit-context.ts";
import type { EvalContext } from "../functions/scalar-function.ts";
import type { Account } from "../memory/accounts.ts";
import type { Owner } from "../memory/pool.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import type { SpilledPage } from "../spill/spill-store.ts";
import type { AggregateShape } from "./aggregate/aggregate-sink.ts";
import type { MergeModule } from "./aggregate/merge-module.ts";
import type { DirectorySlots, JoinDirectory } from "./join/join-directory.ts";
import type { RankedDirectory } from "./join/ranked-directory.ts";
import type { RowChunk } from "./row-store.ts";
import type { StoredPartition } from "./spilling-rows.ts";
import type { DivideTask } from "./spilled/divide-task.ts";
import type { IsolateTask } from "./spilled/isolate-task.ts";
import type { SortPagesTask } from "./spilled/sort-pages-task.ts";
import type { MergeTask } from "./rows/merge-task.ts";
import type { RowSinkShape } from "./rows/row-sink.ts";
import type { SortModule } from "./rows/sort-module.ts";
import type { StreamTask } from "./window/stream-task.ts";
import type { WindowModule } from "./window/window-module.ts";

/**
 * What completes a breaker once its feeding pipelines have ended: independent tasks that workers take like morsels. Each gives the records that it is
 * answerable for.
 */
export type FinishTask =
  | GroupsTask
  | MarkTask
  | LinkTask
  /** All rows in order, `offset` rows left out, at most `limit`. */
  | { readonly kind: "sort"; readonly shape: RowSinkShape; readonly sorting: SortModule; readonly runs: readonly RecordRun[]; readonly offset: number; readonly limit: number | undefined }
  /** Entries of records in buckets between ascending prefixes: see SORT_ENTRY. Gives the entries, and a run of uint32 addresses where each bucket ends. */
  | { readonly kind: "distribute"; readonly runs: readonly RecordRun[]; readonly bounds: number; readonly boundCount: number }
  /** The records of some entries in order. */
  | { readonly kind: "sortBucket"; readonly shape: RowSinkShape; readonly sorting: SortModule; readonly slices: readonly RecordRun[] }
  /** Rows in morsel order, `offset` left out, at most `limit`. */
  | { readonly kind: "limit"; readonly runs: readonly RecordRun[]; readonly offset: number; readonly limit: number | undefined }
  | WindowTask
  /** The runs as one array of addresses: a nested loop goes over it. */
  | { readonly kind: "addresses"; readonly runs: readonly RecordRun[] }
  | DiskTask;

/** Tasks that leave pages. */
export type DiskTask = DivideTask | IsolateTask | SortPagesTask | MergeTask;

/** Rows of a build side, entered into a directory: one radix partition into its part of the one that all workers share, or some rows into their own. */
export interface LinkTask {
  readonly kind: "link";
  readonly module: WebAssembly.Module;
  readonly chunks: readonly RowChunk[];
  readonly rowBytes: number;
  readonly directory: JoinDirectory;
  /** Of a hash directory: what is emptied before. */
  readonly slots: DirectorySlots | undefined;
  /** Upper hash bits that all rows of the directory have in common. */
  readonly sharedBits: number;
  readonly key: DirectKey | undefined;
}

/** Keys of one partition's rows of a build side, marked before they are counted and linked. */
export interface MarkTask {
  readonly kind: "mark";
  readonly module: WebAssembly.Module;
  readonly chunks: readonly RowChunk[];
  readonly rowBytes: number;
  readonly directory: RankedDirectory;
  readonly key: DirectKey;
}

/** What a pipeline completes when it reads it, part by part, for not all of a breaker fits into memory. */
export type PartTask = GroupsTask | WindowTask | StreamTask | MergeTask;

/** Parts that a pipeline reads one after the other, so that one for each worker is in memory. */
export interface SpilledParts {
  readonly tasks: readonly PartTask[];
  /** Of the code that completes them. */
  readonly sites: readonly ErrorSite[];
}

/** One radix partition of all instances' groups. */
export interface GroupsTask {
  readonly kind: "groups";
  readonly shape: AggregateShape;
  readonly groups: StoredPartition;
  readonly merge: MergeModule;
  readonly needsMerge: boolean;
  /** What is merged are copies of the records in memory: they stay as they are, so that another thread can do the same. */
  readonly copies: boolean;
  /** Upper hash bits that its records have in common. */
  readonly sharedBits: number;
  /** Number that the first error site of the merge has among those of the job. */
  readonly firstSite: number;
}

/** All rows of some of the window's partitions. */
export interface WindowTask {
  readonly kind: "window";
  readonly shape: RowSinkShape;
  readonly window: WindowModule;
  readonly rows: StoredPartition;
  /** Instead of `rows`: records that are in the window's order. */
  readonly sorted?: readonly RecordRun[];
  /** Upper bits that the hashes of the partitions' keys have in common. */
  readonly sharedBits: number;
  /** Number that the first error site of the window has among those of the job. */
  readonly firstSite: number;
}

/** What a task gives: records in memory, and, of a partition that is divided, pages on disk by part. */
export interface TaskResult {
  readonly runs: readonly RecordRun[];
  readonly pages: readonly (readonly SpilledPage[])[];
}

/** What completes a breaker: tasks, error sites of their code, and further tasks that are made from what the first ones give. */
export interface FinishTasks {
  readonly tasks: readonly FinishTask[];
  readonly sites: readonly ErrorSite[];
  readonly then?: (made: readonly (readonly RecordRun[])[]) => FinishTasks;
}

/** Where a keyed directory's key is in a record, and the uint32 that is set when a key repeats. Directories of this kind come zeroed. */
export interface DirectKey {
  readonly offset: number;
  readonly width: 32 | 64;
  readonly repeated: number;
}

/** Owners of one thread's memory in a job: what the tasks give, and what each needs while it runs. */
export interface FinishOwners {
  readonly kept: Owner;
  readonly work: Owner;
}

export interface FinishJob {
  readonly tasks: readonly FinishTask[];
  readonly control: number;
  readonly account: Account;
  readonly spillFolder: string;
  readonly evaluation: EvalContext;
}
