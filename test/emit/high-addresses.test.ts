import { expect, test, vi } from "vitest";
import { canEmit } from "../../executor/emit/expression.ts";
import { RandomExpressions } from "./random-expressions.ts";

const SEEDS = 40;
const ROWS = 20;

test("compiled code and kernels work above 2 GiB", async () => {
  vi.stubEnv("EMIT_HIGH", "1");
  vi.resetModules();
  const { expectInterpreted } = await import("./interpreted.ts");
  let emitted = 0;
  for (let seed = 10_000; seed < 10_000 + SEEDS; seed++) {
    const random = new RandomExpressions(seed);
    const expr = random.expression(4);
    if (!canEmit(expr)) continue;
    emitted++;
    await expectInterpreted(expr, random.columns, Array.from({ length: ROWS }, () => random.row()));
  }
  expect(emitted).toBeGreaterThan(SEEDS / 2);
});
