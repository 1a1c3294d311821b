import { SparrowError } from "../catalog/errors.ts";
import type { Owner } from "./memory/pool.ts";
import type { FinishJob } from "./operators/finish-task.ts";
import { runFinishTask } from "./operators/run-finish-task.ts";
import { PipelineInstance } from "./pipeline/pipeline-instance.ts";
import type { ResultOutput, PipelineJob } from "./pipeline/pipeline-job.ts";
import { CancelledError, CONTROL, RowError } from "./pipeline/pipeline-job.ts";
import type { ThreadContext } from "./thread-context.ts";
import type { Failure, JobResult } from "./worker-messages.ts";

/** Runs this thread's share of a job: the same code in a worker and, for small work, in the main thread. */

export function runPipelineJob(job: PipelineJob, context: ThreadContext, attempt: Owner, scratch: Owner, output: ResultOutput): JobResult {
  try {
    return { kind: "pipeline", result: new PipelineInstance(job, context, attempt, scratch, output).run() };
  } finally {
    context.pool.release(scratch);
  }
}

export function runFinishJob(job: FinishJob, context: ThreadContext, attempt: Owner): JobResult {
  const records = [];
  const { pool } = context;
  for (;;) {
    const task = Atomics.add(pool.i32, (job.control + CONTROL.next) >>> 2, 1);
    if (task >= job.tasks.length) return { kind: "finish", records };
    if (Atomics.load(pool.i32, (job.control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
    records.push({ task, runs: runFinishTask(job.tasks[task], context, attempt, job.evaluation) });
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
