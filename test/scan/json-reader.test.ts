import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP, decimal, typeName } from "../../catalog/types.ts";
import { jsonProvider } from "../../executor/scan/json-provider.ts";
import { readTable } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { duckdbColumns, openWorkbench } from "./duckdb-files.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

let files = 0;
async function open(text: string, options: Record<string, string> = {}, schema?: readonly StructField[]): Promise<TableSnapshot> {
  const path = join(bench.folder, `file${files++}.json`);
  writeFileSync(path, text);
  return jsonProvider.open({ name: "t", location: path, schema, partitionColumns: [], options });
}

async function rows(text: string, options: Record<string, string> = {}, schema?: readonly StructField[]): Promise<unknown[][]> {
  const columns = readTable(await open(text, options, schema));
  return columns.length === 0 ? [] : columns[0].map((_, row) => columns.map((column) => column[row]));
}

const field = (name: string, type: StructField["type"]): StructField => ({ name, type, nullable: true });
const types = (table: TableSnapshot): string[] => table.columns.map((c) => `${c.name} ${typeName(c.type)}`);

test("columns are all keys in the order of their names, with Spark's types", async () => {
  const table = await open(
    '{"s": "x", "i": 1, "f": 1.0, "b": true, "big": 99999999999999999999, "n": null, "mixed": 1}\n{"i": -2, "f": 3, "o": {"y": 1, "x": [1, 2.5]}, "a": [], "mixed": "z", "e": {}, "é\\u0041": "k"}\n',
  );
  expect(types(table)).toEqual([
    "a array<string>",
    "b boolean",
    "big decimal(20,0)",
    "f double",
    "i bigint",
    "mixed string",
    "n string",
    "o struct<x:array<double>,y:bigint>",
    "s string",
    "éA string",
  ]);
});

test("a key that is no JSON string makes its row malformed", async () => {
  const table = await open('{"a\\x":1}\n{"b":2}\n');
  expect(types(table)).toEqual(["_corrupt_record string", "b bigint"]);
});

test("values of wanted keys, wherever they stand", async () => {
  const schema = [field("a", LONG), field("b", STRING), field("c", BOOLEAN), field("d", DOUBLE), field("é\"", STRING)];
  expect(
    await rows(
      '{"a":1,"b":"x","c":true,"d":1.5}\n  { "d" : -2e3 , "zz":{"a":9,"q":"}"},"b" : "a\\"b\\n\\u00e9\\ud83d\\ude00" , "a" : 9223372036854775807 }\r\n\n{}\n{"b":17.50,"é\\"":"k"}\n{"b":{"x": [1, "a b"]}, "a":null, "a":5}\n',
      {},
      schema,
    ),
  ).toEqual([
    [1n, "x", true, 1.5, null],
    [9223372036854775807n, 'a"b\né😀', null, -2000, null],
    [null, null, null, null, null],
    [null, "17.50", null, null, "k"],
    [5n, '{"x":[1,"a b"]}', null, null, null],
  ]);
});

test("typed values, and what is none of the type", async () => {
  const schema = [field("d", DATE), field("t", TIMESTAMP), field("n", decimal(6, 2)), field("x", BINARY), field("i", INT)];
  expect(
    await rows('{"d":"2020-01-02","t":"2020-01-01T00:00:00.5Z","n":12.345,"x":"aGk=","i":7}\n{"d":"2020\\u002d01-02","t":"no","n":"5","i":1.5}\n{"i":99999999999,"n":10000}\n', {}, schema),
  ).toEqual([
    [18263, 1577836800500000n, 1235n, new TextEncoder().encode("hi"), 7],
    [18263, null, null, null, null],
    [null, null, null, null, null],
  ]);
});

test("nested values keep all digits", async () => {
  const table = await open('{"a":[1,null,9223372036854775807],"s":{"x":1.5,"y":"t\\u0041","z":[{"k":true}]}}\n{"a":[],"s":{"x":2.0}}\n{"a":null,"s":{"y":"u"}}\n');
  expect(types(table)).toEqual(["a array<bigint>", "s struct<x:double,y:string,z:array<struct<k:boolean>>>"]);
  expect(readTable(table)).toEqual([
    [[1n, null, 9223372036854775807n], [], null],
    [{ fields: [1.5, "tA", [{ fields: [true] }]] }, { fields: [2, null, null] }, { fields: [null, "u", null] }],
  ]);
  const map = await open('{"m":{"a":"1","b":null}, "t":{"q":[1.50,"x"]}}\n{"m":[1]}\n', {}, [
    field("m", { kind: "map", key: STRING, value: INT, valueContainsNull: true }),
    field("t", { kind: "map", key: STRING, value: STRING, valueContainsNull: true }),
  ]);
  expect(readTable(map)).toEqual([
    [null, null],
    [{ keys: ["q"], values: ['[1.50,"x"]'] }, null],
  ]);
});

test("malformed rows under the three modes", async () => {
  const text = '{"a":1}\n{"a":2\nnonsense\n{"a":3} x\n{"a":"y"}\n{"a":4}\n';
  const schema = [field("a", LONG)];
  expect(await rows(text, {}, schema)).toEqual([[1n], [null], [null], [null], [null], [4n]]);
  expect(await rows(text, { mode: "DROPMALFORMED" }, schema)).toEqual([[1n], [4n]]);
  await expect(rows(text, { mode: "FAILFAST" }, schema)).rejects.toThrow(/parsing: \{"a":2 \(in .*Parse Mode: FAILFAST/);
  const table = await open(text);
  expect(types(table)).toEqual(["_corrupt_record string", "a string"]);
  expect(readTable(table)).toEqual([
    [null, '{"a":2', "nonsense", '{"a":3} x', null, null],
    ["1", null, null, null, "y", "4"],
  ]);
});

test("objects and arrays over several lines", async () => {
  expect(await rows('[{"a": 1,\n "b": "x"},\n {"a": 2}\n]\n', { multiLine: "true" })).toEqual([
    [1n, "x"],
    [2n, null],
  ]);
  expect(await rows('{"a":\n1}\n{"a":2}', { multiLine: "true" })).toEqual([[1n], [2n]]);
  expect(await rows('[{"a":1},{"a":2}]\n{"a":3}\n')).toEqual([[1n], [2n], [3n]]);
});

test("what DuckDB writes is read the same, cut anywhere", async () => {
  const path = join(bench.folder, "duckdb.json");
  await bench.duckdb.run(
    `COPY (SELECT i AS l, i % 2 = 0 AS b, CASE WHEN i % 7 = 3 THEN NULL ELSE i / 7.0::double END AS f, DATE '1995-01-01' + i::int AS day, CASE WHEN i % 5 = 0 THEN NULL ELSE 'say "x", ' || i END AS s FROM range(30000) t(i)) TO '${path}' (FORMAT json)`,
  );
  const schema = [field("l", LONG), field("b", BOOLEAN), field("f", DOUBLE), field("day", DATE), field("s", STRING)];
  const table = await jsonProvider.open({ name: "t", location: path, schema, partitionColumns: [], options: {} });
  const splits = table.splits.flatMap((split) => {
    const { source } = split;
    if (source.kind !== "json") throw new Error("a JSON table has JSON splits");
    const step = 70_001;
    return Array.from({ length: Math.ceil(source.end / step) }, (_, i) => ({ ...split, source: { ...source, start: i * step, end: Math.min(source.end, (i + 1) * step) } }));
  });
  expect(splits.length).toBeGreaterThan(20);
  const actual = readTable({ ...table, splits });
  const expected = await duckdbColumns(bench.duckdb, `SELECT l, b, f, day::date, s FROM read_json('${path}')`, schema.map((c) => c.type));
  actual.forEach((column, i) => expect(column.findIndex((value, row) => value !== expected[i][row])).toBe(-1));
  expect(actual.map((column) => column.length)).toEqual(schema.map(() => 30000));
});
