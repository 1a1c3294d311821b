import { afterAll, beforeAll, expect, test } from "vitest";
import { disturbEveryCall } from "./storage-faults.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

function tableWith(properties: string, ...more: readonly string[]): string[] {
  return [`CREATE TABLE {t} (id INT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES (${properties})`, "INSERT INTO {t} VALUES (1, 1), (2, 1), (3, 2)", ...more];
}

const RUNS: readonly { readonly prepare: readonly string[]; readonly statement: string }[] = [
  { prepare: tableWith("'delta.checkpointInterval' = '2'"), statement: "INSERT INTO {t} VALUES (5, 5)" },
  { prepare: tableWith("'delta.checkpointInterval' = '2'"), statement: "UPDATE {t} SET id = id + 10 WHERE id <> 2" },
  { prepare: tableWith("'delta.enableDeletionVectors' = 'true'"), statement: "DELETE FROM {t} WHERE id = 2" },
  { prepare: tableWith("'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2'"), statement: "MERGE INTO {t} t USING (SELECT 1 AS id, 1 AS p UNION ALL SELECT 9, 2) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *" },
  { prepare: tableWith("'delta.checkpointInterval' = '100'", "INSERT INTO {t} VALUES (4, 1)"), statement: "OPTIMIZE {t}" },
  { prepare: tableWith("'delta.checkpointInterval' = '100'", "DELETE FROM {t} WHERE id = 1"), statement: "RESTORE TABLE {t} TO VERSION AS OF 1" },
];

test.each(RUNS)("every call of the file system goes wrong in turn: an error, one after the work, half of the bytes, a delay: $statement", async (run) => {
  const { problems, calls, failed, succeeded } = await disturbEveryCall(tables, { ...run, kinds: ["error", "late error", "partial write", "delay"] });
  expect(problems).toEqual([]);
  expect(failed + succeeded).toBe(calls.length * 4);
  expect(failed).toBeGreaterThan(calls.length / 2);
});
