import { DuckDBOracle } from "../../test/oracle/duckdb.ts";
import type { BenchEngine, EngineOptions } from "./engine.ts";

export async function openDuckDB(options: EngineOptions): Promise<BenchEngine> {
  const duckdb = await DuckDBOracle.open(options);
  return {
    load: async (tables, mode) => {
      for (const { name, path } of tables) await (mode === "hot" ? duckdb.loadParquet(name, path) : duckdb.viewParquet(name, path));
    },
    run: (sql) => duckdb.count(sql),
    collect: (sql) => duckdb.query(sql),
    close: async () => duckdb.close(),
  };
}
