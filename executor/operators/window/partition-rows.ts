import { assert } from "../../../catalog/errors.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { stringOffsets } from "../../spill/spill-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, select } from "../../wasm/instructions.ts";
import { SORT_ENTRY } from "../rows/sort-module.ts";

/**
 * Where compiled code of a window finds the rows of a partition. They are all in memory, behind sorted entries; or they come and go, page by page, in the order of the
 * window: then each place that rows are read at has a reader of its own, which has the pages around that place, for no place ever goes back.
 */
export interface PartitionRows {
  /** An i32 that keeps its value over all rows of a partition. */
  readonly kept: () => Local;
  /** `spans`: rows are read again, from the one on that `recordAt` is told to keep. */
  readonly reader: (spans: boolean) => RowReader;
  /** A value for the row at hand, whose bytes stay where they are until that row is read. */
  readonly result: (value: EmittedValue) => EmittedValue;
  /** For states of rows that have gone: how long bytes stay is no longer than it takes to copy them. `words`: of room for bytes, uint32 next, uint32 end; `state`: offset of the only state that has some there. */
  readonly keepBytes: KeepBytes | undefined;
}

type KeepBytes = (words: number, state: number, layout: RowLayout) => (bytes: Val) => void;

export interface RowReader {
  /** The record of row `index`. Neither the index nor `keep`, the index itself unless it is given, ever goes back. */
  readonly recordAt: (index: Val, keep?: Val) => Local;
}

/** i32: address of the sorted entry of a row. */
export function entryAt(entries: Local, index: Val): Val {
  return i32.add(get(entries), i32.shl(index, i32.const(4)));
}

export class ResidentRows implements PartitionRows {
  readonly #emitter: SegmentEmitter;
  readonly #entries: Local;
  readonly keepBytes = undefined;

  constructor(emitter: SegmentEmitter, entries: Local) {
    this.#emitter = emitter;
    this.#entries = entries;
  }

  kept(): Local {
    return this.#emitter.f.local("i32");
  }

  reader(): RowReader {
    return { recordAt: (index) => this.#emitter.f.let(i32.load(entryAt(this.#entries, index), SORT_ENTRY.record)) };
  }

  result(value: EmittedValue): EmittedValue {
    return value;
  }
}

/** Words of a reader: uint32 first row that it has, uint32 number of rows, uint32 where the address of the record of row 0 would be, modulo 2 ** 32. */
export const READER = { first: 0, rows: 4, addresses: 8, bytes: 12 } as const;

/** What the driver of streamed rows must know of the code's words in the state block. */
export interface StreamWords {
  /** uint32: rows of the partition. */
  readonly total: number;
  /** uint32: the next row; the first one that is evaluated may be any, where calls allow it. */
  readonly row: number;
  /** Offsets of READER's words. */
  readonly readers: readonly { readonly words: number; readonly spans: boolean }[];
  /** uint32 next, uint32 end: bytes of results; they are wanted until the next rows are evaluated. */
  readonly results: number;
  /** Bytes of states, which are wanted as long as their state points to them. */
  readonly states: readonly { readonly words: number; readonly state: number; readonly strings: readonly number[] }[];
}

/** Host functions: a reader shall have row `at`, and what it has from `keep` on; bytes for results (0) or a state (its number + 1). */
const TURN = { params: ["i32", "i32", "i32"], results: [] } as const;
const MORE = { params: ["i32", "i32"], results: [] } as const;

export class StreamedRows implements PartitionRows {
  readonly #emitter: SegmentEmitter;
  readonly #kept: { readonly local: Local; readonly offset: number }[] = [];
  readonly #readers: { readonly words: number; readonly spans: boolean }[] = [];
  readonly #states: StreamWords["states"][number][] = [];
  readonly #results: number;
  readonly #total: number;
  readonly #begun: number;

  constructor(emitter: SegmentEmitter) {
    this.#emitter = emitter;
    const { state } = emitter.parts;
    this.#results = state.reserve(8);
    this.#total = state.reserve(4, 4);
    this.#begun = state.reserve(4, 4);
  }

  /** `row`: of what is kept, the row at hand. */
  words(row: Local): StreamWords {
    const kept = this.#kept.find(({ local }) => local === row);
    assert(kept !== undefined, "the row at hand is kept");
    return { total: this.#total, row: kept.offset, readers: this.#readers, results: this.#results, states: this.#states };
  }

  total(): Local {
    return this.#emitter.stateWord(this.#total);
  }

  kept(): Local {
    const local = this.#emitter.f.local("i32");
    this.#kept.push({ local, offset: this.#emitter.parts.state.reserve(4, 4) });
    return local;
  }

  /** Where the code is entered. `begin`: for the first time. */
  restore(begin: () => void): void {
    const { f, state } = this.#emitter;
    for (const { local, offset } of this.#kept) f.set(local, i32.load(get(state), offset));
    f.if(i32.eqz(i32.load(get(state), this.#begun)), begin);
    f.store("i32", get(state), i32.const(1), this.#begun);
  }

  /** Where the code is left. */
  save(): void {
    const { f, state } = this.#emitter;
    for (const { local, offset } of this.#kept) f.store("i32", get(state), get(local), offset);
  }

  reader(spans: boolean): RowReader {
    const { f, state, parts } = this.#emitter;
    const words = parts.state.reserve(READER.bytes, 4);
    const number = this.#readers.length;
    this.#readers.push({ words, spans });
    const turn = parts.module.import("host", "turn", TURN);
    return {
      recordAt: (index, keep) => {
        const at = f.reusable(index);
        const isAway = i32.geU(i32.sub(at, i32.load(get(state), words + READER.first)), i32.load(get(state), words + READER.rows));
        f.if(isAway, () => f.perform(turn, [i32.const(number), at, keep ?? at]));
        return f.let(i32.load(i32.add(i32.load(get(state), words + READER.addresses), i32.shl(at, i32.const(2)))));
      },
    };
  }

  result(value: EmittedValue): EmittedValue {
    if (laneKind(value.type) !== "bytes") return value;
    const { f, state } = this.#emitter;
    const [from, bytes] = value.lanes;
    const length = f.let(value.isNull === undefined ? bytes : select(value.isNull, i32.const(0), bytes));
    this.#ensure(this.#results, 0, get(length));
    const address = f.let(i32.load(get(state), this.#results));
    f.copyMemory(get(address), from, get(length));
    f.store("i32", get(state), i32.add(get(address), get(length)), this.#results);
    return { ...value, lanes: [get(address), get(length)] };
  }

  keepBytes(words: number, state: number, { fields }: RowLayout): (bytes: Val) => void {
    this.#states.push({ words, state, strings: stringOffsets(fields) });
    const number = this.#states.length;
    return (bytes) => this.#ensure(words, number, this.#emitter.f.reusable(bytes));
  }

  #ensure(words: number, room: number, bytes: Val): void {
    const { f, state, parts } = this.#emitter;
    const more = parts.module.import("host", "more", MORE);
    f.if(i32.gtU(bytes, i32.sub(i32.load(get(state), words + 4), i32.load(get(state), words))), () => f.perform(more, [i32.const(room), bytes]));
  }
}
