import { parentPort, workerData } from "node:worker_threads";
import { InternalError } from "../catalog/errors.ts";
import { runCacheJob } from "./cache-table.ts";
import { runFinishJob, runPipelineJob, toFailure } from "./run-job.ts";
import type { ThreadSetup } from "./thread-context.ts";
import { ThreadContext } from "./thread-context.ts";
import type { FromWorker, JobResult, ToWorker } from "./worker-messages.ts";

/** A worker thread: takes part in one job after the other. */
const port = parentPort;
if (port === null) throw new InternalError("the worker module runs in worker threads only");
const context = new ThreadContext(workerData as ThreadSetup);

function answer(message: FromWorker): void {
  port?.postMessage(message);
}

function run(message: ToWorker): JobResult {
  switch (message.kind) {
    case "pipeline": {
      if (message.parquet !== undefined) context.useParquet(message.parquet);
      return runPipelineJob(message.job, context, message.attempt, message.scratch, (morsel, batch) => {
        const transfer = batch.columns.flatMap((c) => [c.data.buffer, c.validity?.buffer, c.offsets?.buffer, c.bytes?.buffer].filter((b) => b !== undefined));
        port?.postMessage({ kind: "batch", id: message.id, morsel, batch } satisfies FromWorker, [...new Set(transfer)] as ArrayBuffer[]);
      });
    }
    case "finish":
      return runFinishJob(message.job, context, message.attempt);
    case "cache":
      if (message.parquet !== undefined) context.useParquet(message.parquet);
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
