import type { Decision } from "../planner/adaptive/progress.ts";

/**
 * What happens while a query runs, for whoever watches: a UI, a log, a test. A stage is one pipeline of the plan; its tasks are the workers that take
 * part in it, each of which takes morsels until none is left, and of a join in parts the parts that workers take. Times in milliseconds, sizes in bytes.
 */
export type ExecutionEvent =
  | { readonly kind: "stageStarted"; readonly stage: number; /** Physical plan node whose rows are read. */ readonly node: number; readonly estimatedRows: number; readonly morsels: number; /** Stored bytes of what is read from files or from the cache. */ readonly inputBytes: number }
  | { readonly kind: "taskEnded"; readonly stage: number; readonly task: number; /** Rows that entered the pipeline. */ readonly rows: number; readonly milliseconds: number }
  /** A worker is stuck at a task: another one does it too. */
  | { readonly kind: "taskSpeculated"; readonly stage: number; readonly task: number }
  /** `heldBytes`: memory that the query holds; `spilledBytes`: what it has written to disk so far. */
  | { readonly kind: "stageEnded"; readonly stage: number; readonly rows: number; readonly milliseconds: number; readonly heldBytes: number; readonly spilledBytes: number }
  /** All rows of a pipeline breaker are in. `bytes`: of its records. */
  | { readonly kind: "breakerCompleted"; readonly node: number; readonly breaker: string; readonly rows: number; readonly estimatedRows: number; readonly bytes: number }
  | ({ readonly kind: "planChanged" } & Decision);

/** A node of a physical plan; `rows`: estimated. */
export interface PlanNode {
  readonly id: number;
  readonly name: string;
  readonly detail: string;
  readonly rows: number;
  /** Ids of its inputs. */
  readonly inputs: readonly number[];
}

/** With the beginning and the end of the query itself. */
export type OneQueryEvent =
  | ExecutionEvent
  /** `text`: of the statement, where it is the query. `plan`: as it was first planned, its root first. */
  | { readonly kind: "queryStarted"; readonly text?: string; readonly plan: readonly PlanNode[] }
  /** `condition`: of the error that ended it. `rows`: of the result, as far as it was read. `plan`: as it ended, if it was changed. */
  | { readonly kind: "queryEnded"; readonly plan?: readonly PlanNode[]; readonly rows: number; readonly milliseconds: number; readonly peakBytes: number; readonly spilledBytes: number; readonly condition?: string };

/**
 * What has become of cached rows. `name`: as EXPLAIN shows them. `memoryBytes`, `diskBytes`: what they have now. `usedBytes`, `limitBytes`: what all cached rows have of the
 * pool, and may have.
 */
export interface CacheEvent {
  readonly kind: "cacheChanged";
  readonly change: "cached" | "movedToDisk" | "dropped";
  readonly name: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** An event of an engine: of one of its queries, which are numbered in the order in which they begin, or of what it caches beyond them. `at`: milliseconds since 1970. */
export type EngineEvent = { readonly at: number } & (({ readonly query: number } & OneQueryEvent) | ({ readonly query?: undefined } & CacheEvent));
