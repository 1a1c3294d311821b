import { SparrowError } from "../catalog/errors.ts";
import { PipelineInstance } from "./pipeline/pipeline-instance.ts";
import type { PipelineJob, PipelineOwners, PipelineShare, ResultOutput } from "./pipeline/pipeline-job.ts";
import { CancelledError, RowError } from "./pipeline/pipeline-job.ts";
import type { ThreadContext } from "./thread-context.ts";
import type { Failure, JobResult } from "./worker-messages.ts";

/** Runs this thread's share of a pipeline: the same code in a worker and, for small work, in the main thread. */

export function runPipelineJob(job: PipelineJob, share: PipelineShare, context: ThreadContext, owners: PipelineOwners, output: ResultOutput): JobResult {
  try {
    return { kind: "pipeline", result: new PipelineInstance(job, share, context, owners, output).run() };
  } finally {
    context.pool.release(owners.scratch, owners.part, owners.work);
  }
}

export function toFailure(error: unknown): Failure {
  if (error instanceof RowError) return { kind: "row", site: error.site, operands: error.operands };
  if (error instanceof CancelledError) return { kind: "cancelled" };
  if (error instanceof SparrowError) {
    const { condition, sqlState, message, parameters, origin, span, hint, detail } = error;
    return { kind: "sparrow", condition, sqlState, message, parameters, origin, span, hint, detail };
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { kind: "other", message, stack };
}
