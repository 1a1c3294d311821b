import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { replayLog } from "./replay-log.ts";
import { ReplayedRows } from "./replay-rows.ts";
import { sortedTexts } from "./row-texts.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/delta", import.meta.url));
const isAbsent = !existsSync(CORPUS);
/** Its writer was in another zone, in which the partition values of timestamps are. */
const LEFT_OUT = new Set(["data-reader-partition-values"]);

// Left out where the corpus is absent: its tables are others' work, which lies beside a checkout and is not part of it.
test.skipIf(isAbsent)("the reader that checks what we write reads tables of Spark's (skipped where ../shared/corpus is absent)", async () => {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  const names = readdirSync(CORPUS).filter((name) => existsSync(`${CORPUS}/${name}/expected`) && !LEFT_OUT.has(name));
  for (const name of names) {
    const table = replayLog(`${CORPUS}/${name}/delta`);
    const { columns, rows } = await duckdb.query(`SELECT * FROM read_parquet('${CORPUS}/${name}/expected/**/*.parquet', hive_partitioning = false)`);
    const order = table.metadata.schema.fields.map((field) => columns.findIndex((column) => column.name === field.name));
    expect(sortedTexts(await new ReplayedRows(duckdb).rows(table)), name).toEqual(sortedTexts(rows.map((row) => order.map((at) => row[at]))));
  }
  duckdb.close();
  expect(names.length).toBeGreaterThan(25);
});
