import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";

const folder = mkdtempSync(join(tmpdir(), "sparrow-test-"));
const engine = await LimitedEngine.open(2);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a row group larger than the query's memory comes in batches that it has room for", async () => {
  const path = join(folder, "wide");
  await engine.run(`CREATE TABLE wide USING parquet LOCATION '${path}' AS SELECT /*+ COALESCE(1) */ id, concat(repeat('wide ', 20), id) AS a, if(id % 3 = 0, NULL, concat(id, repeat(' text', 10))) AS b FROM range(90000)`);
  const sql = "SELECT count(b), sum(xxhash64(id, a, b) % 1000000007) FROM wide";
  const [whole, limited] = [await engine.run(sql), await engine.run(sql, "6m")];
  expect(whole.counters.peakBytes).toBeGreaterThan(12 * 1024 * 1024);
  expect(limited.rows).toEqual(whole.rows);
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
