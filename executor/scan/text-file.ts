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
    if (isCompressed(path)) return withoutMark(decompressed(path, readRange(descriptor, 0, size)));
    const begin = Math.max(0, start - 1);
    let bytes = readRange(descriptor, begin, Math.min(end, size));
    let from = 0;
    if (start > 0) {
      // The byte before the range says whether a line begins with it.
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) return { bytes, from: bytes.length, to: bytes.length };
      from = newline + 1;
    }
    while (begin + bytes.length < size && bytes[bytes.length - 1] !== NEWLINE) {
      const more = readRange(descriptor, begin + bytes.length, Math.min(size, begin + bytes.length + EXTENSION_BYTES));
      const newline = more.indexOf(NEWLINE);
      bytes = concatenated(bytes, newline < 0 ? more : more.subarray(0, newline + 1));
    }
    return start === 0 ? withoutMark(bytes) : { bytes, from, to: bytes.length };
  } finally {
    closeSync(descriptor);
  }
}

function withoutMark(bytes: Uint8Array): TextLines {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { bytes, from: marked ? 3 : 0, to: bytes.length };
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

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

const SPLIT_BYTES = 8 * 1024 * 1024;

/** Byte ranges of a text file that tasks read by themselves. */
export function textRanges(path: string, bytes: number, splittable: boolean): { readonly start: number; readonly end: number }[] {
  if (bytes === 0) return [];
  if (!splittable || isCompressed(path)) return [{ start: 0, end: bytes }];
  const count = Math.max(1, Math.round(bytes / SPLIT_BYTES));
  return Array.from({ length: count }, (_, i) => ({ start: Math.floor((bytes * i) / count), end: Math.floor((bytes * (i + 1)) / count) }));
}
