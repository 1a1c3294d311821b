import { RandomStream } from "../../bench/generate/random.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { firstDifference } from "../oracle/compare.ts";
import type { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { printQuery, isOrdered } from "./print.ts";
import type { Dialect } from "./print.ts";
import { Queries } from "./queries.ts";
import { logicProblem } from "./relations.ts";
import { shrink } from "./shrink.ts";
import type { Query } from "./tree.ts";

export interface RandomRun {
  readonly seed: number;
  /** Number of the first query: query `n` of a seed is always the same. */
  readonly first: number;
  readonly count: number;
  readonly duckdb: DuckDBOracle;
  /** Runs a statement on the engine under test. */
  readonly runOurs: (sql: string) => Promise<ResultSet>;
  /** What the engine under test understands: Spark's, unless DuckDB stands in for it. */
  readonly dialect?: Dialect;
  /** The run goes on to this many failures; each is shrunk. */
  readonly maxFailures?: number;
}

export interface RandomSummary {
  readonly queries: number;
  /** Queries that DuckDB accepts: the others are not compared. */
  readonly valid: number;
  readonly withRows: number;
  /** Numbers of the queries that DuckDB answers as the engine does only without its own optimizer. */
  readonly oracleFaults: readonly number[];
  /** One report for each failure: the seed and number, what is wrong, and the shrunk query in both dialects. */
  readonly failures: readonly string[];
}

/** Queries that give more are not compared: joins on few values multiply. */
const MAX_ROWS = 500_000;

/** Every such query is followed by checks of the logic of WHERE, which need no oracle. */
const LOGIC_EVERY = 10;

export function randomQuery(seed: number, number: number): Query {
  return new Queries(new RandomStream(seed, `query ${number}`)).query();
}

export async function runRandomQueries(run: RandomRun): Promise<RandomSummary> {
  const dialect = run.dialect ?? "spark";
  const failures: string[] = [];
  const oracleFaults: number[] = [];
  let valid = 0;
  let withRows = 0;
  for (let number = run.first; number < run.first + run.count; number++) {
    const query = randomQuery(run.seed, number);
    const outcome = await tryQuery(query, run, dialect);
    if (outcome.kind !== "refused") valid++;
    if (outcome.kind !== "refused" && outcome.rows > 0) withRows++;
    if (outcome.kind === "equal" && outcome.isOracleFault) oracleFaults.push(number);
    if (outcome.kind === "wrong") {
      const smallest = await shrink(query, async (smaller) => isAlike(await tryQuery(smaller, run, dialect), outcome));
      const now = await tryQuery(smallest, run, dialect);
      failures.push(report(run.seed, number, now.kind === "wrong" ? now.problem : outcome.problem, smallest));
    }
    if (number % LOGIC_EVERY === 0) {
      const problem = await logicProblem(new RandomStream(run.seed, `logic ${number}`), run.runOurs, dialect);
      if (problem !== undefined) failures.push(`seed ${run.seed}, logic ${number}: ${problem}`);
    }
    if (failures.length >= (run.maxFailures ?? 1)) break;
  }
  return { queries: run.count, valid, withRows, oracleFaults, failures };
}

type Outcome =
  /** `isOracleFault`: DuckDB's answer is equal without its optimizer only. */
  | { readonly kind: "equal"; readonly rows: number; readonly isOracleFault: boolean }
  /** `error`: the name of what the engine under test raised, when it did not answer. */
  | { readonly kind: "wrong"; readonly rows: number; readonly problem: string; readonly error: string | undefined }
  | { readonly kind: "refused" };

/** A smaller query shows the same fault when it fails in the same way: other ways may be the smaller query's own. */
function isAlike(outcome: Outcome, original: Outcome & { kind: "wrong" }): boolean {
  return outcome.kind === "wrong" && outcome.error === original.error;
}

async function tryQuery(query: Query, run: RandomRun, dialect: Dialect): Promise<Outcome> {
  let theirs: ResultSet;
  try {
    theirs = await run.duckdb.query(printQuery(query, "duckdb"), MAX_ROWS);
  } catch {
    return { kind: "refused" };
  }
  const rows = theirs.rows.length;
  let ours: ResultSet;
  let problem: string | undefined;
  try {
    ours = await run.runOurs(printQuery(query, dialect));
    problem = firstDifference(ours, theirs, { ordered: isOrdered(query) });
  } catch (error) {
    const text = String(error);
    return { kind: "wrong", rows, problem: text, error: error instanceof SparrowError ? error.condition : text.split("\n")[0] };
  }
  if (problem === undefined) return { kind: "equal", rows, isOracleFault: false };
  return (await isUnoptimizedAnswer(ours, query, run)) ? { kind: "equal", rows, isOracleFault: true } : { kind: "wrong", rows, problem, error: undefined };
}

/** Whether DuckDB, asked without its optimizer, gives the engine's answer after all. */
async function isUnoptimizedAnswer(ours: ResultSet, query: Query, { duckdb }: RandomRun): Promise<boolean> {
  let theirs: ResultSet;
  try {
    theirs = await duckdb.queryUnoptimized(printQuery(query, "duckdb"), MAX_ROWS);
  } catch {
    // Too large without the optimizer: the first answer stands.
    return false;
  }
  return firstDifference(ours, theirs, { ordered: isOrdered(query) }) === undefined;
}

function report(seed: number, number: number, problem: string, query: Query): string {
  return `seed ${seed}, query ${number}: ${problem}\n  Spark:  ${printQuery(query, "spark")}\n  DuckDB: ${printQuery(query, "duckdb")}`;
}
