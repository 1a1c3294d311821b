/**
 * Random tests for as long as one has time: `npm run soak -- [SET] [options]`. Each set's file says what its options are; without a set it is `queries`.
 */
const SETS: Readonly<Record<string, string>> = {
  /** Random queries against DuckDB. */
  queries: "./random/soak.ts",
  /** Random sequences of statements on a Delta table against a plain model. */
  "delta-model": "./delta/model/soak.ts",
  /** Processes killed while they change a Delta table. */
  "delta-crash": "./delta/crash-soak.ts",
  /** Processes that change one Delta table at the same time. */
  "delta-writers": "./delta/writers-soak.ts",
  /** Threads ended and queries cancelled at random moments, and what they leave behind. */
  faults: "./faults/soak.ts",
};

const [, , first] = process.argv;
const name = first === undefined || first.startsWith("-") ? "queries" : first;
const file = SETS[name];
if (file === undefined) {
  process.stderr.write(`There is no set ${name}; there are ${Object.keys(SETS).join(", ")}.\n`);
  process.exitCode = 2;
} else {
  if (first === name) process.argv.splice(2, 1);
  await import(file);
}
