import type { BenchEngine, EngineName, EngineOptions } from "./engine.ts";

/** Loads only the engine that is asked for: a process is measured with what its engine needs. */
export async function openEngine(name: EngineName, options: EngineOptions): Promise<BenchEngine> {
  switch (name) {
    case "duckdb": {
      const { openDuckDB } = await import("./duckdb.ts");
      return await openDuckDB(options);
    }
    case "sparrow": {
      const { openSparrow } = await import("./sparrow.ts");
      return await openSparrow(options);
    }
  }
}
