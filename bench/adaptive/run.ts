import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../server/library.ts";
import type { EngineEvent, Sparrow } from "../../server/library.ts";
import { bytesText } from "../../planner/bytes-text.ts";
import { tpchQueries } from "../tpch/queries.ts";
import type { Suite } from "../suite.ts";
import { CASES, SKEWED_JOIN, TABLES } from "./cases.ts";

export interface AdaptiveBenchOptions {
  readonly runs: number;
  readonly threads: number;
}

type Settings = Readonly<Record<string, string>>;

interface Cost {
  readonly milliseconds: number;
  /** CPU seconds of the process, all threads. */
  readonly cpu: number;
  /** Rows that entered pipelines, and that breakers kept. */
  readonly read: number;
  readonly kept: number;
  /** Bytes that the query held at the end of a stage, at most. */
  readonly held: number;
  /** Rows of the largest task of the last stage with the most rows, by the mean of its tasks. */
  readonly largestTask: number;
}

/** Each rule where it pays, on and off in turn; a join of skewed partitions; and TPC-H with adaptive execution on and off. */
export async function benchAdaptive(tpch: Suite, { runs, threads }: AdaptiveBenchOptions): Promise<void> {
  const warehouse = mkdtempSync(join(tmpdir(), "sparrow-bench-adaptive-"));
  const events: EngineEvent[] = [];
  const sparrow = await open({ catalog: "memory", settings: { "spark.sql.warehouse.dir": warehouse, "sparrow.workers": String(threads) }, onEvent: (event) => events.push(event) });
  const cost = (sql: string, settings: Settings): Promise<Cost> => costOf(sparrow, events, sql, settings);
  try {
    for (const statement of TABLES) await sparrow.sql(statement).toArray();
    console.log(`\n| rule | on, ms | off, ms | on / off | CPU on / off | rows read on / off | memory held on / off |\n|---|---:|---:|---:|---:|---:|---:|`);
    for (const { rule, sql, off, settings = {}, writes } of CASES) {
      const [on, without] = await inTurn(runs, () => cost(sql, settings), () => cost(sql, { ...settings, ...off }));
      console.log(`| ${rule} | ${ms(on)} | ${ms(without)} | ${ratio(on.milliseconds, without.milliseconds)} | ${ratio(on.cpu, without.cpu)} | ${on.read} / ${without.read} | ${bytesText(on.held)} / ${bytesText(without.held)} |`);
      const larger = writes === undefined ? undefined : largestFile(join(warehouse, writes));
      events.length = 0;
      await cost(sql, settings);
      const decision = events.find((event) => event.kind === "planChanged" && event.rule === rule);
      console.log(decision?.kind === "planChanged" ? `\n> ${decision.reason}\n` : "\n> the rule did not fire\n");
      if (writes !== undefined) console.log(`Largest file written: ${largestFile(join(warehouse, writes))} on, ${larger} off\n`);
    }
    const { partitioned, shared, off } = SKEWED_JOIN;
    const [cut, whole] = await inTurn(runs, () => cost(partitioned, {}), () => cost(partitioned, off));
    const [oneTable] = await inTurn(runs, () => cost(shared, {}));
    console.log(`Join of 20 M rows in partitions, 90 % of one key: ${ms(cut)} ms with OptimizeSkewedJoin, ${ms(whole)} ms without, ${ratio(cut.milliseconds, whole.milliseconds)} (0.75 at most), CPU ${ratio(cut.cpu, whole.cpu)};`);
    console.log(`largest task / mean ${cut.largestTask.toFixed(2)} (1.20 at most) and ${whole.largestTask.toFixed(2)}; with one hash table ${ms(oneTable)} ms, CPU ${ratio(oneTable.cpu, cut.cpu)} of that in partitions\n`);
    for (const { name, path } of tpch.tables) {
      await sparrow.sql(`CREATE OR REPLACE TEMPORARY VIEW ${name} USING parquet OPTIONS (path '${path}')`).toArray();
      await sparrow.sql(`CACHE TABLE ${name}`).toArray();
    }
    console.log(`| TPC-H ${tpch.size} | on, ms | off, ms | CPU on / off | rows read on / off | rows kept on / off |\n|---|---:|---:|---:|---:|---:|`);
    const total = { on: 0, off: 0 };
    for (const { id, sql } of tpchQueries(tpch.size)) {
      const [on, off] = await inTurn(runs, () => cost(sql, {}), () => cost(sql, { "spark.sql.adaptive.enabled": "false" }));
      total.on += on.cpu;
      total.off += off.cpu;
      console.log(`| ${id} | ${ms(on)} | ${ms(off)} | ${ratio(on.cpu, off.cpu)} | ${on.read} / ${off.read} | ${on.kept} / ${off.kept} |`);
    }
    console.log(`CPU seconds of all: ${total.on.toFixed(2)} on, ${total.off.toFixed(2)} off`);
  } finally {
    await sparrow.close();
    rmSync(warehouse, { recursive: true, force: true });
  }
}

/** Medians of runs A B A B ... */
async function inTurn(runs: number, ...measured: readonly (() => Promise<Cost>)[]): Promise<readonly Cost[]> {
  const costs = measured.map((): Cost[] => []);
  for (let run = 0; run < runs; run++) for (const [i, measure] of measured.entries()) costs[i].push(await measure());
  const medianOf = (own: readonly Cost[]): Cost => {
    const median = (value: (cost: Cost) => number): number => own.map(value).toSorted((x, y) => x - y)[own.length >> 1];
    return { milliseconds: median((c) => c.milliseconds), cpu: median((c) => c.cpu), read: median((c) => c.read), kept: median((c) => c.kept), held: median((c) => c.held), largestTask: median((c) => c.largestTask) };
  };
  return costs.map(medianOf);
}

async function costOf(sparrow: Sparrow, events: EngineEvent[], sql: string, settings: Settings): Promise<Cost> {
  events.length = 0;
  const before = process.cpuUsage();
  const started = performance.now();
  for await (const batch of (await sparrow.sql(sql, { settings })).batches()) void batch;
  const milliseconds = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  const read = sumOf(events, (event) => (event.kind === "stageEnded" ? event.rows : 0));
  const kept = sumOf(events, (event) => (event.kind === "breakerCompleted" ? event.rows : 0));
  const held = events.reduce((most, event) => (event.kind === "stageEnded" ? Math.max(most, event.heldBytes) : most), 0);
  return { milliseconds, cpu: (user + system) / 1e6, read, kept, held, largestTask: largestTask(events) };
}

function largestFile(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(".parquet"));
  return `${bytesText(Math.max(...files.map((name) => statSync(join(folder, name)).size)))} of ${files.length}`;
}

function largestTask(events: readonly EngineEvent[]): number {
  const tasks = events.filter((event) => event.kind === "taskEnded");
  const byStage = Map.groupBy(tasks, (task) => task.stage);
  const longest = [...byStage.values()].reverse().toSorted((a, b) => sumOf(b, (t) => t.rows) - sumOf(a, (t) => t.rows))[0] ?? [];
  const mean = sumOf(longest, (task) => task.rows) / Math.max(1, longest.length);
  return mean === 0 ? 1 : Math.max(...longest.map((task) => task.rows)) / mean;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function ms({ milliseconds }: Cost): string {
  return milliseconds.toFixed(1);
}

function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}
