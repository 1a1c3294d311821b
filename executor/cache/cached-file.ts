import { closeSync, openSync, readSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { InternalError } from "../../catalog/errors.ts";
import type { CachedFileColumn, ColumnLayout, SplitSource } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { Pool } from "../memory/pool.ts";
import type { SplitReader } from "../scan/scan-context.ts";
import { diskFailure, writeAll } from "../spill/disk-file.ts";

/**
 * Cached batches in files: the buffers of a batch's columns one after the other, as they lie in memory, so that what is written and what is read is one
 * piece per column. Dictionaries are not in the file: they stay in the pool.
 */
export type CachedFileSource = Extract<SplitSource, { kind: "cachedFile" }>;

/** Bytes of a batch's columns, without what pads them. */
export function storedBytes({ columns }: CachedFileSource): number {
  return columns.reduce((sum, { lengths }) => sum + lengths.reduce((a, b) => a + b), 0);
}

/** A column's data, validity, offsets and bytes; empty where there is none. */
export type BufferBytes = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const ALIGNMENT = 16;
const PADDING = new Uint8Array(ALIGNMENT);

/** A batch in the form in which it lies in a file. */
interface PackedBatch {
  readonly pieces: readonly Uint8Array[];
  readonly columns: readonly CachedFileColumn[];
  readonly bytes: number;
}

/** `offset`: where in the file the batch will begin. `dictionaries`: of columns that have one, its addresses in the pool. */
function pack(columns: readonly BufferBytes[], offset: number, dictionaries: readonly (readonly [number, number] | undefined)[]): PackedBatch {
  const pieces: Uint8Array[] = [];
  let end = offset;
  const packed = columns.map((buffers, i): CachedFileColumn => {
    const start = end;
    for (const buffer of buffers) {
      if (buffer.length === 0) continue;
      pieces.push(buffer);
      const padding = padded(buffer.length) - buffer.length;
      if (padding > 0) pieces.push(PADDING.subarray(0, padding));
      end += buffer.length + padding;
    }
    const [data, validity, offsets, bytes] = buffers;
    const dictionary = dictionaries[i];
    return { offset: start, lengths: [data.length, validity.length, offsets.length, bytes.length], ...(dictionary !== undefined && { dictionary }) };
  });
  return { pieces, columns: packed, bytes: end - offset };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The buffers of a cached column in the pool, without its dictionary. */
function bufferBytes(column: ColumnBuffers, rows: number, pool: Pool): BufferBytes {
  const none = new Uint8Array(0);
  const at = (address: number, bytes: number): Uint8Array => (address === 0 ? none : pool.u8.subarray(address, address + bytes));
  const bits = Math.ceil(rows / 8);
  const validity = at(column.validity, bits);
  const { layout } = column;
  switch (layout.kind) {
    case "bits":
      return [at(column.data, bits), validity, none, none];
    case "fixed":
    case "dictionary":
      return [at(column.data, rows * layout.width), validity, none, none];
    case "utf8":
      return [none, validity, at(column.offsets, (rows + 1) * 4), at(column.bytes, pool.i32[(column.offsets >>> 2) + rows])];
    case "view":
      throw new InternalError("a cached column is no view");
  }
}

function packBatch({ rows, columns }: ColumnBatch, offset: number, pool: Pool): PackedBatch {
  const dictionaries = columns.map(({ layout, offsets, bytes }) => (layout.kind === "dictionary" ? ([offsets, bytes] as const) : undefined));
  return pack(columns.map((column) => bufferBytes(column, rows, pool)), offset, dictionaries);
}

/** Writes batches to a file of a worker's own. Raises SPILL_OUT_OF_MEMORY when the disk fails. */
export class CachedFileWriter {
  readonly #path: string;
  readonly #pool: Pool;
  #fd: number | undefined;
  #end = 0;

  /** The file is made with the first batch; its folder is there. */
  constructor(path: string, pool: Pool) {
    this.#path = path;
    this.#pool = pool;
  }

  write(batch: ColumnBatch): CachedFileSource {
    const { pieces, columns, bytes } = packBatch(batch, this.#end, this.#pool);
    try {
      this.#fd ??= openSync(this.#path, "wx");
      writeAll(this.#fd, pieces, bytes);
    } catch (error) {
      throw diskFailure("writing", this.#path, error);
    }
    this.#end += bytes;
    return { kind: "cachedFile", path: this.#path, columns };
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** The same from the main thread, which does not wait for the disk: batches in buffers of their own. */
export class CachedFileStream {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #end = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#end;
  }

  async write(batch: readonly BufferBytes[]): Promise<CachedFileSource> {
    const { pieces, columns, bytes } = pack(batch, this.#end, []);
    try {
      this.#handle ??= await open(this.#path, "wx");
      // Each is written whole, behind the one before.
      for (const piece of pieces) await this.#handle.writeFile(piece);
    } catch (error) {
      throw diskFailure("writing", this.#path, error);
    }
    this.#end += bytes;
    return { kind: "cachedFile", path: this.#path, columns };
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Rows of a piece of a batch are a multiple of this, so that bits of each begin with a byte. */
const PIECE_ROWS = 64;

/** Reads the wanted columns of a batch, into memory of whoever asks. */
export class CachedFileReader implements SplitReader {
  readonly #source: CachedFileSource;
  readonly #rows: number;
  readonly #wanted: readonly { readonly field: number; readonly layout: ColumnLayout }[];
  readonly #pool: Pool;
  readonly #pieceRows: number;
  #fd: number | undefined;
  #next = 0;

  /** `pieceBytes`: the batch comes in pieces of about so many bytes; absent: whole. */
  constructor(source: CachedFileSource, rows: number, wanted: readonly { readonly field: number; readonly layout: ColumnLayout }[], pool: Pool, pieceBytes = Number.POSITIVE_INFINITY) {
    this.#source = source;
    this.#rows = rows;
    this.#wanted = wanted;
    this.#pool = pool;
    const bytes = wanted.reduce((sum, { field }) => sum + source.columns[field].lengths.reduce((a, b) => a + b, 0), 0);
    this.#pieceRows = bytes <= pieceBytes ? rows : Math.max(PIECE_ROWS, Math.floor((rows * pieceBytes) / bytes / PIECE_ROWS) * PIECE_ROWS);
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    const from = this.#next;
    if (from > 0 && from >= this.#rows) return undefined;
    const to = Math.min(this.#rows, from + this.#pieceRows);
    this.#next = Math.max(1, to);
    const { path, columns } = this.#source;
    try {
      this.#fd ??= openSync(path, "r");
      return { rows: to - from, columns: this.#wanted.map(({ field, layout }) => this.#read(columns[field], layout, from, to, allocator)) };
    } catch (error) {
      if (error instanceof Error && "syscall" in error) throw diskFailure("reading", path, error);
      throw error;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#next = Math.max(1, this.#rows);
  }

  /** Rows [from, to) of a column. */
  #read({ offset, lengths, dictionary }: CachedFileColumn, layout: ColumnLayout, from: number, to: number, allocator: Allocator): ColumnBuffers {
    let start = offset;
    const starts = lengths.map((length) => (start += padded(length)) - padded(length));
    const part = (buffer: number, first: number, end: number): number => (lengths[buffer] === 0 ? 0 : this.#readBytes(starts[buffer] + first, end - first, allocator));
    const bits = [from / 8, Math.ceil(to / 8)] as const;
    const validity = part(1, ...bits);
    switch (layout.kind) {
      case "bits":
        return { layout, data: part(0, ...bits), validity, offsets: 0, bytes: 0 };
      case "fixed":
      case "dictionary": {
        const [offsets, bytes] = dictionary ?? [0, 0];
        return { layout, data: part(0, from * layout.width, to * layout.width), validity, offsets, bytes };
      }
      case "utf8": {
        const offsets = part(2, from * 4, (to + 1) * 4);
        const { i32 } = this.#pool;
        const [first, end] = [i32[offsets >>> 2], i32[(offsets >>> 2) + to - from]];
        if (first !== 0) for (let at = offsets >>> 2, row = from; row <= to; row++) i32[at++] -= first;
        return { layout, data: 0, validity, offsets, bytes: part(3, first, end) };
      }
      case "view":
        throw new InternalError("a cached column is no view");
    }
  }

  #readBytes(position: number, length: number, allocator: Allocator): number {
    const address = allocator.allocate(Math.max(1, length));
    for (let done = 0; done < length; ) {
      const count = readSync(this.#fd as number, this.#pool.u8, address + done, length - done, position + done);
      if (count === 0) throw diskFailure("reading", this.#source.path, `it ends at byte ${position + done}`);
      done += count;
    }
    return address;
  }
}

/** A batch that lies in the pool, to be copied. */
export class CachedBatchReader implements SplitReader {
  #batch: ColumnBatch | undefined;

  constructor(columns: readonly (readonly [number, number, number, number])[], rows: number, wanted: readonly { readonly field: number; readonly layout: ColumnLayout }[]) {
    this.#batch = {
      rows,
      columns: wanted.map(({ field, layout }) => {
        const [data, validity, offsets, bytes] = columns[field];
        return { layout, data, validity, offsets, bytes };
      }),
    };
  }

  next(): ColumnBatch | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    return batch;
  }

  close(): void {
    this.#batch = undefined;
  }
}
