import { firstDifference } from "../test/oracle/compare.ts";
import { EngineProcess } from "./engines/client.ts";
import type { EngineName, EngineOptions } from "./engines/engine.ts";
import type { Answer, Cost } from "./engines/protocol.ts";
import type { BenchMode, BenchQuery, Suite } from "./suite.ts";

export interface MeasureOptions extends EngineOptions {
  readonly mode: BenchMode;
  /** Timed runs per query and engine; with 0 the first one, whose result is compared, is what is timed. */
  readonly runs: number;
  /** Whether literals change from run to run. */
  readonly vary: boolean;
  /** The engine under test; `duckdb` measures DuckDB against itself: the noise of the machine. */
  readonly ours: EngineName;
}

/** What one engine took for one query: medians over the timed runs; `first` is the run before them, whose result was compared. */
export interface QueryCost extends Cost {
  readonly first: number;
  readonly rows: number;
}

export interface QueryMeasurement {
  readonly id: string;
  /** Undefined when the engine failed. */
  readonly ours: QueryCost | undefined;
  readonly duckdb: QueryCost | undefined;
  /** Undefined when the answers are equal: else the first difference, or the error. */
  readonly problem: string | undefined;
}

export interface Measurement {
  readonly queries: readonly QueryMeasurement[];
  /** What opening the tables took: hot mode loads them. */
  readonly load: { readonly ours: Cost; readonly duckdb: Cost };
}

/**
 * Runs every query in both engines in turn, ours, DuckDB, ours, DuckDB, ..., so that what the machine does besides falls on both. In hot
 * mode each engine keeps its process, as it keeps its tables; from Parquet every query has fresh processes, so that memory is the query's.
 */
export async function measure(suite: Suite, options: MeasureOptions, onQuery: (query: QueryMeasurement) => void): Promise<Measurement> {
  const pair = new EnginePair(suite, options);
  const queries: QueryMeasurement[] = [];
  let load = await pair.start();
  for (const query of suite.queries) {
    if (options.mode === "parquet" || !pair.alive) {
      await pair.stop();
      load = await pair.start();
    }
    const measured = await pair.measure(query);
    queries.push(measured);
    onQuery(measured);
  }
  await pair.stop();
  return { queries, load };
}

class EnginePair {
  readonly #suite: Suite;
  readonly #options: MeasureOptions;
  #ours!: EngineProcess;
  #duckdb!: EngineProcess;

  constructor(suite: Suite, options: MeasureOptions) {
    this.#suite = suite;
    this.#options = options;
  }

  async start(): Promise<Measurement["load"]> {
    const { threads, memory, mode, ours } = this.#options;
    this.#ours = await EngineProcess.start(ours, { threads, memory });
    this.#duckdb = await EngineProcess.start("duckdb", { threads, memory });
    const load = { kind: "load", tables: this.#suite.tables, mode } as const;
    return { ours: costOf(await this.#ours.ask(load), ours), duckdb: costOf(await this.#duckdb.ask(load), "duckdb") };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#ours.close(), this.#duckdb.close()]);
  }

  get alive(): boolean {
    return this.#ours.alive && this.#duckdb.alive;
  }

  async measure(query: BenchQuery): Promise<QueryMeasurement> {
    const [ourText, theirText] = [textFor(this.#options.ours, query), textFor("duckdb", query)];
    const ourFirst = await this.#ours.ask({ kind: "collect", sql: ourText.compared });
    const theirFirst = await this.#duckdb.ask({ kind: "collect", sql: theirText.compared });
    const ours: Answer[] = [];
    const theirs: Answer[] = [];
    for (let run = 1; run <= this.#options.runs; run++) {
      const varied = (sql: string) => (this.#options.vary ? this.#suite.vary(sql, run) : sql);
      if (ourFirst.kind === "done") ours.push(await this.#ours.ask({ kind: "run", sql: varied(ourText.timed) }));
      if (theirFirst.kind === "done") theirs.push(await this.#duckdb.ask({ kind: "run", sql: varied(theirText.timed) }));
    }
    return { id: query.id, ours: median(ourFirst, ours), duckdb: median(theirFirst, theirs), problem: problem(ourFirst, theirFirst, [...ours, ...theirs]) };
  }
}

function textFor(engine: EngineName, query: BenchQuery): { timed: string; compared: string } {
  switch (engine) {
    case "sparrow":
      return { timed: query.sql, compared: query.comparable ?? query.sql };
    case "duckdb": {
      const timed = query.duckdb ?? query.sql;
      return { timed, compared: query.comparableDuckDB ?? query.comparable ?? timed };
    }
  }
}

function problem(ours: Answer, theirs: Answer, runs: readonly Answer[]): string | undefined {
  if (ours.kind === "failed") return ours.message;
  if (theirs.kind === "failed") return `DuckDB: ${theirs.message}`;
  for (const run of runs) if (run.kind === "failed") return run.message;
  return firstDifference(ours.result!, theirs.result!);
}

function costOf(answer: Answer, who: string): Cost {
  if (answer.kind === "failed") throw new Error(`${who} could not load the tables: ${answer.message}`);
  return answer.cost;
}

function median(first: Answer, runs: readonly Answer[]): QueryCost | undefined {
  if (first.kind === "failed") return undefined;
  const costs = runs.length === 0 ? [first.cost] : runs.flatMap((run) => (run.kind === "done" ? [run.cost] : []));
  if (costs.length === 0) return undefined;
  return {
    first: first.cost.milliseconds,
    rows: first.result!.rows.length,
    milliseconds: medianOf(costs.map((c) => c.milliseconds)),
    cpuMilliseconds: medianOf(costs.map((c) => c.cpuMilliseconds)),
    peakMegabytes: medianOf(costs.map((c) => c.peakMegabytes)),
    residentMegabytes: medianOf(costs.map((c) => c.residentMegabytes)),
  };
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
}
