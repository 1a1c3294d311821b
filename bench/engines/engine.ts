import type { ResultSet } from "../../test/oracle/result-set.ts";
import type { BenchMode, BenchTable } from "../suite.ts";

export interface EngineOptions {
  readonly threads: number;
  /** Such as `3GB`; the engine's own default when absent. */
  readonly memory?: string;
}

/** One of the two systems that are compared. */
export interface BenchEngine {
  /** Makes the tables known; in hot mode loads them. */
  readonly load: (tables: readonly BenchTable[], mode: BenchMode) => Promise<void>;
  /** Runs a query and takes all of its result in the engine's own form; gives the number of rows. This is what is timed. */
  readonly run: (sql: string) => Promise<number>;
  /** Runs a query and reads its result as values, to be compared. */
  readonly collect: (sql: string) => Promise<ResultSet>;
  readonly close: () => Promise<void>;
}

export type EngineName = "sparrow" | "duckdb";
