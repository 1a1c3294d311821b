import { afterAll, expect, test } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { SORTED_TABLE, SORTS_AND_WINDOWS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testSpilling(engine, SORTS_AND_WINDOWS);

test("one window over all rows that does not fit is an error that says what to set, and leaves nothing behind", async () => {
  await expect(engine.run(`SELECT sum(a) FROM (SELECT sum(id) OVER (ORDER BY x, id) AS a FROM ${SORTED_TABLE})`, "4m")).rejects.toMatchObject({
    condition: "MEMORY_LIMIT_EXCEEDED",
    message: expect.stringMatching(/ At work: Window \(id=\d+\)( and HashAggregate \(id=\d+\))?\.$/),
  });
  expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
