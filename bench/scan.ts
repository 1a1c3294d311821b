import { mkdirSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableProvider } from "../catalog/ports.ts";
import type { TableSnapshot } from "../catalog/table.ts";
import { isCached } from "../catalog/table.ts";
import { instantiateKernels, kernelBytes } from "../executor/kernels/instantiate.ts";
import { Arena } from "../executor/memory/arena.ts";
import { Pool } from "../executor/memory/pool.ts";
import { csvProvider } from "../executor/scan/csv-provider.ts";
import { jsonProvider } from "../executor/scan/json-provider.ts";
import { chooseLayouts } from "../executor/scan/layouts.ts";
import type { PageKernels } from "../executor/scan/page-decoder.ts";
import { ParquetDecoder } from "../executor/scan/parquet-decoder.ts";
import { parquetProvider } from "../executor/scan/parquet-provider.ts";
import { loadParquetWasm } from "../executor/scan/parquet-wasm.ts";
import { readSplit } from "../executor/scan/read-split.ts";
import type { ScanContext } from "../executor/scan/scan-context.ts";

/**
 * How fast one thread turns files into columns: `node bench/scan.ts [--rows N] [--runs N] [--data DIR]`. The table has the shape of TPC-H's lineitem;
 * the rival is DuckDB with one thread, which reads the same columns for an aggregate over each. CPU seconds, medians, in turn.
 */
const { values: args } = parseArgs({
  options: { rows: { type: "string", default: "3000000" }, runs: { type: "string", default: "5" }, data: { type: "string", default: "bench/data" } },
});

const LINEITEM = `SELECT (i * 7 % 1500000)::bigint AS l_orderkey, (hash(i) % 200000)::bigint AS l_partkey, (hash(i + 1) % 10000)::bigint AS l_suppkey, (i % 7)::int AS l_linenumber,
  (1 + hash(i + 2) % 50)::decimal(15,2) AS l_quantity, ((hash(i + 3) % 10000000) / 100.0)::decimal(15,2) AS l_extendedprice, ((i % 11) / 100.0)::decimal(15,2) AS l_discount,
  ((i % 9) / 100.0)::decimal(15,2) AS l_tax, ['A', 'N', 'R'][1 + i % 3] AS l_returnflag, ['O', 'F'][1 + i % 2] AS l_linestatus,
  DATE '1992-01-02' + (hash(i + 4) % 2526)::int AS l_shipdate, DATE '1992-01-02' + (hash(i + 5) % 2526)::int AS l_commitdate, DATE '1992-01-02' + (hash(i + 6) % 2526)::int AS l_receiptdate,
  ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][1 + i % 4] AS l_shipinstruct, ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'][1 + i % 7] AS l_shipmode,
  'comment ' || hash(i)::varchar AS l_comment FROM range(ROWS) t(i)`;
const FOUR = ["l_quantity", "l_extendedprice", "l_discount", "l_shipdate"];

interface Case {
  readonly name: string;
  readonly provider: TableProvider;
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
  readonly columns: readonly string[] | undefined;
}

async function makeCases(duckdb: DuckDBConnection): Promise<Case[]> {
  mkdirSync(args.data, { recursive: true });
  const cases: Case[] = [];
  const rows = Number(args.rows);
  const make = async (ending: string, copyOptions: string, count: number): Promise<string> => {
    const path = `${args.data}/scan-${count}${ending}`;
    if (statSync(path, { throwIfNoEntry: false }) === undefined) await duckdb.run(`COPY (${LINEITEM.replace("ROWS", String(count))}) TO '${path}' (${copyOptions})`);
    return path;
  };
  for (const codec of ["snappy", "zstd"]) {
    const path = await make(`.${codec}.parquet`, `FORMAT parquet, CODEC ${codec}`, rows);
    for (const columns of [undefined, FOUR]) cases.push({ name: `Parquet ${codec}, ${columns === undefined ? "16" : "4"} columns`, provider: parquetProvider, path, options: {}, columns });
  }
  const few = Math.ceil(rows / 5);
  cases.push({ name: "CSV, 16 columns", provider: csvProvider, path: await make(".csv", "FORMAT csv, HEADER", few), options: { header: "true", inferSchema: "true" }, columns: undefined });
  cases.push({ name: "JSON lines, 16 columns", provider: jsonProvider, path: await make(".json", "FORMAT json", few), options: {}, columns: undefined });
  return cases;
}

async function scanOurs(table: TableSnapshot, columns: readonly string[] | undefined, context: ScanContext): Promise<number> {
  const positions = table.columns.map((_, i) => i).filter((i) => columns === undefined || columns.includes(table.columns[i].name));
  const layouts = await chooseLayouts(table.splits, positions.map((field) => ({ field, type: table.columns[field].type })));
  let rows = 0;
  const arena = new Arena(context.pool, context.pool.newOwner());
  for (const split of table.splits) {
    const { source } = split;
    if (isCached(source)) continue;
    const reader = readSplit(split, positions.map((field, i) => ({ field: source.fields[field], type: table.columns[field].type, layout: layouts[i] })), context);
    for (let batch = reader.next(arena); batch !== undefined; batch = reader.next(arena)) {
      rows += batch.rows;
      arena.reset();
    }
    reader.close();
  }
  return rows;
}

/** An aggregate that needs every value of every column. */
function aggregates(table: TableSnapshot, columns: readonly string[] | undefined): string {
  return table.columns
    .filter(({ name }) => columns === undefined || columns.includes(name))
    .map(({ name, type }) => (type.kind === "string" ? `sum(strlen(${name}::varchar))` : type.kind === "date" ? `sum(${name}::date - DATE '1970-01-01')` : `sum(${name})`))
    .join(", ");
}

async function cpuSeconds(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

const instance = await DuckDBInstance.create(":memory:");
const duckdb = await instance.connect();
await duckdb.run("SET threads = 1");
const pool = Pool.create({ bytes: 1024 ** 3 });
const kernels = instantiateKernels(new WebAssembly.Module(kernelBytes()), pool.memory) as unknown as PageKernels;
const context: ScanContext = { pool, parquet: new ParquetDecoder(loadParquetWasm), kernels };
console.log("case                          rows/s   MB/s  ours (s)  DuckDB (s)  ratio");
for (const { name, provider, path, options, columns } of await makeCases(duckdb)) {
  const table = await provider.open({ name, location: path, schema: undefined, partitionColumns: [], options });
  const ours: number[] = [];
  const theirs: number[] = [];
  let rows = 0;
  for (let run = 0; run <= Number(args.runs); run++) {
    const own = await cpuSeconds(async () => (rows = await scanOurs(table, columns, context)));
    const rival = await cpuSeconds(() => duckdb.runAndReadAll(`SELECT ${aggregates(table, columns)} FROM '${path}'`));
    // The first run of each warms up.
    if (run === 0) continue;
    ours.push(own);
    theirs.push(rival);
  }
  const seconds = median(ours);
  const bytes = statSync(path).size;
  const rate = [`${(rows / seconds / 1e6).toFixed(1)} M`.padStart(9), (bytes / seconds / 1e6).toFixed(0).padStart(6)];
  console.log(`${name.padEnd(28)}${rate.join(" ")} ${seconds.toFixed(2).padStart(9)} ${median(theirs).toFixed(2).padStart(11)} ${(seconds / median(theirs)).toFixed(2).padStart(6)}`);
}
