import { afterAll, beforeAll, expect, test } from "vitest";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { tpchTables } from "../oracle/test-data.ts";

/** Queries that run as compiled code alone. */
const COMPILED = new Set(["q01", "q03", "q05", "q06", "q18"]);

let sparrow: SparrowUnderTest;

beforeAll(async () => {
  sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2" });
  for (const { name, path } of await tpchTables(0.01)) await sparrow.viewParquet(name, path);
});

afterAll(() => sparrow.close());

/** Calls of TypeScript implementations over a batch, and rows of the result, as EXPLAIN ANALYZE counts them. */
async function analyzed(sql: string, settings: Readonly<Record<string, string>> = {}): Promise<{ calls: number; rows: number }> {
  const [[plan]] = (await sparrow.query(`EXPLAIN ANALYZE ${sql}`, settings)).rows;
  const counted = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(String(plan))?.[1]);
  return { calls: counted("Calls into TypeScript functions"), rows: counted("Rows") };
}

test.each(tpchQueries(1).filter(({ id }) => COMPILED.has(id)))("TPC-H $id calls no TypeScript implementation", async ({ sql }) => {
  const { calls, rows } = await analyzed(sql);
  expect(rows).toBeGreaterThan(0);
  expect(calls).toBe(0);
});

test("calls are counted where there are some: for a function without a compiled form, and when nothing is compiled", async () => {
  expect((await analyzed("SELECT max(soundex(c_name)) FROM customer")).calls).toBeGreaterThan(0);
  const [{ sql }] = tpchQueries(1);
  expect((await analyzed(sql, { "sparrow.exec.emit": "false" })).calls).toBeGreaterThan(0);
});
