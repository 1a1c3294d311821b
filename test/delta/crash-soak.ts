/** Processes killed while they change a table: `npm run soak -- delta-crash [--seed 1] [--count 200] [--calls 400] [--properties TEXT]`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RandomStream } from "../../bench/generate/random.ts";
import { createWritersTable, killWriters } from "./writer-processes.ts";

const { values } = parseArgs({ options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "200" }, calls: { type: "string", default: "400" }, properties: { type: "string" } } });

const folder = mkdtempSync(join(tmpdir(), "sparrow-kills-"));
await createWritersTable(folder, values.properties);
const random = new RandomStream(Number(values.seed), "kills");
const { acknowledged, problems } = await killWriters(folder, Number(values.count), () => random.int(1, Number(values.calls)));
console.log(`seed ${values.seed}: ${values.count} kills, ${acknowledged} acknowledged changes, ${problems.length} problems`);
for (const problem of problems) console.log(problem);
if (problems.length > 0) {
  console.log(`The table is in ${folder}.`);
  process.exitCode = 1;
} else rmSync(folder, { recursive: true, force: true });
