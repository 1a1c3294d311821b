import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Arrow from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainLayout } from "../../catalog/table.ts";
import { typeName } from "../../catalog/types.ts";
import { arrowProvider, ipcTable } from "../../executor/scan/arrow-provider.ts";
import { readTable } from "./batch-values.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-arrow-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sample(): Arrow.Table {
  const ROWS = 1000;
  const every = <T>(value: (i: number) => T): (T | null)[] => Array.from({ length: ROWS }, (_, i) => (i % 7 === 3 ? null : value(i)));
  return new Arrow.Table({
    b: Arrow.vectorFromArray(every((i) => i % 2 === 0), new Arrow.Bool()),
    i8: Arrow.vectorFromArray(every((i) => (i % 256) - 128), new Arrow.Int8()),
    u8: Arrow.vectorFromArray(every((i) => i % 256), new Arrow.Uint8()),
    u32: Arrow.vectorFromArray(every((i) => 4294967295 - i), new Arrow.Uint32()),
    l: Arrow.vectorFromArray(every((i) => BigInt(i) * 1000000007n), new Arrow.Int64()),
    f: Arrow.vectorFromArray(every((i) => i / 4), new Arrow.Float32()),
    d: Arrow.vectorFromArray(every((i) => i / 7), new Arrow.Float64()),
    s: Arrow.vectorFromArray(every((i) => `text ${i}`), new Arrow.Utf8()),
    dict: Arrow.vectorFromArray(every((i) => `mode ${i % 5}`), new Arrow.Dictionary(new Arrow.Utf8(), new Arrow.Int16())),
    day: Arrow.vectorFromArray(every((i) => new Date(i * 86_400_000)), new Arrow.DateDay()),
    ms: Arrow.vectorFromArray(every((i) => i * 1000), new Arrow.TimestampMillisecond()),
    utc: Arrow.vectorFromArray(every((i) => i * 1000), new Arrow.TimestampMicrosecond("UTC")),
    none: Arrow.vectorFromArray(Array.from({ length: ROWS }, () => null), new Arrow.Null()),
  });
}

test("reads Arrow files in both of their formats", async () => {
  const path = join(folder, "both");
  mkdirSync(path);
  writeFileSync(join(path, "1.arrow"), Arrow.tableToIPC(sample(), "file"));
  writeFileSync(join(path, "2.arrow"), Arrow.tableToIPC(sample(), "stream"));
  const opened = await arrowProvider.open({ name: "t", location: path, schema: undefined, partitionColumns: [], options: {} });
  expect(opened.columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual([
    "b boolean",
    "i8 tinyint",
    "u8 smallint",
    "u32 bigint",
    "l bigint",
    "f float",
    "d double",
    "s string",
    "dict string",
    "day date",
    "ms timestamp_ntz",
    "utc timestamp",
    "none void",
  ]);
  expect(opened.splits.map((split) => split.rows)).toEqual([1000, 1000]);
  const every = <T>(value: (i: number) => T): (T | null)[] => Array.from({ length: 1000 }, (_, i) => (i % 7 === 3 ? null : value(i)));
  const expected = [
    every((i) => i % 2 === 0),
    every((i) => (i % 256) - 128),
    every((i) => i % 256),
    every((i) => BigInt(4294967295 - i)),
    every((i) => BigInt(i) * 1000000007n),
    every((i) => i / 4),
    every((i) => i / 7),
    every((i) => `text ${i}`),
    every((i) => `mode ${i % 5}`),
    every((i) => i),
    every((i) => BigInt(i) * 1000000n),
    every((i) => BigInt(i) * 1000000n),
    Array.from({ length: 1000 }, () => null),
  ];
  expect(readTable(opened)).toEqual(expected.map((column) => [...column, ...column]));
  const layouts = opened.columns.map((c) => (c.name === "dict" ? ({ kind: "dictionary", width: 4 } as const) : plainLayout(c.type)));
  expect(readTable(opened, layouts)[8]).toEqual([...expected[8], ...expected[8]]);
});

test("an embedder's bytes are a table", () => {
  const table = ipcTable("mine", Arrow.tableToIPC(sample(), "stream"), "1");
  expect(table.statistics.rows).toBe(1000);
  expect(readTable(table)[7][999]).toBe("text 999");
});

test("a file that is none gives one clear error", async () => {
  const path = join(folder, "bad.arrow");
  writeFileSync(path, "this is not Arrow at all");
  await expect(arrowProvider.open({ name: "t", location: path, schema: undefined, partitionColumns: [], options: {} })).rejects.toThrow(/error while reading file .*bad\.arrow/);
});
