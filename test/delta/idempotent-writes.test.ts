import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { later } from "./later.ts";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const VERSION = "spark.databricks.delta.write.txnVersion";

/** `txn` actions of all commits: application, version, and the commit that has them. */
function transactions(table: string): [string, number, number][] {
  const { version } = replayLog(join(tables.folder, table));
  return Array.from({ length: version + 1 }, (_, i) => i).flatMap((i) =>
    readFileSync(join(tables.folder, table, "_delta_log", `${String(i).padStart(20, "0")}.json`), "utf8").split("\n").filter((line) => line.startsWith('{"txn"')).map((line): [string, number, number] => {
      const { txn } = JSON.parse(line) as { txn: { appId: string; version: number; lastUpdated: number } };
      expect(Math.abs(txn.lastUpdated - Date.now())).toBeLessThan(600_000);
      return [txn.appId, txn.version, i];
    }),
  );
}

test("a numbered write is done once, also when it changes nothing", async () => {
  await tables.run("CREATE TABLE w1 (id INT) USING delta", "SET spark.databricks.delta.write.txnAppId = loader");
  expect(await tables.failure("INSERT INTO w1 VALUES (0)")).toBe("DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS");
  await tables.run(`SET ${VERSION} = 7`, "INSERT INTO w1 VALUES (1), (2)", "INSERT INTO w1 VALUES (1), (2)", `SET ${VERSION} = 6`, "INSERT OVERWRITE w1 VALUES (3)");
  expect(await tables.readers("w1")).toEqual(seenByBoth([[1], [2]]));
  await tables.run(`SET ${VERSION} = 8`);
  expect(await tables.rows("UPDATE w1 SET id = id + 10")).toEqual(["[2]"]);
  expect(await tables.rows("UPDATE w1 SET id = id + 10")).toEqual(["[0]"]);
  await tables.run(`SET ${VERSION} = 9`);
  expect(await tables.rows("MERGE INTO w1 USING (SELECT 11 AS k) ON id = k WHEN MATCHED THEN DELETE")).toEqual(["[1,0,1,0]"]);
  expect(await tables.rows("MERGE INTO w1 USING (SELECT 12 AS k) ON id = k WHEN MATCHED THEN DELETE")).toEqual(["[0,0,0,0]"]);
  await tables.run(`SET ${VERSION} = 10`);
  expect(await tables.rows("DELETE FROM w1 WHERE id = 1000")).toEqual(["[0]"]);
  expect(await tables.rows("DELETE FROM w1")).toEqual(["[0]"]);
  expect(await tables.readers("w1")).toEqual(seenByBoth([[12]]));
  expect(transactions("w1")).toEqual([["loader", 7, 1], ["loader", 8, 2], ["loader", 9, 3], ["loader", 10, 4]]);
  await tables.run("SET spark.databricks.delta.write.txnVersion.autoReset.enabled = true", `SET ${VERSION} = 11`, "INSERT INTO w1 VALUES (13)");
  expect(await tables.rows(`SET ${VERSION}`)).toEqual([`["${VERSION}","<undefined>"]`]);
  await tables.run("RESET spark.databricks.delta.write.txnVersion.autoReset.enabled", "RESET spark.databricks.delta.write.txnAppId");
});

test("options of one INSERT; other applications have numbers of their own", async () => {
  await tables.run("CREATE TABLE w2 (id INT) USING delta", "INSERT INTO w2 WITH (txnAppId = 'a', txnVersion = 1) VALUES (1)", "INSERT INTO w2 WITH (txnAppId = 'a', txnVersion = '1') VALUES (1)", "INSERT INTO w2 WITH (txnAppId = 'b', txnVersion = 1) SELECT 2");
  expect(await tables.readers("w2")).toEqual(seenByBoth([[1], [2]]));
  expect(await tables.failure("INSERT INTO w2 WITH (txnAppId = 'a', txnVersion = 'one') VALUES (1)")).toBe("DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS");
  expect(await tables.failure("INSERT INTO w2 WITH (txnVersion = 1) VALUES (1)")).toBe("DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS");
  await tables.run("INSERT INTO w2 WITH (mergeSchema = true) SELECT 3 AS id, 'c' AS s");
  expect(await tables.readers("w2")).toEqual(seenByBoth([[1, null], [2, null], [3, "c"]]));
  expect(await tables.failure("INSERT INTO w2 WITH (unknown = 1) VALUES (1)")).toBe("UNSUPPORTED_FEATURE.TABLE_OPERATION");
});

test("of the same write at the same time one is done", async () => {
  await tables.run("CREATE TABLE w3 (id INT) USING delta");
  await Promise.all([1, 2, 3, 4].map(() => tables.run("INSERT INTO w3 WITH (txnAppId = 'a', txnVersion = 5) SELECT CAST(id AS INT) FROM range(3)")));
  expect(await tables.readers("w3")).toEqual(seenByBoth([[0], [1], [2]]));
  expect(transactions("w3")).toEqual([["a", 5, 1]]);
});

test("transactions that the table no longer remembers are done again", async () => {
  await tables.run("CREATE TABLE w4 (id INT) USING delta TBLPROPERTIES ('delta.setTransactionRetentionDuration' = 'interval 0 days')", "INSERT INTO w4 WITH (txnAppId = 'a', txnVersion = 1) VALUES (1)");
  await later();
  await tables.run("INSERT INTO w4 WITH (txnAppId = 'a', txnVersion = 1) VALUES (1)");
  expect(await tables.readers("w4")).toEqual(seenByBoth([[1], [1]]));
});

test("tables made, and made anew, from queries are numbered writes too", async () => {
  await tables.run("SET spark.databricks.delta.write.txnAppId = a", "SET spark.databricks.delta.write.txnVersion = 1", "CREATE TABLE w5 USING delta AS SELECT 1 AS id", "CREATE OR REPLACE TABLE w5 USING delta AS SELECT 2 AS id", "INSERT INTO w5 VALUES (3)");
  expect(await tables.readers("w5")).toEqual(seenByBoth([[1]]));
  await tables.run("SET spark.databricks.delta.write.txnVersion = 2", "CREATE OR REPLACE TABLE w5 USING delta AS SELECT 4 AS id", "REPLACE TABLE w5 USING delta AS SELECT 5 AS id");
  expect(await tables.readers("w5")).toEqual(seenByBoth([[4]]));
  expect(transactions("w5")).toEqual([["a", 1, 0], ["a", 2, 1]]);
  await tables.run("CREATE OR REPLACE TABLE w5 (s STRING) USING delta", "RESET spark.databricks.delta.write.txnAppId", "RESET spark.databricks.delta.write.txnVersion");
  expect(await tables.readers("w5")).toEqual(seenByBoth([]));
});
