import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { replayLog } from "./replay-log.ts";
import { expectedRows, independentRows, killWriters, startWriter } from "./writer-processes.ts";

let folder: string;
let table: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-writers-"));
  table = join(folder, "t");
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "128m", "spark.sql.warehouse.dir": folder });
  await sparrow.count("CREATE TABLE t (writer STRING, id INT, n INT) USING delta");
  await sparrow.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("several writers in one process: every change is there once", async () => {
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

test("three processes that insert, update, delete, merge and optimize: every acknowledged change is there once", async () => {
  const writers = ["a", "b", "c"].map((name) => startWriter(folder, name, 3000));
  await Promise.all(writers.map((writer) => writer.done));
  const changes = writers.flatMap((writer) => writer.changes());
  const rows = await independentRows(table);
  for (const [key, n] of expectedRows(changes)) expect(rows.get(key), key).toBe(n);
  expect(rows.size).toBe([...expectedRows(changes).values()].filter((n) => n !== undefined).length);
  for (const { changes: own } of writers) expect(own().length).toBeGreaterThan(0);
  // One commit for each acknowledged change, but for what turned out to have nothing to do.
  expect(replayLog(table).version).toBeLessThanOrEqual(changes.length);
}, 60_000);

test("a killed process: nothing acknowledged is lost, and the table can be read and written", async () => {
  const { acknowledged, wrong } = await killWriters(folder, 3, (run) => run * 120);
  expect(wrong).toEqual([]);
  expect(acknowledged).toBeGreaterThanOrEqual(3);
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "128m" });
  await sparrow.count(`INSERT INTO delta.\`${table}\` VALUES ('after', 1, 0)`);
  const { rows } = await sparrow.query(`SELECT count(*) FROM delta.\`${table}\` WHERE writer = 'after'`);
  expect(rows).toEqual([[1n]]);
  await sparrow.close();
}, 60_000);
