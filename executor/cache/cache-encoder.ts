import { InternalError, assert } from "../../catalog/errors.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import type { CacheColumn } from "./cache-layout.ts";
import { isNull } from "./cache-layout.ts";
import { codeArray, StringDictionary } from "../scan/dictionary-encode.ts";
import type { DictionaryEntries } from "../scan/dictionary-encode.ts";

/** Where a cached column's dictionary lies in the pool; zeros for other layouts. */
export interface CachedDictionary {
  readonly offsets: number;
  readonly bytes: number;
}

/** Writes the dictionaries of a table to be cached, once, for all threads. Position as in `columns`. */
export function writeCachedDictionaries(columns: readonly CacheColumn[], pool: Pool, allocator: Allocator): CachedDictionary[] {
  return columns.map(({ dictionary }) => {
    if (dictionary === undefined) return { offsets: 0, bytes: 0 };
    const offsets = allocator.allocate((dictionary.ends.length + 1) * 4);
    const bytes = allocator.allocate(dictionary.bytes.length);
    pool.i32[offsets >>> 2] = 0;
    pool.i32.set(dictionary.ends, (offsets >>> 2) + 1);
    pool.u8.set(dictionary.bytes, bytes);
    return { offsets, bytes };
  });
}

/** Encodes batches (plain or dictionary layouts) into the layouts of a cached table; one per thread. Shares no buffer with its input. */
export class CacheEncoder {
  readonly #columns: readonly { readonly plan: CacheColumn; readonly at: CachedDictionary; readonly codes: StringDictionary | undefined }[];
  readonly #pool: Pool;

  constructor(columns: readonly CacheColumn[], dictionaries: readonly CachedDictionary[], pool: Pool) {
    this.#pool = pool;
    this.#columns = columns.map((plan, i) => ({ plan, at: dictionaries[i], codes: plan.dictionary === undefined ? undefined : codesOf(plan.dictionary) }));
  }

  encode(batch: ColumnBatch, allocator: Allocator): ColumnBatch {
    return { rows: batch.rows, columns: batch.columns.map((column, i) => this.#encode(column, i, batch.rows, allocator)) };
  }

  #encode(column: ColumnBuffers, index: number, rows: number, allocator: Allocator): ColumnBuffers {
    const { plan, at, codes } = this.#columns[index];
    const pool = this.#pool;
    const { layout } = plan;
    const validity = column.validity === 0 ? 0 : copy(pool, column.validity, Math.ceil(rows / 8), allocator);
    switch (layout.kind) {
      case "bits":
        return { layout, validity, data: copy(pool, column.data, Math.ceil(rows / 8), allocator), offsets: 0, bytes: 0 };
      case "fixed": {
        assert(column.layout.kind === "fixed", "a cached fixed-width column comes from one");
        const data = narrowed(column, column.layout.width, layout.width, layout.base, rows, pool, allocator);
        return { layout, validity, data, offsets: 0, bytes: 0 };
      }
      case "dictionary": {
        assert(codes !== undefined, "a dictionary layout has entries");
        const data = allocator.allocate(rows * layout.width);
        recode(column, codes, codeArray(pool, data, rows, layout.width), rows, pool);
        return { layout, validity, data, ...at };
      }
      case "utf8":
        return { layout, validity, data: 0, ...copyStrings(column, rows, pool, allocator) };
      case "view":
        throw new InternalError("a cached column is no view");
    }
  }
}

function codesOf(entries: DictionaryEntries): StringDictionary {
  const dictionary = new StringDictionary();
  dictionary.addAll(entries);
  return dictionary;
}

function copy(pool: Pool, address: number, bytes: number, allocator: Allocator): number {
  const to = allocator.allocate(bytes);
  pool.u8.copyWithin(to, address, address + bytes);
  return to;
}

/** Stored values minus the base, in fewer bytes; NULL rows become 0. What is cut off is known to be no more than the sign. */
function narrowed(column: ColumnBuffers, from: number, to: number, base: bigint | undefined, rows: number, pool: Pool, allocator: Allocator): number {
  if (from === to) return copy(pool, column.data, rows * to, allocator);
  const data = allocator.allocate(rows * to);
  const { buffer } = pool.memory;
  if (to === 8) {
    const wide = new BigInt64Array(buffer, column.data, rows * 2);
    const target = new BigInt64Array(buffer, data, rows);
    for (let row = 0; row < rows; row++) target[row] = isNull(pool, column.validity, row) ? 0n : wide[row * 2];
    return data;
  }
  const source = from === 2 ? new Int16Array(buffer, column.data, rows) : new Int32Array(buffer, column.data, (rows * from) / 4);
  const step = from <= 4 ? 1 : from / 4;
  const target = to === 1 ? new Int8Array(buffer, data, rows) : to === 2 ? new Int16Array(buffer, data, rows) : new Int32Array(buffer, data, rows);
  // Only low words: differences that fit into 32 bits come out right whatever the words above are.
  const low = Number(BigInt.asIntN(32, base ?? 0n));
  if (column.validity === 0) for (let row = 0; row < rows; row++) target[row] = source[row * step] - low;
  else for (let row = 0; row < rows; row++) target[row] = isNull(pool, column.validity, row) ? 0 : source[row * step] - low;
  return data;
}

function recode(column: ColumnBuffers, codes: StringDictionary, target: Uint8Array | Uint16Array | Int32Array, rows: number, pool: Pool): void {
  const at = column.offsets >>> 2;
  const code = (entry: number): number => codes.code(pool.u8, column.bytes + pool.i32[at + entry], column.bytes + pool.i32[at + entry + 1]);
  if (column.layout.kind === "utf8") {
    for (let row = 0; row < rows; row++) target[row] = isNull(pool, column.validity, row) ? 0 : code(row);
    return;
  }
  assert(column.layout.kind === "dictionary", "strings are plain or dictionary codes");
  const source = codeArray(pool, column.data, rows, column.layout.width);
  const known: number[] = [];
  for (let row = 0; row < rows; row++) target[row] = isNull(pool, column.validity, row) ? 0 : (known[source[row]] ??= code(source[row]));
}

function copyStrings(column: ColumnBuffers, rows: number, pool: Pool, allocator: Allocator): { readonly offsets: number; readonly bytes: number } {
  const at = column.offsets >>> 2;
  if (column.layout.kind === "utf8") {
    const first = pool.i32[at];
    assert(first === 0, "a batch's strings begin at 0");
    return { offsets: copy(pool, column.offsets, (rows + 1) * 4, allocator), bytes: copy(pool, column.bytes, pool.i32[at + rows], allocator) };
  }
  assert(column.layout.kind === "dictionary", "strings are plain or dictionary codes");
  const codes = codeArray(pool, column.data, rows, column.layout.width);
  const offsets = allocator.allocate((rows + 1) * 4);
  const to = offsets >>> 2;
  pool.i32[to] = 0;
  for (let row = 0; row < rows; row++) {
    const length = isNull(pool, column.validity, row) ? 0 : pool.i32[at + codes[row] + 1] - pool.i32[at + codes[row]];
    pool.i32[to + row + 1] = pool.i32[to + row] + length;
  }
  const bytes = allocator.allocate(pool.i32[to + rows]);
  for (let row = 0; row < rows; row++) {
    if (isNull(pool, column.validity, row)) continue;
    const start = column.bytes + pool.i32[at + codes[row]];
    pool.u8.copyWithin(bytes + pool.i32[to + row], start, column.bytes + pool.i32[at + codes[row] + 1]);
  }
  return { offsets, bytes };
}
