import { afterAll, beforeAll, expect, test } from "vitest";
import { disturbEveryCall } from "./storage-faults.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

test("an error at every call of the file system in turn: the statement raises and has changed nothing, or has done all of its work", async () => {
  const summary = await disturbEveryCall(tables, {
    prepare: ["CREATE TABLE {t} (id INT, p INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", "INSERT INTO {t} VALUES (1, 1), (2, 1), (3, 2)"],
    statement: "UPDATE {t} SET id = id + 10 WHERE id = 2",
    kinds: ["error"],
  });
  expect(summary.problems).toEqual([]);
  for (const call of ["openSync", "writeSync", "fsyncSync", "closeSync", "open", "writeFile", "sync", "link", "rename", "rm", "mkdir", "stat"]) expect(summary.calls).toContain(call);
  expect(summary.failed).toBeGreaterThan(20);
  expect(summary.succeeded).toBeGreaterThan(5);
}, 120_000);
