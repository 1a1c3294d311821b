import { readFileSync } from "node:fs";
import type { BenchQuery } from "../suite.ts";

const QUERY_COUNT = 22;

/**
 * The 22 queries of TPC-H with the specification's validation parameters. Results of date arithmetic are cast to DATE, which Spark gives
 * anyway, for DuckDB gives TIMESTAMP and would compare slower. Q15 uses the WITH variant instead of a view; Q11's fraction is
 * 0.0001 / scale factor, as its clause 2.4.11.3 says.
 */
export function tpchQueries(scaleFactor: number): readonly BenchQuery[] {
  return Array.from({ length: QUERY_COUNT }, (_, i) => {
    const id = `q${String(i + 1).padStart(2, "0")}`;
    const text = readFileSync(new URL(`queries/${id}.sql`, import.meta.url), "utf8").trim();
    return { id, sql: i + 1 === 11 ? text.replace("0.0001", fraction(scaleFactor)) : text };
  });
}

/** Q11's fraction in plain digits, at most ten decimals, as the specification prints it. */
function fraction(scaleFactor: number): string {
  return (0.0001 / scaleFactor).toFixed(10);
}
