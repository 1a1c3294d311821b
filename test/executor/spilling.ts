import { expect, test } from "vitest";
import type { LimitedEngine } from "./limited-engine.ts";
import type { SpillingCases } from "./spilling-cases.ts";

/** A test for each query: within its memory and with the disk's help it gives the rows that it gives without a limit, and leaves nothing behind. */
export function testSpilling(engine: LimitedEngine, { title, limit, cases }: SpillingCases): void {
  test.each(cases)(`${title}: $name`, async ({ sql }) => {
    const mebibytes = limit(engine.workers);
    const [whole, limited] = [await engine.run(sql), await engine.run(sql, `${mebibytes}m`)];
    expect(limited.rows).toEqual(whole.rows);
    expect(whole.counters.spilledBytes).toBe(0);
    expect(limited.counters.spilledBytes).toBeGreaterThan(100_000);
    expect(limited.counters.peakBytes).toBeLessThanOrEqual(mebibytes * 1024 * 1024);
    expect(await engine.leftovers()).toEqual({ bytes: 0, files: [] });
  });
}
