import { afterAll, describe, expect, test } from "vitest";
import { AdaptiveSparrow, expectRowsOfFirstPlan } from "./adaptive-sparrow.ts";

const sparrow = await AdaptiveSparrow.open(
  // 3 groups in a range of 9000.
  "CREATE TABLE clustered USING parquet AS SELECT id % 3 * 3000 AS g, id AS v, id % 10 AS w FROM range(9000)",
  "CREATE TABLE wide USING parquet AS SELECT id AS k, id % 100 AS a, id % 200 AS b, id % 50 AS c, concat('s', id % 7) AS s FROM range(60000)",
  // By their ranges all have as many values as rows; `half` keeps half of what is looked up, `few` next to nothing.
  "CREATE TABLE half USING parquet AS SELECT id AS a, id * 2 AS x FROM range(100)",
  "CREATE TABLE few USING parquet AS SELECT id AS b, concat('t', id) AS t FROM range(200)",
  "CREATE TABLE all_c USING parquet AS SELECT id AS c, id % 5 AS y FROM range(50)",
);
afterAll(() => sparrow.close());

/** Estimated at 6000 rows, as are the groups. */
const TENTH = "(SELECT k FROM wide WHERE s = 's1')";
const GROUPS = "(SELECT g, count(*) AS n FROM clustered GROUP BY g)";

describe("the side that is kept", () => {
  test.each([
    `SELECT g, n, k FROM ${GROUPS} x JOIN ${TENTH} w ON w.k = x.g`,
    `SELECT g, n, k FROM ${GROUPS} x FULL JOIN ${TENTH} w ON w.k = x.g`,
    `SELECT g, n FROM ${GROUPS} x LEFT JOIN ${TENTH} w ON w.k = x.g AND n > 1`,
    `SELECT g, n FROM ${GROUPS} x LEFT SEMI JOIN ${TENTH} w ON w.k = x.g`,
    `SELECT g, n FROM ${GROUPS} x LEFT ANTI JOIN ${TENTH} w ON w.k = x.g`,
  ])("turns round when the other one turned out small: %s", async (sql) => {
    expect((await sparrow.decisionsOf("DynamicJoinSelection", sql)).join()).toMatch(/the side to be probed with has 3 rows, estimated \d+, the other one \d+ rows, estimated \d+: the first goes into the hash table/);
    await expectRowsOfFirstPlan(sparrow, sql);
  });

  test.each([
    // As estimated.
    "SELECT x.v, n, s FROM (SELECT v, count(*) AS n FROM clustered GROUP BY v) x JOIN (SELECT * FROM wide WHERE a * 2 < 40) w ON w.k = x.v",
    // A hint says which side is kept.
    `SELECT /*+ BROADCAST(w) */ g, n, k FROM ${GROUPS} x JOIN ${TENTH} w ON w.k = x.g`,
    // NOT IN has one way only.
    `SELECT g, n FROM ${GROUPS} x WHERE g NOT IN (SELECT CASE WHEN k > 5 THEN k END FROM wide WHERE k > 5)`,
  ])("stays: %s", async (sql) => {
    expect(await sparrow.decisionsOf("DynamicJoinSelection", sql)).toEqual([]);
    await expectRowsOfFirstPlan(sparrow, sql);
  });
});

describe("the order of probes", () => {
  const FEW = "(SELECT * FROM few WHERE t RLIKE '^t1?7$')";
  const HALF = "(SELECT * FROM half WHERE x % 4 = 2)";
  test.each([
    `SELECT count(*), sum(x), sum(y) FROM wide JOIN ${HALF} h ON wide.a = h.a JOIN all_c ON wide.c = all_c.c JOIN ${FEW} f ON wide.b = f.b`,
    `SELECT count(*), sum(x), sum(y) FROM wide JOIN ${HALF} h ON wide.a = h.a LEFT JOIN all_c ON wide.c = all_c.c JOIN ${FEW} f ON wide.b = f.b`,
    `SELECT count(*), sum(x) FROM wide JOIN ${HALF} h ON wide.a = h.a WHERE NOT EXISTS (SELECT * FROM few WHERE wide.b = few.b AND t NOT RLIKE '^t1?7$')`,
    `SELECT count(*), sum(x) FROM wide JOIN ${HALF} h ON wide.a = h.a WHERE EXISTS (SELECT * FROM ${FEW} f WHERE wide.b = f.b)`,
  ])("puts first what turned out to keep least: %s", async (sql) => {
    expect((await sparrow.decisionsOf("ProbeOrder", sql)).join()).toMatch(/hash tables in the order of nodes \d+ \(\d+ %\), .* of the rows kept, planned was \d+ \(50 %\), /);
    await expectRowsOfFirstPlan(sparrow, sql);
    expect(await sparrow.decisionsOf("ProbeOrder", sql, { "sparrow.adaptive.joinReorder.enabled": "false" })).toEqual([]);
  });

  test.each([
    // As estimated.
    "SELECT count(*), sum(x), sum(y) FROM wide JOIN half h ON wide.a = h.a JOIN all_c ON wide.c = all_c.c",
    // The key of one is given by the other.
    `SELECT count(*), sum(x) FROM wide JOIN ${HALF} h ON wide.a = h.a LEFT JOIN (SELECT * FROM few WHERE b < 10) f ON h.x = f.b`,
    // A condition over both sides.
    `SELECT count(*), sum(x) FROM wide JOIN ${HALF} h ON wide.a = h.a LEFT JOIN ${FEW} f ON wide.b = f.b AND h.x + wide.c > f.b`,
  ])("stays: %s", async (sql) => {
    expect(await sparrow.decisionsOf("ProbeOrder", sql)).toEqual([]);
    await expectRowsOfFirstPlan(sparrow, sql);
  });
});
