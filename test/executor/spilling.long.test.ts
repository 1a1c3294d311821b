import { afterAll, describe } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { GROUPINGS, HEAVY_JOINS, JOINS, LOOP_JOINS, SORTS_AND_WINDOWS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const WORKERS = [1, 2, 7];

for (const workers of WORKERS) {
  const engine = await LimitedEngine.open(workers);
  afterAll(() => engine.close());
  describe(`${workers} workers`, () => {
    for (const cases of [GROUPINGS, HEAVY_JOINS, JOINS, LOOP_JOINS, SORTS_AND_WINDOWS]) testSpilling(engine, cases);
  });
}
