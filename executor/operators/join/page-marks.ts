import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";

/**
 * Match flags of build rows on disk that several workers look at, each with probe rows of its own: a bit in shared memory for each row, uint32 words of a page's own. A bit is
 * only ever set, so that it does not matter who sets it, nor how often.
 */

export function withMarks(pages: readonly SpilledPage[], arena: Arena): readonly SpilledPage[] {
  return pages.map((page) => ({ ...page, marks: arena.allocateZeroed(4 * Math.ceil(page.records / 32)) }));
}

export function clearMarks(pool: Pool, pages: readonly SpilledPage[]): void {
  for (const { marks, records } of pages) if (marks !== undefined) pool.zero(marks, 4 * Math.ceil(records / 32));
}

/** Notes which records of a page that was read have their flag, the byte at `offset`, set. */
export function addMarks({ u8, i32 }: Pool, marks: number, { base, count, stride }: RecordRun, offset: number): void {
  for (let first = 0; first < count; first += 32) {
    let bits = 0;
    for (let i = first; i < Math.min(first + 32, count); i++) bits |= u8[base + i * stride + offset] << (i & 31);
    if (bits !== 0) Atomics.or(i32, (marks >>> 2) + (first >>> 5), bits);
  }
}

/** Sets the flags of records of a page that was read as they have been noted. */
export function putMarks({ u8, u32 }: Pool, marks: number, { base, count, stride }: RecordRun, offset: number): void {
  for (let i = 0; i < count; i++) u8[base + i * stride + offset] = (u32[(marks >>> 2) + (i >>> 5)] >>> (i & 31)) & 1;
}
