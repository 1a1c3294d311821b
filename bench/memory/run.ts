import { geometricMean, measure } from "../measure.ts";
import type { Cost } from "../engines/protocol.ts";
import type { Measurement, QueryMeasurement } from "../measure.ts";
import { tableFooter, tableHeader, tableRow } from "../report/table.ts";
import type { Suite } from "../suite.ts";
import { measureLargeRows } from "./large-rows.ts";

export interface MemoryBenchOptions {
  readonly runs: number;
  readonly threads: number;
  /** Limit of each engine for the suites, such as `1GB`. */
  readonly memory: string;
  /** Rows that are sorted and grouped; 0: none. */
  readonly rows: number;
}

/** A suite's queries in three ways. */
interface Ways {
  readonly small: QueryMeasurement;
  readonly large: QueryMeasurement;
  readonly limited: QueryMeasurement;
}

type Side = "ours" | "duckdb";

/**
 * What a limit of memory costs, and how time grows with the data: the queries over the large data within the limit, without one, and over the small data,
 * each in both engines in turn, all from Parquet files; then sorts and groupings of many rows within half of the limit. False when something failed or differs.
 */
export async function benchMemory(small: Suite, large: Suite, { runs, threads, memory, rows }: MemoryBenchOptions): Promise<boolean> {
  const inWay = async (suite: Suite, limit: string | undefined): Promise<Measurement> => {
    console.log(`\n${suite.name} ${suite.size}, ${limit === undefined ? "no limit" : `each engine within ${limit}`}, ${threads} threads, median of ${runs} runs\n${tableHeader()}`);
    const measurement = await measure(suite, { mode: "parquet", runs, threads, memory: limit, vary: false, ours: "sparrow" }, (query) => console.log(tableRow(query)));
    console.log(tableFooter(measurement));
    return measurement;
  };
  const limited = await inWay(large, memory);
  const unlimited = await inWay(large, undefined);
  const before = await inWay(small, undefined);
  const ways = limited.queries.map((query, i): Ways => ({ small: before.queries[i], large: unlimited.queries[i], limited: query }));
  console.log(`\n${costTable(ways, `${large.size / small.size} times the data`)}`);
  const peak = Math.max(0, ...limited.queries.map((query) => query.ours?.peakMegabytes ?? 0));
  console.log(`peak memory of our process within ${memory}: ${peak.toFixed(0)} MB`);
  const isRight = [limited, unlimited, before].every(({ queries }) => queries.every((query) => query.problem === undefined));
  return rows === 0 ? isRight : (await measureLargeRows({ rows, threads })) && isRight;
}

/** Per query: time and CPU time within the limit by those without, and those over the large data by those over the small data. */
function costTable(ways: readonly Ways[], more: string): string {
  const withinLimit = (side: Side, value: (cost: Cost) => number) => ways.map((way) => quotient(way.limited, way.large, side, value));
  const growth = (side: Side, value: (cost: Cost) => number) => ways.map((way) => quotient(way.large, way.small, side, value));
  const wall = (cost: Cost): number => cost.milliseconds;
  const cpu = (cost: Cost): number => cost.cpuMilliseconds;
  const columns = [withinLimit("ours", wall), withinLimit("duckdb", wall), growth("ours", wall), growth("duckdb", wall), growth("ours", cpu), growth("duckdb", cpu)];
  const means = columns.map((column) => geometricMean(column.filter((value) => value !== undefined)));
  return [
    `| query | within the limit / without, ours | DuckDB | ${more}, ours | DuckDB | by CPU seconds, ours | DuckDB |`,
    "|---|---:|---:|---:|---:|---:|---:|",
    ...ways.map(({ small }, i) => `| ${small.id} | ${columns.map((column) => column[i]?.toFixed(2) ?? "-").join(" | ")} |`),
    `| geometric mean | ${means.map((mean) => mean.toFixed(2)).join(" | ")} |`,
  ].join("\n");
}

/** Undefined where one of them failed. */
function quotient(of: QueryMeasurement, by: QueryMeasurement, side: Side, value: (cost: Cost) => number): number | undefined {
  const [a, b] = [of[side], by[side]];
  return a === undefined || b === undefined ? undefined : value(a) / value(b);
}
