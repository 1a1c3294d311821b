import { afterAll, expect, test } from "vitest";
import { Executor } from "../../executor/executor.ts";
import type { QueryCounters } from "../../executor/query-counters.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { planStages } from "../../planner/plan-stages.ts";
import type { StagePlan } from "../../planner/stages.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import type { PartitionSize, Replan } from "../../planner/adaptive/progress.ts";
import { LONG, STRING } from "../../catalog/types.ts";

const MIB = 1024 * 1024;
const executor = new Executor({ poolBytes: 64 * MIB, workers: 2 });
afterAll(() => executor.close());

const id: Column = { id: 1, name: "id", type: LONG, nullable: false };
const text: Column = { id: 2, name: "text", type: STRING, nullable: false };
const column = (c: Column): Expr => ({ kind: "column", ...c });

/** id and its text with some more behind it, of range(rows), through an exchange. */
function exchangeOfRange(rows: number, keys: readonly Expr[], partitions: number): PhysicalPlan {
  const range: PhysicalPlan = { kind: "range", id: 1, rows, column: id, start: 0n, end: BigInt(rows), step: 1n };
  const cast: Expr = { kind: "cast", input: column(id), type: STRING, nullable: false, mode: "ansi" };
  const name: Expr = { kind: "call", name: "concat", args: [cast, { kind: "literal", type: STRING, value: " and some more text" }], type: STRING, nullable: false, mode: "ansi" };
  const project: PhysicalPlan = { kind: "project", id: 2, rows, input: range, outputs: [{ column: id, expr: column(id) }, { column: text, expr: name }] };
  return { kind: "exchange", id: 3, rows, input: project, partitioning: { keys, partitions } };
}

interface Result {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly counters: QueryCounters;
  readonly sizes: readonly PartitionSize[];
  /** What the pool has in use when the query has ended. */
  readonly leftBytes: number;
}

const decoder = new TextDecoder();

async function run(stages: StagePlan, memoryLimit?: number, on = executor): Promise<Result> {
  let counters: QueryCounters | undefined;
  let sizes: readonly PartitionSize[] = [];
  const replan: Replan = async ({ complete, latest }) => {
    sizes = complete.get(latest)?.partitions ?? [];
    return undefined;
  };
  const evaluation = { timeZone: "UTC", queryTime: 0n, user: "", database: "", catalog: "" };
  const options = { signal: new AbortController().signal, evaluation, batchRows: 16_384, emit: true, memoryLimit, adaptive: { replan, minRows: 0 }, onEnd: (found: QueryCounters) => (counters = found) };
  const ids: number[] = [];
  const texts: string[] = [];
  for await (const batch of on.execute(stages, options)) {
    const [first, second] = batch.columns;
    ids.push(...[...new BigInt64Array(first.data.buffer, first.data.byteOffset, batch.rows)].map(Number));
    const offsets = second.offsets!;
    // One byte is one character here.
    const all = decoder.decode(second.bytes!.slice(offsets[0], offsets[batch.rows]));
    for (let i = 0; i < batch.rows; i++) texts.push(all.slice(offsets[i] - offsets[0], offsets[i + 1] - offsets[0]));
  }
  return { ids, texts, counters: counters!, sizes, leftBytes: on.pool.usedBytes };
}

function expectAll({ ids, texts, leftBytes }: Result, rows: number): void {
  expect(leftBytes).toBe(0);
  expect(texts.every((t, i) => t === `${ids[i]} and some more text`)).toBe(true);
  expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
}

test("an exchange by keys gives all rows, and knows the rows and bytes of its partitions", async () => {
  const result = await run(planStages(exchangeOfRange(20_000, [column(id)], 7)));
  expectAll(result, 20_000);
  expect(result.counters.spilledBytes).toBe(0);
  expect(result.sizes.map((s) => s.rows).reduce((a, b) => a + b)).toBe(20_000);
  for (const { rows, bytes } of result.sizes) {
    expect(rows).toBeGreaterThan(2000);
    expect(bytes).toBeGreaterThan(rows * (24 + " and some more text".length));
  }
});

test("rows without keys are spread evenly", async () => {
  const result = await run(planStages(exchangeOfRange(1000, [], 4)));
  expectAll(result, 1000);
  expect(result.sizes.map((s) => s.rows)).toEqual([250, 250, 250, 250]);
});

test.each([1, 2, 7])("what does not fit goes to disk and comes back: %i workers", async (workers) => {
  const own = workers === 2 ? undefined : new Executor({ poolBytes: 254 * MIB, workers });
  const rows = 90_000;
  const result = await run(planStages(exchangeOfRange(rows, [column(id)], 5)), workers * 2 * MIB, own);
  await own?.close();
  expectAll(result, rows);
  expect(result.counters.spilledBytes).toBeGreaterThan(MIB);
  expect(result.counters.peakBytes).toBeLessThanOrEqual(workers * 2 * MIB);
  expect(result.sizes.map((s) => s.rows).reduce((a, b) => a + b)).toBe(rows);
});

test.each([undefined, 4 * MIB])("a reader can take some partitions only, with a limit of %s bytes", async (limit) => {
  const stages = planStages(exchangeOfRange(90_000, [column(id)], 4));
  // A result has a pipeline for each partition.
  const only = (partitions: readonly number[]): StagePlan => ({ ...stages, pipelines: stages.pipelines.filter(({ source }) => source.kind !== "breaker" || partitions.some((p) => source.partitions?.includes(p))) });
  const [some, rest] = [await run(only([2]), limit), await run(only([0, 3, 1]), limit)];
  expect(some.ids.length).toBe(some.sizes[2].rows);
  expectAll({ ...some, ids: [...some.ids, ...rest.ids], texts: [...some.texts, ...rest.texts] }, 90_000);
});
