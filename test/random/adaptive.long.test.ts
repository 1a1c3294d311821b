import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { randomTables } from "../oracle/test-data.ts";
import { runRandomQueries } from "./run.ts";

const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 2);
const COUNT = Number(process.env.SPARROW_RANDOM_COUNT ?? 120);

/** Plans stay as they are; plans change wherever they can, however small the tables are; and joins are made in partitions, skewed or not. */
const SETTINGS = {
  off: { "spark.sql.adaptive.enabled": "false" },
  eager: { "spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold": "0", "sparrow.adaptive.minRows": "0" },
  partitioned: { "spark.sql.autoBroadcastJoinThreshold": "-1", "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "0", "spark.sql.adaptive.skewJoin.skewedPartitionFactor": "1.2", "spark.sql.adaptive.coalescePartitions.minPartitionSize": "64", "sparrow.adaptive.minRows": "0" },
};

let duckdb: DuckDBOracle;

beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name, path } of await randomTables(1)) await duckdb.loadParquet(name, path);
});

afterAll(() => duckdb.close());

test.each(["off", "eager", "partitioned"] as const)(`${COUNT} random queries of seed ${SEED} with adaptive execution %s give DuckDB's answers`, async (mode) => {
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2", ...SETTINGS[mode] });
  try {
    for (const { name, path } of await randomTables(1)) await sparrow.viewParquet(name, path);
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: 20 });
    expect(summary.failures).toEqual([]);
  } finally {
    await sparrow.close();
  }
});
