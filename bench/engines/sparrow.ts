import { SparrowUnderTest } from "../../test/oracle/sparrow.ts";
import type { BenchEngine, EngineOptions } from "./engine.ts";

export async function openSparrow({ threads, memory }: EngineOptions): Promise<BenchEngine> {
  const limit: Record<string, string> = memory === undefined ? {} : { "sparrow.memory.limit": memory };
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": String(threads), ...limit });
  return {
    load: async (tables, mode) => {
      for (const { name, path } of tables) await (mode === "hot" ? sparrow.loadParquet(name, path) : sparrow.viewParquet(name, path));
    },
    run: (sql) => sparrow.count(sql),
    collect: (sql) => sparrow.query(sql),
    close: () => sparrow.close(),
  };
}
