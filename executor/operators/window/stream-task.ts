import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { initializeState } from "../../pipeline/state-layout.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { ByteHeap } from "../byte-heap.ts";
import type { StreamWords } from "./partition-rows.ts";
import { PagedReader, RowPages } from "./row-pages.ts";
import { wantingRows, WHY_WHOLE_FRAME } from "./rows-at-once.ts";
import type { StreamModule } from "./window-module.ts";
import { checkEvaluated } from "./window-task.ts";

/** A window's partition that does not fit into memory, or a part of it. */
export interface StreamTask {
  readonly kind: "stream";
  readonly stream: StreamModule;
  readonly layout: SpillLayout;
  /** All rows of the partition in order. */
  readonly pages: readonly SpilledPage[];
  /** The pages whose rows are evaluated: from..to. */
  readonly from: number;
  readonly to: number;
  /** Number that the first error site of the code has among those of the job. */
  readonly firstSite: number;
}

/** Bytes of the pages of such rows: small, for there is one in memory for every place that rows are read at. */
export const STREAM_PAGE_BYTES = 48 * 1024;

/** The records with the fields of the window's calls, page by page: a page is valid until the next one is asked for. */
export function* streamedRecords({ stream, layout, pages, from, to, firstSite }: StreamTask, context: ThreadContext, work: Arena, spill: SpillStore): Generator<RecordRun> {
  const { pool } = context;
  const rows = new RowPages(pool, spill, layout, pages, work);
  const block = work.allocate(stream.state.bytes);
  initializeState(pool, block, stream.state);
  const { total, row, readers, results, states } = stream.words;
  pool.u32[(block + total) >>> 2] = rows.rows;
  pool.u32[(block + row) >>> 2] = rows.firstOf(from);
  const paged = readers.map(({ words, spans }) => new PagedReader(pool, rows, block + words, spans, work));
  const resultBytes = new ByteHeap(pool, work, block + results);
  const stateBytes = states.map((words) => new StateBytes(pool, work, block, words));
  const { exports } = new WebAssembly.Instance(stream.module, {
    env: { memory: pool.memory },
    kernels: context.kernels,
    host: {
      allocate: (bytes: number) => wantingRows(WHY_WHOLE_FRAME, () => work.allocate(bytes >>> 0)),
      turn: (reader: number, at: number, keep: number) => {
        wantingRows(WHY_WHOLE_FRAME, () => {
          paged[reader].turn(at, keep);
        });
      },
      more: (room: number, bytes: number) => {
        if (room === 0) resultBytes.more(bytes >>> 0);
        else stateBytes[room - 1].more(bytes >>> 0);
      },
    },
  });
  const evaluate = exports["evaluate"] as (state: number, base: number, count: number) => number;
  for (let index = from; index < to; index++) {
    const page = rows.open(index);
    resultBytes.clear();
    checkEvaluated(evaluate(block, page.base, page.rows), pool, block, firstSite);
    yield { base: page.base, count: page.rows, stride: layout.recordBytes };
    rows.close(page);
  }
}

/** Copies of the strings that a state points to. Those that it points to no more are forgotten when the room is full. */
class StateBytes {
  readonly #pool: Pool;
  readonly #arena: Arena;
  readonly #words: number;
  readonly #strings: readonly number[];
  #start = 0;
  #capacity = 0;

  constructor(pool: Pool, arena: Arena, block: number, { words, state, strings }: StreamWords["states"][number]) {
    this.#pool = pool;
    this.#arena = arena;
    this.#words = (block + words) >>> 2;
    this.#strings = strings.map((offset) => (block + state + offset) >>> 2);
  }

  /** Room for so many bytes at least. */
  more(bytes: number): void {
    const { u32, u8 } = this.#pool;
    const kept = this.#strings.map((at) => u8.slice(u32[at], u32[at] + u32[at + 1]));
    const wanted = kept.reduce((sum, { length }) => sum + length, bytes);
    if (2 * wanted > this.#capacity) {
      this.#capacity = 4 * wanted;
      this.#start = this.#arena.allocate(this.#capacity);
    }
    let next = this.#start;
    kept.forEach((string, i) => {
      u8.set(string, next);
      u32[this.#strings[i]] = next;
      next += string.length;
    });
    u32[this.#words] = next;
    u32[this.#words + 1] = this.#start + this.#capacity;
  }
}
