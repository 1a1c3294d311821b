import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { printQuery } from "./print.ts";
import { randomQuery, runRandomQueries } from "./run.ts";
import { RANDOM_TABLES, writeRandomTables } from "./tables.ts";

const SEED = 1;
const COUNT = 300;

let folder: string;
let duckdb: DuckDBOracle;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-random-"));
  await writeRandomTables(folder, SEED);
  duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name } of RANDOM_TABLES) await duckdb.loadParquet(name, path.join(folder, `${name}.parquet`));
});

afterAll(() => {
  duckdb.close();
  rmSync(folder, { recursive: true });
});

describe("random queries, with DuckDB in the place of the engine", () => {
  it("are valid in DuckDB for more than 95 %, give rows for more than half, and obey the logic of WHERE", async () => {
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: (sql) => duckdb.query(sql), dialect: "duckdb" });
    expect(summary.failures).toEqual([]);
    expect(summary.valid / COUNT).toBeGreaterThan(0.95);
    expect(summary.withRows / COUNT).toBeGreaterThan(0.5);
  });

  it("are the same for the same seed and number", () => {
    expect(printQuery(randomQuery(7, 3), "spark")).toBe(printQuery(randomQuery(7, 3), "spark"));
    expect(printQuery(randomQuery(7, 3), "spark")).not.toBe(printQuery(randomQuery(8, 3), "spark"));
  });

  it("find an engine that is wrong, and shrink what shows it", async () => {
    /** An engine that loses a row of every result of a left join. */
    async function losesRow(sql: string): Promise<ResultSet> {
      const answer = await duckdb.query(sql);
      return sql.includes("LEFT JOIN") ? { ...answer, rows: answer.rows.slice(1) } : answer;
    }
    const summary = await runRandomQueries({ seed: SEED, first: 0, count: COUNT, duckdb, runOurs: losesRow, dialect: "duckdb" });
    expect(summary.failures).toHaveLength(1);
    expect(summary.failures[0]).toMatch(/seed 1, (query|logic) \d+: /);
    expect(summary.failures[0]).toContain("LEFT JOIN");
    expect(summary.failures[0].length).toBeLessThan(700);
  });
});
