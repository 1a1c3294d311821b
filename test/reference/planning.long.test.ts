import path from "node:path";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clickbenchQueries } from "../../bench/clickbench/queries.ts";
import { withoutLimit } from "../../bench/tpcds/dialect.ts";
import { tpcdsQueries } from "../../bench/tpcds/queries.ts";
import { excludableRules } from "../../planner/optimizer/optimize.ts";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { CORPUS, hitsTable, randomTables, tpcdsTables } from "../oracle/test-data.ts";
import { runRandomQueries } from "../random/run.ts";
import { RandomStream } from "../../bench/generate/random.ts";
import { InterpretedSparrow } from "./interpreted-sparrow.ts";

const SEED = 11;
const COUNT = 1500;
const HITS_ROWS = 20_000;
const CLICKBENCH = path.join(CORPUS, "clickbench/queries.sql");

const tpcds = tpcdsQueries(path.join(CORPUS, "tpcds"));
const clickbench = existsSync(CLICKBENCH) ? clickbenchQueries(CLICKBENCH, HITS_ROWS) : undefined;

let duckdb: DuckDBOracle;
beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
});
afterAll(() => duckdb.close());

async function interpreted(tables: Promise<readonly { name: string; path: string }[]>, settings: Readonly<Record<string, string>> = {}): Promise<InterpretedSparrow> {
  const sparrow = new InterpretedSparrow(duckdb, settings);
  for (const { name, path: file } of await tables) {
    await duckdb.loadParquet(name, file);
    await sparrow.viewParquet(name, file);
  }
  return sparrow;
}

describe("planning, at length", () => {
  it.skipIf(tpcds === undefined)("plans the TPC-DS queries (skipped where ../shared/corpus is absent)", async () => {
    const sparrow = await interpreted(tpcdsTables());
    const problems: string[] = [];
    for (const { id, sql, duckdb: theirs } of tpcds!) {
      try {
        const problem = firstDifference(await sparrow.query(withoutLimit(sql)), await duckdb.query(withoutLimit(theirs!)));
        if (problem !== undefined) problems.push(`${id}: ${problem}`);
      } catch (error) {
        problems.push(`${id}: ${String(error)}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it.skipIf(clickbench === undefined)("plans the ClickBench queries (skipped where ../shared/corpus is absent)", async () => {
    const sparrow = await interpreted(hitsTable(HITS_ROWS));
    const problems: string[] = [];
    for (const { id, comparable, comparableDuckDB } of clickbench!) {
      const problem = firstDifference(await sparrow.query(comparable!), await duckdb.query(comparableDuckDB!));
      if (problem !== undefined) problems.push(`${id}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });

  it("plans random queries", async () => {
    const sparrow = await interpreted(randomTables(1));
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: 3 });
    expect(summary.failures).toEqual([]);
    expect(summary.withRows / COUNT).toBeGreaterThan(0.5);
  });

  it("plans random queries with rules left out at random", async () => {
    const random = new RandomStream(SEED, "rules");
    for (let round = 0; round < 10; round++) {
      const excluded = excludableRules().filter(() => random.chance(0.3));
      const sparrow = await interpreted(randomTables(1), { "spark.sql.optimizer.excludedRules": excluded.join(",") });
      const summary = await runRandomQueries({ seed: SEED, first: 10_000 + 50 * round, count: 50, duckdb, runOurs: (sql) => sparrow.query(sql) });
      expect(summary.failures, `without ${excluded.join(", ")}`).toEqual([]);
    }
  });
});
