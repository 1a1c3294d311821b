import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import { PageBuilder, relocate } from "./page.ts";
import type { SpillLayout } from "./spill-layout.ts";

/** Copies of records, and of the lists that belong to them, in the order of the runs: what is added to a copy leaves the original as it is. Strings are nowhere changed, and stay. */
export function copiedRecords(pool: Pool, { recordBytes, lists }: SpillLayout, runs: readonly RecordRun[], allocator: Allocator): readonly RecordRun[] {
  if (lists.length === 0) return runs.map((run) => plainCopy(pool, run, recordBytes, allocator));
  const layout: SpillLayout = { recordBytes, strings: [], lists: lists.map((list) => ({ ...list, strings: [] })) };
  const page = new PageBuilder(pool, layout);
  const copies: RecordRun[] = [];
  const putDown = (): void => {
    if (page.count === 0) return;
    const base = allocator.allocate(page.bytes);
    const [records, beside] = page.parts();
    pool.u8.set(records, base);
    pool.u8.set(beside, base + records.length);
    relocate(pool, layout, base, page.count);
    copies.push({ base, count: page.count, stride: recordBytes });
    page.clear();
  };
  for (const { base, count } of runs) {
    for (let i = 0; i < count; i++) {
      const record = base + i * recordBytes;
      if (!page.hasRoom(record)) putDown();
      page.add(record);
    }
  }
  putDown();
  return copies;
}

function plainCopy(pool: Pool, { base, count }: RecordRun, recordBytes: number, allocator: Allocator): RecordRun {
  const to = allocator.allocate(Math.max(1, count * recordBytes));
  // Bytes of shared memory are copied far slower than words.
  pool.u32.copyWithin(to >>> 2, base >>> 2, (base + count * recordBytes) >>> 2);
  return { base: to, count, stride: recordBytes };
}
