import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** What the last commit says of its statement, without the times that it took. */
function told(table: string): Readonly<Record<string, unknown>> {
  const { operation, operationParameters, operationMetrics } = replayLog(join(tables.folder, table)).history.at(-1) ?? {};
  const { executionTimeMs, ...counts } = operationMetrics as Record<string, string>;
  expect(Number(executionTimeMs ?? 0)).toBeGreaterThanOrEqual(0);
  return { operation, operationParameters, counts };
}

/** Bytes of all live files, as the file system has them. */
function liveBytes(table: string): string {
  return String(replayLog(join(tables.folder, table)).files.reduce((sum, { path }) => sum + statSync(path).size, 0));
}

const NO_VECTORS = { numDeletionVectorsAdded: "0", numDeletionVectorsRemoved: "0", numDeletionVectorsUpdated: "0" };

test("UPDATE, DELETE and overwrites tell of files, bytes and rows", async () => {
  await tables.run("CREATE TABLE o1 (id INT, s STRING) USING delta", "INSERT INTO o1 VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  let before = liveBytes("o1");
  await tables.run("UPDATE o1 SET s = 'x' WHERE id = 1");
  expect(told("o1")).toEqual({ operation: "UPDATE", operationParameters: { predicate: '["id = 1"]' }, counts: { numUpdatedRows: "1", numCopiedRows: "2", numRemovedFiles: "1", numRemovedBytes: before, numAddedFiles: "1", numAddedBytes: liveBytes("o1"), numAddedChangeFiles: "0", ...NO_VECTORS } });
  before = liveBytes("o1");
  await tables.run("INSERT INTO o1 REPLACE WHERE id > 0 VALUES (7, 'z')");
  expect(told("o1")).toMatchObject({ operationParameters: { mode: "Overwrite", predicate: "id > 0" }, counts: { numFiles: "1", numOutputRows: "1", numRemovedFiles: "1", numRemovedBytes: before } });
  before = liveBytes("o1");
  await tables.run("CREATE OR REPLACE TABLE o1 USING delta AS SELECT 1 AS id, 'a' AS s UNION ALL SELECT 2, 'b'");
  expect(told("o1")).toMatchObject({ counts: { numOutputRows: "2", numRemovedFiles: "1", numRemovedBytes: before } });
  await tables.run("ALTER TABLE o1 SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableChangeDataFeed' = 'true')", "DELETE FROM o1 WHERE id = 1");
  expect(told("o1").counts).toEqual({ numDeletedRows: "1", numCopiedRows: "0", numRemovedFiles: "0", numRemovedBytes: "0", numAddedFiles: "0", numAddedBytes: "0", numAddedChangeFiles: "1", ...NO_VECTORS, numDeletionVectorsAdded: "1" });
  await tables.run("DELETE FROM o1");
  expect(told("o1")).toMatchObject({ operationParameters: { predicate: '["true"]' }, counts: { numDeletedRows: "1", numRemovedFiles: "1" } });
});

test("MERGE tells its clauses, and counts under names of its own", async () => {
  await tables.run("CREATE TABLE o2 (id INT, s STRING) USING delta", "INSERT INTO o2 VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  const before = liveBytes("o2");
  await tables.run("MERGE INTO o2 USING (SELECT * FROM VALUES (1, 'x'), (9, 'y') AS v(id, s)) u ON o2.id = u.id WHEN MATCHED AND u.s = 'x' THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE AND o2.id = 2 THEN DELETE");
  expect(told("o2")).toEqual({
    operation: "MERGE",
    operationParameters: { predicate: '["o2.id = u.id"]', matchedPredicates: '[{"predicate":"u.s = \'x\'","actionType":"update"}]', notMatchedPredicates: '[{"actionType":"insert"}]', notMatchedBySourcePredicates: '[{"predicate":"o2.id = 2","actionType":"delete"}]' },
    counts: { numTargetRowsUpdated: "1", numTargetRowsDeleted: "1", numTargetRowsInserted: "1", numTargetRowsCopied: "1", numOutputRows: "3", numTargetFilesRemoved: "1", numTargetBytesRemoved: before, numTargetFilesAdded: "1", numTargetBytesAdded: liveBytes("o2"), numTargetChangeFilesAdded: "0", numTargetDeletionVectorsAdded: "0", numTargetDeletionVectorsRemoved: "0", numTargetDeletionVectorsUpdated: "0" },
  });
});

test("values are cast as Delta casts them: whatever can be", async () => {
  await tables.run("CREATE TABLE o3 (id INT, d DATE, b BOOLEAN) USING delta", "INSERT INTO o3 VALUES ('5', '2024-01-31', 'true')", "INSERT INTO o3 VALUES (TRUE, NULL, 0)", "UPDATE o3 SET id = '7' WHERE id = 5");
  expect(await tables.rows("SELECT id, CAST(d AS STRING), b FROM o3")).toEqual(["[1,null,false]", '[7,"2024-01-31",true]']);
  await tables.run("SET spark.sql.storeAssignmentPolicy = STRICT");
  expect(await tables.failure("INSERT INTO o3 VALUES ('5', NULL, NULL)")).toBe("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST");
  await tables.run("RESET spark.sql.storeAssignmentPolicy");
});
