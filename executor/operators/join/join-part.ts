import type { Arena } from "../../memory/arena.ts";
import type { RecordFlag, RecordRun } from "../../pipeline/morsels.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import { runsOf } from "../row-store.ts";
import { forEachRecord } from "../rows/sort-records.ts";
import { directoryBits, directoryBytes, joinLinkModule } from "./join-directory.ts";
import type { ProbeState } from "./join-probe.ts";
import type { JoinPart } from "./partitioned-build.ts";

/** What an instance of a pipeline joins part by part. */
export interface JoinParts {
  readonly parts: readonly JoinPart[];
  readonly build: SpillLayout;
  readonly probe: SpillLayout;
  /** Words of the probe that goes to the parts. */
  readonly state: ProbeState;
  /** Build rows are written anew, with their match flags. */
  readonly keepsFlags: boolean;
}

/** Pages of a part of the build side that has been written anew. */
export interface RewrittenPart {
  readonly leaf: number;
  readonly pages: readonly SpilledPage[];
}

/**
 * Joins one part. The build rows, with a directory of their own, lie in `arena`; a page of probe rows at a time in `scratch`, and `run` sends them through
 * the pipeline. `state`: address of the instance's state block.
 */
export function runJoinPart(part: JoinPart, { build, probe, state: words, keepsFlags }: JoinParts, state: number, arena: Arena, scratch: Arena, spill: SpillStore, run: (rows: RecordRun) => void): RewrittenPart | undefined {
  const { pool } = arena;
  const rewritten: SpilledPage[] = [];
  for (const { chunks, pages } of part.rounds) {
    arena.reset();
    const loaded = pages.map((page) => spill.read(page, build, arena));
    const { address, bits } = linkRecords([...runsOf(chunks, build.recordBytes), ...loaded], part.sharedBits, arena);
    pool.u32[(state + words.directory) >>> 2] = address;
    pool.u32[(state + words.extent) >>> 2] = 32 - bits;
    pool.u32[(state + words.left) >>> 2] = part.sharedBits;
    for (const rows of runsOf(part.probe.chunks, probe.recordBytes)) run(rows);
    for (const page of part.probe.pages) {
      run(spill.read(page, probe, scratch));
      scratch.reset();
    }
    if (keepsFlags) rewritten.push(...spill.write(build, loaded));
  }
  arena.reset();
  return keepsFlags && part.leaf !== undefined ? { leaf: part.leaf, pages: rewritten } : undefined;
}

/** A directory of the records, whose hashes have the uppermost bits in common. */
function linkRecords(runs: readonly RecordRun[], sharedBits: number, arena: Arena): { address: number; bits: number } {
  const { pool } = arena;
  const bits = directoryBits(runs.reduce((sum, run) => sum + run.count, 0));
  const address = arena.allocateZeroed(directoryBytes(bits));
  const { exports } = new WebAssembly.Instance(joinLinkModule(), { env: { memory: pool.memory } });
  const link = exports["link"] as (start: number, end: number, rowBytes: number, directory: number, shift: number, left: number) => void;
  for (const { base, count, stride } of runs) link(base, base + count * stride, stride, address, 32 - bits, sharedBits);
  return { address, bits };
}

/** Those of the records whose byte at `offset` has the value, by their addresses. */
export function recordsWithFlag(run: RecordRun, { offset, value }: RecordFlag, arena: Arena): RecordRun {
  const { pool } = arena;
  const base = arena.allocate(Math.max(1, run.count) * 4);
  let count = 0;
  forEachRecord(pool.u32, [run], (record) => {
    if (pool.u8[record + offset] === value) pool.u32[(base >>> 2) + count++] = record;
  });
  return { base, count, stride: 0 };
}
