import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdaptiveSparrow, OFF } from "./adaptive-sparrow.ts";
import { JOINS, PARTITIONED, SHARED, SKEWED_TABLES } from "./skewed-tables.ts";

let sparrow: AdaptiveSparrow;

beforeAll(async () => {
  sparrow = await AdaptiveSparrow.open(...SKEWED_TABLES);
});

afterAll(() => sparrow.close());

async function of(rule: string, sql: string, settings: Readonly<Record<string, string>>): Promise<string> {
  return (await sparrow.decisions(sql, settings)).filter((line) => line.startsWith(rule)).join("\n");
}

const JOIN = "SELECT s.k, count(*), sum(v), sum(w), max(t) FROM skewed s JOIN even e ON s.k = e.k GROUP BY s.k";

// The other kinds of joins: partitioned-join.long.test.ts.
test.each(JOINS.slice(2, 4))("a partitioned join gives the rows of one with a shared hash table: %s", async (sql) => {
  expect(await sparrow.explain(sql, PARTITIONED)).toMatch(/by partition in \d+ tasks[\s\S]*Exchange hashpartitioning\(.*, 16\), ENSURE_REQUIREMENTS[\s\S]*side: \d+ of 16 partitions skewed/);
  expect(await sparrow.rows(sql, PARTITIONED)).toEqual(await sparrow.rows(sql, SHARED));
});

describe("skewed partitions", () => {
  test("of both sides are cut, each piece of the one meets each of the other", async () => {
    const sql = "SELECT /*+ MERGE(h) */ w, count(*), sum(v) FROM skewed s JOIN heavy h ON s.k = h.k GROUP BY w";
    const settings = { ...SHARED, "spark.sql.adaptive.coalescePartitions.enabled": "false", "spark.sql.adaptive.coalescePartitions.minPartitionSize": "400" };
    const [, probe, build, tasks] = /^OptimizeSkewedJoin: probe side: 1 of 16 partitions skewed, the largest \S+ KiB, the median \S+ K?i?B, cut into (\d+) pieces of about \S+ KiB, build side: 1 of 16 partitions skewed, .*, cut into (\d+) pieces of about \S+ B: (\d+) tasks instead of 16$/.exec(await of("OptimizeSkewedJoin", sql, settings)) ?? [];
    expect(Number(probe)).toBeGreaterThan(2);
    expect(Number(build)).toBeGreaterThan(1);
    expect(Number(tasks)).toBe(15 + Number(probe) * Number(build));
    expect(await sparrow.explain(sql, settings)).toContain(`by partition in ${tasks} tasks`);
    expect(await sparrow.rows(sql, settings)).toEqual(await sparrow.rows(sql, SHARED));
  });

  test.each([
    ["even partitions", "SELECT e.k, v FROM even e JOIN (SELECT id % 600 AS k, id AS v FROM range(20000)) s ON s.k = e.k", PARTITIONED],
    ["partitions below the threshold", JOIN, { ...PARTITIONED, "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "64m" }],
    ["a factor that none reaches", JOIN, { ...PARTITIONED, "spark.sql.adaptive.skewJoin.skewedPartitionFactor": "5000" }],
    ["the setting", JOIN, { ...PARTITIONED, "spark.sql.adaptive.skewJoin.enabled": "false" }],
    ["the rule's name", JOIN, { ...PARTITIONED, "spark.sql.adaptive.optimizer.excludedRules": "OptimizeSkewedJoin" }],
    ["a shared hash table", JOIN, SHARED],
  ])("stay whole: %s", async (_, sql, settings) => {
    expect(await of("OptimizeSkewedJoin", sql, settings)).toBe("");
    expect(await sparrow.rows(sql, settings)).toEqual(await sparrow.rows(sql, SHARED));
  });

  test("of the kept side stay whole where each of its rows must meet all others", async () => {
    expect(await of("OptimizeSkewedJoin", "SELECT /*+ SHUFFLE_HASH(h) */ v, w FROM skewed s LEFT JOIN heavy h ON s.k = h.k", { ...SHARED, "spark.sql.adaptive.coalescePartitions.minPartitionSize": "400" })).not.toContain("build side");
  });

  test("small ones become one task", async () => {
    expect(await of("CoalesceShufflePartitions", JOIN, { "spark.sql.autoBroadcastJoinThreshold": "-1" })).toMatch(/^CoalesceShufflePartitions: 16 partitions of \S+ KiB, wanted 1.0 MiB for a task: 1 tasks$/);
    expect(await of("CoalesceShufflePartitions", JOIN, { "spark.sql.autoBroadcastJoinThreshold": "-1", "spark.sql.adaptive.coalescePartitions.enabled": "false" })).toBe("");
  });
});

describe("one hash table for all workers, or one for each partition", () => {
  const GROUPS = "SELECT g, n, w FROM even e JOIN (SELECT g, count(*) AS n FROM grouped GROUP BY g) x ON x.g = e.k";

  test("a build side that turned out small needs no partitions", async () => {
    // 9000 groups are expected, and 3 found.
    const settings = { "spark.sql.autoBroadcastJoinThreshold": "1k", "spark.sql.adaptive.optimizer.excludedRules": "DynamicJoinSelection" };
    const sql = "SELECT s.v, n FROM skewed s JOIN (SELECT g, count(*) AS n FROM grouped GROUP BY g) x ON x.g = s.k";
    expect(await of("SharedHashTable", sql, settings)).toMatch(/^SharedHashTable: build side: \d+\.\d B, estimated \d+\.\d KiB: one shared hash table, the other side is not repartitioned$/);
    const [final, initial] = (await sparrow.explain(sql, settings)).split("== Initial Plan ==");
    expect(initial).toContain("Exchange hashpartitioning");
    expect(final).not.toContain("Exchange");
    expect(await sparrow.rows(sql, settings)).toEqual(await sparrow.rows(sql, { ...settings, ...OFF }));
  });

  test("one that turned out large gets them, unless it is indexed by its keys", async () => {
    const settings = { ...SHARED, "spark.sql.adaptive.autoBroadcastJoinThreshold": "2k" };
    const sparse = JOIN.replace("s.k = e.k", "s.k * 1000003 = e.k * 1000003");
    expect(await of("SharedHashTable", sparse, settings)).toMatch(/^SharedHashTable: build side: \d+\.\d KiB, estimated \d+\.\d KiB: both sides in 16 partitions, each with a hash table of its own$/);
    expect(await of("OptimizeSkewedJoin", sparse, settings)).toContain("probe side: 1 of 16 partitions skewed");
    const [final, initial] = (await sparrow.explain(sparse, settings)).split("== Initial Plan ==");
    expect(final).toContain("Exchange hashpartitioning");
    expect(initial).not.toContain("Exchange");
    expect(await sparrow.rows(sparse, settings)).toEqual(await sparrow.rows(sparse, SHARED));
    expect(await of("SharedHashTable", JOIN, settings)).toBe("");
    // The other side would take a fifth of the memory.
    expect(await of("SharedHashTable", sparse.replace("sum(v)", "sum(v), max(s.s)"), { ...settings, "sparrow.query.memory.limit": "4m" })).toBe("");
  });

  test.each([
    ["as large as thought", JOIN, SHARED],
    ["a hint for partitions", JOIN.replace("SELECT", "SELECT /*+ SHUFFLE_HASH(e) */"), SHARED],
    ["a hint for one table", JOIN.replace("SELECT", "SELECT /*+ BROADCAST(e) */"), { "spark.sql.autoBroadcastJoinThreshold": "-1" }],
    ["the rule's name", JOIN, { ...PARTITIONED, "spark.sql.adaptive.autoBroadcastJoinThreshold": "1g", "spark.sql.adaptive.optimizer.excludedRules": "SharedHashTable" }],
  ])("stay as planned: %s", async (_, sql, settings) => {
    expect(await of("SharedHashTable", sql, settings)).toBe("");
    expect(await sparrow.rows(sql, settings)).toEqual(await sparrow.rows(JOIN, SHARED));
  });

  test("hash tables on disk are in partitions, and the plan says so", async () => {
    const settings = { "sparrow.exec.eagerSpill": "true" };
    expect(await of("SharedHashTable", GROUPS, settings)).toMatch(/, on disk: both sides in 16 partitions/);
    expect(await sparrow.rows(GROUPS, settings)).toEqual(await sparrow.rows(GROUPS));
  });
});
