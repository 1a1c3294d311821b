import type { BenchQuery, Suite } from "../suite.ts";
import { H2O_TABLES, ensureH2o, h2oFile } from "./generate.ts";

/**
 * The ten group-by and five join questions of the db-benchmark. Where an answer has as many rows as the table, what is taken out of the
 * engine is its count and sums (the benchmark leaves it in a table, and sums it to check): group-by 10 and all joins.
 */
const QUERIES: readonly BenchQuery[] = [
  { id: "groupby1", sql: "SELECT id1, sum(v1) AS v1 FROM groupby GROUP BY id1" },
  { id: "groupby2", sql: "SELECT id1, id2, sum(v1) AS v1 FROM groupby GROUP BY id1, id2" },
  { id: "groupby3", sql: "SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM groupby GROUP BY id3" },
  { id: "groupby4", sql: "SELECT id4, avg(v1) AS v1, avg(v2) AS v2, avg(v3) AS v3 FROM groupby GROUP BY id4" },
  { id: "groupby5", sql: "SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM groupby GROUP BY id6" },
  { id: "groupby6", sql: "SELECT id4, id5, median(v3) AS median_v3, stddev(v3) AS sd_v3 FROM groupby GROUP BY id4, id5" },
  { id: "groupby7", sql: "SELECT id3, max(v1) - min(v2) AS range_v1_v2 FROM groupby GROUP BY id3" },
  {
    id: "groupby8",
    sql: `SELECT id6, v3 FROM (
      SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC) AS place FROM groupby WHERE v3 IS NOT NULL
    ) AS ranked WHERE place <= 2`,
  },
  {
    id: "groupby9",
    sql: "SELECT id2, id4, power(corr(v1, v2), 2) AS r2 FROM groupby GROUP BY id2, id4",
    comparable: "SELECT id2, id4, round(power(corr(v1, v2), 2), 9) AS r2 FROM groupby GROUP BY id2, id4", // Near zero nothing but rounding errors is left.
  },
  {
    id: "groupby10",
    sql: `SELECT count(*) AS groups, sum(v3) AS v3, sum(amount) AS amount FROM (
      SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS amount FROM groupby GROUP BY id1, id2, id3, id4, id5, id6
    ) AS answer`,
  },
  { id: "join1", sql: joined("JOIN small ON x.id1 = small.id1", "small.id4") },
  { id: "join2", sql: joined("JOIN medium ON x.id2 = medium.id2", "medium.id5") },
  { id: "join3", sql: joined("LEFT JOIN medium ON x.id2 = medium.id2", "medium.id5") },
  { id: "join4", sql: joined("JOIN medium ON x.id5 = medium.id5", "medium.id4") },
  { id: "join5", sql: joined("JOIN big ON x.id3 = big.id3", "big.id6") },
];

function joined(join: string, text: string): string {
  return `SELECT count(*) AS total, sum(v1) AS v1, sum(v2) AS v2, max(${text}) AS text FROM x ${join}`;
}

/** Data of `rows` rows, made in `folder` when it is not there. */
export async function h2oSuite(folder: string, rows: number): Promise<Suite> {
  await ensureH2o(folder, rows);
  return {
    name: "h2o",
    size: rows / 1e6,
    tables: H2O_TABLES.map((name) => ({ name, path: h2oFile(folder, name) })),
    queries: QUERIES,
    vary: (sql) => sql, // No question has a literal.
  };
}
