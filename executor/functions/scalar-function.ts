import { SparrowError } from "../../catalog/errors.ts";
import type { Span } from "../../catalog/errors.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** What an expression may ask of the session and the query it runs in. */
export interface EvalContext {
  /** IANA zone, offset (`+01:00`) or `UTC`. */
  readonly timeZone: string;
  /** Start of the query, microseconds since the epoch: `current_timestamp()` is one instant for the whole query. */
  readonly queryTime: bigint;
  readonly user: string;
  readonly database: string;
  readonly catalog: string;
  /** Of expressions over the rows of a pipeline; absent where there are none, as in constant folding. */
  readonly place?: RowPlace;
}

/** Where the rows at hand come from. One object for all rows of a pipeline's instance, which says of each morsel anew. */
export interface RowPlace {
  /** From 0. */
  partition: number;
  /** From 0. Random numbers of a call are a sequence of their own in each, so that a morsel which is done again gives the same. */
  morsel: number;
  /** Of `monotonically_increasing_id()`: that of the first row of these; the partition is in its upper 31 bits. */
  firstId: bigint;
}

/** One call in an expression: what the arguments' values do not say. Made once per call site, so it may key state of the site. */
export interface ScalarCall extends EvalContext {
  readonly name: string;
  readonly argTypes: readonly DataType[];
  readonly type: DataType;
  readonly mode: EvalMode;
  readonly span?: Span;
}

/** A lambda as a function over values; it may take fewer parameters than it is given. */
export type LambdaValue = (...args: readonly Value[]) => Value;

/**
 * A scalar function over single values. Unless `handlesNulls`, it never sees NULL: the caller answers NULL for any NULL argument.
 * `evaluate` raises Spark's error (`origin: "data"`) in the modes `ansi` and `try`; the caller turns it into NULL for `try`.
 * In mode `legacy` it gives what Spark gives with `spark.sql.ansi.enabled=false`.
 */
export interface ScalarFunction {
  readonly name: string;
  readonly handlesNulls?: boolean;
  /** `lambdas[i]` is the i-th argument where that is a lambda; `args[i]` is then null. */
  readonly evaluate: (args: readonly Value[], call: ScalarCall, lambdas: readonly (LambdaValue | undefined)[]) => Value;
}

const NO_LAMBDAS: readonly undefined[] = [];

/** Calls a function under its null rule and evaluation mode. */
export function callScalar(fn: ScalarFunction, args: readonly Value[], call: ScalarCall, lambdas: readonly (LambdaValue | undefined)[] = NO_LAMBDAS): Value {
  if (fn.handlesNulls !== true) {
    for (let i = 0; i < args.length; i++) if (args[i] === null && lambdas[i] === undefined) return null;
  }
  if (call.mode !== "try") return fn.evaluate(args, call, lambdas);
  try {
    return fn.evaluate(args, call, lambdas);
  } catch (error) {
    if (error instanceof SparrowError && error.origin === "data") return null;
    throw error;
  }
}

/** In legacy mode a failure is NULL; else it is raised. */
export function failure(call: { readonly mode: EvalMode }, error: () => SparrowError): null {
  if (call.mode === "legacy") return null;
  throw error();
}

/** State of a call site (a random generator, a compiled pattern), made on first use. */
export function siteState<T extends object>(states: WeakMap<object, T>, call: ScalarCall, make: () => T): T {
  let state = states.get(call);
  if (state === undefined) {
    state = make();
    states.set(call, state);
  }
  return state;
}

/** A null-intolerant function. */
export function define(name: string, evaluate: ScalarFunction["evaluate"]): ScalarFunction {
  return { name, evaluate };
}

/** A function that is given NULLs too. */
export function defineWithNulls(name: string, evaluate: ScalarFunction["evaluate"]): ScalarFunction {
  return { name, handlesNulls: true, evaluate };
}
