import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstDifference } from "../oracle/compare.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** So many that they are sorted in several buckets. */
const ROWS = 70_000;
const TABLE = `
  SELECT i::INTEGER AS id,
    CASE WHEN i % 17 = 0 THEN NULL ELSE (i * 7919 % 1000)::INTEGER END AS k,
    CASE WHEN i % 23 = 0 THEN NULL WHEN i % 3 = 0 THEN '' ELSE 'one long beginning ' || (i * 31 % 5000)::VARCHAR END AS s,
    CASE i % 11 WHEN 0 THEN NULL WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775808 ELSE (i * 104729 % 50)::BIGINT END AS b,
    CASE WHEN i % 13 = 0 THEN NULL ELSE ((i * 37 % 7 - 3)::DECIMAL(38,2) * 100000000000000000000000000000000 + (i % 3) * 0.01)::DECIMAL(38,2) END AS w,
    CASE i % 29 WHEN 0 THEN NULL WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN 'Infinity'::DOUBLE WHEN 3 THEN '-Infinity'::DOUBLE ELSE ((i * 61 % 80000) * 0.25 - 8)::DOUBLE END AS x,
    DATE '2024-01-25' + (i * 41 % 900)::INTEGER AS dt, i % 2 = 0 AS even
  FROM range(${ROWS}) t(i)`;

const ORDERS = ["x DESC, id", "s, b DESC, id", "w NULLS LAST, dt, id DESC", "even, k DESC NULLS FIRST, s DESC, id"];

const SETTINGS: readonly Readonly<Record<string, string>>[] = [{ "sparrow.workers": "2" }, { "sparrow.workers": "7", "sparrow.exec.batchRows": "999" }];

/** One partition of all rows, which are sorted as for ORDER BY. */
const WINDOW = "SELECT sum(id * r) AS a, count(l) AS b, max(p) AS c FROM (SELECT id, row_number() OVER w AS r, lag(x) OVER w AS l, sum(id % 7) OVER (ORDER BY s, b DESC) AS p FROM t WINDOW w AS (ORDER BY s, b DESC, id)) AS u";

const folder = mkdtempSync(path.join(tmpdir(), "sparrow-sort-"));
const expected = new Map<string, ResultSet>();
let expectedWindow: ResultSet;

beforeAll(async () => {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  await duckdb.execute(`COPY (${TABLE}) TO '${folder}/t.parquet' (FORMAT parquet, ROW_GROUP_SIZE 10000)`);
  for (const order of ORDERS) expected.set(order, await duckdb.query(`SELECT id FROM read_parquet('${folder}/t.parquet') ORDER BY ${order}`));
  await duckdb.execute(`CREATE VIEW t AS SELECT * FROM read_parquet('${folder}/t.parquet')`);
  expectedWindow = await duckdb.query(WINDOW.replaceAll("id * r", "id::BIGINT * r"));
  duckdb.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(SETTINGS)("ORDER BY with %o", (settings) => {
  test("gives DuckDB's order, whole and cut", async () => {
    const sparrow = await SparrowUnderTest.open({ "sparrow.memory.limit": "512m", ...settings });
    try {
      await sparrow.viewParquet("t", `${folder}/t.parquet`);
      for (const order of settings["sparrow.workers"] === "2" ? ORDERS : ORDERS.slice(1, 2)) {
        const rows = expected.get(order)!;
        expect(firstDifference(await sparrow.query(`SELECT id FROM t ORDER BY ${order}`), rows, { ordered: true })).toBeUndefined();
        const cut = { ...rows, rows: rows.rows.slice(40, 50) };
        expect(firstDifference(await sparrow.query(`SELECT id FROM t ORDER BY ${order} LIMIT 10 OFFSET 40`), cut, { ordered: true })).toBeUndefined();
      }
      expect(firstDifference(await sparrow.query(WINDOW.replaceAll("id * r", "CAST(id AS BIGINT) * r")), expectedWindow)).toBeUndefined();
    } finally {
      await sparrow.close();
    }
  });
});
