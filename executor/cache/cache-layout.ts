import type { ColumnLayout } from "../../catalog/table.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { isStringLike } from "../../catalog/types.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import { codeArray, StringDictionary } from "../scan/dictionary-encode.ts";
import type { DictionaryEntries } from "../scan/dictionary-encode.ts";

/**
 * Caching a table takes two passes over its batches: the first collects what is in each column (on several threads, whose summaries are merged),
 * then the narrowest layout is chosen, and the second pass encodes (cache-encoder.ts).
 */
export interface ColumnSummary {
  readonly rows: number;
  readonly nulls: number;
  /** Of integer-like columns: smallest and largest stored value; undefined when all rows are NULL. */
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
  /** Of variable-width columns: bytes of all values. */
  readonly bytes: number;
  /** Of strings: the distinct values; undefined when there are too many. */
  readonly distinct: DictionaryEntries | undefined;
}

/** How a column is cached. */
export interface CacheColumn {
  readonly layout: ColumnLayout;
  readonly nullable: boolean;
  /** Of dictionary layouts: the entries, in the order of their bytes, so that codes compare as their strings do. */
  readonly dictionary: DictionaryEntries | undefined;
}

/** Two bytes tell so many strings apart. */
const MAX_CACHED_DICTIONARY = 65_536;

/** Collects summaries from batches in plain or dictionary layouts. */
export class CacheCollector {
  readonly #columns: ColumnCollector[];

  constructor(types: readonly DataType[]) {
    this.#columns = types.map((type) => new ColumnCollector(type));
  }

  add(batch: ColumnBatch, pool: Pool): void {
    batch.columns.forEach((column, i) => this.#columns[i].add(column, batch.rows, pool));
  }

  summaries(): ColumnSummary[] {
    return this.#columns.map((column) => column.summary());
  }
}

class ColumnCollector {
  readonly #integers: boolean;
  #dictionary: StringDictionary | undefined;
  #rows = 0;
  #nulls = 0;
  #bytes = 0;
  #min: bigint | undefined;
  #max: bigint | undefined;

  constructor(type: DataType) {
    this.#integers = hasIntegerOrder(type);
    this.#dictionary = isStringLike(type) ? new StringDictionary() : undefined;
  }

  add(column: ColumnBuffers, rows: number, pool: Pool): void {
    this.#rows += rows;
    const nulls = column.validity === 0 ? 0 : countZeros(pool, column.validity, rows);
    this.#nulls += nulls;
    switch (column.layout.kind) {
      case "fixed":
        if (this.#integers && nulls < rows) this.#addIntegers(column, column.layout.width, rows, pool);
        return;
      case "utf8":
        this.#bytes += pool.i32[(column.offsets >>> 2) + rows] - pool.i32[column.offsets >>> 2];
        this.#addStrings(column, rows, pool);
        return;
      case "dictionary":
        this.#addCodes(column, column.layout.width, rows, pool);
        return;
      case "bits":
      case "view":
    }
  }

  summary(): ColumnSummary {
    return { rows: this.#rows, nulls: this.#nulls, min: this.#min, max: this.#max, bytes: this.#bytes, distinct: this.#dictionary?.snapshot() };
  }

  #addIntegers(column: ColumnBuffers, width: number, rows: number, pool: Pool): void {
    const [min, max] = width <= 4 ? smallBounds(column, width, rows, pool) : wideBounds(column, width, rows, pool);
    if (this.#min === undefined || min < this.#min) this.#min = min;
    if (this.#max === undefined || max > this.#max) this.#max = max;
  }

  #addStrings(column: ColumnBuffers, rows: number, pool: Pool): void {
    const dictionary = this.#dictionary;
    if (dictionary === undefined) return;
    const at = column.offsets >>> 2;
    for (let row = 0; row < rows; row++) {
      if (isNull(pool, column.validity, row)) continue;
      dictionary.code(pool.u8, column.bytes + pool.i32[at + row], column.bytes + pool.i32[at + row + 1]);
      if (dictionary.entries > MAX_CACHED_DICTIONARY) {
        this.#dictionary = undefined;
        return;
      }
    }
  }

  #addCodes(column: ColumnBuffers, width: 1 | 2 | 4, rows: number, pool: Pool): void {
    const codes = codeArray(pool, column.data, rows, width);
    const at = column.offsets >>> 2;
    const seen: boolean[] = [];
    for (let row = 0; row < rows; row++) {
      if (isNull(pool, column.validity, row)) continue;
      const code = codes[row];
      const start = pool.i32[at + code];
      const end = pool.i32[at + code + 1];
      this.#bytes += end - start;
      if (seen[code] === true) continue;
      seen[code] = true;
      this.#dictionary?.code(pool.u8, column.bytes + start, column.bytes + end);
    }
    if (this.#dictionary !== undefined && this.#dictionary.entries > MAX_CACHED_DICTIONARY) this.#dictionary = undefined;
  }
}

/** Types whose values are integers in memory, so that they can be stored relative to a base. */
function hasIntegerOrder(type: DataType): boolean {
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
    case "long":
    case "decimal":
    case "date":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_ym":
    case "interval_dt":
      return true;
    default:
      return false;
  }
}

export function isNull(pool: Pool, validity: number, row: number): boolean {
  return validity !== 0 && (pool.u8[validity + (row >> 3)] & (1 << (row & 7))) === 0;
}

function countZeros(pool: Pool, validity: number, rows: number): number {
  let zeros = 0;
  for (let row = 0; row < rows; row++) if (isNull(pool, validity, row)) zeros++;
  return zeros;
}

function smallBounds(column: ColumnBuffers, width: number, rows: number, pool: Pool): [bigint, bigint] {
  const { buffer } = pool.memory;
  const values = width === 1 ? new Int8Array(buffer, column.data, rows) : width === 2 ? new Int16Array(buffer, column.data, rows) : new Int32Array(buffer, column.data, rows);
  let min = Infinity;
  let max = -Infinity;
  for (let row = 0; row < rows; row++) {
    if (isNull(pool, column.validity, row)) continue;
    const value = values[row];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [BigInt(min), BigInt(max)];
}

/** Of 64-bit and 128-bit values: in doubles, which are exact where it matters, and in bigint only near or beyond their edge. */
function wideBounds(column: ColumnBuffers, width: number, rows: number, pool: Pool): [bigint, bigint] {
  const step = width / 4;
  const words = new Int32Array(pool.memory.buffer, column.data, rows * step);
  let min = Infinity;
  let max = -Infinity;
  let exact = true;
  for (let row = 0; row < rows && exact; row++) {
    if (isNull(pool, column.validity, row)) continue;
    const high = words[row * step + 1];
    if (high >= 0x1fffff || high < -0x1fffff || (step === 4 && (words[row * step + 2] !== high >> 31 || words[row * step + 3] !== high >> 31))) exact = false;
    const value = high * 4294967296 + (words[row * step] >>> 0);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (exact) return [BigInt(min), BigInt(max)];
  let least: bigint | undefined;
  let most: bigint | undefined;
  for (let row = 0; row < rows; row++) {
    if (isNull(pool, column.validity, row)) continue;
    const at = (column.data + row * width) / 8;
    const value = width === 8 ? pool.i64[at] : (pool.i64[at + 1] << 64n) | BigInt.asUintN(64, pool.i64[at]);
    if (least === undefined || value < least) least = value;
    if (most === undefined || value > most) most = value;
  }
  return [least ?? 0n, most ?? 0n];
}

/** The summary of both parts of a column. */
export function mergeSummaries(a: ColumnSummary, b: ColumnSummary): ColumnSummary {
  return {
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    min: a.min === undefined || (b.min !== undefined && b.min < a.min) ? b.min : a.min,
    max: a.max === undefined || (b.max !== undefined && b.max > a.max) ? b.max : a.max,
    bytes: a.bytes + b.bytes,
    distinct: mergeDistinct(a.distinct, b.distinct),
  };
}

function mergeDistinct(a: DictionaryEntries | undefined, b: DictionaryEntries | undefined): DictionaryEntries | undefined {
  if (a === undefined || b === undefined) return undefined;
  const dictionary = new StringDictionary();
  dictionary.addAll(a);
  dictionary.addAll(b);
  return dictionary.entries > MAX_CACHED_DICTIONARY ? undefined : dictionary.snapshot();
}

/** The narrowest layout that holds what the summary says. */
export function chooseCacheColumn(type: DataType, summary: ColumnSummary): CacheColumn {
  const plain = plainLayout(type);
  const nullable = summary.nulls > 0;
  if (plain.kind === "fixed" && hasIntegerOrder(type)) {
    return { layout: integerLayout(plain.width, summary.min ?? 0n, summary.max ?? 0n), nullable, dictionary: undefined };
  }
  if (plain.kind === "utf8" && summary.distinct !== undefined) {
    const dictionary = sortedEntries(summary.distinct);
    const entries = dictionary.ends.length;
    const width = entries <= 256 ? 1 : 2;
    const asDictionary = summary.rows * width + dictionary.bytes.length + entries * 4;
    if (asDictionary < summary.rows * 4 + summary.bytes) return { layout: { kind: "dictionary", width, entries }, nullable, dictionary };
  }
  return { layout: plain, nullable, dictionary: undefined };
}

/** Bytes that the column will take in memory. */
export function cachedBytes({ layout, nullable, dictionary }: CacheColumn, { rows, bytes }: ColumnSummary): number {
  const validity = nullable ? rows / 8 : 0;
  switch (layout.kind) {
    case "bits":
      return validity + rows / 8;
    case "fixed":
      return validity + rows * layout.width;
    case "dictionary":
      return validity + rows * layout.width + (dictionary === undefined ? 0 : dictionary.bytes.length + dictionary.ends.length * 4);
    case "utf8":
    case "view":
      return validity + rows * 4 + bytes;
  }
}

/** As few bytes as hold the range: signed values where they fit as they are, else distances from the smallest. */
function integerLayout(plainWidth: 1 | 2 | 4 | 8 | 16, min: bigint, max: bigint): ColumnLayout {
  for (const width of [1, 2, 4, 8] as const) {
    if (width >= plainWidth) break;
    const bits = width * 8;
    if (min === BigInt.asIntN(bits, min) && max === BigInt.asIntN(bits, max)) return { kind: "fixed", width };
    if (width < 8 && max - min === BigInt.asUintN(bits, max - min) && min === BigInt.asIntN(64, min)) return { kind: "fixed", width, base: min };
  }
  return { kind: "fixed", width: plainWidth };
}

/** At least one entry, so that code 0 can be looked up where a row is NULL. */
function sortedEntries({ ends, bytes }: DictionaryEntries): DictionaryEntries {
  const strings = Array.from(ends, (end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end)).sort(Buffer.compare);
  if (strings.length === 0) strings.push(new Uint8Array(0));
  let at = 0;
  const sorted = new Uint8Array(bytes.length);
  const sortedEnds = Int32Array.from(strings, (string) => {
    sorted.set(string, at);
    at += string.length;
    return at;
  });
  return { ends: sortedEnds, bytes: sorted };
}
