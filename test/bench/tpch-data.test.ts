import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureTpch, tpchFile } from "../../bench/tpch/generate.ts";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { TPCH_TABLES, TPCH_TABLE_NAMES } from "../../bench/tpch/schema.ts";
import { typeName } from "../../catalog/types.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";

let folder: string;
let duckdb: DuckDBOracle;

async function one(sql: string): Promise<unknown> {
  const answer = await duckdb.query(sql);
  return answer.rows[0][0];
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-tpch-"));
  await ensureTpch(path.join(folder, "a"), 0.01);
  duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const table of TPCH_TABLE_NAMES) await duckdb.loadParquet(table, tpchFile(path.join(folder, "a"), table));
});

afterAll(() => {
  duckdb.close();
  rmSync(folder, { recursive: true });
});

describe("generated TPC-H data", () => {
  it("has the schema's types, in Parquet too", async () => {
    for (const table of TPCH_TABLE_NAMES) {
      const answer = await duckdb.query(`SELECT * FROM ${table} LIMIT 0`);
      expect(answer.columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual(TPCH_TABLES[table].map((c) => `${c.name} ${typeName(c.type)}`));
    }
  });

  it("has the specification's numbers of rows", async () => {
    const fixed = { region: 5n, nation: 25n, supplier: 100n, customer: 1500n, part: 2000n, partsupp: 8000n, orders: 15_000n };
    for (const [table, rows] of Object.entries(fixed)) expect(await one(`SELECT count(*) FROM ${table}`)).toBe(rows);
    expect(Math.abs(Number(await one("SELECT count(*) FROM lineitem")) - 60_012)).toBeLessThan(600);
  });

  it("has keys that join, and the gaps that the specification wants", async () => {
    expect(await one("SELECT count(DISTINCT (ps_partkey, ps_suppkey)) FROM partsupp")).toBe(8000n);
    expect(await one("SELECT count(*) FROM lineitem ANTI JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey")).toBe(0n);
    expect(await one("SELECT count(*) FROM lineitem ANTI JOIN orders ON o_orderkey = l_orderkey")).toBe(0n);
    expect(await one("SELECT count(*) FROM orders ANTI JOIN customer ON c_custkey = o_custkey")).toBe(0n);
    expect(await one("SELECT count(*) FROM orders WHERE o_custkey % 3 = 0 OR o_orderkey % 32 >= 8")).toBe(0n);
    expect(await one("SELECT max(o_orderkey) FROM orders")).toBe(60_000n);
  });

  it("derives prices, states and dates", async () => {
    expect(await one("SELECT count(*) FROM lineitem JOIN part ON p_partkey = l_partkey WHERE l_extendedprice <> l_quantity * p_retailprice")).toBe(0n);
    const totals = `SELECT max(abs(o_totalprice - total)) FROM orders JOIN (
      SELECT l_orderkey, sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) AS total FROM lineitem GROUP BY 1) ON l_orderkey = o_orderkey`;
    expect(Number(await one(totals))).toBeLessThan(0.15e6); // decimal(_, 6): below 0.15, 7 lines of 0.02 rounding each.
    expect(await one("SELECT count(*) FROM lineitem WHERE l_receiptdate <= l_shipdate OR (l_linestatus = 'O') <> (l_shipdate > DATE '1995-06-17')")).toBe(0n);
    const states = `SELECT count(*) FROM orders JOIN (SELECT l_orderkey, min(l_linestatus) AS low, max(l_linestatus) AS high FROM lineitem GROUP BY 1)
      ON l_orderkey = o_orderkey WHERE o_orderstatus <> CASE WHEN low = high THEN low ELSE 'P' END`;
    expect(await one(states)).toBe(0n);
  });

  it("has texts with the frequencies that the queries count on", async () => {
    const special = Number(await one("SELECT count(*) FROM orders WHERE o_comment LIKE '%special%requests%'"));
    expect(special / 15_000).toBeGreaterThan(0.008);
    expect(special / 15_000).toBeLessThan(0.014);
    expect(Number(await one("SELECT count(*) FROM supplier WHERE s_comment LIKE '%Customer%Complaints%'"))).toBe(1);
    expect(await one("SELECT count(*) FROM part WHERE len(list_distinct(string_split(p_name, ' '))) <> 5")).toBe(0n);
  });

  it("is the same at every run, and is not made twice", async () => {
    await ensureTpch(path.join(folder, "b"), 0.001);
    await ensureTpch(path.join(folder, "c"), 0.001);
    const bytes = (name: string) => readFileSync(tpchFile(path.join(folder, name), "lineitem"));
    const before = bytes("b");
    expect(before.equals(bytes("c"))).toBe(true);
    await ensureTpch(path.join(folder, "b"), 0.002);
    expect(before.equals(bytes("b"))).toBe(false);
  });

  it("answers the 22 queries in DuckDB, nearly all with rows", async () => {
    const empty: string[] = [];
    for (const { id, sql } of tpchQueries(1)) {
      const answer = await duckdb.query(sql);
      if (answer.rows.length === 0) empty.push(id);
    }
    expect(empty).toEqual([]);
  });
});
