import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { BOOLEAN, BYTE, DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP, TIMESTAMP_NTZ, decimal, typeName } from "../../catalog/types.ts";
import { csvProvider } from "../../executor/scan/csv-provider.ts";
import { csvOptions } from "../../executor/scan/csv-options.ts";
import { CsvSplitReader } from "../../executor/scan/csv-reader.ts";
import { batchValues, readTable, scanContext } from "./batch-values.ts";
import { Arena } from "../../executor/memory/arena.ts";
import type { Workbench } from "./duckdb-files.ts";
import { duckdbColumns, openWorkbench } from "./duckdb-files.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

let files = 0;
function file(text: string | Uint8Array, ending = ".csv"): string {
  const path = join(bench.folder, `file${files++}${ending}`);
  writeFileSync(path, text);
  return path;
}

function open(location: string, options: Record<string, string> = {}, schema?: readonly StructField[]): Promise<TableSnapshot> {
  return csvProvider.open({ name: "t", location, schema, partitionColumns: [], options });
}

async function rows(text: string, options: Record<string, string> = {}, schema?: readonly StructField[]): Promise<unknown[][]> {
  const table = await open(file(text), options, schema);
  const columns = readTable(table);
  return columns.length === 0 ? [] : columns[0].map((_, row) => columns.map((column) => column[row]));
}

const field = (name: string, type: StructField["type"]): StructField => ({ name, type, nullable: true });

test("without options all columns are strings, and empty fields are NULL", async () => {
  expect(await rows("a,b,c\r\n1,,x y\n\n  \n,\"\",z")).toEqual([
    ["a", "b", "c"],
    ["1", null, "x y"],
    [null, null, "z"],
  ]);
});

test("quotes, escapes and separators as Spark reads them", async () => {
  expect(await rows('"a,b",c\n"say \\"hi\\"","back\\\\slash"\n"x" ,y\n')).toEqual([
    ["a,b", "c"],
    ['say "hi"', "back\\slash"],
    ["x", "y"],
  ]);
  // A quote that is not escaped makes the value a plain one, quotes and all; doubled quotes are an escape only if one says so.
  expect(await rows('"a ""q"" w",z\n"e""",f\n')).toEqual([
    ['"a ""q"" w"', "z"],
    ['e""', "f"],
  ]);
  expect(await rows('"a ""q"", w",z\n"e""",f\n"",""""\n', { escape: '"', nullValue: "-" })).toEqual([
    ['a "q", w', "z"],
    ['e"', "f"],
    ["", '"'],
  ]);
  expect(await rows("a|| b\n c ||d\n", { sep: "||", ignoreLeadingWhiteSpace: "true", ignoreTrailingWhiteSpace: "true" })).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(await rows("a\tb\n'x\ty'\tz\n", { delimiter: "\\t", quote: "'" })).toEqual([
    ["a", "b"],
    ["x\ty", "z"],
  ]);
  expect(await rows('a,"two\nlines"\nb,c\n', { multiLine: "true" })).toEqual([
    ["a", "two\nlines"],
    ["b", "c"],
  ]);
  expect(await rows("# no\na,b\n#c\nd,e\n", { comment: "#" })).toEqual([
    ["a", "b"],
    ["d", "e"],
  ]);
});

test("a header names columns; repeated and empty names are told apart", async () => {
  const table = await open(file("id,Name,name,,x\n1,a,b,c,d\n"), { header: "true" });
  expect(table.columns.map((c) => c.name)).toEqual(["id", "Name1", "name2", "_c3", "x"]);
  expect(readTable(table)).toEqual([["1"], ["a"], ["b"], ["c"], ["d"]]);
});

test("inferred types are Spark's", async () => {
  const table = await open(
    file("i,l,d,f,day,ts,b,s,n,m,big\n1,3000000000,1,1.5,2020-01-02,2020-01-02 03:04:05,true,x,,2020-01-01,99999999999999999999\n-2,4,2.5e3,NaN,1999-12-31,2020-01-02T03:04:05.123Z,FALSE,1,,2020-01-01 10:00:00,1\n"),
    { header: "true", inferSchema: "true" },
  );
  expect(table.columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual([
    "i int",
    "l bigint",
    "d double",
    "f double",
    "day date",
    "ts timestamp",
    "b boolean",
    "s string",
    "n string",
    "m timestamp",
    "big decimal(20,0)",
  ]);
  const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1000n;
  expect(readTable(table)).toEqual([
    [1, -2],
    [3000000000n, 4n],
    [1, 2500],
    [1.5, NaN],
    [18263, 10956],
    [at("2020-01-02T03:04:05Z"), at("2020-01-02T03:04:05.123Z")],
    [true, false],
    ["x", "1"],
    [null, null],
    [at("2020-01-01T00:00:00Z"), at("2020-01-01T10:00:00Z")],
    [99999999999999999999n, 1n],
  ]);
});

const SCHEMA = [field("i", INT), field("s", STRING)];

test("malformed rows under the three modes", async () => {
  const text = "1,a\nx,b\n2,c,extra\n3\n99999999999,d\n4,e\n";
  expect(await rows(text, {}, SCHEMA)).toEqual([
    [1, "a"],
    [null, "b"],
    [2, "c"],
    [3, null],
    [null, "d"],
    [4, "e"],
  ]);
  expect(await rows(text, { mode: "dropMalformed" }, SCHEMA)).toEqual([
    [1, "a"],
    [4, "e"],
  ]);
  await expect(rows(text, { mode: "FAILFAST" }, SCHEMA)).rejects.toThrow(/Malformed records are detected in record parsing: x,b \(in .*\)\. Parse Mode: FAILFAST\./);
  await expect(rows("1,a\n2,b,c\n", { mode: "FAILFAST" }, SCHEMA)).rejects.toThrow(/parsing: 2,b,c \(in/);
});

test("numbers at their edges", async () => {
  const schema = [field("b", BYTE), field("l", LONG), field("d", decimal(6, 2)), field("w", decimal(30, 3)), field("f", DOUBLE)];
  expect(
    await rows("127,9223372036854775807,9999.99,123456789012345678901234567.8901,1e308\n-128,-9223372036854775808,-0.005,-1,0.1\n128,9223372036854775808,10000,x,1.2.3\n+5,+00000000000000000007,.5,5.,-.25e-3\n,,,,\n", {}, schema),
  ).toEqual([
    [127, 9223372036854775807n, 999999n, 123456789012345678901234567890n, 1e308],
    [-128, -9223372036854775808n, -1n, -1000n, 0.1],
    [null, null, null, null, null],
    [5, 7n, 50n, 5000n, -0.25e-3],
    [null, null, null, null, null],
  ]);
});

test("files are cut anywhere, and each row is read once", async () => {
  const text = `id,text\n${Array.from({ length: 3000 }, (_, i) => `${i},"${"é".repeat(i % 40)},${i}"`).join("\n")}`;
  const path = file(text);
  const bytes = Buffer.byteLength(text);
  const table = await open(path, { header: "true", inferSchema: "true" });
  const whole = readTable(table);
  expect(whole[0]).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  const [split] = table.splits;
  const { source } = split;
  if (source.kind !== "csv") throw new Error("a CSV table has CSV splits");
  for (const step of [1000, 4099, 17]) {
    const end = step === 17 ? 2000 : bytes;
    const cut = Array.from({ length: Math.ceil(end / step) }, (_, i) => ({ ...split, source: { ...source, start: i * step, end: Math.min(bytes, (i + 1) * step) } }));
    const parts = readTable({ ...table, splits: cut });
    expect(parts).toEqual(whole.map((column) => column.slice(0, parts[0].length)));
    expect(parts[0].length).toBeGreaterThan(step === 17 ? 40 : 2999);
  }
});

test("compressed files are read whole", async () => {
  const table = await open(file(gzipSync("\ufeffa,b\n1,2\n"), ".csv.gz"), { header: "true", inferSchema: "true" });
  expect(table.columns.map((c) => c.name)).toEqual(["a", "b"]);
  expect(readTable(table)).toEqual([[1], [2]]);
});

test("what DuckDB writes is read the same", async () => {
  const path = join(bench.folder, "duckdb.csv");
  await bench.duckdb.run(
    `COPY (SELECT i AS l, i % 2 = 0 AS b, CASE WHEN i % 7 = 3 THEN NULL ELSE i / 7.0::double END AS f, (i * 1.25)::decimal(12,2) AS d, DATE '1995-01-01' + i::int AS day, TIMESTAMP '2001-02-03 04:05:06.789' + INTERVAL (i) MINUTE AS ts, CASE WHEN i % 5 = 0 THEN NULL WHEN i % 3 = 0 THEN 'say "x", ' || i ELSE 'plain ' || i END AS s FROM range(40000) t(i)) TO '${path}' (FORMAT csv, HEADER)`,
  );
  const schema = [field("l", LONG), field("b", BOOLEAN), field("f", DOUBLE), field("d", decimal(12, 2)), field("day", DATE), field("ts", TIMESTAMP_NTZ), field("s", STRING)];
  const table = await open(path, { header: "true", escape: '"' }, schema);
  const expected = await duckdbColumns(bench.duckdb, `SELECT l, b, f, d, day, ts, s FROM read_csv('${path}', types = {d: 'DECIMAL(12,2)'})`, schema.map((c) => c.type));
  const actual = readTable(table);
  expect(actual.map((column) => column.length)).toEqual(schema.map(() => 40000));
  actual.forEach((column, i) => expect(column.findIndex((value, row) => value !== expected[i][row])).toBe(-1));
});

test("columns are read by themselves, in any order", async () => {
  const table = await open(file("a,1,2020-01-01\nb,2,2020-01-02\n"), { inferSchema: "true" });
  const [{ source }] = table.splits;
  if (source.kind !== "csv") throw new Error("a CSV table has CSV splits");
  const context = scanContext();
  const reader = new CsvSplitReader(source, [{ field: source.fields[2], type: DATE, layout: { kind: "fixed", width: 4 } }, { field: source.fields[0], type: STRING, layout: { kind: "dictionary", width: 2 } }], context);
  const batch = reader.next(new Arena(context.pool, context.pool.newOwner()));
  expect(batch === undefined ? undefined : batchValues(batch, [DATE, STRING], context.pool)).toEqual([
    [18262, 18263],
    ["a", "b"],
  ]);
});

test("options that cannot be followed are refused by name", () => {
  expect(() => csvOptions({ encoding: "UTF-16" })).toThrow(/'UTF-16' of the option encoding is not supported/);
  expect(() => csvOptions({ header: "maybe" })).toThrow(/header must be true or false, not 'maybe'/);
});

test("a timestamp with a zone keeps its instant", async () => {
  expect(await rows("2020-01-01 00:00:00Z\n", {}, [field("t", TIMESTAMP)])).toEqual([[1577836800000000n]]);
});

test("patterns and zones decide what a text means", async () => {
  const schema = [field("d", DATE), field("t", TIMESTAMP), field("n", TIMESTAMP_NTZ)];
  const options = { dateFormat: "dd.MM.yyyy", timestampFormat: "dd/MM/yyyy HH:mm", timeZone: "America/New_York" };
  expect(await rows("02.01.2020,02/01/2020 03:04,02/01/2020 03:04\n2020-01-02,x,\n", options, schema)).toEqual([
    [18263, 1577952240000000n, 1577934240000000n],
    [null, null, null],
  ]);
  expect(await rows("2020-07-01,2020-07-01 00:00:00,2020-07-01 00:00:00.5\n", { timeZone: "Europe/Berlin" }, schema)).toEqual([[18444, 1593554400000000n, 1593561600500000n]]);
});

test("a corrupt record's text goes to the column that asks for it", async () => {
  const schema = [...SCHEMA, field("_corrupt_record", STRING)];
  expect(await rows("1,a\r\nx,b\r\n2,c,d\n", {}, schema)).toEqual([
    [1, "a", null],
    [null, "b", "x,b"],
    [2, "c", "2,c,d"],
  ]);
  expect(await rows("1.5,a\n", { columnNameOfCorruptRecord: "bad" }, [...SCHEMA, field("bad", STRING)])).toEqual([[null, "a", "1.5,a"]]);
});
