import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { Arena } from "../../executor/memory/arena.ts";
import type { ColumnBatch } from "../../executor/memory/column-buffers.ts";
import { CacheEncoder, writeCachedDictionaries } from "../../executor/cache/cache-encoder.ts";
import type { CacheColumn } from "../../executor/cache/cache-layout.ts";
import { CacheCollector, chooseCacheColumn, mergeSummaries } from "../../executor/cache/cache-layout.ts";
import { chooseLayouts } from "../../executor/scan/layouts.ts";
import { parquetProvider } from "../../executor/scan/parquet-provider.ts";
import { readSplit } from "../../executor/scan/read-split.ts";
import { batchValues, readTable, scanContext } from "./batch-values.ts";
import type { Workbench } from "./duckdb-files.ts";
import { openWorkbench } from "./duckdb-files.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

interface Cached {
  readonly columns: readonly CacheColumn[];
  readonly values: readonly Value[][];
  readonly expected: readonly Value[][];
}

/** Caches a query's rows as an engine does, each split summarized as if by a thread of its own. */
async function cache(name: string, query: string): Promise<Cached> {
  const path = join(bench.folder, `${name}.parquet`);
  await bench.duckdb.run(`COPY (${query}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await parquetProvider.open({ name, location: path, schema: undefined, partitionColumns: [], options: {} });
  const context = scanContext();
  const types: DataType[] = table.columns.map((c) => c.type);
  const layouts = await chooseLayouts(table.splits, types.map((type, field) => ({ field, type })));
  const arena = new Arena(context.pool, context.pool.newOwner());
  const batches: ColumnBatch[] = [];
  const parts = table.splits.map((split) => {
    const collector = new CacheCollector(types);
    const { source } = split;
    if (source.kind !== "parquet") throw new Error("a Parquet table has Parquet splits");
    const reader = readSplit(split, types.map((type, i) => ({ field: source.fields[i], type, layout: layouts[i] })), context);
    for (let batch = reader.next(arena); batch !== undefined; batch = reader.next(arena)) {
      collector.add(batch, context.pool);
      batches.push(batch);
    }
    return collector.summaries();
  });
  const columns = types.map((type, i) => chooseCacheColumn(type, parts.map((part) => part[i]).reduce(mergeSummaries)));
  const encoder = new CacheEncoder(columns, writeCachedDictionaries(columns, context.pool, arena), context.pool);
  const values: Value[][] = types.map(() => []);
  for (const batch of batches) {
    batchValues(encoder.encode(batch, arena), types, context.pool).forEach((column, i) => values[i].push(...column));
  }
  return { columns, values, expected: readTable(table) };
}

test("integers take the fewest bytes that hold their range", async () => {
  const { columns, values, expected } = await cache(
    "integers",
    `SELECT i % 100 - 50 AS a, i % 200 AS b, 1000000000000 + i AS c, i * 1000000 AS d, i * 1000000000 AS e, (i * 100)::decimal(12,2) AS f, (i % 7)::decimal(30,2) AS g,
       (i * 10000000000)::decimal(30,0) AS h, i::int AS j, DATE '1992-01-01' + (i % 2500)::int AS k, CASE WHEN i % 3 = 0 THEN NULL ELSE 5000000000 + i % 10 END AS l,
       (CASE WHEN i = 0 THEN -9223372036854775808 ELSE 9223372036854775807 END)::bigint AS m, NULL::bigint AS n, (i % 3)::double AS o, i % 2 = 0 AS p,
       TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS q FROM range(5000) t(i)`,
  );
  expect(columns.map((c) => c.layout)).toEqual([
    { kind: "fixed", width: 1 },
    { kind: "fixed", width: 1, base: 0n },
    { kind: "fixed", width: 2, base: 1000000000000n },
    { kind: "fixed", width: 8 },
    { kind: "fixed", width: 8 },
    { kind: "fixed", width: 4 },
    { kind: "fixed", width: 2 },
    { kind: "fixed", width: 8 },
    { kind: "fixed", width: 2 },
    { kind: "fixed", width: 2 },
    { kind: "fixed", width: 1, base: 5000000000n },
    { kind: "fixed", width: 8 },
    { kind: "fixed", width: 1 },
    { kind: "fixed", width: 8 },
    { kind: "bits" },
    { kind: "fixed", width: 8 },
  ]);
  expect(columns.map((c) => c.nullable)).toEqual(columns.map((_, i) => i === 10 || i === 12));
  expect(values).toEqual(expected);
});

test("strings become codes of one sorted dictionary where that is smaller", async () => {
  const { columns, values, expected } = await cache(
    "strings",
    `SELECT 's' || (i * 7919 % 251) AS few, 'number ' || (i % 1000) AS more, 'unique ' || i AS many, CASE WHEN i % 4 = 0 THEN NULL WHEN i % 2 = 0 THEN '' ELSE 'é' END AS nulls,
       NULL::varchar AS none, encode('b' || i % 3) AS bin FROM range(5000) t(i)`,
  );
  expect(columns.map((c) => c.layout)).toEqual([
    { kind: "dictionary", width: 1, entries: 251 },
    { kind: "dictionary", width: 2, entries: 1000 },
    { kind: "utf8" },
    { kind: "dictionary", width: 1, entries: 2 },
    { kind: "dictionary", width: 1, entries: 1 },
    { kind: "utf8" },
  ]);
  const entries = columns[0].dictionary;
  const texts = Array.from(entries?.ends ?? [], (end, i) => Buffer.from(entries?.bytes.subarray(i === 0 ? 0 : entries.ends[i - 1], end) ?? []).toString());
  expect(texts).toEqual([...texts].sort());
  expect(values).toEqual(expected);
});
