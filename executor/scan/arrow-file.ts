import { readFileSync, statSync } from "node:fs";
import type * as Arrow from "apache-arrow";
import { arrowLibrary } from "../arrow-library.ts";
import { unreadableFile } from "./parquet-footer.ts";

/** An Arrow IPC file or stream: the record batches' buffers are views of its bytes. */
export interface ArrowFile {
  readonly schema: Arrow.Schema;
  readonly batches: readonly Arrow.RecordBatch[];
}

/** Raises FAILED_READ_FILE for bytes that are none; `path` is for messages. */
export function parseArrow(bytes: Uint8Array, path: string): ArrowFile {
  try {
    const reader = arrowLibrary().RecordBatchReader.from(bytes).open();
    const { schema } = reader;
    return { schema, batches: [...reader] };
  } catch (error) {
    throw unreadableFile(path, `it is no readable Arrow file: ${(error as Error).message}`, error);
  }
}

let last: { readonly path: string; readonly bytes: number; readonly modifiedMs: number; readonly file: ArrowFile } | undefined;

/** Reads a whole file; the thread's last one is kept, for its batches are read one after the other. */
export function readArrowFile(path: string): ArrowFile {
  try {
    const { size, mtimeMs } = statSync(path);
    if (last?.path === path && last.bytes === size && last.modifiedMs === mtimeMs) return last.file;
    const file = parseArrow(readFileSync(path), path);
    last = { path, bytes: size, modifiedMs: mtimeMs, file };
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw unreadableFile(path, (error as Error).message, error);
    throw error;
  }
}
