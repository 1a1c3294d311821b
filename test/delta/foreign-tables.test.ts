import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TablesUnderTest } from "./tables-under-test.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/delta", import.meta.url));
const isAbsent = !existsSync(CORPUS);

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** A copy of a table of Spark's, in FROM. */
function copyOf(name: string): string {
  const folder = join(tables.folder, name);
  cpSync(`${CORPUS}/${name}/delta`, folder, { recursive: true });
  return `delta.\`${folder}\``;
}

// Left out where the corpus is absent: its tables are others' work, which lies beside a checkout and is not part of it.
test.skipIf(isAbsent)("a table with deletion vectors can be changed: rows that were deleted stay so (skipped where ../shared/corpus is absent)", async () => {
  const table = copyOf("dv-partitioned-with-checkpoint");
  const before = await tables.rows(`SELECT * FROM ${table}`);
  const [[count]] = (await tables.sparrow.query(`SELECT count(*) FROM ${table} WHERE col1 % 3 = 0`)).rows;
  const kept = await tables.rows(`SELECT * FROM ${table} WHERE NOT coalesce(col1 % 3 = 0, FALSE)`);
  expect(await tables.rows(`DELETE FROM ${table} WHERE col1 % 3 = 0`)).toEqual([`[${String(count)}]`]);
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(kept);
  await tables.run(`RESTORE TABLE ${table} TO VERSION AS OF 15`);
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(before);
  await tables.run(`OPTIMIZE ${table}`);
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(before);
  const [[all]] = (await tables.sparrow.query(`SELECT count(*) FROM ${table}`)).rows;
  expect(await tables.rows(`DELETE FROM ${table}`)).toEqual([`[${String(all)}]`]);
});

// Left out where the corpus is absent: its tables are others' work, which lies beside a checkout and is not part of it.
test.skipIf(isAbsent)("tables with column mapping by id and by name can be written (skipped where ../shared/corpus is absent)", async () => {
  for (const name of ["table-with-columnmapping-mode-id", "data-skipping-basic-stats-all-types-columnmapping-name", "dv-with-columnmapping"]) {
    const table = copyOf(name);
    const before = await tables.rows(`SELECT * FROM ${table}`);
    await tables.run(`INSERT INTO ${table} SELECT * FROM ${table}`);
    expect(await tables.rows(`SELECT * FROM ${table}`), name).toEqual([...before, ...before].sort());
    await tables.run(`DELETE FROM ${table}`);
    expect(await tables.rows(`SELECT * FROM ${table}`), name).toEqual([]);
  }
});
