/** Processes that change one table at the same time: `npm run soak -- delta-writers [--processes 8] [--seconds 60] [--properties TEXT]`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createWritersTable, runWriters } from "./writer-processes.ts";

const { values } = parseArgs({ options: { processes: { type: "string", default: "8" }, seconds: { type: "string", default: "60" }, properties: { type: "string" } } });

const folder = mkdtempSync(join(tmpdir(), "sparrow-writers-"));
await createWritersTable(folder, values.properties);
const { acknowledged, commits, problems } = await runWriters(folder, Number(values.processes), Number(values.seconds) * 1000);
for (const [writer, kinds] of [...acknowledged].sort()) console.log(`${writer}: ${[...kinds].sort().map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
console.log(`${commits} commits, ${problems.length} problems`);
for (const problem of problems) console.log(problem);
rmSync(folder, { recursive: true, force: true });
if (problems.length > 0) process.exitCode = 1;
