import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import type { OpenParquetFile } from "./parquet-file.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import type { ColumnChunk } from "./parquet-column-chunk.ts";
import { chunkStart } from "./parquet-column-chunk.ts";
import type { PageHeader } from "./parquet-page.ts";
import { readPageHeader } from "./parquet-page.ts";
import type { RowKernels, SelectedRows } from "./selected-rows.ts";
import { selectBits, selectedWithin, selectRows } from "./selected-rows.ts";
import { ThriftError, ThriftReader } from "./thrift-compact.ts";

/** The kernels that decode pages (executor/kernels/assembly/parquet.ts); addresses are of the pool. */
export interface PageKernels extends RowKernels {
  readonly snappy_uncompress: (source: number, bytes: number, to: number, capacity: number) => number;
  readonly parquet_codes: (source: number, end: number, bitWidth: number, count: number, entries: number, to: number) => number;
  readonly parquet_gather_4: (source: number, end: number, bitWidth: number, count: number, dictionary: number, entries: number, to: number) => number;
  readonly parquet_gather_8: (source: number, end: number, bitWidth: number, count: number, dictionary: number, entries: number, to: number) => number;
  readonly parquet_validity: (source: number, end: number, count: number, bitmap: number, start: number) => number;
  readonly parquet_spread_4: (to: number, bitmap: number, start: number, rows: number, present: number) => void;
  readonly parquet_spread_8: (to: number, bitmap: number, start: number, rows: number, present: number) => void;
  readonly parquet_strings: (source: number, end: number, count: number, bytes: number, total: number, ends: number) => number;
  readonly parquet_utf8_valid: (bytes: number, count: number, ends: number, strings: number) => number;
}

const ENCODING = { plain: 0, plainDictionary: 2, rle: 3, bitPacked: 4, rleDictionary: 8 };
const KNOWN_ENCODINGS = new Set(Object.values(ENCODING));
const CODEC = { uncompressed: 0, snappy: 1, gzip: 2, zstd: 6 };
const KNOWN_CODECS = new Set(Object.values(CODEC));
/** Kernels read and write so many bytes beyond an end. */
const SLACK_BYTES = 16;

/** Bytes that the kernels do not take as a chunk of this column. The caller then has the library read it, which says what is wrong. */
class MalformedPage extends Error {}

/** Whether a column's chunk can be decoded here: flat, in the common encodings and codecs, in values that need no conversion. */
export function isPageDecodable(node: SchemaNode, chunk: ColumnChunk, type: DataType, layout: ColumnLayout): boolean {
  if (node.children.length > 0 || node.repetition === "repeated") return false;
  if (!KNOWN_CODECS.has(chunk.codec) || !chunk.encodings.every((encoding) => KNOWN_ENCODINGS.has(encoding))) return false;
  const { annotation } = node;
  switch (node.physical) {
    case "INT32":
      if (layout.kind !== "fixed" || layout.width !== 4) return false;
      return annotation === undefined ? type.kind === "int" : annotation.kind === "date" ? type.kind === "date" : annotation.kind === "int" && annotation.signed && annotation.bits === 32 && type.kind === "int";
    case "INT64":
      if (layout.kind !== "fixed" || layout.width !== 8) return false;
      switch (annotation?.kind) {
        case undefined:
          return type.kind === "long";
        case "int":
          return type.kind === "long" && annotation.signed && annotation.bits === 64;
        case "decimal":
          return type.kind === "decimal" && type.scale === annotation.scale && type.precision >= annotation.precision;
        case "timestamp":
          return annotation.unit === "micros" && type.kind === (annotation.utc ? "timestamp" : "timestamp_ntz");
        default:
          return false;
      }
    case "FLOAT":
      return type.kind === "float" && layout.kind === "fixed";
    case "DOUBLE":
      return type.kind === "double" && layout.kind === "fixed";
    case "BYTE_ARRAY": {
      const isText = annotation?.kind === "string" || annotation?.kind === "enum" || annotation?.kind === "json";
      if (type.kind !== "string" && type.kind !== "binary") return false;
      return (isText || annotation === undefined) && (layout.kind === "utf8" || (layout.kind === "dictionary" && layout.width === 4 && type.kind === "string"));
    }
    default:
      return false;
  }
}

/** Address of Snappy's output where that is one literal, as it is for pages of packed codes: these are read where they lie. */
function onlyLiteral(u8: Uint8Array, at: number, stored: number, size: number): number | undefined {
  const from = at + stored - size;
  let tag = at;
  while (tag < from && u8[tag] >= 128) tag++;
  tag++;
  // The size, less one, is in the tag up to 59; beyond it is in 1 to 4 bytes behind.
  const short = u8[tag] >> 2;
  const extra = Math.max(0, short - 59);
  if ((u8[tag] & 3) !== 0 || tag + 1 + extra !== from) return undefined;
  let literal = extra === 0 ? short : 0;
  for (let i = 0; i < extra; i++) literal += u8[tag + 1 + i] * 256 ** i;
  return literal + 1 === size ? from : undefined;
}

interface Dictionary {
  /** Fixed-width values, or the bytes of strings. */
  readonly values: number;
  readonly offsets: number;
  readonly entries: number;
}

/** Where a data page's values lie, uncompressed. */
interface DataPage {
  readonly from: number;
  readonly end: number;
  readonly encoding: number;
  readonly firstRow: number;
  readonly rows: number;
  /** Rows that are not NULL. */
  readonly present: number;
}

/** Decodes a chunk into the pool, all rows or those that are selected; undefined when its bytes are not what they should be. One per split. */
export class PageDecoder {
  readonly #kernels: PageKernels;
  readonly #pool: Pool;
  readonly #file: OpenParquetFile;

  constructor(kernels: PageKernels, pool: Pool, file: OpenParquetFile) {
    this.#kernels = kernels;
    this.#pool = pool;
    this.#file = file;
  }

  column(node: SchemaNode, chunk: ColumnChunk, rows: number, type: DataType, layout: ColumnLayout, allocator: Allocator, selected?: SelectedRows): ColumnBuffers | undefined {
    try {
      return this.#column(node, chunk, rows, type, layout, allocator, selected);
    } catch (error) {
      // The native decompressors' errors have codes such as Z_DATA_ERROR and ZSTD_error_prefix_unknown.
      const isDamage = error instanceof MalformedPage || error instanceof ThriftError || String((error as NodeJS.ErrnoException).code).startsWith("Z");
      if (isDamage) return undefined;
      throw error;
    }
  }

  #column(node: SchemaNode, chunk: ColumnChunk, rows: number, type: DataType, layout: ColumnLayout, allocator: Allocator, selected: SelectedRows | undefined): ColumnBuffers {
    const pool = this.#pool;
    const source = allocator.allocate(chunk.compressedBytes + SLACK_BYTES);
    const bytes = pool.u8.subarray(source, source + chunk.compressedBytes);
    this.#file.read(bytes, chunkStart(chunk));
    const optional = node.repetition === "optional";
    const bitmap = optional ? allocator.allocate(Math.ceil(rows / 8) + SLACK_BYTES) : 0;
    if (optional) pool.u8.fill(0, bitmap, bitmap + Math.ceil(rows / 8) + SLACK_BYTES);
    const width = layout.kind === "fixed" ? layout.width : undefined;
    let dictionary: Dictionary | undefined;
    const pages: DataPage[] = [];
    const reader = new ThriftReader(bytes);
    let row = 0;
    while (row < rows) {
      const header = readPageHeader(reader);
      // No page is larger than its chunk: a damaged size must not become an allocation.
      if (header.uncompressedBytes > chunk.uncompressedBytes) throw new MalformedPage();
      const at = source + reader.position;
      reader.position += header.compressedBytes;
      if (header.kind === "dictionary") dictionary = this.#dictionary(header, this.#uncompressed(header, at, 0, chunk.codec, allocator), width, allocator);
      else if (header.kind === "data" || header.kind === "dataV2") {
        if (row + header.values > rows) throw new MalformedPage();
        if (selected === undefined || selectedWithin(selected, row, header.values, pool).count > 0) pages.push(this.#dataPage(header, at, chunk.codec, row, optional, bitmap, allocator));
        row += header.values;
      }
    }
    const nulls = pages.some((page) => page.present < page.rows);
    const column = { layout, validity: nulls ? bitmap : 0 };
    const ofSelected = (all: ColumnBuffers): ColumnBuffers => (selected === undefined ? all : selectRows(all, selected, this.#kernels, pool, allocator));
    if (layout.kind === "dictionary") {
      if (dictionary !== undefined && type.kind === "string") this.#checkText(dictionary.values, dictionary.offsets, dictionary.entries);
      return ofSelected({ ...column, ...this.#codes(pages, rows, bitmap, dictionary, allocator) });
    }
    if (width === undefined) {
      const strings = ofSelected({ ...column, data: 0, ...this.#strings(pages, rows, bitmap, dictionary, allocator) });
      if (type.kind === "string") this.#checkText(strings.bytes, strings.offsets, selected?.count ?? rows);
      return strings;
    }
    if (selected === undefined) return { ...column, data: this.#fixed(pages, rows, width, bitmap, dictionary, allocator), offsets: 0, bytes: 0 };
    const validity = nulls ? selectBits(bitmap, selected, this.#kernels, pool, allocator) : 0;
    return { layout, validity, data: this.#selectedFixed(pages, width, bitmap, dictionary, selected, allocator), offsets: 0, bytes: 0 };
  }

  /** Address of a page's bytes from `skip` on, uncompressed. */
  #uncompressed(header: PageHeader, at: number, skip: number, codec: number, allocator: Allocator): number {
    const pool = this.#pool;
    const size = header.uncompressedBytes - skip;
    const stored = header.compressedBytes - skip;
    if (size < 0 || stored < 0) throw new MalformedPage();
    if (codec === CODEC.uncompressed || !header.isCompressed) {
      if (size !== stored) throw new MalformedPage();
      return at + skip;
    }
    const literal = codec === CODEC.snappy ? onlyLiteral(pool.u8, at + skip, stored, size) : undefined;
    if (literal !== undefined) return literal;
    const to = allocator.allocate(size + SLACK_BYTES);
    if (size === 0) return to;
    if (codec === CODEC.snappy) {
      if (this.#kernels.snappy_uncompress(at + skip, stored, to, size) !== size) throw new MalformedPage();
      return to;
    }
    // The native decompressors do not take shared memory.
    const compressed = pool.u8.slice(at + skip, at + header.compressedBytes);
    const bytes = codec === CODEC.gzip ? gunzipSync(compressed) : zstdDecompressSync(compressed);
    if (bytes.length !== size) throw new MalformedPage();
    pool.u8.set(bytes, to);
    return to;
  }

  #dictionary(header: PageHeader, from: number, width: number | undefined, allocator: Allocator): Dictionary {
    const entries = header.values;
    if (width !== undefined) {
      if (entries * width > header.uncompressedBytes) throw new MalformedPage();
      return { values: from, offsets: 0, entries };
    }
    if (entries * 4 > header.uncompressedBytes) throw new MalformedPage();
    const offsets = allocator.allocate((entries + 1) * 4);
    const values = allocator.allocate(header.uncompressedBytes + SLACK_BYTES);
    this.#pool.i32[offsets >>> 2] = 0;
    this.#check(this.#kernels.parquet_strings(from, from + header.uncompressedBytes, entries, values, 0, offsets + 4));
    return { values, offsets, entries };
  }

  #dataPage(header: PageHeader, at: number, codec: number, firstRow: number, optional: boolean, bitmap: number, allocator: Allocator): DataPage {
    const { view } = this.#pool;
    const { values: rows, encoding } = header;
    let from: number;
    let end: number;
    let present = rows;
    if (header.kind === "dataV2") {
      const levels = header.repetitionBytes + header.definitionBytes;
      from = this.#uncompressed(header, at, levels, codec, allocator);
      end = from + header.uncompressedBytes - levels;
      if (optional) present = this.#check(this.#kernels.parquet_validity(at + header.repetitionBytes, at + levels, rows, bitmap, firstRow));
    } else {
      from = this.#uncompressed(header, at, 0, codec, allocator);
      end = from + header.uncompressedBytes;
      if (optional) {
        if (header.definitionEncoding !== ENCODING.rle) throw new MalformedPage();
        const length = end - from < 4 ? Infinity : view.getUint32(from, true);
        if (length > end - from - 4) throw new MalformedPage();
        present = this.#check(this.#kernels.parquet_validity(from + 4, from + 4 + length, rows, bitmap, firstRow));
        from += 4 + length;
      }
    }
    return { from, end, encoding, firstRow, rows, present };
  }

  #fixed(pages: readonly DataPage[], rows: number, width: number, bitmap: number, dictionary: Dictionary | undefined, allocator: Allocator): number {
    const data = allocator.allocate(rows * width + SLACK_BYTES);
    for (const page of pages) this.#fixedPage(page, width, bitmap, dictionary, data + page.firstRow * width);
    return data;
  }

  #fixedPage(page: DataPage, width: number, bitmap: number, dictionary: Dictionary | undefined, to: number): void {
    const kernels = this.#kernels;
    const { from, end, present } = page;
    if (page.encoding === ENCODING.plain) {
      if (present * width > end - from) throw new MalformedPage();
      this.#pool.u8.copyWithin(to, from, from + present * width);
    } else if (present > 0) {
      const { bitWidth, values, entries } = this.#coded(page, dictionary);
      const gather = width === 4 ? kernels.parquet_gather_4 : kernels.parquet_gather_8;
      this.#check(gather(from + 1, end, bitWidth, present, values, entries, to));
    }
    if (present < page.rows) (width === 4 ? kernels.parquet_spread_4 : kernels.parquet_spread_8)(to, bitmap, page.firstRow, page.rows, present);
  }

  /** Page by page, so that what is not selected goes no further than a cache. */
  #selectedFixed(pages: readonly DataPage[], width: number, bitmap: number, dictionary: Dictionary | undefined, selected: SelectedRows, allocator: Allocator): number {
    const kernels = this.#kernels;
    const data = allocator.allocate(selected.count * width + SLACK_BYTES);
    const whole = allocator.allocate(Math.max(0, ...pages.map((page) => page.rows)) * width + SLACK_BYTES);
    for (const page of pages) {
      const { first, count } = selectedWithin(selected, page.firstRow, page.rows, this.#pool);
      const rows = selected.rows + first * 4;
      const to = data + first * width;
      if (page.encoding === ENCODING.plain || page.present < page.rows) {
        this.#fixedPage(page, width, bitmap, dictionary, whole);
        (width === 4 ? kernels.rows_gather_4 : kernels.rows_gather_8)(whole - page.firstRow * width, rows, count, to);
      } else {
        // Codes are fewer bytes than values, and most of these are not looked up.
        const { values } = this.#pageCodes(page, dictionary, whole);
        (width === 4 ? kernels.rows_look_up_4 : kernels.rows_look_up_8)(whole - page.firstRow * 4, rows, count, values, to);
      }
    }
    return data;
  }

  #codes(pages: readonly DataPage[], rows: number, bitmap: number, dictionary: Dictionary | undefined, allocator: Allocator): { data: number; offsets: number; bytes: number } {
    const data = allocator.allocate(rows * 4 + SLACK_BYTES);
    for (const page of pages) {
      const to = data + page.firstRow * 4;
      if (page.present > 0) this.#pageCodes(page, dictionary, to);
      if (page.present < page.rows) this.#kernels.parquet_spread_4(to, bitmap, page.firstRow, page.rows, page.present);
    }
    if (dictionary !== undefined && dictionary.entries > 0) return { data, offsets: dictionary.offsets, bytes: dictionary.values };
    // One empty entry, so that code 0 can be looked up even where the row is NULL.
    const offsets = allocator.allocate(8);
    this.#pool.u8.fill(0, offsets, offsets + 8);
    return { data, offsets, bytes: offsets };
  }

  #strings(pages: readonly DataPage[], rows: number, bitmap: number, dictionary: Dictionary | undefined, allocator: Allocator): { offsets: number; bytes: number } {
    const kernels = this.#kernels;
    const { i32 } = this.#pool;
    let most = 0;
    const codes = pages.map((page) => {
      if (page.encoding === ENCODING.plain || page.present === 0) {
        most += page.end - page.from;
        return 0;
      }
      const to = allocator.allocate(page.present * 4 + SLACK_BYTES);
      const { offsets } = this.#pageCodes(page, dictionary, to);
      most += this.#check(kernels.parquet_coded_size(to, page.present, offsets));
      return to;
    });
    const offsets = allocator.allocate((rows + 1) * 4 + SLACK_BYTES);
    const bytes = allocator.allocate(most + SLACK_BYTES);
    i32[offsets >>> 2] = 0;
    let total = 0;
    pages.forEach((page, i) => {
      const ends = offsets + 4 + page.firstRow * 4;
      const before = total;
      // Pages without selected rows are not here.
      i32[(ends >>> 2) - 1] = total;
      if (page.present > 0) {
        total = this.#check(
          codes[i] === 0 || dictionary === undefined
            ? kernels.parquet_strings(page.from, page.end, page.present, bytes, total, ends)
            : kernels.parquet_coded_strings(codes[i], page.present, dictionary.offsets, dictionary.values, bytes, total, ends),
        );
      }
      if (page.present < page.rows) this.#spreadEnds(page, bitmap, ends, before);
    });
    return { offsets, bytes };
  }

  /** Ends of the rows that are there, moved to their rows; NULL rows end where the row before does. */
  #spreadEnds(page: DataPage, bitmap: number, ends: number, before: number): void {
    const { i32, u8 } = this.#pool;
    const at = ends >>> 2;
    let from = page.present;
    for (let row = page.rows - 1; row >= 0; row--) {
      const bit = page.firstRow + row;
      i32[at + row] = from === 0 ? before : i32[at + from - 1];
      if ((u8[bitmap + (bit >> 3)] & (1 << (bit & 7))) !== 0) from--;
    }
  }

  #pageCodes(page: DataPage, dictionary: Dictionary | undefined, to: number): Dictionary {
    const coded = this.#coded(page, dictionary);
    this.#check(this.#kernels.parquet_codes(page.from + 1, page.end, coded.bitWidth, page.present, coded.entries, to));
    return coded;
  }

  #coded(page: DataPage, dictionary: Dictionary | undefined): Dictionary & { readonly bitWidth: number } {
    const isCoded = page.encoding === ENCODING.rleDictionary || page.encoding === ENCODING.plainDictionary;
    if (!isCoded || dictionary === undefined || page.from >= page.end) throw new MalformedPage();
    return { ...dictionary, bitWidth: this.#pool.u8[page.from] };
  }

  /** Functions over texts rely on their being UTF-8. */
  #checkText(bytes: number, offsets: number, strings: number): void {
    const total = this.#pool.i32[(offsets >>> 2) + strings];
    if (this.#kernels.parquet_utf8_valid(bytes, total, offsets + 4, strings) === 0) throw new MalformedPage();
  }

  #check(result: number): number {
    if (result < 0) throw new MalformedPage();
    return result;
  }
}
