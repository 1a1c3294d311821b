import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { Engines } from "./engines.ts";
import { GUARD_CONFIGURATIONS, GUARDED, GUARDED_ROWS, RAISING } from "./guarded-queries.ts";

const CASES = GUARD_CONFIGURATIONS.map((configuration, place) => ({ place, configuration, name: configuration.name }));

/** Tests of each configuration with the queries at the places that it meets. */
export function testGuards(meets: (configuration: number, query: number) => boolean): void {
  let folder: string;
  let duckdb: DuckDBOracle;
  let engines: Engines;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "sparrow-guards-"));
    const file = path.join(folder, "g.parquet");
    duckdb = await DuckDBOracle.open({ threads: 1 });
    await duckdb.execute(`COPY (${GUARDED_ROWS}) TO '${file}' (FORMAT parquet)`);
    await duckdb.loadParquet("g", file);
    engines = new Engines([{ name: "g", path: file }]);
  });

  afterAll(async () => {
    await engines[Symbol.asyncDispose]();
    duckdb.close();
    rmSync(folder, { recursive: true });
  });

  describe("an expression raises only for rows that reach it", () => {
    test.each(CASES)("with $name", async ({ place, configuration }) => {
      const problems: string[] = [];
      for (const [sql, theirs] of GUARDED.filter((_, query) => meets(place, query))) {
        const problem = await engines.run(sql, configuration).then(
          async (ours) => firstDifference(ours, await duckdb.query(theirs)),
          (error: unknown) => String(error),
        );
        if (problem !== undefined) problems.push(`${sql}: ${problem}`);
      }
      expect(problems).toEqual([]);
    });

    test.each(CASES)("and raises where one does, with $name", async ({ place, configuration }) => {
      for (const expr of RAISING.filter((_, query) => meets(place, query))) await expect(engines.run(`SELECT id, ${expr} AS x FROM g`, configuration), expr).rejects.toMatchObject({ name: "SparrowError" });
    });
  });
}
