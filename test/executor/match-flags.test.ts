import { expect, test } from "vitest";
import { Arena } from "../../executor/memory/arena.ts";
import { Pool } from "../../executor/memory/pool.ts";
import { BreakerState } from "../../executor/operators/breaker-state.ts";
import type { BuildInParts } from "../../executor/operators/join/build-in-parts.ts";
import { BUILD_RECORD } from "../../executor/operators/join/join-build.ts";
import { addMarks, putMarks, withMarks } from "../../executor/operators/join/page-marks.ts";
import type { BreakerShape } from "../../executor/pipeline/compile-pipeline.ts";
import type { SpilledPage } from "../../executor/spill/spill-store.ts";
import type { Breaker } from "../../planner/stages.ts";

const RECORD_BYTES = 24;
const RECORDS = 70;

function fixture(): { readonly pool: Pool; readonly arena: Arena; readonly state: BreakerState; readonly start: number } {
  const pool = Pool.create({ bytes: 4 * 1024 * 1024 });
  const arena = new Arena(pool, pool.newOwner());
  const start = arena.allocateZeroed(RECORD_BYTES * RECORDS);
  const state = new BreakerState({ id: 0, kind: "build" } as unknown as Breaker);
  state.add({ kind: "build", partitions: [{ chunks: [{ start, end: start + RECORD_BYTES * RECORDS }], pages: [] }], sawNull: false, range: undefined }, RECORDS);
  state.settle({ kind: "build", shape: { layout: { bytes: RECORD_BYTES } } } as unknown as BreakerShape);
  return { pool, arena, state, start };
}

const matched = (start: number, record: number): number => start + record * RECORD_BYTES + BUILD_RECORD.matched;

test("matches that joins have marked in build rows are taken back, in memory and on disk", () => {
  const { pool, arena, state, start } = fixture();
  for (const record of [0, 31, 32, 69]) pool.u8[matched(start, record)] = 1;
  const runs = [{ base: start, count: RECORDS, stride: RECORD_BYTES }];
  const marked = (): number => state.flagged("matched", runs, pool, arena).reduce((sum, { count }) => sum + count, 0);
  expect(marked()).toBe(4);
  const [page] = withMarks([{ records: RECORDS } as SpilledPage], arena);
  addMarks(pool, page.marks!, runs[0], BUILD_RECORD.matched);
  state.clearMatches(undefined, pool);
  expect(marked()).toBe(0);
  putMarks(pool, page.marks!, runs[0], BUILD_RECORD.matched);
  expect([0, 31, 32, 69].map((record) => pool.u8[matched(start, record)])).toEqual([1, 1, 1, 1]);
  expect(marked()).toBe(4);
  state.clearMatches({ chunks: [{ start, end: start + RECORD_BYTES * RECORDS }], pages: [page] } as unknown as BuildInParts, pool);
  expect(marked()).toBe(0);
  putMarks(pool, page.marks!, runs[0], BUILD_RECORD.matched);
  expect(marked()).toBe(0);
});
