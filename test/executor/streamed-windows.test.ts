import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { LIMIT_MIB, TABLE, testStreamedWindows, WINDOWS } from "./streamed-windows.ts";

/** Windows of which one partition does not fit into memory: its rows come from the disk in order. */

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

/** Nobody else asks for memory when it is short. */
const alone = await LimitedEngine.open(1);
afterAll(() => alone.close());

testStreamedWindows(engine, WINDOWS.filter(({ representative }) => representative));

test("REPARTITION_BY_RANGE ranks rows that do not fit", async () => {
  const columns = `h, id, wide FROM ${TABLE}`;
  const { rows, counters } = await engine.run(`SELECT /*+ REPARTITION_BY_RANGE(5, h) */ ${columns} SORT BY h, id`, `${LIMIT_MIB}m`);
  expect(rows).toEqual((await engine.run(`SELECT ${columns} ORDER BY h, id`)).rows);
  expect(counters.spilledBytes).toBeGreaterThan(3_000_000);
  expect(counters.peakBytes).toBeLessThanOrEqual(LIMIT_MIB * 1024 * 1024);
});

test.each([
  ["collect_list(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", "A window function without a running state (collect_list) has all rows of a partition in memory at once."],
  ["sum(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)", "A window frame that does not begin with the first row of its partition is in memory as a whole."],
])("%s is an error that says what does not fit, and leaves nothing behind", async (call, detail) => {
  const error = alone.run(`SELECT max(xxhash64(a)), sum(length(wide)) FROM (SELECT wide, ${call} AS a FROM ${TABLE})`, "4m");
  await expect(error).rejects.toMatchObject({ condition: "MEMORY_LIMIT_EXCEEDED", message: expect.stringMatching(/ At work: Window \(id=\d+\)( and HashAggregate \(id=\d+\))?\.$/), detail });
  expect(await alone.leftovers()).toEqual({ bytes: 0, files: [] });
});
