/**
 * Faults made at random, as many as one has time for, and what they leave behind:
 * `npm run soak -- faults [--seed 1] [--killed 1000] [--deaths 1000] [--cancelled 200] [--scale 0.01] [--workers 2]`.
 */
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { tpchTables } from "../oracle/test-data.ts";
import { EngineUnderFire } from "./engine-under-fire.ts";
import type { FaultSummary } from "./random-faults.ts";
import { runCancelled, runUnderFire, runUndisturbed, runWithDeaths } from "./random-faults.ts";

/** Queries between two lines of progress. */
const QUERIES_PER_LINE = 50;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    killed: { type: "string", default: "1000" },
    deaths: { type: "string", default: "1000" },
    cancelled: { type: "string", default: "200" },
    scale: { type: "string", default: "0.01" },
    workers: { type: "string", default: "2" },
  },
});

const engine = new EngineUnderFire({ "sparrow.workers": values.workers, "sparrow.memory.limit": "512m" });
await engine.view(await tpchTables(Number(values.scale)));
const workload = await runUndisturbed(engine);

async function runSet(name: string, count: number, run: (seed: number, queries: number) => Promise<FaultSummary>): Promise<void> {
  let [done, right, refused, wrong] = [0, 0, 0, 0];
  for (let part = 0; done < count; part++) {
    const summary = await run(Number(values.seed) * 10_000 + part, Math.min(QUERIES_PER_LINE, count - done));
    done += summary.queries;
    right += summary.right;
    refused += summary.refused;
    wrong += summary.wrong.length;
    for (const problem of summary.wrong) console.log(problem);
    const { poolBytes, spillFiles, threads } = engine.holdings;
    const { deaths } = engine.threads;
    const files = process.platform === "linux" ? `, ${readdirSync("/proc/self/fd").length} open files` : "";
    console.log(`${name}: ${done} queries, ${right} right, ${refused} refused, ${wrong} wrong, ${deaths} deaths so far; holds ${poolBytes} bytes, ${spillFiles} spill files, ${threads} threads${files}`);
    if (wrong > 0 || poolBytes > 0 || spillFiles > 0) process.exitCode = 1;
  }
}

await runSet("threads ended", Number(values.killed), (seed, queries) => runUnderFire(engine, workload, seed, queries));
await runSet("deaths at shares", Number(values.deaths), (seed, queries) => runWithDeaths(engine, workload, seed, queries));
await runSet("cancelled", Number(values.cancelled), (seed, queries) => runCancelled(engine, workload, seed, queries));
await engine[Symbol.asyncDispose]();
