/** Random sequences of statements on a Delta table: `npm run soak -- delta-model [--seed 1] [--first 0] [--count 2000] [--max-failures 5]`. */
import { parseArgs } from "node:util";
import { TablesUnderTest } from "../tables-under-test.ts";
import { runSequences } from "./run-sequences.ts";

/** Between two lines of progress. */
const SEQUENCES_PER_LINE = 100;

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, first: { type: "string", default: "0" }, count: { type: "string", default: "2000" }, "max-failures": { type: "string", default: "5" } },
});
const [seed, first, count, maxFailures] = [values.seed, values.first, values.count, values["max-failures"]].map(Number);

const tables = await TablesUnderTest.open();
let failed = 0;
let versions = 0;
for (let done = 0; done < count && failed < maxFailures; done += SEQUENCES_PER_LINE) {
  const part = Math.min(SEQUENCES_PER_LINE, count - done);
  const summary = await runSequences(tables, { seed, first: first + done, count: part, maxFailures: maxFailures - failed });
  for (const failure of summary.failures) console.log(`${failure}\n`);
  failed += summary.failures.length;
  versions += summary.versions;
  console.log(`seed ${seed}: ${first + done + part} sequences, ${versions} versions compared, ${failed} failures`);
}
await tables.close();
if (failed > 0) process.exitCode = 1;
