import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { benchAdaptive } from "./adaptive/run.ts";
import { benchDelta } from "./delta/run.ts";
import { clickbenchSuite } from "./clickbench/suite.ts";
import { h2oSuite } from "./h2o/suite.ts";
import { measure } from "./measure.ts";
import { benchMemory } from "./memory/run.ts";
import type { MeasureOptions } from "./measure.ts";
import { writeRecord } from "./report/record.ts";
import { tableFooter, tableHeader, tableRow } from "./report/table.ts";
import type { BenchMode, Suite } from "./suite.ts";
import { tpchSuite } from "./tpch/suite.ts";

const USAGE = `Usage: npm run bench -- SUITE [options]

SUITE
  tpch          the 22 queries of TPC-H
  h2o           the group-by and join questions of the db-benchmark
  adaptive      rules that change a plan while it runs: each where it pays, on and off in turn, and TPC-H on and off
  delta         Delta tables: long logs, many files, time travel, MERGE; beside delta-rs with --python
  memory        TPC-H within a limit and without, and from a tenth of the data; sorts and groupings of many rows within 512 MiB
  clickbench    ClickBench's queries, from the file that --queries names, over a generated table

Options
  --sf N              scale factor (tpch; default 1; memory: default 10)
  --python FILE       a Python with the package deltalake (delta)
  --rows N            rows of the table (h2o and delta: default 10000000; clickbench: default 1000000; memory: default 200000000, 0: none)
  --mode hot|parquet  from the engines' memory, or from the Parquet files (default: both, one after the other)
  --threads N         of each engine (default: all processors)
  --memory SIZE       limit of each engine, such as 3GB (default: the engine's own; memory: 1GB)
  --runs N            timed runs per query and engine (default 5; 0: the first run, whose answers are compared, is timed)
  --queries 1,3       only these: numbers or names; for clickbench first the file: --queries FILE --queries 1,3
  --vary              other literals at every run
  --noise             DuckDB against itself, to see what the machine's noise is
  --data DIR          where generated data is kept (default bench/data)
  --out DIR           where the record and the chart go (default bench/results)
`;

const OPTIONS = {
  sf: { type: "string" },
  mode: { type: "string" },
  threads: { type: "string" },
  memory: { type: "string" },
  runs: { type: "string", default: "5" },
  queries: { type: "string", multiple: true, default: [] as string[] },
  rows: { type: "string" },
  python: { type: "string" },
  vary: { type: "boolean", default: false },
  noise: { type: "boolean", default: false },
  data: { type: "string", default: "bench/data" },
  out: { type: "string", default: "bench/results" },
  help: { type: "boolean", default: false },
} as const;

type Arguments = ReturnType<typeof readArguments>["values"];

function readArguments(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/** A wrong command line. */
class UsageError extends Error {}

async function openSuite(name: string | undefined, args: Arguments): Promise<Suite> {
  switch (name) {
    case "tpch":
      return await tpchAt(args, args.sf ?? "1");
    case "h2o": {
      const rows = positive("rows", args.rows ?? "10000000");
      return await h2oSuite(`${args.data}/h2o-${rows}`, rows);
    }
    case "clickbench": {
      const file = args.queries.find((text) => existsSync(text));
      if (file === undefined) throw new UsageError("clickbench takes its queries from a file: --queries FILE");
      const rows = positive("rows", args.rows ?? "1000000");
      return await clickbenchSuite(`${args.data}/clickbench-${rows}`, rows, file);
    }
    case undefined:
      throw new UsageError("no suite was given");
    default:
      throw new UsageError(`there is no suite ${name}`);
  }
}

function tpchAt(args: Arguments, scale: string): Promise<Suite> {
  return tpchSuite(`${args.data}/tpch-sf${scale}`, positive("sf", scale));
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${option} takes a positive number, not ${text}`);
  return value;
}

function positiveOrZero(option: string, text: string): number {
  return text === "0" ? 0 : positive(option, text);
}

function modes(text: string | undefined): BenchMode[] {
  if (text === undefined) return ["hot", "parquet"];
  if (text !== "hot" && text !== "parquet") throw new UsageError(`--mode is hot or parquet, not ${text}`);
  return [text];
}

/** `1,3` or `q01,q03`; a file is no choice. */
function chosen(suite: Suite, texts: readonly string[]): Suite {
  const choices = texts.filter((text) => !existsSync(text)).flatMap((text) => text.split(","));
  if (choices.length === 0) return suite;
  const queries = choices.map((wanted) => {
    const query = suite.queries.find((q) => q.id === wanted || q.id.replace(/^\D+0*(?=\d)/, "") === wanted);
    if (query === undefined) throw new UsageError(`${suite.name} has no query ${wanted}`);
    return query;
  });
  return { ...suite, queries };
}

async function main(): Promise<void> {
  const { values: args, positionals } = readArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(USAGE);
    return;
  }
  const threads = args.threads === undefined ? availableParallelism() : positive("threads", args.threads);
  if (positionals[0] === "delta") {
    await benchDelta({ data: `${args.data}/delta`, rows: positive("rows", args.rows ?? "10000000"), runs: positive("runs", args.runs), python: args.python });
    return;
  }
  if (positionals[0] === "adaptive") {
    await benchAdaptive(await tpchAt(args, args.sf ?? "1"), { runs: positive("runs", args.runs), threads });
    return;
  }
  const runs = positiveOrZero("runs", args.runs);
  if (positionals[0] === "memory") {
    const scale = args.sf ?? "10";
    const [small, large] = [await tpchAt(args, String(positive("sf", scale) / 10)), await tpchAt(args, scale)].map((suite) => chosen(suite, args.queries));
    const rows = positiveOrZero("rows", args.rows ?? "200000000");
    if (!(await benchMemory(small, large, { runs, threads, memory: args.memory ?? "1GB", rows }))) process.exitCode = 1;
    return;
  }
  const wantedModes = modes(args.mode);
  const suite = chosen(await openSuite(positionals[0], args), args.queries);
  let failed = false;
  for (const mode of wantedModes) {
    const options: MeasureOptions = { mode, runs, threads, memory: args.memory, vary: args.vary, ours: args.noise ? "duckdb" : "sparrow" };
    console.log(`\n${suite.name} ${suite.size}, ${mode}, ${threads} threads, median of ${runs} runs${args.noise ? ", DuckDB as ours" : ""}\n${tableHeader()}`);
    const measurement = await measure(suite, options, (query) => console.log(tableRow(query)));
    console.log(tableFooter(measurement));
    for (const file of writeRecord(args.out, suite, options, measurement)) console.log(file);
    failed ||= measurement.queries.some((query) => query.problem !== undefined);
  }
  if (failed) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
