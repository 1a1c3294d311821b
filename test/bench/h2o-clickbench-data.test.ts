import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureHits, hitsFile } from "../../bench/clickbench/generate.ts";
import { clickbenchQueries } from "../../bench/clickbench/queries.ts";
import { h2oSuite } from "../../bench/h2o/suite.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";

const QUERIES = fileURLToPath(new URL("../../../shared/corpus/clickbench/queries.sql", import.meta.url));
const ROWS = 20_000;

let folder: string;
let duckdb: DuckDBOracle;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-h2o-"));
  duckdb = await DuckDBOracle.open({ threads: 1 });
});

afterAll(() => {
  duckdb.close();
  rmSync(folder, { recursive: true });
});

async function row(sql: string): Promise<unknown[]> {
  const answer = await duckdb.query(sql);
  return [...answer.rows[0]];
}

describe("the db-benchmark's data", () => {
  it("has its levels, and nine tenths of the keys on both sides of a join; every question has an answer", async () => {
    const suite = await h2oSuite(path.join(folder, "h2o"), ROWS);
    for (const { name, path: file } of suite.tables) await duckdb.loadParquet(name, file);
    expect(await row("SELECT count(*), count(DISTINCT id1), count(DISTINCT id3), max(v1), max(v2) FROM groupby")).toEqual([20_000n, 100n, 200n, 5, 15]);
    expect(await row("SELECT (SELECT count(*) FROM small), (SELECT count(*) FROM medium), (SELECT count(*) FROM big)")).toEqual([10n, 20n, 20_000n]);
    expect(await row("SELECT count(*), count(DISTINCT x.id3) FROM x JOIN big ON x.id3 = big.id3")).toEqual([18_000n, 18_000n]);
    expect(await row("SELECT count(*) FROM x SEMI JOIN small ON x.id1 = small.id1 AND x.id4 = small.id4")).toEqual(await row("SELECT count(*) FROM x WHERE id1 <= 9"));
    for (const { sql } of suite.queries) expect((await duckdb.query(sql)).rows.length).toBeGreaterThan(0);
  });
});

describe("ClickBench's data", () => {
  it("has skewed visits, empty texts, and what the queries look for", async () => {
    await duckdb.loadParquet("hits", hitsFile(await ensureHits(path.join(folder, "hits"), ROWS)));
    const [count, users, searches, advertised] = await row(
      "SELECT count(*), count(DISTINCT UserID), count(*) FILTER (SearchPhrase <> ''), count(*) FILTER (AdvEngineID <> 0) FROM hits",
    );
    expect(count).toBe(20_000n);
    expect(Number(users)).toBeGreaterThan(1000);
    expect(Number(searches) / ROWS).toBeCloseTo(0.13, 1);
    expect(Number(advertised) / ROWS).toBeCloseTo(0.006, 2);
    expect(await row("SELECT count(*) FROM hits WHERE EventDate <> CAST(EventTime AS DATE)")).toEqual([0n]);
    expect(await row("SELECT count(*) FROM (SELECT URL FROM hits GROUP BY URL HAVING count(DISTINCT URLHash) > 1)")).toEqual([0n]);
  });

  it.skipIf(!existsSync(QUERIES))("lets all queries of the corpus run, most with rows (skipped where ../shared/corpus is absent)", async () => {
    const queries = clickbenchQueries(QUERIES, ROWS);
    const empty: string[] = [];
    for (const query of queries) {
      const answer = await duckdb.query(query.comparableDuckDB!);
      if (answer.rows.length === 0) empty.push(query.id);
    }
    expect(queries).toHaveLength(43);
    expect(empty.length).toBeLessThan(8);
  });
});
