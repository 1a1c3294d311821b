import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StructField } from "../../catalog/types.ts";
import { INT, LONG, STRING, typeName } from "../../catalog/types.ts";
import type { Compression } from "../../executor/scan/parquet-wasm.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import type { WrittenFile } from "../../executor/write/file-writer.ts";
import { ParquetFileWriter } from "../../executor/write/parquet-writer.ts";
import { readTable, scanContext } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { openWorkbench } from "./duckdb-files.ts";
import { resultBatches } from "./result-batches.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

async function write(path: string, fields: readonly StructField[], batches: Iterable<ResultBatch>, compression: Compression, rowGroupRows: number): Promise<WrittenFile> {
  const chunks: Uint8Array[] = [];
  const writer = await ParquetFileWriter.open(fields, scanContext().parquet, (bytes) => chunks.push(bytes.slice()), { compression, rowGroupRows });
  for (const batch of batches) writer.append(batch);
  const written = writer.finish();
  writeFileSync(path, Buffer.concat(chunks));
  return written;
}

const SOURCE = `SELECT * REPLACE (CASE WHEN i % 7 = 2 THEN NULL ELSE d END AS d, CASE WHEN i % 5 = 0 THEN NULL ELSE s END AS s) FROM (
  SELECT i::int AS i, i - 5 AS l, (i % 100)::tinyint AS b, (i % 1000)::smallint AS sh, i % 2 = 0 AS bo, i / 3.0::float AS f, i / 7.0::double AS dbl, (i / 4 - 100)::decimal(7,2) AS d,
    (i * 1000.5 - 70)::decimal(16,3) AS d16, (i * 1.5 - 70)::decimal(38,9) AS d38, 'text ' || i % 50 AS s, encode('b' || i) AS bin, DATE '1890-01-01' + i::int AS day,
    TIMESTAMP '2020-01-01 01:02:03.456789' + INTERVAL (i) SECOND AS ts, TIMESTAMPTZ '2020-01-01 01:02:03+00' + INTERVAL (i) MINUTE AS tz
  FROM range(7000) t(i))`;

test.each(["snappy", "zstd", "gzip", "uncompressed"] as const)("DuckDB reads what is written with %s", async (compression) => {
  const original = join(bench.folder, "original.parquet");
  const copy = join(bench.folder, `copy-${compression}.parquet`);
  await bench.duckdb.run(`COPY (${SOURCE}) TO '${original}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await parquetProvider.open({ name: "t", location: original, schema: undefined, partitionColumns: [], options: {} });
  const written = await write(copy, table.columns, resultBatches(table), compression, 3000);
  expect(written.rows).toBe(7000);
  const difference = await bench.duckdb.runAndReadAll(`SELECT count(*)::int FROM ((FROM '${copy}' EXCEPT ALL FROM '${original}') UNION ALL (FROM '${original}' EXCEPT ALL FROM '${copy}'))`);
  expect(difference.getRows()).toEqual([[0]]);
  const metadata = await bench.duckdb.runAndReadAll(`SELECT DISTINCT row_group_num_rows::int FROM parquet_metadata('${copy}') ORDER BY 1`);
  expect(metadata.getRows()).toEqual([[2904], [4096]]);

  const again = await parquetProvider.open({ name: "t", location: copy, schema: undefined, partitionColumns: [], options: {} });
  expect(again.columns.map((c) => typeName(c.type))).toEqual(table.columns.map((c) => typeName(c.type)));
  expect(readTable(again)).toEqual(readTable(table));
  const bounds = (statistics: WrittenFile["columns"]) => [...(statistics ?? [])].map(([column, { min, max, nulls }]) => ({ column, min, max, nulls }));
  expect(bounds(written.columns)).toEqual(bounds(again.statistics.columns));
  expect(bounds(again.statistics.columns)).toEqual(bounds(table.statistics.columns));
});

test("a file without rows has its schema; field ids are kept", async () => {
  const path = join(bench.folder, "empty.parquet");
  const fields = [
    { name: "a", type: INT, nullable: false, metadata: { "parquet.field.id": 7 } },
    { name: "b", type: STRING, nullable: true, metadata: { "parquet.field.id": 9 } },
  ];
  expect((await write(path, fields, [], "snappy", 1000)).rows).toBe(0);
  const schema = await bench.duckdb.runAndReadAll(`SELECT name, field_id::int, repetition_type FROM parquet_schema('${path}') OFFSET 1`);
  expect(schema.getRows()).toEqual([
    ["a", 7, "REQUIRED"],
    ["b", 9, "OPTIONAL"],
  ]);
  const table = await parquetProvider.open({ name: "t", location: path, schema: [{ name: "b", type: STRING, nullable: true, metadata: { "parquet.field.id": 9 } }], partitionColumns: [], options: {} });
  expect(table.splits).toEqual([]);
});

test("columns are found by field id before their names", async () => {
  const path = join(bench.folder, "renamed.parquet");
  const batch: ResultBatch = {
    rows: 2,
    columns: [
      { type: LONG, data: new Uint8Array(BigInt64Array.of(1n, 2n).buffer) },
      { type: LONG, data: new Uint8Array(BigInt64Array.of(3n, 4n).buffer) },
    ],
  };
  const field = (name: string, id: number) => ({ name, type: LONG, nullable: false, metadata: { "parquet.field.id": id } });
  await write(path, [field("x", 1), field("y", 2)], [batch], "zstd", 1000);
  const table = await parquetProvider.open({ name: "t", location: path, schema: [field("y", 1), field("x", 2)], partitionColumns: [], options: {} });
  expect(readTable(table)).toEqual([
    [1n, 2n],
    [3n, 4n],
  ]);
});

test("DuckDB reads nested columns that were written", async () => {
  const original = join(bench.folder, "nested.parquet");
  const copy = join(bench.folder, "nested-copy.parquet");
  await bench.duckdb.run(`COPY (
    SELECT i::int AS i, CASE WHEN i % 9 = 4 THEN NULL WHEN i % 4 = 0 THEN [] ELSE [i, NULL, i + 1] END AS numbers,
      CASE WHEN i % 7 = 2 THEN NULL ELSE {'x': i, 'y': CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || i END, 'd': (i * 1.25)::decimal(9,2), 'b': i % 2 = 0} END AS s,
      map(['k' || i, 'z'], [i / 2.0::double, NULL]) AS m, [[DATE '2020-01-01' + i::int], [], NULL] AS deep
    FROM range(3000) t(i)) TO '${original}' (FORMAT parquet)`);
  const table = await parquetProvider.open({ name: "t", location: original, schema: undefined, partitionColumns: [], options: {} });
  await write(copy, table.columns, resultBatches(table), "zstd", 1000);
  const again = await parquetProvider.open({ name: "t", location: copy, schema: undefined, partitionColumns: [], options: {} });
  expect(again.columns.map((c) => typeName(c.type))).toEqual(table.columns.map((c) => typeName(c.type)));
  expect(readTable(again)).toEqual(readTable(table));
  const difference = await bench.duckdb.runAndReadAll(`SELECT count(*)::int FROM (SELECT i::varchar || numbers::varchar || s::varchar || m::varchar || deep::varchar AS t FROM '${copy}' EXCEPT ALL SELECT i::varchar || numbers::varchar || s::varchar || m::varchar || deep::varchar FROM '${original}')`);
  expect(difference.getRows()).toEqual([[0]]);
});
