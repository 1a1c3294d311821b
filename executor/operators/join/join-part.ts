import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordFlag, RecordRun } from "../../pipeline/morsels.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { RowChunk } from "../row-store.ts";
import { runsOf } from "../row-store.ts";
import { addressesOf, forEachRecord } from "../rows/sort-records.ts";
import type { HashDirectory } from "./join-directory.ts";
import { directoryBits, directoryBytes, joinLinkModule } from "./join-directory.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { JoinPart } from "./build-in-parts.ts";
import type { JoinLookup } from "./join-lookup.ts";
import { BUILD_RECORD } from "./join-build.ts";
import { LOOP_RECORD } from "./nested-loop.ts";
import { addMarks, putMarks } from "./page-marks.ts";

/** What an instance of a pipeline joins part by part: by morsel, the parts that a task joins one after the other. */
export interface JoinParts {
  readonly tasks: readonly (readonly JoinPart[])[];
  readonly build: SpillLayout;
  readonly probe: SpillLayout;
  readonly lookup: JoinLookup;
  /** Match flags of build rows are kept. */
  readonly keepsFlags: boolean;
}

/** Probe rows whose notes are kept at a time, a byte each: the build rows come into memory once for so many. */
const MAX_NOTED_ROWS = 4 * 1024 * 1024;

/**
 * Joins one part. The build rows, with a directory or an array of addresses of their own, lie in `arena`; a page of probe rows at a time in `scratch`, and `run` sends them through
 * the pipeline. `state`: address of the instance's state block.
 */
export function runJoinPart(part: JoinPart, { build, probe, lookup, keepsFlags }: JoinParts, state: number, arena: Arena, scratch: Arena, spill: SpillStore, run: (rows: RecordRun) => void): void {
  const { pool } = arena;
  const { passes } = lookup.state;
  const matched = lookup.kind === "hash" ? BUILD_RECORD.matched : LOOP_RECORD.matched;
  const { rounds } = part;
  for (const rows of probeGroups(part.probe, probe.recordBytes, passes !== undefined && rounds.length > 1)) {
    const notes = rows.map((piece) => new Uint8Array(passes === undefined ? 0 : recordCount(piece)));
    for (const [at, round] of rounds.entries()) {
      arena.reset();
      const loaded = round.pages.map((page) => spill.read(page, build, arena));
      const chunks = round.isCopied === true ? copiesOf(round.chunks, arena) : round.chunks;
      placeRound(lookup, [...runsOf(chunks, build.recordBytes), ...loaded], round.directory, part.sharedBits, state, arena);
      if (passes !== undefined) pool.u32[(state + passes.isLast) >>> 2] = at === rounds.length - 1 ? 1 : 0;
      for (const [i, piece] of rows.entries()) {
        const records = "file" in piece ? spill.read(piece, probe, scratch) : piece;
        if (passes === undefined) run(records);
        else withNotes(notes[i], state + passes.notes, scratch, () => run(records));
        scratch.reset();
      }
      if (!keepsFlags) continue;
      for (const [i, { marks }] of round.pages.entries()) if (marks !== undefined) addMarks(pool, marks, loaded[i], matched);
      if (round.isCopied === true) for (const [i, { start, end }] of chunks.entries()) addFlags(pool, { start, end }, round.chunks[i], build.recordBytes, matched);
    }
  }
  arena.reset();
}

/** Sets the flags of records whose copies have theirs set. */
function addFlags({ u8 }: Pool, { start, end }: RowChunk, original: RowChunk, recordBytes: number, offset: number): void {
  for (let at = 0; at < end - start; at += recordBytes) if (u8[start + at + offset] !== 0) u8[original.start + at + offset] = 1;
}

function copiesOf(chunks: readonly RowChunk[], arena: Arena): readonly RowChunk[] {
  return chunks.map(({ start, end }) => {
    const address = arena.allocate(end - start);
    arena.pool.u32.copyWithin(address >>> 2, start >>> 2, end >>> 2);
    return { start: address, end: address + end - start };
  });
}

/** Probe rows run by run and page by page; in groups where they pass by more than once and are taken note of. */
function probeGroups({ chunks, pages }: StoredPartition, recordBytes: number, inGroups: boolean): readonly (readonly (RecordRun | SpilledPage)[])[] {
  const groups: (RecordRun | SpilledPage)[][] = [[]];
  let count = 0;
  for (const piece of [...runsOf(chunks, recordBytes), ...pages]) {
    count += recordCount(piece);
    if (inGroups && count > MAX_NOTED_ROWS) {
      groups.push([]);
      count = recordCount(piece);
    }
    groups[groups.length - 1].push(piece);
  }
  return groups;
}

function recordCount(piece: RecordRun | SpilledPage): number {
  return "file" in piece ? piece.records : piece.count;
}

/** Lends compiled code the notes, under an address that it finds at `word`. */
function withNotes(notes: Uint8Array, word: number, scratch: Arena, run: () => void): void {
  const { pool } = scratch;
  const at = scratch.allocate(notes.length);
  pool.u8.set(notes, at);
  pool.u32[word >>> 2] = at;
  run();
  notes.set(pool.u8.subarray(at, at + notes.length));
}

/** Tells compiled code where the build rows are. */
function placeRound(lookup: JoinLookup, runs: readonly RecordRun[], made: HashDirectory | undefined, sharedBits: number, state: number, arena: Arena): void {
  const { u32 } = arena.pool;
  switch (lookup.kind) {
    case "hash": {
      const { address, bits } = made ?? linkRecords(runs, sharedBits, arena);
      u32[(state + lookup.state.directory) >>> 2] = address;
      u32[(state + lookup.state.extent) >>> 2] = 32 - bits;
      u32[(state + lookup.state.left) >>> 2] = sharedBits;
      return;
    }
    case "loop": {
      const { base, count } = addressesOf(runs, arena);
      u32[(state + lookup.state.rows) >>> 2] = base;
      u32[(state + lookup.state.count) >>> 2] = count;
    }
  }
}

/** A directory of the records, whose hashes have the uppermost bits in common. */
function linkRecords(runs: readonly RecordRun[], sharedBits: number, arena: Arena): HashDirectory {
  const { pool } = arena;
  const bits = directoryBits(runs.reduce((sum, run) => sum + run.count, 0));
  const address = arena.allocateZeroed(directoryBytes(bits));
  const { exports } = new WebAssembly.Instance(joinLinkModule(), { env: { memory: pool.memory } });
  const link = exports["link"] as (start: number, end: number, rowBytes: number, directory: number, shift: number, left: number) => void;
  for (const { base, count, stride } of runs) link(base, base + count * stride, stride, address, 32 - bits, sharedBits);
  return { kind: "hash", address, bits };
}

/** Those of a page's records whose byte at `offset` has the value, by their addresses. */
export function recordsWithFlag({ marks }: SpilledPage, run: RecordRun, { offset, value }: RecordFlag, arena: Arena): RecordRun {
  const { pool } = arena;
  if (marks !== undefined) putMarks(pool, marks, run, offset);
  const base = arena.allocate(Math.max(1, run.count) * 4);
  let count = 0;
  forEachRecord(pool.u32, [run], (record) => {
    if (pool.u8[record + offset] === value) pool.u32[(base >>> 2) + count++] = record;
  });
  return { base, count, stride: 0 };
}
