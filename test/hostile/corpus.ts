import type { BenchTable } from "../../bench/suite.ts";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { firstDifference } from "../oracle/compare.ts";
import type { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { flightSample, randomTables, tpchTables } from "../oracle/test-data.ts";
import { isOrdered, printQuery } from "../random/print.ts";
import { randomQuery } from "../random/run.ts";
import { FLIGHT_QUERIES } from "./flight-queries.ts";

const SCALE_FACTOR = 0.001;
const RANDOM_SEED = 1;

/** A query and its one right answer, from DuckDB. */
export interface AnsweredQuery {
  readonly id: string;
  readonly sql: string;
  readonly answer: ResultSet;
  /** ORDER BY leaves no two rows equal. */
  readonly ordered: boolean;
}

/** Tables that are small enough for batches of three rows. */
export async function corpusTables(): Promise<readonly BenchTable[]> {
  return [...(await tpchTables(SCALE_FACTOR)), ...(await flightSample()), ...(await randomTables(RANDOM_SEED))];
}

/** TPC-H, the flight queries, and so many random ones; random queries that DuckDB refuses are left out. */
export async function answeredCorpus(duckdb: DuckDBOracle, random: number): Promise<readonly AnsweredQuery[]> {
  const corpus: AnsweredQuery[] = [];
  for (const { id, sql } of tpchQueries(SCALE_FACTOR)) corpus.push({ id: `tpch ${id}`, sql, answer: await duckdb.query(sql), ordered: false });
  for (const { id, sql, duckdb: theirs } of FLIGHT_QUERIES) corpus.push({ id, sql, answer: await duckdb.query(theirs ?? sql), ordered: false });
  for (let number = 0; number < random; number++) {
    const query = randomQuery(RANDOM_SEED, number);
    const answer = await duckdb.query(printQuery(query, "duckdb")).catch(() => undefined);
    if (answer !== undefined) corpus.push({ id: `random ${number}`, sql: printQuery(query, "spark"), answer, ordered: isOrdered(query) });
  }
  return corpus;
}

/** What differs or fails, by query. */
export async function wrongAnswers(corpus: readonly AnsweredQuery[], run: (sql: string) => Promise<ResultSet>): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { id, sql, answer, ordered } of corpus) {
    try {
      const problem = firstDifference(await run(sql), answer, { ordered });
      if (problem !== undefined) wrong.push(`${id}: ${problem}\n  ${sql}`);
    } catch (error) {
      wrong.push(`${id}: ${String(error)}\n  ${sql}`);
    }
  }
  return wrong;
}
