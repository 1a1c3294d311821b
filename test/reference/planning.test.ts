import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { randomTables, tpchTables } from "../oracle/test-data.ts";
import { runRandomQueries } from "../random/run.ts";
import { InterpretedSparrow } from "./interpreted-sparrow.ts";

const SEED = 5;
const COUNT = 80;
const SETTINGS: readonly Readonly<Record<string, string>>[] = [{}, { "spark.sql.optimizer.excludedRules": "all" }];

let duckdb: DuckDBOracle;
beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name, path } of [...(await tpchTables(0.001)), ...(await randomTables(1))]) await duckdb.loadParquet(name, path);
});
afterAll(() => duckdb.close());

async function interpreted(settings: Readonly<Record<string, string>> = {}): Promise<InterpretedSparrow> {
  const sparrow = new InterpretedSparrow(duckdb, settings);
  for (const { name, path } of [...(await tpchTables(0.001)), ...(await randomTables(1))]) await sparrow.viewParquet(name, path);
  return sparrow;
}

/** Physical plans, interpreted, mean what DuckDB answers: the execution of plans is tested elsewhere. */
describe("planning", () => {
  it("plans TPC-H's queries", async () => {
    const sparrow = await interpreted();
    for (const { id, sql } of tpchQueries(1)) {
      expect(firstDifference(await sparrow.query(sql), await duckdb.query(sql)), id).toBeUndefined();
    }
    await sparrow.close();
  });

  it.each(SETTINGS)("plans random queries, with settings %o", async (settings) => {
    const sparrow = await interpreted(settings);
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: 3 });
    expect(summary.failures).toEqual([]);
    expect(summary.valid / COUNT).toBeGreaterThan(0.95);
    expect(summary.withRows / COUNT).toBeGreaterThan(0.5);
    await sparrow.close();
  });
});
