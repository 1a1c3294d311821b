import { SparrowError } from "../../catalog/errors.ts";
import { openDuckDB } from "./duckdb.ts";
import type { BenchEngine, EngineName, EngineOptions } from "./engine.ts";

export async function openEngine(name: EngineName, options: EngineOptions): Promise<BenchEngine> {
  switch (name) {
    case "duckdb":
      return await openDuckDB(options);
    case "sparrow":
      throw new SparrowError("UNSUPPORTED_FEATURE.BENCH_ENGINE", "0A000", "The embedded engine cannot be opened yet.");
  }
}
