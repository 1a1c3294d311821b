import type { Value } from "../catalog/values.ts";
import type { CacheJob, CacheResult } from "./cache/cache-table.ts";
import type { Owner } from "./memory/pool.ts";
import type { FinishJob, FinishOwners, TaskResult } from "./operators/finish-task.ts";
import type { InstanceResult, PipelineJob, PipelineOwners, PipelineShare } from "./pipeline/pipeline-job.ts";
import type { ResultBatch } from "./result-batch.ts";

/** What the scheduler sends to a worker. */
export type ToWorker =
  | { readonly kind: "pipeline"; readonly id: number; readonly share: PipelineShare; readonly job: PipelineJob; readonly owners: PipelineOwners }
  | { readonly kind: "finish"; readonly id: number; readonly job: FinishJob; readonly owners: FinishOwners }
  | { readonly kind: "cache"; readonly id: number; readonly job: CacheJob; readonly owner: Owner; readonly scratch: Owner };

/** What a worker answers. Every job ends with exactly one `ended` or `failed`. */
export type FromWorker =
  | { readonly kind: "begin"; readonly id: number; readonly morsel: number }
  | { readonly kind: "batch"; readonly id: number; readonly morsel: number; readonly batch: ResultBatch }
  /** The share begins to wait for the reader of its batches, or goes on. */
  | { readonly kind: "reader"; readonly id: number; readonly isAwaited: boolean }
  | { readonly kind: "ended"; readonly id: number; readonly result: JobResult }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure };

export type JobResult =
  | { readonly kind: "cache"; readonly result: CacheResult }
  | { readonly kind: "pipeline"; readonly result: InstanceResult }
  | { readonly kind: "finish"; readonly results: readonly (TaskResult & { readonly task: number })[] };

/** An error in cloneable form. */
export type Failure =
  | { readonly kind: "row"; readonly site: number; readonly operands: readonly Value[] }
  | { readonly kind: "cancelled" }
  | {
      readonly kind: "sparrow";
      readonly condition: string;
      readonly sqlState: string;
      readonly message: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly origin: "user" | "data" | "resource";
      readonly span: { readonly start: number; readonly end: number } | undefined;
      readonly hint: string | undefined;
      readonly detail: string | undefined;
    }
  | { readonly kind: "other"; readonly message: string; readonly stack: string | undefined };
