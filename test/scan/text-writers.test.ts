import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableProvider } from "../../catalog/ports.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { FileSink, FileWriter } from "../../executor/write/file-writer.ts";
import { ArrowStreamWriter } from "../../executor/write/arrow-writer.ts";
import { CsvFileWriter } from "../../executor/write/csv-writer.ts";
import { JsonFileWriter } from "../../executor/write/json-writer.ts";
import { arrowProvider } from "../../executor/scan/arrow-provider.ts";
import { csvProvider } from "../../executor/scan/csv-provider.ts";
import { jsonProvider } from "../../executor/scan/json-provider.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { readTable } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { openWorkbench } from "./duckdb-files.ts";
import { resultBatches } from "./result-batches.ts";

let bench: Workbench;
let table: TableSnapshot;
beforeAll(async () => {
  bench = await openWorkbench();
  const path = join(bench.folder, "source.parquet");
  await bench.duckdb.run(`COPY (
    SELECT i::int AS i, CASE WHEN i % 3 = 0 THEN NULL ELSE i * 9007199254740993 END AS l, i / 7.0::double AS d, CASE WHEN i = 5 THEN 'NaN'::float ELSE i::float / 3 END AS f,
      (i * 1.25)::decimal(12,2) AS n, (i * 1.5 - 4)::decimal(30,3) AS w, i % 2 = 0 AS b, DATE '1969-12-25' + i::int AS day, TIMESTAMP '1969-12-31 23:59:59.5' + INTERVAL (i) SECOND AS ts,
      TIMESTAMPTZ '2020-01-01 00:00:00.000001+00' + INTERVAL (i) MINUTE AS tz,
      CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'a "quoted, \\ text' WHEN 3 THEN ' blanks ' WHEN 4 THEN 'é€😀' ELSE 'plain' END AS s
    FROM range(20) t(i)) TO '${path}' (FORMAT parquet)`);
  table = await parquetProvider.open({ name: "t", location: path, schema: undefined, partitionColumns: [], options: {} });
});
afterAll(() => bench.close());

async function roundTrip(name: string, make: (sink: FileSink) => FileWriter | Promise<FileWriter>, provider: TableProvider, options: Record<string, string>): Promise<{ text: string; again: TableSnapshot }> {
  const chunks: Uint8Array[] = [];
  const writer = await make((bytes) => chunks.push(bytes.slice()));
  for (const batch of resultBatches(table)) writer.append(batch);
  const written = writer.finish();
  const bytes = Buffer.concat(chunks);
  expect(written).toMatchObject({ rows: 20, bytes: bytes.length });
  const path = join(bench.folder, name);
  writeFileSync(path, bytes);
  const schema = name.endsWith(".arrow") ? undefined : table.columns;
  return { text: bytes.toString(), again: await provider.open({ name, location: path, schema, partitionColumns: [], options }) };
}

test("CSV comes back as it was written", async () => {
  const options = { header: "true", nullValue: "\\N" };
  const { text, again } = await roundTrip("t.csv", (sink) => new CsvFileWriter(table.columns, sink, options), csvProvider, options);
  expect(text.split("\n").slice(0, 4)).toEqual([
    "i,l,d,f,n,w,b,day,ts,tz,s",
    "0,\\N,0.0,0.0,0.00,-4.000,true,1969-12-25,1969-12-31T23:59:59.500,2020-01-01T00:00:00.000001Z,\\N",
    '1,9007199254740993,0.14285714285714285,0.33333334,1.25,-2.500,false,1969-12-26,1970-01-01T00:00:00.500,2020-01-01T00:01:00.000001Z,""',
    '2,18014398509481986,0.2857142857142857,0.6666667,2.50,-1.000,true,1969-12-27,1970-01-01T00:00:01.500,2020-01-01T00:02:00.000001Z,"a \\"quoted, \\\\ text"',
  ]);
  expect(readTable(again)).toEqual(readTable(table));
});

test("JSON lines come back as they were written", async () => {
  const { text, again } = await roundTrip("t.json", (sink) => new JsonFileWriter(table.columns, sink), jsonProvider, {});
  expect(text.split("\n")[0]).toBe('{"i":0,"d":0.0,"f":0.0,"n":0.00,"w":-4.000,"b":true,"day":"1969-12-25","ts":"1969-12-31T23:59:59.500","tz":"2020-01-01T00:00:00.000001Z"}');
  expect(readTable(again)).toEqual(readTable(table));
});

test("Arrow comes back as it was written", async () => {
  const { again } = await roundTrip("t.arrow", (sink) => ArrowStreamWriter.open(table.columns, sink), arrowProvider, {});
  expect(again.columns.map((c) => c.type)).toEqual(table.columns.map((c) => c.type));
  expect(readTable(again)).toEqual(readTable(table));
});
