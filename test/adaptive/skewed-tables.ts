/** Tables with skewed keys, and settings at which a few thousand rows are many. */
export const SKEWED_TABLES: readonly string[] = [
  // Nine of ten rows have key 7; some have none.
  "CREATE TABLE skewed USING parquet AS SELECT CASE WHEN id % 97 = 0 THEN NULL WHEN id % 10 < 9 THEN 7 ELSE id % 700 END AS k, id AS v, concat('probe ', id % 50) AS s FROM range(24000)",
  "CREATE TABLE even USING parquet AS SELECT id AS k, id % 5 AS w, concat('build ', id) AS t FROM range(600)",
  // A third of the rows have key 7.
  "CREATE TABLE heavy USING parquet AS SELECT CASE WHEN id % 3 = 0 THEN 7 WHEN id % 31 = 0 THEN NULL ELSE id END AS k, id AS w, concat('build ', id) AS t FROM range(90)",
  "CREATE TABLE grouped USING parquet AS SELECT id % 3 * 3000 AS g, id AS v FROM range(9000)",
];

const SMALL = {
  "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "1k",
  "spark.sql.adaptive.coalescePartitions.minPartitionSize": "1k",
};
export const PARTITIONED = { ...SMALL, "spark.sql.autoBroadcastJoinThreshold": "-1" };
export const SHARED = { ...SMALL, "spark.sql.autoBroadcastJoinThreshold": "1g" };

/** A join of each kind that has a skewed side. */
export const JOINS: readonly string[] = [
  "SELECT s.k, v, w, t FROM skewed s JOIN even e ON s.k = e.k",
  "SELECT s.k, v, w, t FROM skewed s LEFT JOIN even e ON s.k = e.k AND v % 2 = w % 2",
  "SELECT s.k, v, w, t FROM even e LEFT JOIN skewed s ON s.k = e.k",
  "SELECT s.k, v, w, t FROM skewed s FULL JOIN even e ON s.k = e.k",
  "SELECT s.k, v, s FROM skewed s LEFT SEMI JOIN even e ON s.k = e.k",
  "SELECT e.k, t FROM even e LEFT SEMI JOIN skewed s ON s.k = e.k",
  "SELECT s.k, v, s FROM skewed s LEFT ANTI JOIN even e ON s.k = e.k",
  "SELECT e.k, t FROM even e LEFT ANTI JOIN skewed s ON s.k = e.k",
  "SELECT k, v FROM skewed WHERE k NOT IN (SELECT k FROM even WHERE w > 1)",
  "SELECT v, k IN (SELECT k FROM heavy) FROM skewed",
  "SELECT s.k, v, w, t FROM skewed s JOIN even e ON s.k <=> e.k AND s.s <> e.t",
  "SELECT s.k, v, a.t, b.t FROM skewed s JOIN even a ON s.k = a.k JOIN even b ON s.v = b.k",
  "SELECT s.k, count(*), sum(v), max(t) FROM (SELECT * FROM skewed UNION ALL SELECT * FROM skewed WHERE v < 900) s JOIN even e ON s.k = e.k GROUP BY s.k",
];
