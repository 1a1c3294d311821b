import { parentPort, workerData } from "node:worker_threads";
import { InternalError } from "../catalog/errors.ts";
import { runCacheJob } from "./cache/cache-table.ts";
import { recordsWithFlag, runJoinPart } from "./operators/join/join-part.ts";
import { partRecords } from "./operators/run-finish-task.ts";
import { runFinishJob } from "./run-finish-job.ts";
import { runPipelineJob, toFailure } from "./run-job.ts";
import { CancelledError, CONTROL } from "./pipeline/pipeline-job.ts";
import type { ResultBatch } from "./result-batch.ts";
import { SpillStore } from "./spill/spill-store.ts";
import { readSplit } from "./scan/read-split.ts";
import type { ThreadSetup } from "./thread-context.ts";
import { ThreadContext } from "./thread-context.ts";
import type { FromWorker, JobResult, ToWorker } from "./worker-messages.ts";

/** A worker thread: takes part in one job after the other. */

/** Result batches that may wait for the reader, per worker. */
const MAX_OUTSTANDING_BATCHES = 32;
const CANCEL_POLL_MS = 20;

const port = parentPort;
if (port === null) throw new InternalError("the worker module runs in worker threads only");
const context = new ThreadContext(workerData as ThreadSetup, undefined, { readSplit, openSpill: (pool, account, folder, eager) => new SpillStore(pool, account, folder, eager), partRecords, runJoinPart, recordsWithFlag });

function answer(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

function buffersOf(batch: ResultBatch): ArrayBuffer[] {
  const buffers = batch.columns.flatMap((c) => [c.data.buffer, c.validity?.buffer, c.offsets?.buffer, c.bytes?.buffer]);
  return [...new Set(buffers.filter((b) => b !== undefined))] as ArrayBuffer[];
}

/**
 * A slow reader holds the worker back. The worker at the earliest morsel waits for the reader alone, so that none waits for another for ever; and the reader may be
 * waiting for another query, so that the main thread is told.
 */
function awaitReader(outstanding: number, { id, job: { control } }: Extract<ToWorker, { kind: "pipeline" }>): void {
  const { i32 } = context.pool;
  Atomics.add(i32, outstanding, 1);
  let isAwaited = false;
  for (;;) {
    const count = Atomics.load(i32, outstanding);
    if (count < MAX_OUTSTANDING_BATCHES) break;
    if (Atomics.load(i32, (control + CONTROL.cancelled) >>> 2) !== 0) throw new CancelledError();
    if (Atomics.wait(i32, outstanding, count, CANCEL_POLL_MS) !== "timed-out" || isAwaited) continue;
    isAwaited = true;
    answer({ kind: "reader", id, isAwaited });
  }
  if (isAwaited) answer({ kind: "reader", id, isAwaited: false });
}

function run(message: ToWorker): JobResult {
  switch (message.kind) {
    case "pipeline": {
      const outstanding = (message.job.control + CONTROL.outstanding + 4 * message.share.worker) >>> 2;
      return runPipelineJob(message.job, message.share, context, message.owners, {
        begin: (morsel) => answer({ kind: "begin", id: message.id, morsel }),
        add: (morsel, batch) => {
          answer({ kind: "batch", id: message.id, morsel, batch }, buffersOf(batch));
          awaitReader(outstanding, message);
        },
      });
    }
    case "finish":
      return runFinishJob(message.job, context, message.owners);
    case "cache":
      return { kind: "cache", result: runCacheJob(message.job, context, message.owner, message.scratch) };
  }
}

port.on("message", (message: ToWorker) => {
  try {
    answer({ kind: "ended", id: message.id, result: run(message) });
  } catch (error) {
    answer({ kind: "failed", id: message.id, failure: toFailure(error) });
  }
});
