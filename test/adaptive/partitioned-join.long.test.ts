import { afterAll, beforeAll, expect, test } from "vitest";
import { AdaptiveSparrow, OFF } from "./adaptive-sparrow.ts";
import { JOINS, PARTITIONED, SHARED, SKEWED_TABLES } from "./skewed-tables.ts";

let sparrow: AdaptiveSparrow;

beforeAll(async () => {
  sparrow = await AdaptiveSparrow.open(...SKEWED_TABLES);
});

afterAll(() => sparrow.close());

const NO_SKEW = { "spark.sql.adaptive.skewJoin.enabled": "false" };

test.each(JOINS)("partitions of both sides give the rows of one hash table: %s", async (sql) => {
  const rows = await sparrow.rows(sql, SHARED);
  expect(await sparrow.explain(sql, PARTITIONED)).toMatch(/(probe|build) side: \d+ of 16 partitions skewed/);
  for (const settings of [{}, NO_SKEW, OFF, { "sparrow.exec.eagerSpill": "true" }, { "sparrow.exec.batchRows": "7" }]) expect(await sparrow.rows(sql, { ...PARTITIONED, ...settings })).toEqual(rows);
});

test("so they do where all hashes are equal", async () => {
  expect(await sparrow.rows(JOINS[3], { ...PARTITIONED, "sparrow.exec.collideHashes": "true" })).toEqual(await sparrow.rows(JOINS[3], SHARED));
});
