import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Bool, Field, Float64, Int32, Int64, makeData, RecordBatch, Schema, Struct, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { Table as WasmTable, writeParquet, WriterPropertiesBuilder } from "parquet-wasm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ColumnLayout, TableSnapshot } from "../../catalog/table.ts";
import { isCached, plainLayout } from "../../catalog/table.ts";
import type { Value } from "../../catalog/values.ts";
import { Arena } from "../../executor/memory/arena.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { readSplit } from "../../executor/scan/read-split.ts";
import type { ScanContext } from "../../executor/scan/scan-context.ts";
import type { RowFilter } from "../../executor/scan/selected-rows.ts";
import { batchValues, scanContext } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { openWorkbench } from "./duckdb-files.ts";

const ROWS = 20_000;
/** A column that the filter reads, and others of all layouts, some with NULLs, or with dictionaries that are full before their last pages. */
const FIELDS = [
  new Field("id", new Int64(), false),
  new Field("few", new Int32(), false),
  new Field("many", new Int64(), true),
  new Field("part", new Float64(), true),
  new Field("word", new Utf8(), true),
  new Field("text", new Utf8(), false),
];
const VALUES: readonly ((i: number) => bigint | number | string | null)[] = [
  (i) => BigInt(i) * 3n,
  (i) => i % 17,
  (i) => (i % 9 === 2 ? null : BigInt(i) * 1_000_003n),
  (i) => (i % 11 === 5 || (i > 6000 && i < 9000) ? null : (i % 13) / 4),
  (i) => (i % 7 === 3 ? null : `word ${i % 40}`),
  (i) => `text ${i < 9000 ? i % 10 : "ü".repeat(i % 5) + i}`,
];
const LAYOUTS: readonly (ColumnLayout | undefined)[] = [undefined, undefined, undefined, undefined, { kind: "dictionary", width: 4 }, undefined];

let bench: Workbench;
const tables: TableSnapshot[] = [];
let withBooleans: TableSnapshot;

beforeAll(async () => {
  bench = await openWorkbench();
  for (const version of [0, 1]) tables.push(await written(`v${version}`, FIELDS, VALUES, version));
  withBooleans = await written("booleans", [...FIELDS, new Field("flag", new Bool(), true)], [...VALUES, (i) => (i % 3 === 0 ? null : i % 2)], 0);
});
afterAll(() => bench.close());

async function written(name: string, fields: readonly Field[], values: typeof VALUES, version: number): Promise<TableSnapshot> {
  const children = fields.map((field, c) => vectorFromArray(Array.from({ length: ROWS }, (_, i) => (field.type instanceof Bool && values[c](i) !== null ? values[c](i) === 1 : values[c](i))), field.type).data[0]);
  const batch = new RecordBatch(new Schema([...fields]), makeData({ type: new Struct([...fields]), length: ROWS, nullCount: 0, children }));
  // The second version has other encodings behind full dictionaries, which the library reads.
  const dictionaryBytes = version === 0 ? 20_000 : 1_000_000;
  const properties = new WriterPropertiesBuilder().setWriterVersion(version).setDataPageSizeLimit(4096).setDictionaryPageSizeLimit(dictionaryBytes).setCompression(1).build();
  const location = join(bench.folder, `${name}.parquet`);
  writeFileSync(location, writeParquet(WasmTable.fromIPCStream(tableToIPC(new Table([batch]), "stream")), properties));
  return parquetProvider.open({ name, location, schema: undefined, partitionColumns: [], options: {} });
}

/** Lets rows through by their id; `asked` counts batches. */
function idFilter(table: TableSnapshot, isWanted: (row: number) => boolean, { pool }: ScanContext): RowFilter & { asked: number } {
  const filter = {
    asked: 0,
    reads: table.columns.map(({ name }) => name === "id"),
    select: (...[columns, rows, allocator]: Parameters<RowFilter["select"]>) => {
      filter.asked++;
      const [id] = batchValues({ rows, columns: [columns[0]!] }, [table.columns[0].type], pool);
      const numbers = id.flatMap((value, row) => (isWanted(Number(value) / 3) ? [row] : []));
      const at = allocator.allocate(4 * rows);
      numbers.forEach((row, i) => (pool.u32[(at >>> 2) + i] = row));
      return { rows: at, count: numbers.length };
    },
  };
  return filter;
}

function read(table: TableSnapshot, context: ScanContext): Value[][] {
  const rows: Value[][] = [];
  for (const split of table.splits) {
    const { source } = split;
    if (isCached(source)) throw new Error("no cached splits here");
    const wanted = table.columns.map((column, i) => ({ field: source.fields[i], type: column.type, layout: LAYOUTS[i] ?? plainLayout(column.type) }));
    const arena = new Arena(context.pool, context.pool.newOwner());
    const reader = readSplit(split, wanted, context);
    for (let batch = reader.next(arena); batch !== undefined; batch = reader.next(arena)) {
      const columns = batchValues(batch, table.columns.map((c) => c.type), context.pool);
      for (let row = 0; row < batch.rows; row++) rows.push(columns.map((values) => values[row]));
      arena.reset();
    }
    reader.close();
  }
  return rows;
}

function rowsWhere(isWanted: (row: number) => boolean): Value[][] {
  return Array.from({ length: ROWS }, (_, i) => i).filter(isWanted).map((i) => VALUES.map((value) => value(i)));
}

const CHOICES: readonly (readonly [string, (row: number) => boolean])[] = [
  ["every 50th row", (row) => row % 50 === 7],
  ["a run of rows", (row) => row >= 7000 && row < 7100],
  ["rows of the first and the last page", (row) => row === 0 || row === ROWS - 1],
  ["nearly half", (row) => row % 25 < 12],
  ["none", () => false],
];

test.each(CHOICES)("a filter that lets through %s is applied before the other columns are read", (_, isWanted) => {
  for (const table of tables) {
    const context = scanContext();
    const filter = idFilter(table, isWanted, context);
    const rows = read(table, { ...context, filter });
    expect(filter.asked).toBe(1);
    expect(rows.length).toBe(rowsWhere(isWanted).length);
    expect(rows).toEqual(rowsWhere(isWanted));
  }
});

test("where most rows are let through, all of them come", () => {
  const context = scanContext();
  expect(read(tables[0], { ...context, filter: idFilter(tables[0], (row) => row % 3 !== 0, context) })).toEqual(rowsWhere(() => true));
});

test("a reader that needs the library for a column does not ask", () => {
  const context = scanContext();
  const filter = idFilter(withBooleans, () => false, context);
  expect(read(withBooleans, { ...context, filter }).length).toBe(ROWS);
  expect(filter.asked).toBe(0);
});

test("pages without a wanted row are not decompressed, columns of which no row is wanted not decoded", () => {
  const pages = (isWanted: ((row: number) => boolean) | undefined): number => {
    const context = scanContext();
    let count = 0;
    const kernels = { ...context.kernels!, snappy_uncompress: (...args: Parameters<NonNullable<ScanContext["kernels"]>["snappy_uncompress"]>) => (count++, context.kernels!.snappy_uncompress(...args)) };
    read(tables[0], { ...context, kernels, ...(isWanted !== undefined && { filter: idFilter(tables[0], isWanted, context) }) });
    return count;
  };
  const all = pages(undefined);
  const idAlone = pages(() => false);
  const oneRun = pages((row) => row >= 7000 && row < 7100);
  expect(idAlone).toBeLessThan(all / 3);
  // Of each of the five other columns the dictionary, and one or two pages.
  expect(oneRun - idAlone).toBeGreaterThanOrEqual(5);
  expect(oneRun - idAlone).toBeLessThanOrEqual(15);
  expect(all - idAlone).toBeGreaterThan(40);
});
