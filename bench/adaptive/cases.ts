/** One case where a rule pays: the same statement with and without it. */
export interface AdaptiveCase {
  /** As the decision that EXPLAIN ANALYZE shows names it. */
  readonly rule: string;
  readonly sql: string;
  /** Settings that switch the rule off. */
  readonly off: Readonly<Record<string, string>>;
  /** Settings of both runs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The table that the statement writes, of whose files the largest one is told. */
  readonly writes?: string;
}

const EXCLUDED = "spark.sql.adaptive.optimizer.excludedRules";

/** Statements that make the tables: Parquet and Delta files in the warehouse. */
export const TABLES: readonly string[] = [
  "CREATE TABLE facts USING parquet AS SELECT id AS k, id % 1000 AS a, id % 2000 AS b, id % 100000 AS g, id * 7 % 1000 AS v FROM range(5000000)",
  "CREATE TABLE by_day (k BIGINT, v BIGINT, day INT) USING parquet PARTITIONED BY (day)",
  "INSERT INTO by_day SELECT id, id * 3, CAST(id % 40 AS INT) FROM range(2000000)",
  "CREATE TABLE days USING parquet AS SELECT CAST(id AS INT) AS day, concat('d', id) AS label FROM range(40)",
  "CREATE TABLE in_order (k BIGINT, v BIGINT, w BIGINT) USING delta",
  ...Array.from({ length: 20 }, (_, n) => `INSERT INTO in_order SELECT id, id * 3, id % 11 FROM range(${n * 200_000}, ${(n + 1) * 200_000})`),
  "CREATE TABLE keys USING parquet AS SELECT id AS k, id % 1000 AS a, id % 2000 AS b, concat('t', id % 100) AS t FROM range(4000000)",
  "CREATE TABLE hundred_thousand USING parquet AS SELECT id AS g, concat('label', id % 1000) AS label FROM range(100000)",
  "CREATE TABLE half USING parquet AS SELECT id AS a, id * 2 AS x FROM range(1000)",
  "CREATE TABLE several USING parquet AS SELECT id % 1000 AS a, id * 4 + 2 AS x FROM range(4000)",
  "CREATE TABLE few USING parquet AS SELECT id AS b, concat('t', id) AS t FROM range(2000)",
  "CREATE TABLE clustered USING parquet AS SELECT id % 3 * 900000 AS g, id AS v FROM range(1000000)",
  "CREATE TABLE written (k BIGINT, a BIGINT) USING parquet",
  // Nine rows in ten have one key, as of a log that one customer fills.
  "CREATE TABLE log USING parquet AS SELECT CASE WHEN id % 10 < 9 THEN 7 ELSE id * 7919 % 100000 END AS customer, id * 48271 % 6000011 AS at, id AS v, concat('event ', id % 1000) AS event FROM range(6000000)",
  "CREATE TABLE log_by_customer (customer BIGINT, at BIGINT, v BIGINT, event STRING) USING parquet",
];

export const CASES: readonly AdaptiveCase[] = [
  {
    rule: "AQEPropagateEmptyRelation",
    sql: "SELECT count(*), sum(facts.v) FROM facts JOIN (SELECT * FROM half WHERE x % 2 = 1) h ON facts.a = h.a",
    off: { [EXCLUDED]: "AQEPropagateEmptyRelation" },
  },
  {
    rule: "PartitionPruning",
    sql: "SELECT count(*), sum(v) FROM by_day JOIN days ON by_day.day = days.day WHERE label RLIKE '7$'",
    off: { "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false" },
  },
  {
    rule: "RuntimeRangeFilter",
    sql: "SELECT count(*), sum(v), sum(w) FROM in_order JOIN (SELECT id * 100 AS k FROM range(5000) WHERE id * 3 > 6000) d ON in_order.k = d.k",
    off: { "sparrow.adaptive.rangeFilter.enabled": "false" },
  },
  {
    rule: "InjectRuntimeFilter",
    sql: "SELECT count(*), sum(r) FROM (SELECT g, row_number() OVER (PARTITION BY g ORDER BY k) AS r FROM facts) x JOIN (SELECT * FROM hundred_thousand WHERE label RLIKE '^label7$') d ON x.g = d.g",
    off: { "spark.sql.optimizer.runtime.bloomFilter.enabled": "false" },
  },
  {
    rule: "DynamicJoinSelection",
    sql: "SELECT count(*), sum(n) FROM (SELECT g, count(*) AS n FROM clustered GROUP BY g) x JOIN (SELECT k FROM keys WHERE t LIKE '%1%') w ON w.k = x.g",
    off: { [EXCLUDED]: "DynamicJoinSelection" },
  },
  {
    // A million groups are expected, and three found.
    rule: "SharedHashTable",
    sql: "SELECT count(*), sum(n), sum(v) FROM facts JOIN (SELECT g, count(*) AS n FROM clustered GROUP BY g) x ON facts.g = x.g",
    settings: { "spark.sql.autoBroadcastJoinThreshold": "1m" },
    off: { [EXCLUDED]: "SharedHashTable" },
  },
  {
    // Keys far apart: a look into one table waits for memory.
    rule: "SharedHashTable",
    sql: "SELECT count(*), sum(v), sum(w) FROM (SELECT id * 48271 % 1000000 * 7919 AS k, id AS v FROM range(6000000)) p JOIN (SELECT id * 7919 AS k, id % 9 AS w FROM range(1000000)) b ON p.k = b.k",
    off: { [EXCLUDED]: "SharedHashTable" },
  },
  {
    // The join that was thought to keep the fewest rows gives each of them four times.
    rule: "ProbeOrder",
    sql: "SELECT count(*), sum(x) FROM facts JOIN (SELECT * FROM several WHERE x % 4 = 2) s ON facts.a = s.a JOIN (SELECT * FROM few WHERE t RLIKE '^t1?7$') f ON facts.b = f.b",
    off: { "sparrow.adaptive.joinReorder.enabled": "false" },
  },
  {
    rule: "CoalesceShufflePartitions",
    sql: "INSERT OVERWRITE written SELECT /*+ REPARTITION(a) */ k, a FROM half h JOIN (SELECT id AS k FROM range(20000)) r ON r.k % 1000 = h.a",
    off: { "spark.sql.adaptive.coalescePartitions.enabled": "false" },
    writes: "written",
  },
  {
    rule: "OptimizeSkewInRebalancePartitions",
    sql: "INSERT OVERWRITE log_by_customer SELECT /*+ REBALANCE(customer) */ * FROM log SORT BY customer, at",
    off: { "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "false" },
    writes: "log_by_customer",
  },
  {
    rule: "PartialAggregation",
    sql: "SELECT count(*), sum(n), max(s) FROM (SELECT k, count(*) AS n, sum(v) AS s FROM (SELECT id * 7919 % 6000011 AS k, id AS v FROM range(6000000)) GROUP BY k)",
    off: { "sparrow.adaptive.partialAggregation.enabled": "false" },
  },
  {
    // Each key twice.
    rule: "PartialAggregation",
    sql: "SELECT count(*), sum(n), max(s) FROM (SELECT k, count(*) AS n, sum(v) AS s FROM (SELECT id * 7919 % 3000017 AS k, id AS v FROM range(6000000)) GROUP BY k)",
    off: { "sparrow.adaptive.partialAggregation.enabled": "false" },
  },
];

/** A join in partitions in which one key holds 90 % of the rows that are probed with, and the same with one hash table. The other keys come in no order, as they do in life. */
export const SKEWED_JOIN = { partitioned: skewedJoin("MERGE"), shared: skewedJoin("BROADCAST"), off: { "spark.sql.adaptive.skewJoin.enabled": "false" } };

function skewedJoin(hint: string): string {
  const probe = "(SELECT CASE WHEN id % 10 < 9 THEN 7 ELSE id * 7919 % 1000000 END AS k, id AS v FROM range(20000000))";
  return `SELECT /*+ ${hint}(b) */ b.w, count(*), sum(p.v), max(p.v) FROM ${probe} p JOIN (SELECT id AS k, id % 9 AS w FROM range(1000000)) b ON p.k = b.k GROUP BY b.w`;
}
