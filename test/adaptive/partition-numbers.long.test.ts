import { afterAll, describe, expect, test } from "vitest";
import { AdaptiveSparrow, OFF } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open("CREATE TABLE t USING parquet AS SELECT id, id % 7 AS k FROM range(20000)");
afterAll(() => sparrow.close());

/** Partition and number of rows, in order. */
async function counts(from: string, settings: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const rows = await sparrow.inOrder(`SELECT spark_partition_id() AS p, count(*) AS n FROM (${from}) GROUP BY 1 ORDER BY 1`, settings);
  return rows.map((row) => `${String(row.p)}: ${String(row.n)}`);
}

const EACH_5000 = ["0: 5000", "1: 5000", "2: 5000", "3: 5000"];

describe("spark_partition_id", () => {
  test("is the number of an exchange's partition, below a grouping and in a result", async () => {
    expect(await counts("SELECT /*+ REPARTITION(4) */ * FROM t")).toEqual(EACH_5000);
    expect(await counts("SELECT /*+ REPARTITION(4) */ * FROM t", OFF)).toEqual(EACH_5000);
    expect(await counts("SELECT id + 1 FROM (SELECT /*+ REPARTITION(4) */ * FROM t) WHERE id >= 0")).toEqual(EACH_5000);
    const rows = await sparrow.inOrder("SELECT /*+ REPARTITION(2) */ id, spark_partition_id() AS below FROM t");
    expect(new Set(rows.map((row) => row.below))).toEqual(new Set([0]));
    const above = await sparrow.inOrder("SELECT spark_partition_id() AS p FROM (SELECT /*+ REPARTITION(2) */ * FROM t)");
    expect(above.map((row) => row.p)).toEqual([...Array.from({ length: 10_000 }, () => 0), ...Array.from({ length: 10_000 }, () => 1)]);
  });

  test("can be grouped and ordered by where it stands", async () => {
    const text = "SELECT count(*) AS n FROM (SELECT /*+ REPARTITION(4) */ * FROM t) GROUP BY spark_partition_id()";
    expect(await sparrow.rows(text)).toEqual(Array.from({ length: 4 }, () => '{"n":"5000n"}'));
    expect(await sparrow.explain(text)).toContain("Exchange RoundRobinPartitioning(4)");
    const [first] = await sparrow.inOrder("SELECT spark_partition_id() AS p FROM (SELECT /*+ REPARTITION(4) */ * FROM t) ORDER BY p DESC LIMIT 1");
    expect(first.p).toBe(3);
  });

  test("tells where keys are, and counts partitions that are read together as one", async () => {
    const byKey = "SELECT /*+ REPARTITION(k) */ * FROM t";
    expect(await counts(byKey)).toEqual(["0: 20000"]);
    const apart = await sparrow.inOrder(`SELECT k, count(DISTINCT spark_partition_id()) AS n FROM (${byKey}) GROUP BY k`, { "spark.sql.adaptive.coalescePartitions.enabled": "false" });
    expect(apart.map((row) => Number(row.n))).toEqual([1, 1, 1, 1, 1, 1, 1]);
    const inRanges = await sparrow.inOrder("SELECT spark_partition_id() AS p, min(id) AS least FROM (SELECT /*+ REPARTITION_BY_RANGE(4, id) */ * FROM t) GROUP BY 1 ORDER BY 1");
    expect(inRanges.map((row) => Number(row.least))).toEqual([0, 5000, 10_000, 15_000]);
  });

  test("goes on from one input of a union to the next", async () => {
    expect(await counts("SELECT * FROM (SELECT /*+ REPARTITION(2) */ * FROM t) UNION ALL SELECT * FROM (SELECT /*+ REPARTITION(4) */ * FROM t)")).toEqual(["0: 10000", "1: 10000", "2: 5000", "3: 5000", "4: 5000", "5: 5000"]);
  });

  test("COALESCE leaves as many partitions at most, and none is made that nobody asks for", async () => {
    expect(await counts("SELECT /*+ COALESCE(1) */ * FROM range(200000)")).toEqual(["0: 200000"]);
    expect(await counts("SELECT * FROM range(200000)")).toEqual(["0: 65536", "1: 65536", "2: 65536", "3: 3392"]);
    expect(await counts("SELECT /*+ COALESCE(4) */ * FROM (SELECT * FROM t ORDER BY id)")).toEqual(["0: 20000"]);
    expect(await sparrow.explain("SELECT /*+ COALESCE(2) */ * FROM t")).not.toContain("Exchange");
  });
});

describe("monotonically_increasing_id", () => {
  /** What is known of ids whose upper bits are a partition. */
  async function ids(from: string, settings: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
    const text = `SELECT count(*) AS n, count(DISTINCT m) AS different, bool_and(shiftright(m, 33) = p) AS tells FROM (SELECT monotonically_increasing_id() AS m, spark_partition_id() AS p FROM (${from}))`;
    const [row] = await sparrow.inOrder(text, settings);
    return row;
  }

  test.each([
    ["a table", "SELECT id FROM t WHERE k < 3", 8572],
    ["partitions", "SELECT /*+ REPARTITION(3) */ id FROM range(70000)", 70_000],
    ["a union", "SELECT id FROM range(10000) UNION ALL SELECT id FROM range(70000)", 80_000],
    ["rows made of rows", "SELECT explode(array(1, 2, 3)) FROM (SELECT id % 9000 AS k, count(*) FROM range(20000) GROUP BY 1)", 27_000],
    ["a join", "SELECT a.id FROM t a JOIN t b ON a.k = b.k WHERE b.id < 7", 20_000],
  ])("differs from row to row: %s", async (_, from, rows) => {
    expect(await ids(from)).toEqual({ n: BigInt(rows), different: BigInt(rows), tells: true });
  });

  test("numbers the rows of one partition without a gap, in their order", async () => {
    const text = "SELECT bool_and(m = r - 1) AS right, max(m) AS last FROM (SELECT m, row_number() OVER (ORDER BY x) AS r FROM (SELECT monotonically_increasing_id() AS m, x FROM (SELECT id * 7919 % 70003 AS x FROM range(70003) ORDER BY x)))";
    expect(await sparrow.inOrder(text)).toEqual([{ right: true, last: 70_002n }]);
    expect(await sparrow.inOrder("SELECT max(m) AS last FROM (SELECT monotonically_increasing_id() AS m FROM (SELECT /*+ COALESCE(1) */ * FROM range(100000) WHERE id % 2 = 0))")).toEqual([{ last: 49_999n }]);
  });

  test("is right of partitions on disk", async () => {
    const little = { "sparrow.query.memory.limit": "6m" };
    const from = "SELECT /*+ REPARTITION(3) */ id, concat('some text ', id) AS s FROM range(90000)";
    expect(await sparrow.explain(`SELECT max(m) FROM (SELECT monotonically_increasing_id() AS m, s FROM (${from})) WHERE length(s) > 0`, little)).toMatch(/Spilled to disk: [1-9]/);
    expect(await ids(`SELECT * FROM (${from}) WHERE length(s) > 0`, little)).toEqual({ n: 90_000n, different: 90_000n, tells: true });
  });
});
