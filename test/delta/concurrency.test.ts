import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { createWritersTable, independentRows, runWriters } from "./writer-processes.ts";

let folder: string;
let table: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-writers-"));
  table = join(folder, "t");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("several writers in one process: every change is there once", async () => {
  await createWritersTable(folder);
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2", "sparrow.memory.limit": "256m", "spark.sql.warehouse.dir": folder });
  const at = `delta.\`${table}\``;
  const work = Array.from({ length: 4 }, async (_, writer) => {
    for (let id = 1; id <= 4; id++) {
      await sparrow.count(`INSERT INTO ${at} VALUES ('w${writer}', ${id}, 0)`);
      await sparrow.count(`UPDATE ${at} SET n = n + 1 WHERE writer = 'w${writer}'`);
    }
    await sparrow.count(`DELETE FROM ${at} WHERE writer = 'w${writer}' AND id = 2`);
  });
  await Promise.all(work);
  await sparrow.close();
  const rows = await independentRows(table);
  const expected = [0, 1, 2, 3].flatMap((writer) => [1, 3, 4].map((id) => [`w${writer} ${id}`, 5 - id] as const));
  expect([...rows].sort()).toEqual([...expected].sort());
});

test("three processes that insert, update, delete, merge and optimize: every acknowledged change is there once, in an order, and each process gets on", async () => {
  await createWritersTable(folder);
  const { problems, acknowledged } = await runWriters(folder, 3, 1000);
  expect(problems).toEqual([]);
  for (const kinds of acknowledged.values()) expect([...kinds.keys()].sort()).toEqual(["delete", "insert", "merge", "optimize", "update"]);
}, 120_000);
