import { SparrowError } from "../catalog/errors.ts";
import { Arena } from "./memory/arena.ts";
import type { FinishJob, FinishOwners } from "./operators/finish-task.ts";
import { runFinishTask } from "./operators/run-finish-task.ts";
import { PipelineInstance } from "./pipeline/pipeline-instance.ts";
import type { PipelineJob, PipelineOwners, ResultOutput } from "./pipeline/pipeline-job.ts";
import { CancelledError, CONTROL, RowError } from "./pipeline/pipeline-job.ts";
import type { ThreadContext } from "./thread-context.ts";
import type { Failure, JobResult } from "./worker-messages.ts";

/** Runs this thread's share of a job: the same code in a worker and, for small work, in the main thread. */

export function runPipelineJob(job: PipelineJob, context: ThreadContext, owners: PipelineOwners, output: ResultOutput): JobResult {
  try {
    return { kind: "pipeline", result: new PipelineInstance(job, context, owners, output).run() };
  } finally {
    context.pool.release(owners.scratch);
    context.pool.release(owners.work);
  }
}

export function runFinishJob(job: FinishJob, context: ThreadContext, owners: FinishOwners): JobResult {
  const records = [];
  const { pool } = context;
  const kept = new Arena(pool, owners.kept, job.account);
  const work = new Arena(pool, owners.work, job.account);
  for (;;) {
    const task = Atomics.add(pool.i32, (job.control + CONTROL.next) >>> 2, 1);
    if (task >= job.tasks.length) return { kind: "finish", records };
    if (Atomics.load(pool.i32, (job.control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
    records.push({ task, runs: runFinishTask(job.tasks[task], context, kept, work, job.evaluation) });
    kept.verify();
    work.reset();
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
