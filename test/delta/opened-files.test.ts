import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withFault } from "./faulty-file-system.ts";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** What a query opens of a table that the engine has not seen: files of the log by name, and of its data what EXPLAIN says. */
async function opened(folder: string, from: string): Promise<{ readonly log: string[]; readonly scan: string | undefined; readonly rows: string[] }> {
  let rows: string[] = [];
  const calls = await withFault(join(folder, "_delta_log"), undefined, async () => {
    rows = await tables.rows(`SELECT * FROM ${from} WHERE id >= 3`);
  });
  const log = calls.filter(({ name }) => name === "readFile" || name === "open" || name === "openSync").map(({ path }) => path.slice(folder.length));
  const [plan] = await tables.rows(`EXPLAIN SELECT * FROM ${from} WHERE id >= 3`);
  return { log: [...new Set(log)].sort(), scan: /reads \d+ of \d+ splits/.exec(plan)?.[0], rows };
}

test.each(["", "'delta.checkpointPolicy' = 'v2', "])("VERSION AS OF opens what reading that version opened when it was the latest (%s)", async (properties) => {
  await tables.run(`CREATE TABLE travelled (id INT) USING delta TBLPROPERTIES (${properties}'delta.checkpointInterval' = '5')`);
  const versions = [3, 5, 12];
  const then: Awaited<ReturnType<typeof opened>>[] = [];
  for (let version = 1; version <= 17; version++) {
    await tables.run(version === 9 ? "DELETE FROM travelled WHERE id = 8" : `INSERT INTO travelled VALUES (${version})`);
    if (!versions.includes(version)) continue;
    const copy = join(tables.folder, `as-it-was-${version}`);
    cpSync(join(tables.folder, "travelled"), copy, { recursive: true });
    then.push(await opened(copy, `delta.\`${copy}\``));
    rmSync(copy, { recursive: true });
  }
  for (const [i, version] of versions.entries()) {
    const copy = join(tables.folder, `now-${version}`);
    cpSync(join(tables.folder, "travelled"), copy, { recursive: true });
    const now = await opened(copy, `delta.\`${copy}\` VERSION AS OF ${version}`);
    // `_last_checkpoint` is about the latest version.
    expect({ ...now, log: now.log.filter((path) => !path.endsWith("_last_checkpoint")) }, `version ${version}`).toEqual({ ...then[i], log: then[i].log.filter((path) => !path.endsWith("_last_checkpoint")) });
    expect(now.log.length).toBeGreaterThan(0);
    rmSync(copy, { recursive: true });
  }
  await tables.run("DROP TABLE travelled");
});

test("statements that change few rows open and rewrite the files alone that may hold them: all others can be gone", async () => {
  await tables.run("CREATE TABLE parts (id BIGINT, day DATE, v STRING) USING delta");
  for (let i = 0; i < 10; i++) await tables.run(`INSERT INTO parts SELECT id, date_add(DATE'2024-01-01', CAST(id DIV 10 AS INT)), 'old' FROM range(${i * 100}, ${i * 100 + 100})`);
  const folder = join(tables.folder, "parts");
  const [, , , kept] = replayLog(folder).files;
  for (const name of readdirSync(folder)) if (name.endsWith(".parquet") && join(folder, name) !== kept.path) rmSync(join(folder, name));
  const untouched = (): string[] => replayLog(folder).files.map(({ path }) => path).slice(0, 3);
  const before = untouched();
  for (const [statement, affected] of [
    ["UPDATE parts SET v = 'new' WHERE id BETWEEN 305 AND 306", "[2]"],
    ["DELETE FROM parts WHERE id = 307", "[1]"],
    ["MERGE INTO parts USING (SELECT id, 'merged' AS v FROM range(310, 320)) s ON parts.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v", "[10,10,0,0]"],
    ["MERGE INTO parts t USING (SELECT CAST(id AS INT) AS id FROM range(318, 322)) s ON s.id = t.id AND t.v <> 'nothing' WHEN MATCHED AND t.id < 320 THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)", "[2,0,2,0]"],
    ["MERGE INTO parts t USING (SELECT DATE'2024-01-31' AS day, 'x' AS v) s ON t.day = s.day WHEN MATCHED THEN UPDATE SET v = s.v", "[9,9,0,0]"],
    ["MERGE INTO parts t USING (SELECT 5000L AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)", "[1,0,0,1]"],
    ["MERGE INTO parts t USING (SELECT CAST(NULL AS BIGINT) AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE", "[0,0,0,0]"],
  ] as const) {
    expect(await tables.rows(statement), statement).toEqual([affected]);
  }
  expect(untouched()).toEqual(before);
});
