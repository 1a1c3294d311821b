import { RandomStream } from "../../bench/generate/random.ts";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { firstDifference } from "../oracle/compare.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import type { Death } from "./dying-threads.ts";
import type { EngineUnderFire } from "./engine-under-fire.ts";

/** TPC-H, and results of many batches: what runs while faults are made. The tables are TPC-H's, small. */
const WORKLOAD: readonly string[] = [
  ...tpchQueries(0.01).map(({ sql }) => sql),
  "SELECT l_orderkey, l_linenumber, l_comment FROM lineitem WHERE l_quantity < 30",
  "SELECT l_orderkey, l_comment FROM lineitem ORDER BY l_comment, l_orderkey, l_linenumber",
  "SELECT l_partkey, count(*), sum(l_extendedprice), collect_set(l_shipmode) FROM lineitem GROUP BY l_partkey",
  "SELECT l_orderkey, l_linenumber, sum(l_quantity) OVER (PARTITION BY l_suppkey ORDER BY l_shipdate, l_orderkey, l_linenumber) FROM lineitem",
  "SELECT o_orderkey, l_linenumber FROM orders FULL JOIN lineitem ON o_orderkey = l_orderkey AND l_quantity > 40",
  "SELECT l_partkey AS k, sum(l_quantity) FROM lineitem GROUP BY l_partkey UNION ALL SELECT o_custkey, sum(o_totalprice) FROM orders GROUP BY o_custkey UNION ALL SELECT ps_suppkey, sum(ps_availqty) FROM partsupp GROUP BY ps_suppkey",
  "SELECT upper(reverse(soundex(p_name))) AS s, p_partkey FROM part",
  // What has been delivered and what has not read the same rows.
  `WITH latest AS (SELECT l_orderkey, l_suppkey, l_quantity FROM lineitem ORDER BY l_shipdate DESC, l_orderkey, l_linenumber LIMIT 20000)
    SELECT l_orderkey AS k, l_quantity AS q FROM latest UNION ALL SELECT l_suppkey, sum(l_quantity) FROM (SELECT l_suppkey, l_quantity FROM latest UNION ALL SELECT ps_suppkey, ps_availqty FROM partsupp) GROUP BY l_suppkey
    UNION ALL SELECT o_custkey, count(*) FROM orders GROUP BY o_custkey`,
  "SELECT c_custkey, s_suppkey, s_name FROM customer FULL JOIN supplier ON c_acctbal > s_acctbal + 9000 OR c_custkey = s_suppkey * 11",
  "SELECT count(DISTINCT p_partkey), count(*) - count(r) - count(n) FROM (SELECT p_partkey, r, CASE WHEN r IS NULL THEN 1 END AS n FROM (SELECT ps_partkey AS r FROM partsupp WHERE rand() < 0.5 GROUP BY ps_partkey) FULL JOIN part ON r = p_partkey)",
];

export interface FaultSummary {
  readonly queries: number;
  readonly right: number;
  /** Failed with an error that says what happened. */
  readonly refused: number;
  /** Neither right nor refused: each a fault of the engine. */
  readonly wrong: readonly string[];
}

/** A statement of the workload, and how it goes when nothing disturbs. */
export interface Undisturbed {
  readonly sql: string;
  readonly answer: ResultSet;
  readonly milliseconds: number;
  /** Shares of jobs that threads are given. */
  readonly shares: number;
}

export async function runUndisturbed(engine: EngineUnderFire): Promise<readonly Undisturbed[]> {
  const found: Undisturbed[] = [];
  for (const sql of WORKLOAD) {
    await engine.query(sql);
    let shares = 0;
    engine.threads.deathOf = () => void shares++;
    const started = performance.now();
    const answer = await engine.query(sql);
    found.push({ sql, answer, milliseconds: performance.now() - started, shares });
  }
  return found;
}

/** Of so many queries one puts to disk all that it can. */
const QUERIES_PER_SPILLING_ONE = 3;

/** The next query, with or without a disk. */
async function draw(engine: EngineUnderFire, workload: readonly Undisturbed[], random: RandomStream): Promise<Undisturbed> {
  await engine.query(`SET sparrow.exec.eagerSpill = ${random.int(1, QUERIES_PER_SPILLING_ONE) === 1}`);
  return random.pick(workload);
}

/** Runs so many random queries of the workload; up to three times in each a thread is ended at a random moment. */
export async function runUnderFire(engine: EngineUnderFire, workload: readonly Undisturbed[], seed: number, queries: number): Promise<FaultSummary> {
  const random = new RandomStream(seed, "ended threads");
  const outcomes: Outcome[] = [];
  for (let i = 0; i < queries; i++) {
    const query = await draw(engine, workload, random);
    const shots = Array.from({ length: random.int(0, 3) }, () => setTimeout(() => void engine.endThread(random.int(0, 99)), random.int(0, Math.ceil(query.milliseconds))));
    outcomes.push(await outcomeOf(engine.query(query.sql), query, "WORKER_LOST"));
    for (const shot of shots) clearTimeout(shot);
  }
  return summary(outcomes);
}

/** Runs so many random queries of the workload; up to three times in each a thread dies that has a random share, at a random batch of it or when all of it is done. */
export async function runWithDeaths(engine: EngineUnderFire, workload: readonly Undisturbed[], seed: number, queries: number): Promise<FaultSummary> {
  const random = new RandomStream(seed, "deaths at shares");
  const outcomes: Outcome[] = [];
  for (let i = 0; i < queries; i++) {
    const query = await draw(engine, workload, random);
    const dying = new Set(Array.from({ length: random.int(1, 3) }, () => random.int(0, query.shares)));
    let given = 0;
    engine.threads.deathOf = () => (dying.has(given++) ? random.pick<Death>(["end", "end", 1, 2, 3]) : undefined);
    outcomes.push(await outcomeOf(engine.query(query.sql), query, "WORKER_LOST"));
  }
  engine.threads.deathOf = () => undefined;
  return summary(outcomes);
}

/** Runs so many random queries of the workload, and cancels each at a random moment of its time. */
export async function runCancelled(engine: EngineUnderFire, workload: readonly Undisturbed[], seed: number, queries: number): Promise<FaultSummary> {
  const random = new RandomStream(seed, "cancelled queries");
  const outcomes: Outcome[] = [];
  for (let i = 0; i < queries; i++) {
    const query = await draw(engine, workload, random);
    const cancel = new AbortController();
    const timer = setTimeout(() => cancel.abort(), random.int(0, Math.ceil(query.milliseconds)));
    outcomes.push(await outcomeOf(engine.query(query.sql, cancel.signal), query, "OPERATION_CANCELED"));
    clearTimeout(timer);
  }
  return summary(outcomes);
}

type Outcome = { readonly kind: "right" } | { readonly kind: "refused" } | { readonly kind: "wrong"; readonly problem: string };

async function outcomeOf(result: Promise<ResultSet>, { sql, answer }: Undisturbed, condition: string): Promise<Outcome> {
  try {
    const problem = firstDifference(await result, answer);
    return problem === undefined ? { kind: "right" } : { kind: "wrong", problem: `${problem}\n  ${sql}` };
  } catch (error) {
    if (error instanceof SparrowError && error.condition === condition) return { kind: "refused" };
    return { kind: "wrong", problem: `${error instanceof Error ? error.stack : String(error)}\n  ${sql}` };
  }
}

function summary(outcomes: readonly Outcome[]): FaultSummary {
  const count = (kind: Outcome["kind"]): number => outcomes.filter((o) => o.kind === kind).length;
  return { queries: outcomes.length, right: count("right"), refused: count("refused"), wrong: outcomes.flatMap((o) => (o.kind === "wrong" ? [o.problem] : [])) };
}
