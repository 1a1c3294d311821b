import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { unreadableFile } from "./parquet-footer.ts";

const NEWLINE = 10;
const EXTENSION_BYTES = 64 * 1024;

/** Lines of a text file in memory: from `from` to `to` of `bytes`. */
export interface TextLines {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Whether a file can only be read from its beginning. Source: the codecs of Spark's text sources, by file name. */
export function isCompressed(path: string): boolean {
  return /\.(gz|zst|bz2|lz4|snappy|deflate)$/.test(path);
}

/**
 * The lines whose first byte is at [start, end) of the file: so each line belongs to one range, wherever ranges end. A compressed file is one range.
 * A byte order mark is left out.
 */
export function readLines(path: string, start: number, end: number): TextLines {
  let descriptor;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw unreadableFile(path, (error as Error).message, error);
  }
  try {
    const { size } = fstatSync(descriptor);
    if (isCompressed(path)) {
      const bytes = decompressed(path, readRange(descriptor, 0, size));
      return withoutMark(bytes, bytes.length);
    }
    // From the byte before the range, which says whether a line begins with it, to where its last line should have ended.
    const begin = Math.max(0, start - 1);
    let bytes = readRange(descriptor, begin, Math.min(size, end + EXTENSION_BYTES));
    let to = lineEnd(bytes, end - 1 - begin);
    while (to < 0 && begin + bytes.length < size) {
      const known = bytes.length;
      bytes = readRange(descriptor, begin, Math.min(size, begin + known * 2));
      to = lineEnd(bytes, known);
    }
    if (to < 0) to = bytes.length;
    if (start === 0) return withoutMark(bytes, to);
    const newline = bytes.indexOf(NEWLINE);
    return { bytes, from: newline < 0 ? to : Math.min(to, newline + 1), to };
  } finally {
    closeSync(descriptor);
  }
}

/** Behind the first line end at or after `from`; -1 when there is none. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const newline = bytes.indexOf(NEWLINE, Math.max(0, from));
  return newline < 0 ? -1 : newline + 1;
}

function withoutMark(bytes: Uint8Array, to: number): TextLines {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { bytes, from: marked ? 3 : 0, to };
}

function decompressed(path: string, bytes: Uint8Array): Uint8Array {
  try {
    if (path.endsWith(".gz")) return gunzipSync(bytes);
    if (path.endsWith(".zst")) return zstdDecompressSync(bytes);
  } catch (error) {
    throw unreadableFile(path, `it cannot be decompressed: ${(error as Error).message}`, error);
  }
  throw unreadableFile(path, "its compression is not supported (gz and zst are)");
}

function readRange(descriptor: number, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, start + done);
    if (count === 0) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

const SPLIT_BYTES = 8 * 1024 * 1024;

/** Byte ranges of a text file that tasks read by themselves. */
export function textRanges(path: string, bytes: number, splittable: boolean): { readonly start: number; readonly end: number }[] {
  if (bytes === 0) return [];
  if (!splittable || isCompressed(path)) return [{ start: 0, end: bytes }];
  const count = Math.max(1, Math.round(bytes / SPLIT_BYTES));
  return Array.from({ length: count }, (_, i) => ({ start: Math.floor((bytes * i) / count), end: Math.floor((bytes * (i + 1)) / count) }));
}
