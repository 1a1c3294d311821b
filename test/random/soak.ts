/**
 * Compares the engine with DuckDB on random queries, as many as one has time for:
 * `npm run soak -- queries [--seed 1] [--first 0] [--count 100000] [--max-failures 10] [--set name=value ...] [--interpreted]`.
 * With --interpreted plans are not executed but interpreted: what still fails then is the planner's.
 */
import { parseArgs } from "node:util";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { randomTables } from "../oracle/test-data.ts";
import { InterpretedSparrow } from "../reference/interpreted-sparrow.ts";
import { runRandomQueries } from "./run.ts";

/** Between two lines of progress. */
const QUERIES_PER_LINE = 1000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    count: { type: "string", default: "100000" },
    "max-failures": { type: "string", default: "10" },
    set: { type: "string", multiple: true, default: [] as string[] },
    interpreted: { type: "boolean", default: false },
  },
});

/** A query that takes longer is one that does not end. */
const TIMEOUT = { "sparrow.query.timeout": "10m" };
const settings = Object.fromEntries(values.set.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
// Joins on few values multiply: what needs more than this is not compared.
const duckdb = await DuckDBOracle.open({ threads: 1, memory: "2GB" });
await duckdb.execute("SET max_temp_directory_size = '0KB'");
const sparrow = values.interpreted ? new InterpretedSparrow(duckdb, settings) : await SparrowUnderTest.open({ ...TIMEOUT, ...settings });
for (const { name, path } of await randomTables(1)) {
  await duckdb.loadParquet(name, path);
  await sparrow.viewParquet(name, path);
}

const [seed, first, count] = [Number(values.seed), Number(values.first), Number(values.count)];
let left = Number(values["max-failures"]);
let withRows = 0;
let done = 0;
for (; done < count && left > 0; done += QUERIES_PER_LINE) {
  const part = Math.min(QUERIES_PER_LINE, count - done);
  const summary = await runRandomQueries({ seed, first: first + done, count: part, duckdb, runOurs: (sql) => sparrow.query(sql), maxFailures: left });
  for (const failure of summary.failures) console.log(`${failure}\n`);
  for (const number of summary.oracleFaults) console.log(`seed ${seed}, query ${number}: DuckDB answers otherwise with its optimizer than without; the engine agrees with the latter`);
  left -= summary.failures.length;
  withRows += summary.withRows;
  console.log(`seed ${seed}: ${first + done + part} queries, ${withRows} with rows, ${Number(values["max-failures"]) - left} failures`);
}
await sparrow.close();
duckdb.close();
if (left < Number(values["max-failures"])) process.exitCode = 1;
// Queries that give nothing compare nothing.
if (withRows < Math.min(done, count) / 2) {
  console.log(`Fewer than half of the queries give rows: ${withRows}.`);
  process.exitCode = 1;
}
