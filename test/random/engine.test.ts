import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { randomTables } from "../oracle/test-data.ts";
import { runRandomQueries } from "./run.ts";

const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 1);
const COUNT = Number(process.env.SPARROW_RANDOM_COUNT ?? 500);

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

describe(`${COUNT} random queries of seed ${SEED}`, () => {
  it("give DuckDB's answers, more than half of them with rows", async () => {
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: 20 });
    expect(summary.failures).toEqual([]);
    expect(summary.withRows / COUNT).toBeGreaterThan(0.5);
  });
});
