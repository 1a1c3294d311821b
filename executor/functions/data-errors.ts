import { SparrowError } from "../../catalog/errors.ts";
import type { Span } from "../../catalog/errors.ts";

/** Errors of single functions; those of operators and casts are in `catalog/runtime-errors.ts`. */

interface Site {
  readonly span?: Span;
}

export function dataError(condition: string, sqlState: string, message: string, parameters: Readonly<Record<string, string>> = {}, site: Site = {}): SparrowError {
  return new SparrowError(condition, sqlState, message, parameters, { origin: "data", span: site.span });
}

/** `functionName` and `parameter` without quotes; `reason` is Spark's sub-condition. */
export function invalidParameter(reason: string, functionName: string, parameter: string, message: string, more: Readonly<Record<string, string>> = {}, site: Site = {}): SparrowError {
  return dataError(`INVALID_PARAMETER_VALUE.${reason}`, "22023", `${functionName}: the parameter ${parameter} is invalid: ${message}.`, { functionName: `\`${functionName}\``, parameter: `\`${parameter}\``, ...more }, site);
}
