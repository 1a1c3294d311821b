import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { randomTables } from "../oracle/test-data.ts";
import { runRandomQueries } from "./run.ts";

/** A test that the engine with its default settings answers such random queries as DuckDB does. */
export function testRandomQueries(seed: number, first: number, count: number): void {
  let duckdb: DuckDBOracle;
  let sparrow: SparrowUnderTest;

  beforeAll(async () => {
    duckdb = await DuckDBOracle.open({ threads: 1 });
    sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2" });
    for (const { name, path } of await randomTables(1)) {
      await duckdb.loadParquet(name, path);
      await sparrow.viewParquet(name, path);
    }
  });

  afterAll(async () => {
    await sparrow.close();
    duckdb.close();
  });

  describe(`${count} random queries of seed ${seed} from number ${first}`, () => {
    it("give DuckDB's answers, more than half of them with rows", async () => {
      const summary = await runRandomQueries({ seed, first, count, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: 20 });
      expect(summary.failures).toEqual([]);
      expect(summary.withRows / count).toBeGreaterThan(0.5);
    });
  });
}
