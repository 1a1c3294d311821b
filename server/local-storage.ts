import { closeSync, constants, fsyncSync, openSync, writeSync } from "node:fs";
import { link, open, opendir, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { SparrowError } from "../catalog/errors.ts";
import type { ObjectWriter, Storage, StoredObject } from "../catalog/ports.ts";
import { makeFolder, syncFolder } from "./durable-folders.ts";

/** Begins the names of files that are being written. */
const TEMPORARY = ".tmp-";

/** The storage port on the local disk. Writers go through a temporary file beside the target, so that no reader sees half an object. */
export const localStorage: Storage = {
  read: (path) => orPathError(path, () => readFile(path)),

  readRange: (path, start, end) =>
    orPathError(path, async () => {
      const file = await open(path, constants.O_RDONLY);
      try {
        const { size } = await file.stat();
        const from = start < 0 ? Math.max(0, size + start) : start;
        const length = Math.max(0, Math.min(end ?? size, size) - from);
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      } finally {
        await file.close();
      }
    }),

  stat: async (path) => {
    const found = await absentAsUndefined(() => stat(path));
    return found?.isFile() ? { path, bytes: found.size, modifiedMs: found.mtimeMs } : undefined;
  },

  async *list(folder, options = {}) {
    const { startAfter } = options;
    const found = await filesBelow(folder, options.recursive ?? false);
    const order = [...found, startAfter ?? ""].some((path) => SURROGATE.test(path)) ? byteOrder : unitOrder;
    const paths = startAfter === undefined ? found : found.filter((path) => order(path, startAfter) > 0);
    for (const path of paths.sort(order)) {
      const status = await absentAsUndefined(() => stat(join(folder, path)));
      if (status !== undefined) yield { path, bytes: status.size, modifiedMs: status.mtimeMs } satisfies StoredObject;
    }
  },

  write: (path, bytes) =>
    withTemporaryFile(path, bytes, async (temporary) => {
      await rename(temporary, path);
      return undefined;
    }),

  putIfAbsent: (path, bytes) =>
    withTemporaryFile(path, bytes, async (temporary) => {
      try {
        await link(temporary, path);
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      }
    }),

  async *listUnfinished(folder) {
    const entries = await absentAsUndefined(() => opendir(folder, { recursive: true }));
    if (entries === undefined) return;
    for await (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const found = entry.isFile() && entry.name.startsWith(TEMPORARY) ? await absentAsUndefined(() => stat(path)) : undefined;
      if (found !== undefined) yield { path: relative(folder, path).split(sep).join("/"), bytes: found.size, modifiedMs: found.mtimeMs } satisfies StoredObject;
    }
  },

  async create(path) {
    await makeFolder(dirname(path));
    return new LocalFileWriter(path, openSync(path, "wx"));
  },

  localFile: (path) =>
    orPathError(path, async () => {
      const { size, mtimeMs } = await stat(path);
      return { path, bytes: size, modifiedMs: mtimeMs };
    }),

  delete: (path) => orPathError(path, () => unlink(path)),
};

/** A file that has its name from the beginning: it is written once, without being moved. */
class LocalFileWriter implements ObjectWriter {
  readonly #path: string;
  readonly #handle: number;
  #bytes = 0;
  /** A handle must not be closed twice: its number may be another file's by then. */
  #isClosed = false;

  constructor(path: string, handle: number) {
    this.#path = path;
    this.#handle = handle;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle, bytes, at);
    this.#bytes += bytes.length;
  }

  async finish(): Promise<StoredObject> {
    fsyncSync(this.#handle);
    this.#close();
    await syncFolder(dirname(this.#path));
    return { path: this.#path, bytes: this.#bytes, modifiedMs: (await stat(this.#path)).mtimeMs };
  }

  async abandon(): Promise<void> {
    this.#close();
    await rm(this.#path, { force: true });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#handle);
  }
}

/**
 * Writes and syncs a file beside `path`, lets `publish` give it its name, and syncs the folder, so that the name outlives a crash too. The temporary name is no
 * other's, not even that of a process that died and had the same number.
 */
async function withTemporaryFile<T>(path: string, bytes: Uint8Array, publish: (temporary: string) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = join(folder, `${TEMPORARY}${crypto.randomUUID()}`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    const result = await publish(temporary);
    await syncFolder(folder);
    return result;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Paths of the files below a folder, relative to it; empty when there is no such folder. Unfinished writes are not objects. */
async function filesBelow(folder: string, recursive: boolean): Promise<string[]> {
  const entries = (await absentAsUndefined(() => readdir(folder, { recursive, withFileTypes: true }))) ?? [];
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith(TEMPORARY));
  return files.map(({ parentPath, name }) => (recursive ? relative(folder, join(parentPath, name)).split(sep).join("/") : name));
}

const SURROGATE = /[\uD800-\uDFFF]/;

/** The order of UTF-16 units, which is that of UTF-8 bytes where no text has surrogates, and many times as fast. */
function unitOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

async function absentAsUndefined<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** One look decides: between two the object may come to be. */
async function orPathError<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new SparrowError("PATH_NOT_FOUND", "42K03", `Path does not exist: ${path}.`, { path }, { origin: "data" });
  }
}
