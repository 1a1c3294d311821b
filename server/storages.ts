import { mkdtempSync, rmSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalFile, Storage } from "../catalog/ports.ts";
import { localStorage } from "./local-storage.ts";

/** Storages of this process by the scheme of their paths, in lower case. */
const storages = new Map<string, Storage>();

/** Paths `<scheme>:...` are kept in this storage from now on, instead of the local disk. */
export function registerStorage(scheme: string, storage: Storage): void {
  storages.set(scheme.toLowerCase(), storage);
}

/** Where a path's bytes live. */
export function storageAt(path: string): Storage {
  return storages.get(schemeOf(path)) ?? localStorage;
}

/** Whether a path is one of a storage that was registered: it is absolute as it is. */
export function hasStorage(path: string): boolean {
  return storages.has(schemeOf(path));
}

/** Copies of objects that are no files, by their paths: objects of tables never change. They go with the process. */
const copies = new Map<string, Promise<LocalFile>>();
let copyFolder: string | undefined;

/** A file of the local disk with the bytes of an object that never changes. Raises PATH_NOT_FOUND. */
export function localFileOf(path: string): Promise<LocalFile> {
  const storage = storageAt(path);
  if (storage.localFile !== undefined) return storage.localFile(path);
  const known = copies.get(path) ?? copyOf(storage, path);
  copies.set(path, known);
  known.catch(() => copies.delete(path));
  return known;
}

async function copyOf(storage: Storage, path: string): Promise<LocalFile> {
  const bytes = await storage.read(path);
  if (copyFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "sparrow-objects-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    copyFolder = folder;
  }
  const copy = join(copyFolder, crypto.randomUUID());
  await writeFile(copy, bytes);
  return { path: copy, bytes: bytes.length, modifiedMs: (await stat(copy)).mtimeMs };
}

function schemeOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf(":"))).toLowerCase();
}
