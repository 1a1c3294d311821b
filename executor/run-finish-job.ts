import { Arena } from "./memory/arena.ts";
import type { FinishJob, FinishOwners } from "./operators/finish-task.ts";
import { runFinishTask } from "./operators/run-finish-task.ts";
import { CancelledError, CONTROL } from "./pipeline/pipeline-job.ts";
import type { ThreadContext } from "./thread-context.ts";
import type { JobResult } from "./worker-messages.ts";

/** Runs this thread's share of the tasks that complete a breaker. Apart from pipelines, for a query without breakers does not load it. */
export function runFinishJob(job: FinishJob, context: ThreadContext, owners: FinishOwners): JobResult {
  const results = [];
  const { pool } = context;
  const kept = new Arena(pool, owners.kept, job.account);
  const work = new Arena(pool, owners.work, job.account);
  const spill = context.disk?.openSpill(pool, job.account, job.spillFolder, false);
  try {
    for (;;) {
      const task = Atomics.add(pool.i32, (job.control + CONTROL.next) >>> 2, 1);
      if (task >= job.tasks.length) return { kind: "finish", results };
      if (Atomics.load(pool.i32, (job.control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
      results.push({ task, ...runFinishTask(job.tasks[task], context, { arena: kept, work, spill }, job.evaluation) });
      kept.verify();
      work.reset();
    }
  } finally {
    spill?.close();
  }
}
