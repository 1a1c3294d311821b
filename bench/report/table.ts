import { geometricMean } from "../measure.ts";
import type { Measurement, QueryMeasurement } from "../measure.ts";

const HEADER = ["query", "rows", "ours ms", "DuckDB ms", "ratio", "first ms", "ours CPU", "DuckDB CPU", "ours MB", "DuckDB MB", "answers"];
const WIDTHS = [8, 8, 9, 10, 6, 9, 9, 11, 8, 10, 8];

/** Ours / DuckDB, wall clock; undefined when one of them failed. */
export function ratio(query: QueryMeasurement): number | undefined {
  return query.ours === undefined || query.duckdb === undefined ? undefined : query.ours.milliseconds / query.duckdb.milliseconds;
}

export function tableHeader(): string {
  return line(HEADER);
}

export function tableRow(query: QueryMeasurement): string {
  const { ours, duckdb } = query;
  const row = line([
    query.id,
    String(ours?.rows ?? duckdb?.rows ?? "-"),
    number(ours?.milliseconds, 1),
    number(duckdb?.milliseconds, 1),
    number(ratio(query), 2),
    number(ours?.first, 1),
    number(ours?.cpuMilliseconds, 0),
    number(duckdb?.cpuMilliseconds, 0),
    number(ours?.peakMegabytes, 0),
    number(duckdb?.peakMegabytes, 0),
    query.problem === undefined ? "equal" : "DIFFER",
  ]);
  return query.problem === undefined ? row : `${row}\n         ${query.problem}`;
}

/** Sums, the geometric mean of the ratios, the worst ratio, peaks, and what loading took. */
export function tableFooter(measurement: Measurement): string {
  const both = measurement.queries.filter((q) => q.ours !== undefined && q.duckdb !== undefined);
  const ratios = both.map((q) => ratio(q)!);
  const sum = (side: "ours" | "duckdb") => both.reduce((total, q) => total + q[side]!.milliseconds, 0);
  const peak = (side: "ours" | "duckdb") => Math.max(0, ...both.map((q) => q[side]!.peakMegabytes));
  const { load, queries } = measurement;
  const lines = [
    line(["sum", "", number(sum("ours"), 1), number(sum("duckdb"), 1), "", "", "", "", number(peak("ours"), 0), number(peak("duckdb"), 0), ""]),
    `load: ours ${seconds(load.ours.milliseconds)}, DuckDB ${seconds(load.duckdb.milliseconds)}; ` +
      `then held: ours ${number(load.ours.residentMegabytes, 0)} MB, DuckDB ${number(load.duckdb.residentMegabytes, 0)} MB`,
  ];
  if (ratios.length > 0) {
    const cpuRatios = both.map((q) => q.ours!.cpuMilliseconds / q.duckdb!.cpuMilliseconds);
    lines.push(
      `geometric mean of ours / DuckDB over ${ratios.length} queries: ${number(geometricMean(ratios), 3)}; worst ${number(Math.max(...ratios), 2)}; ` +
        `by CPU seconds, which other work on the machine disturbs less: ${number(geometricMean(cpuRatios), 3)}`,
    );
  }
  const wrong = queries.filter((q) => q.problem !== undefined).map((q) => q.id);
  lines.push(wrong.length === 0 ? `all ${queries.length} answers agree` : `${wrong.length} of ${queries.length} failed or differ: ${wrong.join(", ")}`);
  return lines.join("\n");
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(" ");
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : value.toFixed(digits);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
