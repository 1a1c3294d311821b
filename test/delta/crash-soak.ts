/** Processes killed while they change a table: `npm run soak -- delta-crash [--count 200] [--calls 400] [--properties TEXT]`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createWritersTable, killWriters } from "./writer-processes.ts";

const { values } = parseArgs({ options: { count: { type: "string", default: "200" }, calls: { type: "string", default: "400" }, properties: { type: "string" } } });

const folder = mkdtempSync(join(tmpdir(), "sparrow-kills-"));
await createWritersTable(folder, values.properties);
const { acknowledged, problems } = await killWriters(folder, Number(values.count), () => 1 + Math.floor(Math.random() * Number(values.calls)));
console.log(`${values.count} kills, ${acknowledged} acknowledged changes, ${problems.length} problems`);
for (const problem of problems) console.log(problem);
if (problems.length > 0) {
  console.log(`The table is in ${folder}.`);
  process.exitCode = 1;
} else rmSync(folder, { recursive: true, force: true });
