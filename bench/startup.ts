/**
 * How long the built command takes for `SELECT 1`, beside a bare node, in turn: `npm run build && node bench/startup.ts [--runs 11]`.
 * Prints medians in milliseconds and peak memory in MB.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { runs: { type: "string", default: "11" } } });
const command = fileURLToPath(new URL("../dist/sparrow.js", import.meta.url));
if (!existsSync(command)) throw new Error("dist/ is missing: npm run build");

const CONTENDERS: Readonly<Record<string, readonly string[]>> = {
  "bare node": ["-e", "0"],
  "SELECT 1": [command, "-c", "SELECT 1"],
  "--version": [command, "--version"],
};

/** Prints its peak memory, in KB, at its end. */
const TELL_MEMORY = `data:text/javascript,process.on("exit",()=>process.stderr.write("\\nPEAK "+process.resourceUsage().maxRSS))`;

function run(args: readonly string[]): { readonly ms: number; readonly stderr: string } {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return { ms: performance.now() - started, stderr };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

const times = new Map<string, number[]>(Object.keys(CONTENDERS).map((name) => [name, []]));
for (let i = 0; i < Number(values.runs); i++) for (const [name, args] of Object.entries(CONTENDERS)) times.get(name)?.push(run(args).ms);
for (const [name, args] of Object.entries(CONTENDERS)) {
  const peakKb = Number(/PEAK (\d+)/.exec(run(["--import", TELL_MEMORY, ...args]).stderr)?.[1]);
  console.log(`${name.padEnd(10)} ${median(times.get(name) ?? []).toFixed(0).padStart(5)} ms ${(peakKb / 1024).toFixed(0).padStart(5)} MB`);
}
