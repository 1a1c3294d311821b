import { openDuckDB } from "./duckdb.ts";
import { openSparrow } from "./sparrow.ts";
import type { BenchEngine, EngineName, EngineOptions } from "./engine.ts";

export async function openEngine(name: EngineName, options: EngineOptions): Promise<BenchEngine> {
  switch (name) {
    case "duckdb":
      return await openDuckDB(options);
    case "sparrow":
      return await openSparrow(options);
  }
}
