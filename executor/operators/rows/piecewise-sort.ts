import type { Arena } from "../../memory/arena.ts";
import { BLOCK_BYTES } from "../../memory/pool.ts";
import { ReusedMemory } from "../../memory/reused-memory.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { recordMorsels } from "../../pipeline/morsels.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { addressSource, RecordMerge } from "./record-merge.ts";
import type { SortModule, SortShape } from "./sort-module.ts";
import { SORT_ENTRY } from "./sort-module.ts";
import { addressesInOrder, forEachRecord, RecordSorter } from "./sort-records.ts";

/** Part of the memory that a query can still have which sorting may take, ... */
const MAX_SHARE = 0.125;
/** ... but always so much that pieces are no more than these. */
const MAX_PIECES = 8;

/** Sorts rows in memory with little memory beside them: where it takes less, some at a time, which are then merged. */
export class PiecewiseSort {
  readonly #context: ThreadContext;
  readonly #work: Arena;
  readonly #maxPieceRows: number;
  readonly #sorter: RecordSorter;
  readonly #entries: ReusedMemory;
  readonly #addresses: ReusedMemory;

  /** `maxPieceRows`: rows that are sorted at a time, however much memory there is. */
  constructor(context: ThreadContext, work: Arena, shape: SortShape, sorting: SortModule, maxPieceRows = Number.POSITIVE_INFINITY) {
    this.#context = context;
    this.#work = work;
    this.#maxPieceRows = maxPieceRows;
    this.#sorter = new RecordSorter(context, work, work, shape, sorting);
    this.#entries = new ReusedMemory(work);
    this.#addresses = new ReusedMemory(work);
  }

  /** Visits the first `most` records in order. */
  visit(runs: readonly RecordRun[], most: number, visit: (record: number) => void): void {
    const rows = runs.reduce((sum, { count }) => sum + count, 0);
    const affordable = (this.#context.pool.freeBlocks(this.#work.account) * BLOCK_BYTES * MAX_SHARE) / (2 * SORT_ENTRY.bytes);
    const pieceRows = Math.min(this.#maxPieceRows, Math.max(Math.ceil(rows / MAX_PIECES), Math.floor(affordable)));
    this.#addresses.beginRound();
    const sorted = piecesOf(runs, pieceRows).map((piece) => {
      this.#entries.beginRound();
      return addressesInOrder(this.#context, this.#addresses, this.#sorter.sort(piece, this.#entries));
    });
    if (sorted.length === 1) {
      const [{ base, count }] = sorted;
      forEachRecord(this.#context.pool.u32, [{ base, count: Math.min(count, most), stride: 0 }], visit);
      return;
    }
    const merge = new RecordMerge(this.#context.pool, this.#sorter, sorted.map((piece) => addressSource(this.#context.pool, piece)));
    let wanted = most;
    for (let source = merge.first; source !== undefined && wanted > 0; source = merge.first) {
      visit(source.record);
      wanted--;
      source.advance();
      merge.settle();
    }
  }
}

/** Runs, long ones cut, in groups of at most so many rows. */
function piecesOf(runs: readonly RecordRun[], rows: number): readonly (readonly RecordRun[])[] {
  const pieces: RecordRun[][] = [];
  let room = 0;
  for (const run of recordMorsels(runs, rows).runs) {
    if (run.count > room) {
      pieces.push([]);
      room = rows;
    }
    pieces[pieces.length - 1].push(run);
    room -= run.count;
  }
  return pieces;
}
