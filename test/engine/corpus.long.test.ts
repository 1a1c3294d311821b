import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clickbenchQueries } from "../../bench/clickbench/queries.ts";
import type { BenchTable } from "../../bench/suite.ts";
import { withoutLimit } from "../../bench/tpcds/dialect.ts";
import { tpcdsQueries } from "../../bench/tpcds/queries.ts";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { CORPUS, hitsTable, tpcdsTables } from "../oracle/test-data.ts";

const HITS_ROWS = 20_000;
const CLICKBENCH = path.join(CORPUS, "clickbench/queries.sql");

const tpcds = tpcdsQueries(path.join(CORPUS, "tpcds"));
const clickbench = existsSync(CLICKBENCH) ? clickbenchQueries(CLICKBENCH, HITS_ROWS) : undefined;

let duckdb: DuckDBOracle;
let sparrow: SparrowUnderTest;
beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
  sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2" });
});
afterAll(async () => {
  await sparrow.close();
  duckdb.close();
});

async function register(tables: readonly BenchTable[]): Promise<void> {
  for (const { name, path: file } of tables) {
    await duckdb.loadParquet(name, file);
    await sparrow.viewParquet(name, file);
  }
}

/** What differs or fails, by query. */
async function problems(pairs: readonly { readonly id: string; readonly ours: string; readonly theirs: string }[]): Promise<string[]> {
  const found: string[] = [];
  for (const { id, ours, theirs } of pairs) {
    try {
      const problem = firstDifference(await sparrow.query(ours), await duckdb.query(theirs));
      if (problem !== undefined) found.push(`${id}: ${problem}`);
    } catch (error) {
      found.push(`${id}: ${String(error)}`);
    }
  }
  return found;
}

describe("queries of the corpus, in the engine against DuckDB", () => {
  it.skipIf(tpcds === undefined)("answers the TPC-DS queries (skipped where ../shared/corpus is absent)", async () => {
    await register(await tpcdsTables());
    expect(await problems(tpcds!.map(({ id, sql, duckdb: theirs }) => ({ id, ours: withoutLimit(sql), theirs: withoutLimit(theirs!) })))).toEqual([]);
  });

  it.skipIf(clickbench === undefined)("answers the ClickBench queries (skipped where ../shared/corpus is absent)", async () => {
    await register(await hitsTable(HITS_ROWS));
    expect(await problems(clickbench!.map(({ id, comparable, comparableDuckDB }) => ({ id, ours: comparable!, theirs: comparableDuckDB! })))).toEqual([]);
  });
});
