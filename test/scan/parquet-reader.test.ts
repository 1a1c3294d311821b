import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Field, Float64, Int64, makeData, RecordBatch, Schema, Struct, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { Table as WasmTable, writeParquet, WriterPropertiesBuilder } from "parquet-wasm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import { LONG, STRING, typeName } from "../../catalog/types.ts";
import { chooseLayouts } from "../../executor/scan/layouts.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { readTable, scanContext } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { duckdbColumns, openWorkbench } from "./duckdb-files.ts";

let bench: Workbench;
const byPages = scanContext();
const byLibrary = scanContext(false);
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

function open(location: string, options: Record<string, string> = {}): Promise<TableSnapshot> {
  return parquetProvider.open({ name: "t", location, schema: undefined, partitionColumns: [], options });
}

/** Every type that both sides have, with NULLs among the rows. */
const ALL_TYPES = `
  SELECT CASE WHEN i % 5 = 3 THEN NULL ELSE x END AS x FROM (SELECT i, EXPR AS x FROM range(5000) t(i))`;

const COLUMNS: readonly (readonly [expression: string, type: string])[] = [
  ["(i % 2 = 0)", "boolean"],
  ["(i % 256 - 128)::tinyint", "tinyint"],
  ["(i - 500)::smallint", "smallint"],
  ["(i * 800003 - 2000000000)::int", "int"],
  ["(i * 900719925474099 - 2250000000000000000)::bigint", "bigint"],
  ["(i % 256)::utinyint", "smallint"],
  ["(i * 13)::usmallint", "int"],
  ["(i * 858993)::uinteger", "bigint"],
  ["(18446744073709551615 - i)::ubigint", "decimal(20,0)"],
  ["(i / 7.0)::float", "float"],
  ["(i / 7.0 - 50)::double", "double"],
  ["(i % 1000 - 300)::decimal(4,1)", "decimal(4,1)"],
  ["(i / 8 - 30)::decimal(9,3)", "decimal(9,3)"],
  ["(i * 12345.67 - 400)::decimal(18,2)", "decimal(18,2)"],
  ["((i - 400)::decimal(38,5) * 1000000000000000000000)::decimal(38,5)", "decimal(38,5)"],
  ["'s' || (i % 7)", "string"],
  ["repeat('é', (i % 9)::int) || hash(i)", "string"],
  ["CASE WHEN i % 3 = 0 THEN '' ELSE 'x' END", "string"],
  ["encode('b' || i)", "binary"],
  ["(DATE '1600-01-01' + (i * 300)::int)", "date"],
  ["(TIMESTAMP '1500-03-04 05:06:07.123456' + INTERVAL (i) MONTH)", "timestamp_ntz"],
  ["(TIMESTAMPTZ '1990-03-04 05:06:07.123456+00' + INTERVAL (i) HOUR)", "timestamp"],
  ["(TIMESTAMP_NS '1990-03-04 05:06:07.123456' + INTERVAL (i) HOUR)::TIMESTAMP_NS", "timestamp_ntz"],
  ["(TIMESTAMP_MS '1950-03-04 05:06:07.123' + INTERVAL (i) HOUR)::TIMESTAMP_MS", "timestamp_ntz"],
  ["(TIME '01:02:03.456789' + INTERVAL (i) MINUTE)", "time(6)"],
  ["md5(i::varchar)::uuid", "string"],
];

test.each(COLUMNS.map(([expression, type], i) => [type, expression, i] as const))("reads %s of %s as DuckDB does", async (type, expression, i) => {
  const path = join(bench.folder, `type${i}.parquet`);
  // DuckDB's smallest row group is one vector of 2,048 rows.
  await bench.duckdb.run(`COPY (${ALL_TYPES.replace("EXPR", expression)}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await open(path);
  expect(table.columns.map((c) => typeName(c.type))).toEqual([type]);
  expect(table.splits.length).toBe(3);
  const types = table.columns.map((c) => c.type);
  const expected = await duckdbColumns(bench.duckdb, `SELECT ${type === "string" ? "x::varchar" : "x::" + duckdbType(type)} FROM '${path}'`, types);
  expect(readTable(table, undefined, byPages)).toEqual(expected);
  expect(readTable(table, undefined, byLibrary)).toEqual(expected);
  expect(expected[0].filter((value) => value === null).length).toBe(1000);
});

/** DuckDB's type that holds what the Spark type holds: nanoseconds are cut there too. */
function duckdbType(type: string): string {
  if (type === "timestamp_ntz") return "TIMESTAMP";
  if (type === "timestamp") return "TIMESTAMPTZ";
  if (type === "binary") return "BLOB";
  if (type.startsWith("time(")) return "TIME";
  return type;
}

test("keeps small dictionaries, whatever the codec", async () => {
  for (const codec of ["snappy", "zstd", "gzip", "uncompressed", "lz4_raw", "brotli"]) {
    const path = join(bench.folder, `dictionary-${codec}.parquet`);
    await bench.duckdb.run(
      `COPY (SELECT CASE WHEN i % 10 = 4 THEN NULL ELSE 'mode ' || (i % 7) END AS few, 'text ' || i AS many FROM range(5000) t(i)) TO '${path}' (FORMAT parquet, CODEC ${codec})`,
    );
    const table = await open(path);
    const layouts = await chooseLayouts(table.splits, table.columns.map((c, field) => ({ field, type: c.type })));
    expect(layouts.map((l) => l.kind)).toEqual(["dictionary", "utf8"]);
    const expected = await duckdbColumns(bench.duckdb, `FROM '${path}'`, table.columns.map((c) => c.type));
    expect(readTable(table, layouts)).toEqual(expected);
    expect(readTable(table, [{ kind: "utf8" }, { kind: "dictionary", width: 2 }])).toEqual(expected);
    expect(readTable(table, [{ kind: "dictionary", width: 1 }, { kind: "utf8" }])).toEqual(expected);
  }
});

test("reads a large row group in batches and in slices", async () => {
  const path = join(bench.folder, "large.parquet");
  await bench.duckdb.run(
    `COPY (SELECT i::int AS i, hash(i) || repeat('z', 800) AS s FROM range(150000) t(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 150000)`,
  );
  const table = await open(path);
  expect(table.splits.length).toBe(1);
  const [numbers, texts] = readTable(table);
  expect(numbers.length).toBe(150000);
  expect(numbers.every((value, i) => value === i)).toBe(true);
  const [expected] = await duckdbColumns(bench.duckdb, `SELECT s[:20] FROM '${path}'`, [STRING]);
  expect(texts.every((value, i) => (value as string).slice(0, 20) === expected[i])).toBe(true);
});

test("pages of the second version, plain pages after dictionary ones, and columns without NULLs", async () => {
  const rows = 20000;
  const fields = [new Field("i", new Int64(), false), new Field("d", new Float64(), true), new Field("s", new Utf8(), true)];
  const values = Array.from({ length: rows }, (_, i) => (i % 11 === 5 ? null : i));
  const columns = [
    vectorFromArray(Array.from({ length: rows }, (_, i) => BigInt(i * 3)), new Int64()),
    vectorFromArray(values.map((i) => (i === null ? null : (i % 13) / 4)), new Float64()),
    vectorFromArray(values.map((i) => (i === null ? null : `text ${i < 9000 ? i % 10 : i}`)), new Utf8()),
  ];
  const children = columns.map((column) => column.data[0]);
  const batch = new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: rows, nullCount: 0, children }));
  const ipc = tableToIPC(new Table([batch]), "stream");
  for (const version of [0, 1]) {
    const properties = new WriterPropertiesBuilder().setWriterVersion(version).setDataPageSizeLimit(4096).setDictionaryPageSizeLimit(20000).setCompression(1).build();
    const path = join(bench.folder, `pages-v${version}.parquet`);
    writeFileSync(path, writeParquet(WasmTable.fromIPCStream(ipc), properties));
    const table = await open(path);
    const expected = await duckdbColumns(bench.duckdb, `FROM '${path}'`, table.columns.map((c) => c.type));
    expect(expected[2][5000]).toBe("text 0");
    expect(readTable(table, undefined, byPages)).toEqual(expected);
    expect(readTable(table, undefined, byLibrary)).toEqual(expected);
  }
});

test("leaves deleted rows out", async () => {
  const path = join(bench.folder, "deleted.parquet");
  await bench.duckdb.run(
    `COPY (SELECT i::int AS i, i % 3 = 0 AS b, CASE WHEN i % 4 = 1 THEN NULL ELSE 's' || i END AS s FROM range(6000) t(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  const table = await open(path);
  const deletedRows = Uint32Array.of(0, 1, 100, 2100, 2101, 2102, 4096, 6000);
  const splits = table.splits.map((split) => (split.source.kind === "parquet" ? { ...split, source: { ...split.source, deletedRows } } : split));
  const types = table.columns.map((c) => c.type);
  const expected = await duckdbColumns(bench.duckdb, `SELECT * FROM '${path}' WHERE (i BETWEEN 1 AND 99) OR i = 2100 OR (i BETWEEN 2102 AND 4095)`, types);
  expect(readTable({ ...table, splits })).toEqual(expected);
});

const NESTED = `SELECT CASE WHEN i % 9 = 4 THEN NULL WHEN i % 4 = 0 THEN [] ELSE [i::int, NULL, (i + 1)::int] END AS numbers, i AS id,
  CASE WHEN i % 7 = 2 THEN NULL ELSE {'x': i::bigint, 'y': CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || i END, 'd': (i * 1.25)::decimal(9,2), 'b': i % 2 = 0} END AS s,
  map(['k' || i, 'z'], [i / 2.0::double, NULL]) AS m, [[DATE '2020-01-01' + i::int], [], NULL] AS deep,
  [{'a': i::smallint, 't': TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND, 'n': [(i * 1.5)::decimal(30,1)]}] AS rows, 's' || i % 3 AS word FROM range(5000) t(i)`;

test("nested columns are read as DuckDB does, beside flat ones and alone", async () => {
  const path = join(bench.folder, "nested.parquet");
  await bench.duckdb.run(`COPY (${NESTED}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await open(path);
  expect(table.columns.map((c) => typeName(c.type))).toEqual([
    "array<int>",
    "bigint",
    "struct<x:bigint,y:string,d:decimal(9,2),b:boolean>",
    "map<string,double>",
    "array<array<date>>",
    "array<struct<a:smallint,t:timestamp_ntz,n:array<decimal(30,1)>>>",
    "string",
  ]);
  const expected = await duckdbColumns(bench.duckdb, `FROM '${path}'`, table.columns.map((c) => c.type));
  expect(readTable(table)).toEqual(expected);
  expect(readTable(only(table, 4))).toEqual([expected[4]]);
});

/** The table with one of its columns. */
function only(table: TableSnapshot, column: number): TableSnapshot {
  const splits = table.splits.map((split) => (split.source.kind === "parquet" ? { ...split, source: { ...split.source, fields: [split.source.fields[column]] } } : split));
  return { ...table, columns: [table.columns[column]], splits };
}

test("column statistics are typed, and bounds hold", async () => {
  const path = join(bench.folder, "statistics.parquet");
  await bench.duckdb.run(
    `COPY (SELECT i - 10 AS l, (i / 4)::decimal(9,2) AS d, DATE '2020-01-01' + i::int AS day, 's' || (i % 5) AS s, CASE WHEN i < 3 THEN NULL ELSE i / 2.0::double END AS f, NULL::int AS n FROM range(100) t(i)) TO '${path}' (FORMAT parquet)`,
  );
  const table = await open(path);
  const column = (i: number) => table.statistics.columns.get(i);
  expect(column(0)).toMatchObject({ min: -10n, max: 89n, nulls: 0 });
  expect(column(1)).toMatchObject({ min: 0n, max: 2475n, nulls: 0 });
  expect(column(2)).toMatchObject({ min: 18262, max: 18361 });
  expect(column(3)).toMatchObject({ min: "s0", max: "s4", distinct: 5 });
  expect(column(4)).toMatchObject({ min: 1.5, max: 49.5, nulls: 3 });
  expect(column(5)).toMatchObject({ min: null, max: null, nulls: 100 });
  expect(table.statistics.rows).toBe(100);
});

test("partition folders are columns, with Spark's types", async () => {
  const folder = join(bench.folder, "parts");
  await bench.duckdb.run(
    `COPY (SELECT i, (2020 + i % 3)::int AS year, CASE WHEN i % 4 = 0 THEN NULL ELSE 'a b/' || (i % 4) END AS part FROM range(200) t(i)) TO '${folder}' (FORMAT parquet, PARTITION_BY (year, part))`,
  );
  const table = await open(folder);
  expect(table.columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual(["i bigint", "year int", "part string"]);
  const rows = readTable(table);
  const sorted = rows[0].map((_, row) => rows.map((column) => column[row])).sort((a, b) => Number(a[0]) - Number(b[0]));
  expect(sorted).toEqual(
    Array.from({ length: 200 }, (_, i) => [BigInt(i), 2020 + (i % 3), i % 4 === 0 ? null : `a b/${i % 4}`]),
  );
  expect(table.splits.length).toBe(12);
  expect((await open(join(folder, "year=2021"))).columns.map((c) => c.name)).toEqual(["i", "part"]);
  expect((await open(join(folder, "*", "*", "*.parquet"))).columns.map((c) => c.name)).toEqual(["i"]);
  expect((await open(join(folder, "*", "*", "*.parquet"), { basePath: folder })).columns.map((c) => c.name)).toEqual(["i", "year", "part"]);
});

test("columns are found by name whatever their case; missing ones are NULL; mergeSchema takes all", async () => {
  const folder = join(bench.folder, "merged");
  await bench.duckdb.run(`COPY (SELECT 1::int AS a, 'x' AS b) TO '${folder}-1.parquet' (FORMAT parquet)`);
  await bench.duckdb.run(`COPY (SELECT 2::bigint AS A, 3.5::double AS c) TO '${folder}-2.parquet' (FORMAT parquet)`);
  const table = await open(`${folder}-*.parquet`, { mergeSchema: "true" });
  expect(table.columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual(["a bigint", "b string", "c double"]);
  expect(readTable(table)).toEqual([
    [1n, 2n],
    ["x", null],
    [null, 3.5],
  ]);
  const first = await open(`${folder}-*.parquet`);
  expect(() => readTable(first)).toThrow(/Column A is expected to be INT/);
});

test("corrupt and truncated files give one clear error, and the reader goes on", async () => {
  const good = join(bench.folder, "good.parquet");
  await bench.duckdb.run(`COPY (SELECT i, 'value ' || hash(i) AS s FROM range(3000) t(i)) TO '${good}' (FORMAT parquet)`);
  const bytes = readFileSync(good);
  const bad = join(bench.folder, "bad.parquet");
  const context = scanContext();
  const outcome = async (content: Uint8Array): Promise<string> => {
    writeFileSync(bad, content);
    try {
      readTable(await open(bad), undefined, context);
      return "read";
    } catch (error) {
      if (!(error instanceof SparrowError) || !error.message.includes(bad)) throw error;
      return error.condition;
    }
  };
  expect(await outcome(new Uint8Array(0))).toBe("FAILED_READ_FILE.NO_HINT");
  expect(await outcome(new TextEncoder().encode("hello, this is text"))).toBe("FAILED_READ_FILE.NO_HINT");
  for (let cut = 1; cut < bytes.length; cut += 997) expect(await outcome(bytes.subarray(0, bytes.length - cut))).toBe("FAILED_READ_FILE.NO_HINT");
  const outcomes = new Set<string>();
  let seed = 7;
  for (let round = 0; round < 60; round++) {
    const copy = Uint8Array.from(bytes);
    for (let i = 0; i < 20; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      copy[seed % copy.length] ^= 0x55;
    }
    outcomes.add(await outcome(copy));
  }
  expect(outcomes).toContain("FAILED_READ_FILE.NO_HINT");
  expect(readTable(await open(good), undefined, context)[0].length).toBe(3000);
});

test("text that is not UTF-8 is refused", async () => {
  const good = join(bench.folder, "text.parquet");
  await bench.duckdb.run(`COPY (SELECT 'value é ' || i AS many, 'word ' || i % 3 AS few FROM range(3000) t(i)) TO '${good}' (FORMAT parquet, CODEC uncompressed)`);
  const bytes = readFileSync(good);
  for (const [text, damage] of [
    ["value é 17", 0xff],
    ["value é 17", 0xc3],
    ["word 1", 0x80],
  ] as const) {
    const copy = Uint8Array.from(bytes);
    copy[bytes.indexOf(text)] = damage;
    const bad = join(bench.folder, "bad-text.parquet");
    writeFileSync(bad, copy);
    const table = await open(bad);
    expect(() => readTable(table, undefined, byPages)).toThrow(/error while reading file .*bad-text\.parquet/);
    expect(() => readTable(table, [{ kind: "utf8" }, { kind: "dictionary", width: 4 }], byPages)).toThrow(/error while reading file .*bad-text\.parquet/);
  }
});

test("a file that changes between planning and reading is refused", async () => {
  const path = join(bench.folder, "changing.parquet");
  await bench.duckdb.run(`COPY (SELECT 1 AS a) TO '${path}' (FORMAT parquet)`);
  const table = await open(path);
  await bench.duckdb.run(`COPY (SELECT 1 AS a, 2 AS b) TO '${path}' (FORMAT parquet)`);
  expect(() => readTable(table)).toThrow(/has changed since the query was planned/);
});

test("a position column counts the file's rows over row groups, deleted ones too", async () => {
  const path = join(bench.folder, "positions.parquet");
  await bench.duckdb.run(`COPY (SELECT i::bigint AS i FROM range(6000) t(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await open(path);
  const deletedRows = Uint32Array.of(0, 3, 2047, 2050);
  const splits = table.splits.map((split) => (split.source.kind === "parquet" ? { ...split, source: { ...split.source, deletedRows, fields: [...split.source.fields, { kind: "position", base: 100n } as const] } } : split));
  const columns = [...table.columns, { name: "position", type: LONG, nullable: false }];
  const [stored, positions] = readTable({ ...table, columns, splits });
  expect(stored).toHaveLength(5994);
  expect(positions).toEqual(stored.map((value) => (value as bigint) + 100n));
});

test("a missing path is named", async () => {
  await expect(open(join(bench.folder, "nowhere"))).rejects.toThrow(/Path does not exist: .*nowhere/);
});

/** Raw values of Julian days, as Spark writes them with `datetimeRebaseModeInWrite` LEGACY, and what Spark reads. */
const OLD_DATES: readonly (readonly [stored: string, read: string])[] = [
  ["0000-12-30", "0001-01-01"], ["1500-03-11", "1500-03-01"], ["1500-03-10", "1500-02-29"], ["1582-10-14", "1582-10-04"], ["1582-10-15", "1582-10-15"], ["2024-02-29", "2024-02-29"],
];

test("old dates and timestamps of files in the Julian calendar are read by their names", async () => {
  const path = join(bench.folder, "julian.parquet");
  const rows = OLD_DATES.map(([stored]) => `(DATE '${stored}', TIMESTAMPTZ '${stored} 12:00:00+00', [DATE '${stored}'])`);
  const copy = (keys: string) => bench.duckdb.run(`COPY (SELECT * FROM (VALUES ${rows.join(", ")}) AS t(day, time, days)) TO '${path}' (FORMAT parquet, KV_METADATA {${keys}})`);
  // 1500 was a leap year by the Julian calendar alone: its 29 February is the day after the 28th.
  const expected = OLD_DATES.map(([, read]) => Date.parse(read === "1500-02-29" ? "1500-03-01" : read) / 86_400_000);
  const days = async (): Promise<unknown[]> => {
    const [day, time, lists] = readTable(await open(path), undefined, byPages);
    return day.map((value, i) => [value, Number(time[i]) / 86_400_000_000 - 0.5, (lists[i] as readonly unknown[])[0]]);
  };
  for (const keys of ["'org.apache.spark.version': '2.4.5'", "'org.apache.spark.version': '4.0.0', 'org.apache.spark.legacyDateTime': '', 'org.apache.spark.timeZone': 'UTC'"]) {
    await copy(keys);
    expect(await days(), keys).toEqual(expected.map((day) => [day, day, day]));
    expect((await open(path)).splits[0].columns?.get(0)?.min ?? null).toBeNull();
  }
  await copy("'org.apache.spark.version': '3.0.0'");
  expect((await days())[0]).toEqual([-719_164, -719_164, -719_164]);
  // Before 1900 the writer knew no local mean time: what it called noon is noon by ours.
  await copy("'org.apache.spark.version': '2.4.5', 'org.apache.spark.timeZone': 'America/Los_Angeles'");
  expect(Number(readTable(await open(path), undefined, byPages)[1][0])).toBe((-719_162 * 86_400 + 43_200 - 422) * 1_000_000);
});
