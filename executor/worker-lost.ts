import { SparrowError } from "../catalog/errors.ts";

/** Source: the default of `spark.task.maxFailures`. */
export const DEFAULT_MAX_FAILURES = 4;

/** Workers have died at a job, again and again or where it could not be done again: WORKER_LOST. */
export class WorkerLostError extends SparrowError {
  /** The work was tried once only, for it changes what it reads: it can be done again once that has been made anew. */
  readonly spoilsInput: boolean;
  /** What the last worker died of. */
  readonly reason: string;

  constructor(reason: string, failures: number, spoilsInput: boolean) {
    super("WORKER_LOST", "58000", `A worker ended while it ran the query, ${failures} time(s): ${reason}.`, { failures: String(failures) }, { origin: "resource", hint: "The machine may be out of memory. spark.task.maxFailures sets how often work is done again." });
    this.spoilsInput = spoilsInput;
    this.reason = reason;
  }
}
