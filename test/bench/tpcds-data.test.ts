import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tpcdsForDuckDB, withoutLimit } from "../../bench/tpcds/dialect.ts";
import { ensureTpcds, tpcdsFile } from "../../bench/tpcds/generate.ts";
import { tpcdsQueries } from "../../bench/tpcds/queries.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { TPCDS_TABLES } from "../schemas/tpcds.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/tpcds", import.meta.url));
const queries = tpcdsQueries(CORPUS);

let folder: string;
let duckdb: DuckDBOracle;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-tpcds-"));
  await ensureTpcds(path.join(folder, "data"));
  duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const table of Object.keys(TPCDS_TABLES)) await duckdb.loadParquet(table, tpcdsFile(path.join(folder, "data"), table));
});

afterAll(() => {
  duckdb.close();
  rmSync(folder, { recursive: true });
});

async function one(sql: string): Promise<unknown> {
  const answer = await duckdb.query(sql);
  return answer.rows[0][0];
}

describe("generated TPC-DS data", () => {
  it("has a calendar", async () => {
    const day = await duckdb.query("SELECT d_date_sk, d_month_seq, d_quarter_name, d_day_name FROM date_dim WHERE d_date = DATE '2000-01-01'");
    expect(day.rows).toEqual([[2_451_545, 1200, "2000Q1", "Saturday"]]);
    expect(await one("SELECT count(*) FROM (SELECT d_week_seq FROM date_dim GROUP BY 1 HAVING count(*) > 7 OR min(d_date_sk) FILTER (d_dow = 0) > min(d_date_sk))")).toBe(0n);
  });

  it("has keys that join", async () => {
    expect(await one("SELECT count(*) FROM store_returns ANTI JOIN store_sales ON ss_ticket_number = sr_ticket_number AND ss_item_sk = sr_item_sk")).toBe(0n);
    expect(await one("SELECT count(*) FROM web_sales ANTI JOIN item ON i_item_sk = ws_item_sk")).toBe(0n);
    expect(await one("SELECT count(*) FROM catalog_sales ANTI JOIN date_dim ON d_date_sk = cs_sold_date_sk")).toBe(0n);
    expect(await one("SELECT count(*) FROM store_sales ANTI JOIN time_dim ON t_time_sk = ss_sold_time_sk")).toBe(0n);
    expect(await one("SELECT count(*) - count(DISTINCT (ss_ticket_number, ss_item_sk)) FROM store_sales")).toBe(0n);
  });

  it.skipIf(queries === undefined)("lets all queries of the corpus run in DuckDB, nearly all with rows (skipped where ../shared/corpus is absent)", async () => {
    const refused: string[] = [];
    const empty: string[] = [];
    for (const { id, duckdb: sql } of queries!) {
      try {
        const answer = await duckdb.query(sql!);
        if (answer.rows.every((row) => row.every((value) => value === null))) empty.push(id);
      } catch (error) {
        refused.push(`${id}: ${String(error)}`);
      }
    }
    expect(refused).toEqual([]);
    expect(queries!.length).toBeGreaterThanOrEqual(99);
    expect(empty.length).toBeLessThanOrEqual(5);
  });
});

describe("TPC-DS dialect", () => {
  it("rewrites what DuckDB writes otherwise", () => {
    expect(tpcdsForDuckDB("SELECT a AS `b c`")).toBe('SELECT a AS "b c"');
    expect(tpcdsForDuckDB("(SELECT 1) at, t")).toBe('(SELECT 1) AS "at", t');
    expect(tpcdsForDuckDB("coalesce(x, 0) returns,\n")).toBe('coalesce(x, 0) "returns",\n');
  });

  it("takes away the last LIMIT only", () => {
    expect(withoutLimit("SELECT * FROM (SELECT 1 LIMIT 5) ORDER BY 1\nLIMIT 100\n")).toBe("SELECT * FROM (SELECT 1 LIMIT 5) ORDER BY 1\n");
  });
});
