import { InternalError } from "../../../catalog/errors.ts";
import type { EvalContext } from "../../functions/scalar-function.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { RowError } from "../../pipeline/pipeline-job.ts";
import { HEADER, STATUS } from "../../pipeline/state-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { WindowTask } from "../finish-task.ts";
import { addressesInOrder, RecordSorter } from "../rows/sort-records.ts";
import { interpretWindow } from "./interpret-window.ts";

/** Sorts the records of some partitions, all of whose rows are there, and fills the fields of the window's calls. Values can be constants of the code. */
export function completeWindow({ shape, window, sorted, sharedBits, firstSite }: WindowTask, runs: readonly RecordRun[], context: ThreadContext, arena: Arena, scratch: Arena, evaluation: EvalContext): RecordRun {
  const { u32 } = context.pool;
  const sorter = new RecordSorter(context, arena, scratch, shape, window);
  const entries = sorted === undefined ? sorter.sort(runs, scratch, sharedBits) : sorter.inOrder(sorted, scratch);
  u32[(sorter.state + window.exact) >>> 2] = entries.exact ? 1 : 0;
  const evaluate = sorter.exports["evaluate"] as (state: number, entries: number, count: number) => number;
  checkEvaluated(evaluate(sorter.state, entries.address, entries.count), context.pool, sorter.state, firstSite);
  if (window.interpreted.length > 0) interpretWindow(window.interpreted, shape, entries, sorter, context, arena, evaluation);
  return addressesInOrder(context, arena, entries);
}

/** Raises what compiled code has met, if it has not come to its end. */
export function checkEvaluated(status: number, { u32 }: Pool, state: number, firstSite: number): void {
  if (status === STATUS.error) throw new RowError(firstSite + u32[(state + HEADER.errorSite) >>> 2], []);
  if (status !== STATUS.done) throw new InternalError(`evaluating a window answered ${status}`);
}
