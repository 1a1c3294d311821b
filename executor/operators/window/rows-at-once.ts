import { SparrowError } from "../../../catalog/errors.ts";
import type { WindowResult } from "./window-module.ts";

/** Runs what may want more rows in memory than there is room for: MEMORY_LIMIT_EXCEEDED then says why it wants them. */
export function wantingRows<T>(why: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SparrowError) || error.condition !== "MEMORY_LIMIT_EXCEEDED") throw error;
    const { condition, sqlState, message, parameters, origin, span, hint } = error;
    throw new SparrowError(condition, sqlState, message, parameters, { origin, span, hint, detail: why, cause: error });
  }
}

export function whyWholePartition(calls: readonly WindowResult[]): string {
  const names = [...new Set(calls.map(({ call }) => call.name))].join(", ");
  return `A window function without a running state (${names}) has all rows of a partition in memory at once.`;
}

export const WHY_WHOLE_FRAME = "A window frame that does not begin with the first row of its partition is in memory as a whole.";
