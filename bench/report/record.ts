import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Measurement, MeasureOptions } from "../measure.ts";
import type { Suite } from "../suite.ts";
import { ratioChart } from "./chart.ts";

/** Writes `<suite>-<size>-<mode>.json` and `.svg` into the folder; gives their paths. Times in milliseconds, memory in 10^6 bytes. */
export function writeRecord(folder: string, suite: Suite, options: MeasureOptions, measurement: Measurement): string[] {
  mkdirSync(folder, { recursive: true });
  const base = path.join(folder, `${suite.name}-sf${suite.size}-${options.mode}`);
  const record = {
    suite: suite.name,
    sf: suite.size,
    mode: options.mode,
    threads: options.threads,
    runs: options.runs,
    machine: machine(),
    commit: commit(),
    load: {
      ours_ms: rounded(measurement.load.ours.milliseconds),
      duckdb_ms: rounded(measurement.load.duckdb.milliseconds),
      ours_mb: rounded(measurement.load.ours.residentMegabytes),
      duckdb_mb: rounded(measurement.load.duckdb.residentMegabytes),
    },
    queries: measurement.queries.map((query) => ({
      id: query.id,
      ours_ms: rounded(query.ours?.milliseconds),
      duckdb_ms: rounded(query.duckdb?.milliseconds),
      equal: query.problem === undefined,
      ours_peak_mb: rounded(query.ours?.peakMegabytes),
      duckdb_peak_mb: rounded(query.duckdb?.peakMegabytes),
      ours_cpu_ms: rounded(query.ours?.cpuMilliseconds),
      duckdb_cpu_ms: rounded(query.duckdb?.cpuMilliseconds),
      ours_first_ms: rounded(query.ours?.first),
      ...(query.problem === undefined ? {} : { problem: query.problem }),
    })),
  };
  const title = `${suite.name} ${suite.size}, ${options.mode}, ${options.threads} threads: time of ours / DuckDB`;
  writeFileSync(`${base}.json`, `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(`${base}.svg`, ratioChart(title, measurement));
  return [`${base}.json`, `${base}.svg`];
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 100) / 100;
}

function machine(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() ?? "unknown"} x ${cpus.length}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.platform()} ${os.arch()}, Node ${process.version}`;
}

/** The commit that is checked out, with `-dirty` when files differ from it; `unknown` outside of a repository. */
function commit(): string {
  try {
    const root = new URL("../..", import.meta.url);
    const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "-dirty");
  } catch {
    return "unknown";
  }
}
