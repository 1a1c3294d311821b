import type { Arena } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { SegmentEmitter } from "../pipeline/segment-emitter.ts";
import type { StateLayout } from "../pipeline/state-layout.ts";
import { STATUS } from "../pipeline/state-layout.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import { NEED } from "./row-store.ts";

/**
 * An open-addressing directory of records by hash: 8 bytes an entry, the record's address and the upper 32 bits of its hash (address 0: empty); linear
 * probing. The slot is `(upper * factor) >>> shift`: a factor that is a power of two takes off the bits that all records share, and leaves hashes that are evenly
 * spread so. Records may come in the order of another directory's slots, as groups do that are grouped once more by the same keys: those that come first were all
 * at one place, and each would be searched past the others. Then the directory takes another factor.
 */
export interface DirectoryState {
  /** uint32 address, mask, factor, shift, count, limit. */
  readonly words: number;
}

const WORDS = { address: 0, mask: 4, factor: 8, shift: 12, count: 16, limit: 20 } as const;
const FIRST_BITS = 8;
const MAX_BITS = 28;

export function reserveDirectory(state: StateLayout): DirectoryState {
  return { words: state.reserve(24) };
}

// ---- compiled side

export interface Lookup {
  /** Address of the record that was found; 0 when there is none. */
  readonly row: Local;
  /** The empty entry where the search ended. */
  readonly entry: Local;
  readonly tag: Local;
}

/** Looks for a record with this hash for which `equals` holds. */
export function emitLookup(emitter: SegmentEmitter, directory: DirectoryState, hash: Val, equals: (row: Local) => Val): Lookup {
  const { f } = emitter;
  const address = emitter.stateWord(directory.words + WORDS.address);
  const mask = emitter.stateWord(directory.words + WORDS.mask);
  const factor = emitter.stateWord(directory.words + WORDS.factor);
  const shift = emitter.stateWord(directory.words + WORDS.shift);
  const tag = f.let(i32.wrapI64(i64.shrU(hash, i64.const(32n))));
  const slot = f.let(i32.shrU(i32.mul(get(tag), get(factor)), get(shift)));
  const entry = f.local("i32");
  const row = f.local("i32");
  const word = f.local("i64");
  f.block((done) => {
    f.loop((again) => {
      f.set(entry, i32.add(get(address), i32.shl(get(slot), i32.const(3))));
      f.set(word, i64.load(get(entry)));
      f.set(row, i32.wrapI64(get(word)));
      f.brIf(done, i32.eqz(get(row)));
      f.if(i32.eq(i32.wrapI64(i64.shrU(get(word), i64.const(32n))), get(tag)), () => {
        emitter.scoped(() => f.brIf(done, equals(row)));
      });
      f.set(slot, i32.and(i32.add(get(slot), i32.const(1)), get(mask)));
      f.br(again);
    });
  });
  return { row, entry, tag };
}

/** Makes sure that one more record fits; leaves with NEED.directory otherwise. */
export function ensureEntry(emitter: SegmentEmitter, directory: DirectoryState): void {
  const state = get(emitter.state);
  emitter.f.if(i32.geU(i32.load(state, directory.words + WORDS.count), i32.load(state, directory.words + WORDS.limit)), () =>
    emitter.suspend(STATUS.need, NEED.directory),
  );
}

/** Enters a record at the entry where a lookup ended; gives the number of records that were there before. */
export function insertEntry(emitter: SegmentEmitter, directory: DirectoryState, lookup: Lookup, row: Local): Val {
  const { f } = emitter;
  const state = get(emitter.state);
  const before = get(f.let(i32.load(state, directory.words + WORDS.count)));
  f.store("i64", get(lookup.entry), i64.or(i64.shl(i64.extendI32U(get(lookup.tag)), i64.const(32n)), i64.extendI32U(get(row))));
  f.store("i32", state, i32.add(before, i32.const(1)), directory.words + WORDS.count);
  return before;
}

// ---- driver side

/** What makes another factor of one. */
const NEXT_FACTOR = 0x85ebca6b;

/** Entries of a full directory that are looked at ... */
const SAMPLED_ENTRIES = 64;
/** ... and how far from their slots they are on average where many are at one place; 0.75 where they are spread. */
const CLUSTERED_DISTANCE = 8;

/** Slots of a directory that stays in the second-level cache together with its records. */
const CACHED_BITS = 15;

/** A partial aggregation keeps at most about this many groups: with more of them each look-up waits for memory, and merging costs less. */
const MAX_GROUPS = 2 ** 18;

/** New records per row, when the directory had so many records. */
interface Growth {
  readonly rate: number;
  readonly records: number;
}

/**
 * Where a line through two rates reaches zero: with groups that come at random, the share of new ones falls by the share that is known. Infinity when it
 * does not fall: rows of a group come together, or there is no end of groups in sight.
 */
function groupsInAll(before: Growth, now: Growth): number {
  const kept = now.rate / before.rate;
  return kept < 1 ? (now.records - kept * before.records) / (1 - kept) : Infinity;
}

/** New records per row from which looking for groups is given up for a while, ... */
const MIN_PASSING_RATE = 0.9;
/** ... for as many rows as fill the directory so many times. */
const PASSED_DIRECTORIES = 16;

/** The directory of one instance. */
export class Directory {
  readonly #pool: Pool;
  readonly #arena: Arena;
  readonly #words: number;
  #bits = 0;
  #factor: number;
  /** Rows seen, and records entered, when the directory was last full. */
  #lastFull = { rows: 0, records: 0 };
  #lastGrowth: Growth | undefined;
  /** New records per row while the directory filled up the last time. */
  #fillRate = 0;
  /** How many groups there seem to be in all. */
  #groups = Infinity;

  /** `sharedBits`: upper hash bits that all records have in common. `expected`: how many records to be ready for. */
  constructor(pool: Pool, arena: Arena, state: number, directory: DirectoryState, sharedBits: number, expected: number) {
    this.#pool = pool;
    this.#arena = arena;
    this.#words = (state + directory.words) >>> 2;
    this.#factor = 2 ** sharedBits;
    const bits = Math.min(MAX_BITS, Math.max(FIRST_BITS, Math.ceil(Math.log2(expected * 2 + 1))));
    this.#use(arena.allocateZeroed(8 * 2 ** bits), bits);
  }

  get count(): number {
    return this.#pool.u32[this.#words + WORDS.count / 4];
  }

  /**
   * Makes room in the directory of a partial aggregation, of which a later step merges the records anyway. Beyond the cache a larger directory pays only
   * where it will find repetitions: when the groups seem to be few enough beside the rows that have come. Else it is emptied (answer true).
   * `rows`: rows seen so far.
   */
  growOrClear(rows: number): boolean {
    const { rows: lastRows, records: lastRecords } = this.#lastFull;
    const rate = (this.count - lastRecords) / Math.max(1, rows - lastRows);
    this.#fillRate = rate;
    const growth = { rate, records: (this.count + lastRecords) / 2 };
    if (lastRecords > 0) {
      if (this.#lastGrowth !== undefined) this.#groups = groupsInAll(this.#lastGrowth, growth);
      this.#lastGrowth = growth;
    }
    const { count } = this;
    if ((this.#bits < CACHED_BITS || (this.#groups <= MAX_GROUPS && rows >= this.#groups / 2)) && this.#tryGrow()) {
      this.#lastFull = { rows, records: count };
      return false;
    }
    if (this.#isClustered()) this.#changeFactor();
    this.clear(rows);
    return true;
  }

  /**
   * How many rows of a partial aggregation to keep without looking for their groups, right after the directory was emptied: while it filled up, next to none of
   * them was found. 0: go on as before. The directory is then filled once more, to see whether that is still so.
   */
  rowsToPass(): number {
    if (this.#fillRate < MIN_PASSING_RATE) return 0;
    const rows = PASSED_DIRECTORIES * this.#pool.u32[this.#words + WORDS.limit / 4];
    this.#lastFull = { ...this.#lastFull, rows: this.#lastFull.rows + rows };
    return rows;
  }

  /** Forgets all records. `rows`: rows seen so far. */
  clear(rows: number): void {
    this.#lastFull = { rows, records: 0 };
    const { u32 } = this.#pool;
    this.#pool.zero(u32[this.#words], (1 << this.#bits) * 8);
    u32[this.#words + WORDS.count / 4] = 0;
  }

  /** Raises MEMORY_LIMIT_EXCEEDED. */
  grow(): void {
    const bits = this.#largerBits();
    this.#moveTo(this.#arena.allocateZeroed(8 * 2 ** bits), bits);
  }

  #tryGrow(): boolean {
    const bits = this.#largerBits();
    const address = this.#arena.tryAllocate(8 * 2 ** bits);
    if (address === 0) return false;
    this.#pool.zero(address, 8 * 2 ** bits);
    this.#moveTo(address, bits);
    return true;
  }

  #largerBits(): number {
    return Math.min(MAX_BITS, this.#bits + (this.#bits < 16 ? 2 : 1));
  }

  #moveTo(address: number, bits: number): void {
    const { u32 } = this.#pool;
    const old = u32[this.#words] >>> 2;
    const oldEntries = 1 << this.#bits;
    if (this.#isClustered()) this.#changeFactor();
    this.#use(address, bits);
    const base = u32[this.#words] >>> 2;
    const mask = (1 << this.#bits) - 1;
    const shift = 32 - bits;
    for (let i = 0; i < oldEntries; i++) {
      const row = u32[old + 2 * i];
      if (row === 0) continue;
      const tag = u32[old + 2 * i + 1];
      let slot = Math.imul(tag, this.#factor) >>> shift;
      while (u32[base + 2 * slot] !== 0) slot = (slot + 1) & mask;
      u32[base + 2 * slot] = row;
      u32[base + 2 * slot + 1] = tag;
    }
  }

  /** Writes the addresses of all records from `address` on, 4 bytes each. */
  writeRows(address: number): void {
    const { u32 } = this.#pool;
    const base = u32[this.#words] >>> 2;
    const entries = 1 << this.#bits;
    let at = address >>> 2;
    for (let i = 0; i < entries; i++) {
      const row = u32[base + 2 * i];
      if (row !== 0) u32[at++] = row;
    }
  }

  #isClustered(): boolean {
    const { u32 } = this.#pool;
    const base = u32[this.#words] >>> 2;
    const entries = 1 << this.#bits;
    let [sampled, distance] = [0, 0];
    for (let i = 0; i < entries; i += Math.max(1, entries / SAMPLED_ENTRIES)) {
      if (u32[base + 2 * i] === 0) continue;
      const slot = Math.imul(u32[base + 2 * i + 1], this.#factor) >>> (32 - this.#bits);
      distance += (i - slot) & (entries - 1);
      sampled++;
    }
    return distance > CLUSTERED_DISTANCE * sampled;
  }

  #changeFactor(): void {
    this.#factor = Math.imul(this.#factor, NEXT_FACTOR) >>> 0;
    this.#pool.u32[this.#words + WORDS.factor / 4] = this.#factor;
  }

  #use(address: number, bits: number): void {
    this.#bits = bits;
    const entries = 1 << bits;
    const { u32 } = this.#pool;
    u32[this.#words + WORDS.address / 4] = address;
    u32[this.#words + WORDS.mask / 4] = entries - 1;
    u32[this.#words + WORDS.factor / 4] = this.#factor;
    u32[this.#words + WORDS.shift / 4] = 32 - bits;
    u32[this.#words + WORDS.limit / 4] = Math.floor(entries * 0.6);
  }
}
