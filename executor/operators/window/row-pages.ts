import { assert } from "../../../catalog/errors.ts";
import type { Allocator } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import { READER } from "./partition-rows.ts";

/** A page in memory: its records, and behind them an array of their uint32 addresses. */
interface OpenPage {
  readonly index: number;
  readonly first: number;
  readonly rows: number;
  readonly base: number;
  readonly addresses: number;
  readonly piece: Piece;
  readers: number;
}

interface Piece {
  readonly address: number;
  readonly bytes: number;
}

/** Rows in order, in pages on disk. A page is in memory as long as somebody reads it, once for all who do. */
export class RowPages {
  readonly #pool: Pool;
  readonly #spill: SpillStore;
  readonly #layout: SpillLayout;
  readonly #pages: readonly SpilledPage[];
  readonly #memory: Allocator;
  /** First row of each page, and the number of rows. */
  readonly #firsts: Uint32Array;
  readonly #open = new Map<number, OpenPage>();
  readonly #free: Piece[] = [];

  constructor(pool: Pool, spill: SpillStore, layout: SpillLayout, pages: readonly SpilledPage[], memory: Allocator) {
    this.#pool = pool;
    this.#spill = spill;
    this.#layout = layout;
    this.#pages = pages;
    this.#memory = memory;
    this.#firsts = new Uint32Array(pages.length + 1);
    pages.forEach((page, i) => (this.#firsts[i + 1] = this.#firsts[i] + page.records));
  }

  get rows(): number {
    return this.#firsts[this.#pages.length];
  }

  /** The first row of a page. */
  firstOf(index: number): number {
    return this.#firsts[index];
  }

  /** The page that has a row. */
  indexOf(row: number): number {
    let [low, high] = [0, this.#pages.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#firsts[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  open(index: number): OpenPage {
    const known = this.#open.get(index);
    if (known !== undefined) {
      known.readers++;
      return known;
    }
    const { bytes, records } = this.#pages[index];
    const recordsEnd = Math.ceil(bytes / 4) * 4;
    const piece = this.#take(recordsEnd + 4 * records);
    const { base, stride } = this.#spill.read(this.#pages[index], this.#layout, { allocate: () => piece.address });
    const addresses = piece.address + recordsEnd;
    for (let i = 0, at = addresses >>> 2; i < records; i++) this.#pool.u32[at + i] = base + i * stride;
    const page = { index, first: this.#firsts[index], rows: records, base, addresses, piece, readers: 1 };
    this.#open.set(index, page);
    return page;
  }

  close(page: OpenPage): void {
    if (--page.readers > 0) return;
    this.#open.delete(page.index);
    this.#free.push(page.piece);
  }

  #take(bytes: number): Piece {
    const found = this.#free.findIndex((piece) => piece.bytes >= bytes);
    if (found >= 0) return this.#free.splice(found, 1)[0];
    return { address: this.#memory.allocate(bytes), bytes };
  }
}

/** Reads rows at a place that never goes back. READER's words at `words` tell compiled code which rows are in memory. */
export class PagedReader {
  readonly #pool: Pool;
  readonly #pages: RowPages;
  readonly #words: number;
  readonly #span: AddressSpan | undefined;
  #held: OpenPage[] = [];

  /** `spans`: rows before the place are kept too. */
  constructor(pool: Pool, pages: RowPages, words: number, spans: boolean, memory: Allocator) {
    this.#pool = pool;
    this.#pages = pages;
    this.#words = words;
    this.#span = spans ? new AddressSpan(pool, memory) : undefined;
  }

  /** Goes on to row `at`, and lets go of the pages before row `keep`. */
  turn(at: number, keep: number): void {
    const kept = this.#held.filter((page) => page.first + page.rows > keep);
    for (const page of this.#held) if (!kept.includes(page)) this.#pages.close(page);
    this.#held = kept;
    for (let next = this.#held.at(-1)?.index ?? this.#pages.indexOf(keep) - 1, last = this.#pages.indexOf(at); next < last; ) {
      const page = this.#pages.open(++next);
      this.#held.push(page);
      this.#span?.append(page, this.#held[0].first);
    }
    const [{ first, rows, addresses }] = this.#held;
    this.#tell(first, this.#span === undefined ? rows : this.#span.end - first, this.#span === undefined ? addresses - 4 * first : this.#span.origin);
  }

  #tell(first: number, rows: number, addresses: number): void {
    const at = this.#words >>> 2;
    this.#pool.u32[at + READER.first / 4] = first;
    this.#pool.u32[at + READER.rows / 4] = rows;
    this.#pool.u32[at + READER.addresses / 4] = addresses;
  }
}

/** Addresses of the rows of several pages, one array. */
class AddressSpan {
  readonly #pool: Pool;
  readonly #memory: Allocator;
  #base = 0;
  #capacity = 0;
  /** The row whose address is at the array's beginning, and the one behind the last. */
  #first = 0;
  end = 0;

  constructor(pool: Pool, memory: Allocator) {
    this.#pool = pool;
    this.#memory = memory;
  }

  /** Where the address of row 0 would be. */
  get origin(): number {
    return this.#base - 4 * this.#first;
  }

  /** The rows of the next page; those before `keep` are wanted no more. */
  append({ first, rows, addresses }: OpenPage, keep: number): void {
    if (keep === first) this.#first = this.end = first;
    assert(first === this.end, "pages are read in order");
    if (first + rows - this.#first > this.#capacity) this.#makeRoom(keep, rows);
    const { u32 } = this.#pool;
    u32.copyWithin((this.#base >>> 2) + first - this.#first, addresses >>> 2, (addresses >>> 2) + rows);
    this.end = first + rows;
  }

  /** Moves what is wanted to the beginning, of a larger array where it would soon be full again. */
  #makeRoom(keep: number, rows: number): void {
    const { u32 } = this.#pool;
    const from = (this.#base >>> 2) + keep - this.#first;
    const wanted = this.end - keep;
    if (2 * (wanted + rows) > this.#capacity) {
      this.#capacity = 4 * (wanted + rows);
      this.#base = this.#memory.allocate(4 * this.#capacity);
    }
    u32.copyWithin(this.#base >>> 2, from, from + wanted);
    this.#first = keep;
  }
}
