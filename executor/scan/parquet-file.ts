import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { unreadableFile, FOOTER_TAIL_BYTES, footerLength, parseFooter } from "./parquet-footer.ts";
import type { ParquetFooter } from "./parquet-footer.ts";

/** The end of a file is read in one go; most footers are within. */
const TAIL_BYTES = 64 * 1024;

interface CachedFooter {
  readonly fileBytes: number;
  readonly modifiedMs: number | undefined;
  readonly footer: ParquetFooter;
}

/** Footers of this thread, by path; a changed file is read anew. Bounded by column chunks: a footer has about 300 bytes for each. */
const cache = new Map<string, CachedFooter>();
const MAX_CACHED_CHUNKS = 200_000;
let cachedChunks = 0;

function chunkCount(footer: ParquetFooter): number {
  return footer.rowGroups.length * footer.leafPaths.length;
}

function cachedFooter(path: string, fileBytes: number, modifiedMs: number | undefined): ParquetFooter | undefined {
  const entry = cache.get(path);
  if (entry === undefined) return undefined;
  if (entry.fileBytes === fileBytes && entry.modifiedMs === modifiedMs) return entry.footer;
  cache.delete(path);
  cachedChunks -= chunkCount(entry.footer);
  return undefined;
}

function keepFooter(path: string, entry: CachedFooter): void {
  const old = cache.get(path);
  if (old !== undefined) cachedChunks -= chunkCount(old.footer);
  cache.set(path, entry);
  cachedChunks += chunkCount(entry.footer);
  for (const [oldest, value] of cache) {
    if (cachedChunks <= MAX_CACHED_CHUNKS || oldest === path) break;
    cache.delete(oldest);
    cachedChunks -= chunkCount(value.footer);
  }
}

/** The footer of a file with this size and time of change, for planning. */
export async function readFooter(path: string, fileBytes: number, modifiedMs: number | undefined): Promise<ParquetFooter> {
  const known = cachedFooter(path, fileBytes, modifiedMs);
  if (known !== undefined) return known;
  let handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw unreadableFile(path, (error as Error).message, error);
  }
  try {
    const read = async (start: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, start);
      if (bytesRead !== length) throw unreadableFile(path, "it ends earlier than when it was listed");
      return bytes;
    };
    const tailStart = Math.max(0, fileBytes - TAIL_BYTES);
    const tail = await read(tailStart, fileBytes - tailStart);
    const length = footerLength(tail.subarray(-FOOTER_TAIL_BYTES), fileBytes, path);
    const footerStart = fileBytes - FOOTER_TAIL_BYTES - length;
    const bytes = footerStart >= tailStart ? tail.subarray(footerStart - tailStart, tail.length - FOOTER_TAIL_BYTES) : await read(footerStart, length);
    const footer = parseFooter(bytes, fileBytes, path);
    keepFooter(path, { fileBytes, modifiedMs, footer });
    return footer;
  } finally {
    await handle.close();
  }
}

/** An open file, read synchronously on a worker. */
export class OpenParquetFile {
  readonly path: string;
  readonly footer: ParquetFooter;
  readonly #descriptor: number;
  #closed = false;

  /** Raises FAILED_READ_FILE when the file is not the one that the query was planned on. */
  constructor(path: string, fileBytes: number, modifiedMs: number | undefined) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, "r");
    } catch (error) {
      throw unreadableFile(path, (error as Error).message, error);
    }
    try {
      const { size, mtimeMs } = fstatSync(this.#descriptor);
      if (size !== fileBytes || (modifiedMs !== undefined && mtimeMs !== modifiedMs)) throw unreadableFile(path, "it has changed since the query was planned");
      this.footer = cachedFooter(path, fileBytes, modifiedMs) ?? this.#readFooter(fileBytes, modifiedMs);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(into: Uint8Array, fileOffset: number): void {
    let done = 0;
    while (done < into.length) {
      const count = readSync(this.#descriptor, into, done, into.length - done, fileOffset + done);
      if (count === 0) throw unreadableFile(this.path, "it ends inside of a column chunk");
      done += count;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }

  #readFooter(fileBytes: number, modifiedMs: number | undefined): ParquetFooter {
    const tail = new Uint8Array(Math.min(FOOTER_TAIL_BYTES, fileBytes));
    this.read(tail, fileBytes - tail.length);
    const bytes = new Uint8Array(footerLength(tail, fileBytes, this.path));
    this.read(bytes, fileBytes - FOOTER_TAIL_BYTES - bytes.length);
    const footer = parseFooter(bytes, fileBytes, this.path);
    keepFooter(this.path, { fileBytes, modifiedMs, footer });
    return footer;
  }
}
