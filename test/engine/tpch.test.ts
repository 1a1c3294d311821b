import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { tpchTables } from "../oracle/test-data.ts";

let duckdb: DuckDBOracle;
let fromParquet: SparrowUnderTest;
let fromCache: SparrowUnderTest;

beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
  fromParquet = await SparrowUnderTest.open({ "sparrow.workers": "2" });
  fromCache = await SparrowUnderTest.open({ "sparrow.workers": "2" });
  for (const { name, path } of await tpchTables(0.01)) {
    await duckdb.loadParquet(name, path);
    await fromParquet.viewParquet(name, path);
    await fromCache.loadParquet(name, path);
  }
});

afterAll(async () => {
  await fromParquet.close();
  await fromCache.close();
  duckdb.close();
});

describe("TPC-H at scale factor 0.01", () => {
  it.each(tpchQueries(1))("$id gives DuckDB's answer from Parquet files and from cached tables", async ({ sql }) => {
    const theirs = await duckdb.query(sql);
    expect(firstDifference(await fromParquet.query(sql), theirs)).toBeUndefined();
    expect(firstDifference(await fromCache.query(sql), theirs)).toBeUndefined();
  });
});
