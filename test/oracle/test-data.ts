import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureHits, hitsFile } from "../../bench/clickbench/generate.ts";
import { ensureDataset } from "../../bench/generate/dataset.ts";
import { ensureTpcds, tpcdsFile } from "../../bench/tpcds/generate.ts";
import { ensureTpch, tpchFile } from "../../bench/tpch/generate.ts";
import { TPCH_TABLE_NAMES } from "../../bench/tpch/schema.ts";
import type { BenchTable } from "../../bench/suite.ts";
import { RANDOM_TABLES, writeRandomTables } from "../random/tables.ts";
import { DuckDBOracle } from "./duckdb.ts";
import { TPCDS_TABLES } from "../schemas/tpcds.ts";

/** Generated once per machine and version, beside other temporary files; tests that run at one time share it. */
const CACHE = path.join(tmpdir(), "sparrow-test-data");

/** What others collected and this project does not contain; absent in a clone by itself. */
export const CORPUS = fileURLToPath(new URL("../../../shared/corpus", import.meta.url));

export async function tpchTables(scaleFactor: number): Promise<readonly BenchTable[]> {
  const folder = await ensureTpch(inCache(`tpch-${scaleFactor}`), scaleFactor);
  return TPCH_TABLE_NAMES.map((name) => ({ name, path: tpchFile(folder, name) }));
}

export async function tpcdsTables(): Promise<readonly BenchTable[]> {
  const folder = await ensureTpcds(inCache("tpcds"));
  return Object.keys(TPCDS_TABLES).map((name) => ({ name, path: tpcdsFile(folder, name) }));
}

export async function hitsTable(rows: number): Promise<readonly BenchTable[]> {
  const folder = await ensureHits(inCache(`hits-${rows}`), rows);
  return [{ name: "hits", path: hitsFile(folder) }];
}

export async function randomTables(seed: number): Promise<readonly BenchTable[]> {
  const folder = await ensureDataset(inCache(`random-${seed}`), { suite: "random", version: 1, seed, size: 0 }, (target) => writeRandomTables(target, seed));
  return RANDOM_TABLES.map(({ name }) => ({ name, path: path.join(folder, `${name}.parquet`) }));
}

/** Every 1,500th of vega-datasets' three million flights: 2,000 rows. */
export async function flightSample(): Promise<readonly BenchTable[]> {
  const all = fileURLToPath(new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")));
  const folder = await ensureDataset(inCache("flights-2000"), { suite: "flights", version: 1, seed: 0, size: 2000 }, async (target) => {
    const duckdb = await DuckDBOracle.open({ threads: 1 });
    await duckdb.execute(`COPY (SELECT * EXCLUDE file_row_number FROM read_parquet('${all}', file_row_number = true) WHERE file_row_number % 1500 = 0) TO '${path.join(target, "flights.parquet")}' (FORMAT parquet)`);
    duckdb.close();
  });
  return [{ name: "flights", path: path.join(folder, "flights.parquet") }];
}

function inCache(name: string): string {
  mkdirSync(CACHE, { recursive: true });
  return path.join(CACHE, name);
}
