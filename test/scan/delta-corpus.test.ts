import { existsSync, globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { readTable, scanContext } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { duckdbColumns, openWorkbench } from "./duckdb-files.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/delta", import.meta.url));
const files = existsSync(CORPUS) ? globSync(`${CORPUS}/**/*.parquet`) : [];

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

test.skipIf(files.length === 0)(`Spark's Parquet files read as DuckDB reads them (${files.length === 0 ? "skipped: no ../shared/corpus/delta" : `${files.length} files`})`, async () => {
  const context = scanContext();
  for (const path of files) {
    const table = await parquetProvider.open({ name: "t", location: path, schema: undefined, partitionColumns: [], options: {} });
    const types = table.columns.map((c) => c.type);
    const expected = await duckdbColumns(bench.duckdb, `SELECT * FROM read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false)`, types);
    // DuckDB gives no columns at all for no rows.
    expect({ path, columns: readTable(table, undefined, context) }).toEqual({ path, columns: types.map((_, i) => expected[i] ?? []) });
  }
});
