import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

test("a cached part of a row group is not skipped for NULLs that are in another part", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sparrow-cached-"));
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "256m" });
  try {
    const file = path.join(folder, "t.parquet");
    // A row group of so many rows comes in several batches, each with fewer rows than there are NULLs in the first ones.
    await duckdb.execute(`COPY (SELECT i AS id, CASE WHEN i >= 200000 THEN i END AS x, CAST(NULL AS INT) AS none FROM range(2400000) t(i)) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2500000)`);
    await sparrow.loadParquet("t", file);
    const count = async (where: string): Promise<unknown> => (await sparrow.query(`SELECT count(*) AS n FROM t WHERE ${where}`)).rows[0][0];
    expect(await count("x IS NOT NULL")).toBe(2_200_000n);
    expect(await count("x IS NULL")).toBe(200_000n);
    expect(await count("x > 2390000")).toBe(9999n);
    expect(await count("none IS NULL")).toBe(2_400_000n);
    expect(await count("none = 1")).toBe(0n);
  } finally {
    await sparrow.close();
    duckdb.close();
    rmSync(folder, { recursive: true });
  }
});
