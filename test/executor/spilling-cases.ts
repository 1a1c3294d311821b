/** A query that needs more memory than it is given. */
export interface SpillingCase {
  readonly name: string;
  readonly sql: string;
  /** `npm test` runs these alone; all cases run in spilling.long.test.ts. */
  readonly representative?: true;
}

/** Queries that are given the same memory. */
export interface SpillingCases {
  readonly title: string;
  /** Memory of one query, in MiB, which so many workers fill. */
  readonly limit: (workers: number) => number;
  readonly cases: readonly SpillingCase[];
}

/** One row that depends on all values of all rows. */
export function digest(columns: string, from: string): string {
  return `SELECT count(*), sum(xxhash64(${columns}) % 1000000007), count(${columns.split(", ")[0]}) FROM ${from}`;
}

function grouping(name: string, columns: string, query: string, representative?: true): SpillingCase {
  return { name, sql: digest(columns, `(${query})`), representative };
}

export const GROUPINGS: SpillingCases = {
  title: "groups that do not fit come back from disk",
  limit: (workers) => workers * 1.5 + 2.5,
  cases: [
    grouping("numbers and texts", "k, n, s, t, a", "SELECT id % 30000 AS k, count(*) AS n, sum(id) AS s, max(concat('text of ', id)) AS t, avg(id) AS a FROM range(90000) GROUP BY 1"),
    grouping("keys that are texts, some NULL", "k, n, m", "SELECT CASE WHEN id % 7 = 0 THEN NULL ELSE concat('key number ', id % 40000) END AS k, count(*) AS n, min(id) AS m FROM range(120000) GROUP BY 1", true),
    grouping("several keys", "a, b, s, d", "SELECT id % 301 AS a, concat('k', id % 200) AS b, sum(id) AS s, count(DISTINCT id % 11) AS d FROM range(70000) GROUP BY 1, 2"),
    grouping("collected lists", "k, concat_ws(',', l), m", "SELECT id % 1500 AS k, collect_list(concat('x', id)) AS l, min_by(id, -id) AS m FROM range(30000) GROUP BY 1", true),
    grouping("percentiles", "k, p, m", "SELECT id % 15000 AS k, percentile(id, 0.5) AS p, mode(id % 7) AS m FROM range(60000) GROUP BY 1"),
    { name: "distinct rows without keys", representative: true, sql: "SELECT count(DISTINCT id % 70000), sum(DISTINCT id % 70000), max(id) FROM range(150000)" },
    grouping("grouping sets", "a, b, n, s", "SELECT id % 20000 AS a, id % 3 AS b, count(*) AS n, sum(id) AS s FROM range(60000) GROUP BY ROLLUP (a, b)", true),
  ],
};

/** Keys 0 to 39999 at even numbers, some twice, some NULL. */
const BUILD = "(SELECT CASE WHEN id % 50 = 0 THEN NULL ELSE (id * 2) % 60000 END AS k, concat('build row ', id) AS t FROM range(40000))";
const PROBE = "(SELECT CASE WHEN id % 70 = 0 THEN NULL ELSE id % 45000 END AS k, concat('probe ', id % 9000) AS p, id FROM range(60000))";

export const JOINS: SpillingCases = {
  title: "a build side that does not fit is joined part by part",
  limit: (workers) => workers * 2 + 3,
  cases: [
    { name: "inner", sql: digest("p.k, p.p, p.id, b.t", `${PROBE} p JOIN ${BUILD} b ON p.k = b.k`) },
    { name: "left outer", sql: digest("p.k, p.p, p.id, b.t", `${PROBE} p LEFT JOIN ${BUILD} b ON p.k = b.k`) },
    { name: "right outer", sql: digest("p.k, p.p, p.id, b.t", `${PROBE} p RIGHT JOIN ${BUILD} b ON p.k = b.k`) },
    { name: "full outer with a residual", representative: true, sql: digest("p.k, p.p, p.id, b.t", `${PROBE} p FULL JOIN ${BUILD} b ON p.k = b.k AND length(b.t) % 2 = p.id % 2`) },
    { name: "semi", sql: digest("p.k, p.p, p.id", `${PROBE} p LEFT SEMI JOIN ${BUILD} b ON p.k = b.k`) },
    { name: "anti", representative: true, sql: digest("p.k, p.p, p.id", `${PROBE} p LEFT ANTI JOIN ${BUILD} b ON p.k = b.k`) },
    { name: "not in", sql: digest("p.k, p.p, p.id", `(SELECT * FROM ${PROBE} p WHERE k NOT IN (SELECT k FROM ${BUILD} b WHERE k IS NOT NULL)) p`) },
    { name: "in as a value", representative: true, sql: digest("q.m, q.k, q.id", `(SELECT p.*, k IN (SELECT k FROM ${BUILD} b) AS m FROM ${PROBE} p) q`) },
    { name: "keys that are texts", sql: digest("p.p, p.id, b.t", `${PROBE} p JOIN (SELECT concat('probe ', k) AS q, t FROM ${BUILD}) b ON p.p = b.q`) },
    { name: "two joins that do not fit", representative: true, sql: digest("p.k, p.p, b.t, c.t", `${PROBE} p JOIN ${BUILD} b ON p.k = b.k LEFT JOIN ${BUILD} c ON p.id = c.k`) },
    { name: "a join below a union", representative: true, sql: digest("u.k, u.t", `(SELECT p.k, b.t FROM (SELECT k FROM ${PROBE} UNION ALL SELECT id FROM range(3000)) p RIGHT JOIN ${BUILD} b ON p.k = b.k) u`) },
  ],
};

/** Most of the build side has one key, which no hash divides; NULLs on both sides. */
const HEAVY = "(SELECT CASE WHEN id % 10 = 0 THEN id WHEN id % 77 = 1 THEN NULL ELSE 7 END AS k, concat(repeat('build row ', 8), id) AS t, id AS n FROM range(40000))";
const FEW = "(SELECT CASE WHEN id % 70 = 5 THEN NULL WHEN id % 20000 = 1 THEN 7 ELSE id END AS k, id, concat('p', id) AS p FROM range(60000))";

export const HEAVY_JOINS: SpillingCases = {
  title: "the rows of one key are joined piece by piece",
  limit: (workers) => workers * 1.5 + 3,
  cases: [
    { name: "inner", sql: digest("p.id, p.p, b.t", `${FEW} p JOIN ${HEAVY} b ON p.k = b.k`) },
    { name: "left outer", sql: digest("p.id, p.p, b.t", `${FEW} p LEFT JOIN ${HEAVY} b ON p.k = b.k`) },
    { name: "left outer with a residual", sql: digest("p.id, p.p, b.t", `${FEW} p LEFT JOIN ${HEAVY} b ON p.k = b.k AND b.n % 9000 = p.id % 9000`) },
    { name: "right outer", representative: true, sql: digest("p.id, p.p, b.t", `${FEW} p RIGHT JOIN ${HEAVY} b ON p.k = b.k`) },
    { name: "full outer with a residual", representative: true, sql: digest("p.id, p.p, b.t", `${FEW} p FULL JOIN ${HEAVY} b ON p.k = b.k AND b.n % 900 = p.id % 900`) },
    { name: "semi with a residual", sql: digest("p.id, p.p", `${FEW} p LEFT SEMI JOIN ${HEAVY} b ON p.k = b.k AND b.n > p.id + 35000`) },
    { name: "anti with a residual", representative: true, sql: digest("p.id, p.p", `${FEW} p LEFT ANTI JOIN ${HEAVY} b ON p.k = b.k AND b.n > p.id + 35000`) },
    { name: "exists as a value", sql: digest("q.m, q.id", `(SELECT p.id, EXISTS (SELECT 1 FROM ${HEAVY} b WHERE b.k = p.k AND b.n > p.id + 35000) AS m FROM ${FEW} p) q`) },
    { name: "in as a value", representative: true, sql: digest("q.m, q.id", `(SELECT p.id, p.k IN (SELECT b.k FROM ${HEAVY} b) AS m FROM ${FEW} p) q`) },
    { name: "a scalar subquery", representative: true, sql: digest("q.m, q.id", `(SELECT p.id, (SELECT b.t FROM ${HEAVY} b WHERE b.k = p.k AND b.n > 39998 - p.id * 0) AS m FROM ${FEW} p) q`) },
  ],
};

/** No key is equal: every row meets every one. */
const WIDE = "(SELECT id AS n, concat(repeat('build row ', 30), id) AS t FROM range(9000))";
const NARROW = "(SELECT id * 3 AS id, concat('p', id) AS p FROM range(400))";

export const LOOP_JOINS: SpillingCases = {
  title: "a nested loop goes over its build side piece by piece",
  limit: (workers) => workers * 1.5 + 3,
  cases: [
    { name: "left outer", sql: digest("p.id, p.p, b.t", `${NARROW} p LEFT JOIN ${WIDE} b ON b.n BETWEEN p.id AND p.id + 2 AND b.n % 5 = 1`) },
    { name: "full outer", representative: true, sql: digest("p.id, p.p, b.t", `${NARROW} p FULL JOIN ${WIDE} b ON b.n BETWEEN p.id AND p.id + 2 AND p.id % 5 = 1`) },
    { name: "semi", sql: digest("p.id, p.p", `${NARROW} p LEFT SEMI JOIN ${WIDE} b ON length(b.t) + p.id % 7 > 309 AND b.n < p.id * 7 + 1000`) },
    { name: "anti", representative: true, sql: digest("p.id, p.p", `${NARROW} p LEFT ANTI JOIN ${WIDE} b ON length(b.t) + p.id % 7 > 309 AND b.n < p.id * 7 + 1000`) },
    { name: "a condition that can be unknown, as a value", representative: true, sql: digest("q.m, q.id", `(SELECT p.id, p.p NOT IN (SELECT if(b.n = 8000, NULL, concat('p', b.n % 300)) FROM ${WIDE} b WHERE length(b.t) + p.id > 800) AS m FROM ${NARROW} p) q`) },
    { name: "a scalar subquery", representative: true, sql: digest("q.m, q.id", `(SELECT p.id, (SELECT b.t FROM ${WIDE} b WHERE b.n > p.id * 7 + 4000 AND b.n < p.id * 7 + 4002) AS m FROM ${NARROW} p) q`) },
  ],
};

/** NULLs, ties, both zeros, wide decimals, and texts with one beginning. */
export const SORTED_TABLE = `(SELECT id, id * 7919 % 1000 AS k, CASE WHEN id % 23 = 0 THEN NULL ELSE concat('one long beginning ', id * 31 % 5000) END AS s,
  CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN -0.0D WHEN 2 THEN 0.0D ELSE (id * 61 % 8000) * 0.25D END AS x,
  CAST(id * 37 % 7 - 3 AS DECIMAL(38, 2)) AS w FROM range(60000)) AS t`;

function window(select: string, representative?: true): SpillingCase {
  return { name: select, representative, sql: `SELECT sum(xxhash64(id, a, b) % 1000000007), count(*) FROM (${select} FROM ${SORTED_TABLE})` };
}

export const SORTS_AND_WINDOWS: SpillingCases = {
  title: "a sort that does not fit is merged from disk, in order, and windows come back from there",
  limit: (workers) => workers * 1.5 + 2.5,
  cases: [
    { name: "x DESC, id", sql: `SELECT id, x, s FROM ${SORTED_TABLE} ORDER BY x DESC, id` },
    { name: "s NULLS LAST, w, id DESC", representative: true, sql: `SELECT id, s, w FROM ${SORTED_TABLE} ORDER BY s NULLS LAST, w, id DESC` },
    { name: "id % 2, k DESC, id", sql: `SELECT id, k, s FROM ${SORTED_TABLE} ORDER BY id % 2, k DESC, id` },
    { name: "the first rows of an order", sql: `SELECT id, k, s FROM ${SORTED_TABLE.replace("60000", "300000")} ORDER BY s, id LIMIT 130000 OFFSET 7000` },
    { name: "the first rows of an order, which are wide", representative: true, sql: `SELECT id, x, concat(repeat('wide ', 50), id) AS w FROM ${SORTED_TABLE} ORDER BY x DESC, s, id LIMIT 25000 OFFSET 500` },
    { name: "rows behind an offset", representative: true, sql: `SELECT count(*), count(DISTINCT id), count(length(s) + x) > 0 FROM (SELECT * FROM ${SORTED_TABLE} LIMIT 50000 OFFSET 20000)` },
    window("SELECT id, sum(id) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS a, lag(s, 1, 'none') OVER (PARTITION BY k ORDER BY id) AS b"),
    window("SELECT id, rank() OVER (PARTITION BY s ORDER BY x DESC) AS a, max(s) OVER (PARTITION BY s) AS b", true),
    window("SELECT id, percentile(x, 0.5) OVER (PARTITION BY k) AS a, count(*) OVER (PARTITION BY k ORDER BY w RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS b", true),
  ],
};
