import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { AdaptiveSparrow, expectRowsOfFirstPlan, OFF } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open("CREATE TABLE t USING parquet AS SELECT id, id % 7 AS k, CASE WHEN id < 18000 THEN 1 ELSE id % 50 END AS skewed, concat('text ', id) AS s FROM range(20000)");
afterAll(() => sparrow.close());

let tables = 0;

/** The rows of each file that a query is written to. */
async function written(query: string, format: string, settings: Readonly<Record<string, string>> = {}): Promise<readonly (readonly string[])[]> {
  const name = `written${tables++}`;
  await sparrow.rows(`CREATE TABLE ${name} USING ${format} AS ${query}`, settings);
  const files = readdirSync(join(sparrow.warehouse, name)).filter((file) => file.endsWith(".parquet")).toSorted();
  return await Promise.all(files.map((file) => sparrow.rows(`SELECT * FROM parquet.\`${join(sparrow.warehouse, name, file)}\``)));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0);
}

describe.each(["parquet", "delta"])("files that are written as %s", (format) => {
  test("REPARTITION(n) writes n files of the same number of rows", async () => {
    const files = await written("SELECT /*+ REPARTITION(4) */ * FROM t", format);
    expect(files.map((rows) => rows.length)).toEqual([5000, 5000, 5000, 5000]);
    expect(files.flat().toSorted()).toEqual(await sparrow.rows("SELECT * FROM t"));
  });

  test("REPARTITION(n, k) brings equal keys together", async () => {
    const files = await written("SELECT /*+ REPARTITION(3, k) */ k, id FROM t", format);
    expect(files.length).toBeLessThanOrEqual(3);
    const keys = files.map((rows) => new Set(rows.map((row) => (JSON.parse(row) as { k: string }).k)));
    expect(sum(keys.map((own) => own.size))).toBe(7);
    expect(sum(files.map((rows) => rows.length))).toBe(20_000);
  });
});

test("without a number small partitions are read together", async () => {
  const query = "SELECT /*+ REPARTITION(k) */ * FROM t";
  expect(await written(query, "parquet")).toHaveLength(1);
  expect(await sparrow.decisions(query)).toEqual([expect.stringMatching(/^CoalesceShufflePartitions: 32 partitions of \d+\.\d KiB, the largest \d+\.\d KiB, wanted \d+\.\d MiB: read as 1$/)]);
  const inSix = { "spark.sql.adaptive.coalescePartitions.enabled": "false", "spark.sql.shuffle.partitions": "6" };
  expect((await written(query, "parquet", inSix)).length).toBeGreaterThan(1);
  expect(await sparrow.decisions(query, inSix)).toEqual([]);
  expect((await written(query, "parquet", OFF)).length).toBeGreaterThan(1);
  // The query says how many.
  expect(await sparrow.decisions("SELECT /*+ REPARTITION(8) */ * FROM t")).toEqual([]);
  expect(await written("SELECT /*+ COALESCE(1) */ * FROM t", "parquet")).toHaveLength(1);
});

test("REBALANCE cuts what is larger than advised, REPARTITION by the same column does not", async () => {
  const settings = { "spark.sql.adaptive.advisoryPartitionSizeInBytes": "200k", "spark.sql.adaptive.coalescePartitions.minPartitionSize": "50k" };
  const balanced = await written("SELECT /*+ REBALANCE(skewed) */ * FROM t", "parquet", settings);
  expect(balanced.flat().toSorted()).toEqual(await sparrow.rows("SELECT * FROM t"));
  expect(balanced.length).toBeGreaterThan(2);
  expect(await sparrow.decisions("SELECT /*+ REBALANCE(skewed) */ * FROM t", settings)).toEqual([
    expect.stringMatching(/^OptimizeSkewInRebalancePartitions: 1 of 32 partitions larger than 200\.0 KiB, the largest \d+\.\d KiB: cut into \d pieces$/),
    expect.stringMatching(/^CoalesceShufflePartitions: 32 partitions of .*: read as \d+$/),
  ]);
  // Pieces of a partition stay what they are where small ones are not read together.
  const apart = { ...settings, "spark.sql.adaptive.coalescePartitions.enabled": "false" };
  expect((await written("SELECT /*+ REBALANCE(skewed) */ * FROM t", "parquet", apart)).length).toBeGreaterThan(balanced.length);
  expect(await sparrow.decisions("SELECT /*+ REBALANCE(skewed) */ * FROM t", apart)).toEqual([expect.stringMatching(/^OptimizeSkewInRebalancePartitions/)]);
  expect((await sparrow.decisions("SELECT /*+ REBALANCE(skewed) */ * FROM t", { ...settings, "spark.sql.adaptive.optimizer.excludedRules": "OptimizeSkewInRebalancePartitions" })).join()).not.toContain("cut into");
  const uneven = { ...settings, "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "false" };
  expect((await sparrow.decisions("SELECT /*+ REBALANCE(skewed) */ * FROM t", uneven)).join()).not.toContain("cut into");
  expect((await sparrow.decisions("SELECT /*+ REPARTITION(skewed) */ * FROM t", settings)).join()).not.toContain("cut into");
});

test("SORT BY sorts each partition by itself", async () => {
  const [text, settings] = ["SELECT k, id FROM t DISTRIBUTE BY k SORT BY id DESC", { "spark.sql.adaptive.coalescePartitions.enabled": "false", "spark.sql.shuffle.partitions": "4" }];
  expect(await sparrow.explain(text, settings)).toMatch(/Sort \[id#\d+ DESC NULLS LAST\], within partitions [\s\S]*Exchange hashpartitioning\(k#\d+, 4\), REPARTITION_BY_COL/);
  const rows = (await sparrow.inOrder(text, settings)).map((row) => ({ k: Number(row.k), id: Number(row.id) }));
  expect(rows).toHaveLength(20_000);
  // Keys come in as many sorted runs as there are partitions with rows, and no key is in two of them.
  const runs: { k: number; id: number }[][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    if (run === undefined || run[run.length - 1].id < row.id) runs.push([row]);
    else run.push(row);
  }
  expect(runs.length).toBeGreaterThan(1);
  expect(runs.length).toBeLessThanOrEqual(4);
  expect(sum(runs.map((run) => new Set(run.map((row) => row.k)).size))).toBe(7);
});

test("CLUSTER BY distributes and sorts, and rows are the same with adaptive execution on or off", async () => {
  const text = "SELECT k, id FROM t CLUSTER BY k";
  expect(await sparrow.explain(text)).toMatch(/read as 1 partitions/);
  await expectRowsOfFirstPlan(sparrow, text);
  const keys = (await sparrow.inOrder(text)).map((row) => Number(row.k));
  expect(keys).toEqual(keys.toSorted((a, b) => a - b));
});

test("an exchange that nobody sees is not made", async () => {
  for (const text of ["SELECT k, count(*) FROM (SELECT /*+ REPARTITION(5) */ * FROM t WHERE id > 3) GROUP BY k", "SELECT count(*) FROM t a JOIN (SELECT /*+ REPARTITION(5, id) */ * FROM t) b ON a.id = b.id"]) {
    expect(await sparrow.explain(text)).not.toContain("Exchange");
  }
});

describe("REPARTITION_BY_RANGE", () => {
  /** The values of a column where it is another one than in the row before: partitions come one after the other. */
  async function steps(query: string, settings: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    const values = (await sparrow.inOrder(query, settings)).map((row) => (row.v === null ? null : String(row.v)));
    return values.filter((value, i) => i === 0 || value !== values[i - 1]);
  }

  test.each(["parquet", "delta"])("writes files of %s whose rows follow each other", async (format) => {
    const files = await written("SELECT /*+ REPARTITION_BY_RANGE(4, id) */ id FROM t", format);
    const ranges = files.map((rows) => rows.map((row) => Number((JSON.parse(row) as { id: string }).id.replace("n", ""))).toSorted((a, b) => a - b));
    expect(ranges.map((ids) => [ids.length, ids[0], ids[ids.length - 1]]).toSorted((a, b) => a[1] - b[1])).toEqual([[5000, 0, 4999], [5000, 5000, 9999], [5000, 10_000, 14_999], [5000, 15_000, 19_999]]);
  });

  test("keeps equal keys together, NULLs first, however many partitions there are", async () => {
    const values = "SELECT /*+ REPARTITION_BY_RANGE(9, v) */ if(k = 3, NULL, k) AS v, id FROM t";
    expect(await steps(values)).toEqual([null, "0", "1", "2", "4", "5", "6"]);
    expect(await sparrow.rows(values)).toEqual(await sparrow.rows("SELECT if(k = 3, NULL, k) AS v, id FROM t"));
    // Nine rows in ten have one key.
    expect((await written("SELECT /*+ REPARTITION_BY_RANGE(4, skewed) */ skewed FROM t", "parquet")).map((rows) => new Set(rows).size).toSorted((a, b) => a - b)).toEqual([2, 48]);
  });

  test("orders partitions by several columns, of which those behind the first decide too", async () => {
    const inRanges = "SELECT /*+ REPARTITION_BY_RANGE(5, k, s) */ concat(k, ' ', s) AS v, k, s FROM t SORT BY k, s";
    expect(await steps(inRanges)).toEqual(await steps("SELECT concat(k, ' ', s) AS v FROM t ORDER BY k, s"));
    expect(await written(`SELECT v FROM (${inRanges})`, "parquet")).toHaveLength(5);
  });

  test("shows in plans, and small partitions are read together, in order", async () => {
    expect(await sparrow.explain("SELECT /*+ REPARTITION_BY_RANGE(4, k, id) */ * FROM t")).toMatch(/Exchange rangepartitioning\(k#\d+ ASC NULLS FIRST, id#\d+ ASC NULLS FIRST, 4\), REPARTITION_BY_NUM \(/);
    const settings = { "spark.sql.adaptive.advisoryPartitionSizeInBytes": "100k", "spark.sql.adaptive.coalescePartitions.minPartitionSize": "50k" };
    const query = "SELECT /*+ REPARTITION_BY_RANGE('v') */ k AS v FROM t SORT BY v";
    expect(await sparrow.explain(query, settings)).toMatch(/Exchange rangepartitioning\(v#\d+ ASC NULLS FIRST, 32\), REPARTITION_BY_COL, read as [2-6] partitions/);
    expect(await steps(query, settings)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });

  test("of no rows, of one partition, without columns, and where nobody sees it", async () => {
    expect(await sparrow.rows("SELECT /*+ REPARTITION_BY_RANGE(4, id) */ * FROM t WHERE id % 7 > k")).toEqual([]);
    expect(await sparrow.explain("SELECT /*+ REPARTITION_BY_RANGE(1, id) */ * FROM t")).toMatch(/Exchange SinglePartition, REPARTITION_BY_NUM/);
    expect((await written("SELECT /*+ REPARTITION_BY_RANGE(2) */ * FROM t", "parquet")).map((rows) => rows.length)).toEqual([10_000, 10_000]);
    expect(await sparrow.explain("SELECT k, count(*) FROM (SELECT /*+ REPARTITION_BY_RANGE(5, id) */ * FROM t WHERE id > 3) GROUP BY k")).not.toMatch(/Exchange|Window/);
  });

  test("goes to disk where there is little memory", async () => {
    const little = { "sparrow.query.memory.limit": "4m" };
    const query = "SELECT /*+ REPARTITION_BY_RANGE(3, v) */ s AS v, id FROM t SORT BY v";
    expect(await sparrow.explain(query, little)).toMatch(/Spilled to disk: [1-9]/);
    expect(await steps(query, little)).toEqual(await steps("SELECT s AS v FROM t ORDER BY s"));
  });
});

test.each([
  ["REPARTITION_BY_RANGE(4, k + 1)", "_LEGACY_ERROR_TEMP_1047", "REPARTITION_BY_RANGE Hint parameter should include columns, but (k + 1) found."],
  ["REPARTITION(k, 4)", "_LEGACY_ERROR_TEMP_1047", "REPARTITION Hint parameter should include columns, but 4 found."],
  ["REBALANCE(1.5, k)", "_LEGACY_ERROR_TEMP_1047", "REBALANCE Hint parameter should include columns, but 1.5 found."],
  ["COALESCE(k)", "_LEGACY_ERROR_TEMP_1048", "COALESCE Hint expects a partition number as a parameter, which is positive."],
  ["REPARTITION_BY_RANGE(0, k)", "_LEGACY_ERROR_TEMP_1048", "REPARTITION_BY_RANGE Hint expects a partition number as a parameter, which is positive."],
  ["REPARTITION_BY_RANGE(4, missing)", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "missing"],
  ["REPARTITION_BY_RANGE(4, m)", "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "does not support ordering"],
])("%s is refused", async (hint, condition, message) => {
  await expect(sparrow.rows(`SELECT /*+ ${hint} */ *, map(k, id) AS m FROM t`)).rejects.toMatchObject({ condition, message: expect.stringContaining(message) as string });
});

test("settings of older versions mean those of today", async () => {
  expect(await sparrow.rows("SET spark.sql.adaptive.shuffle.targetPostShuffleInputSize = 1g")).toEqual(['{"key":"spark.sql.adaptive.advisoryPartitionSizeInBytes","value":"1g"}']);
  expect(await sparrow.rows("SET spark.sql.adaptive.minNumPostShufflePartitions = 3")).toEqual(['{"key":"spark.sql.adaptive.coalescePartitions.minPartitionNum","value":"3"}']);
  expect(await sparrow.rows("SET spark.sql.adaptive.maxNumPostShufflePartitions = 9")).toEqual(['{"key":"spark.sql.adaptive.coalescePartitions.initialPartitionNum","value":"9"}']);
  await sparrow.rows("RESET");
});
