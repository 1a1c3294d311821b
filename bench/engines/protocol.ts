import type { ResultSet } from "../../test/oracle/result-set.ts";
import type { BenchMode, BenchTable } from "../suite.ts";
import type { EngineName, EngineOptions } from "./engine.ts";

/** What the bench asks an engine's process; one answer comes for each, in order. */
export type Request =
  | { readonly kind: "open"; readonly engine: EngineName; readonly options: EngineOptions }
  | { readonly kind: "load"; readonly tables: readonly BenchTable[]; readonly mode: BenchMode }
  | { readonly kind: "run"; readonly sql: string }
  | { readonly kind: "collect"; readonly sql: string }
  | { readonly kind: "close" };

/** What one timed piece of work took. */
export interface Cost {
  /** Wall clock. */
  readonly milliseconds: number;
  /** Of all threads of the process, user and system. */
  readonly cpuMilliseconds: number;
  /** The most memory held while it ran (10^6 bytes). */
  readonly peakMegabytes: number;
  /** Memory held when it was done. */
  readonly residentMegabytes: number;
}

export type Answer =
  | { readonly kind: "done"; readonly cost: Cost; readonly rows?: number; readonly result?: ResultSet }
  | { readonly kind: "failed"; readonly message: string };
