import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import type { LimitedEngine } from "./limited-engine.ts";

/** Nine rows in ten have the key 7; NULLs, ties, both zeros, and texts beside. */
export const TABLE = `(SELECT id, id * 7919 % 20011 AS h, id % 13 AS g, concat(repeat('wide ', 30), id) AS wide,
  CASE WHEN id % 10 < 9 THEN 7 WHEN id % 50 = 9 THEN NULL ELSE id % 3000 END AS k,
  CASE WHEN id % 23 = 0 THEN NULL ELSE concat('text ', id * 31 % 5000) END AS s,
  CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN CAST('-0.0' AS DOUBLE) WHEN 2 THEN CAST(0 AS DOUBLE) ELSE CAST(id * 61 % 800 AS DOUBLE) END AS x
  FROM range(22000) AS r(id)) AS t`;

interface OverOneWindow {
  /** `npm test` runs these alone; all run in streamed-windows.long.test.ts. */
  readonly representative?: true;
  readonly over: string;
  readonly numbers: readonly string[];
  readonly texts?: readonly string[];
}

const RANKS = ["row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(7)"];
const FRAME = "ROWS BETWEEN";

export const WINDOWS: readonly OverOneWindow[] = [
  {
    representative: true,
    over: "ORDER BY x NULLS FIRST, h, id",
    numbers: [...RANKS, "lead(id, 2000)", "sum(id)", "avg(g)", `sum(id) over ${FRAME} 900 PRECEDING AND 600 FOLLOWING`, `min(h) over ${FRAME} 5000 FOLLOWING AND 5010 FOLLOWING`],
    texts: ["lag(s, 3, 'text 17')", "min(s)", "max(s)", `max(s) over ${FRAME} 400 PRECEDING AND 1 PRECEDING`, `first_value(s) over ${FRAME} 700 PRECEDING AND CURRENT ROW`, `last_value(wide) over ${FRAME} UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING`],
  },
  {
    over: "ORDER BY g",
    numbers: ["rank()", "dense_rank()", "percent_rank()", "cume_dist()", "sum(id)", "count(x)", "sum(h) over RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING", `sum(id) over ${FRAME} UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING`],
    texts: ["max(s)", "min(wide)"],
  },
  // These streams begin at several places.
  { representative: true, over: "ORDER BY h, id", numbers: ["row_number()", "ntile(7)", "lead(id, 2000)"], texts: ["lag(wide, 3000, 'text 17')"] },
  { representative: true, over: "ORDER BY g DESC", numbers: ["rank()", "percent_rank()", "cume_dist()"] },
  { representative: true, over: "", numbers: ["sum(id)", "count(*)", "max(x)"], texts: ["min(s)"] },
  { over: "PARTITION BY k ORDER BY s NULLS FIRST, id", numbers: [...RANKS, "sum(id)", "nth_value(h, 3)"], texts: ["lead(wide)", "max(s)"] },
  { representative: true, over: "PARTITION BY concat('key ', k), CASE WHEN k IS NULL THEN 1 END", numbers: ["sum(id)", "count(x)"], texts: ["max(wide)"] },
];

/** One row that depends on what each call gives for each row. `text ` and a number, behind what is repeated, are the texts. */
function digest({ over, numbers, texts = [] }: OverOneWindow): string {
  const calls = [...numbers, ...texts].map((call, i) => {
    const [name, frame = ""] = call.split(" over ");
    return `${name} OVER (${over} ${frame}) AS v${i}`;
  });
  const sums = calls.map((_, i) => `count(v${i}), sum(${i < numbers.length ? `v${i}` : `CAST(replace(replace(v${i}, 'wide ', ''), 'text ', '') AS BIGINT)`} * (id % 997))`);
  return `SELECT ${sums.join(", ")} FROM (SELECT id, wide, ${calls.join(", ")} FROM ${TABLE}) AS w WHERE length(wide) > 0`;
}

/** Memory of a query whose rows go to disk. */
export const LIMIT_MIB = 6;

/** They give DuckDB's values within a limit of memory, through the disk, and without. */
export function testStreamedWindows(engine: LimitedEngine, windows: readonly OverOneWindow[]): void {
  let duckdb: DuckDBOracle;
  beforeAll(async () => {
    duckdb = await DuckDBOracle.open({ threads: 1 });
  });
  afterAll(() => {
    duckdb.close();
  });

  test.each(windows)("OVER ($over) gives DuckDB's values", async (window) => {
    const sql = digest(window);
    const { rows, counters } = await engine.run(sql, `${LIMIT_MIB}m`);
    const theirs = (await duckdb.query(sql)).rows[0].map(asNumber);
    for (const ours of [rows, (await engine.run(sql)).rows]) {
      for (const [i, value] of (JSON.parse(ours[0]) as unknown[]).map(asNumber).entries()) {
        expect(Math.abs(value - theirs[i]), `value ${i}: ${value}, DuckDB's ${theirs[i]}`).toBeLessThanOrEqual(1e-9 * Math.abs(theirs[i]));
      }
    }
    expect(counters.spilledBytes).toBeGreaterThan(3_000_000);
    expect(counters.peakBytes).toBeLessThanOrEqual(LIMIT_MIB * 1024 * 1024);
    expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  });
}

function asNumber(value: unknown): number {
  return Number(String(value).replace(/n$/, ""));
}
