import { SparrowError } from "../../catalog/errors.ts";
import type { ObjectWriter, Storage } from "../../catalog/ports.ts";

interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** A storage that has no more than an object store: keys without folders, whole writes, writes if there is nothing, and listing by prefix in order of keys. */
export class ObjectStorage implements Storage {
  readonly objects = new Map<string, StoredBytes>();
  /** Keys that were read, in order. */
  readonly reads: string[] = [];

  async read(path: string): Promise<Uint8Array> {
    this.reads.push(path);
    const found = this.objects.get(path);
    if (found === undefined) throw new SparrowError("PATH_NOT_FOUND", "42K03", `Path does not exist: ${path}.`, { path });
    return found.bytes;
  }

  async readRange(path: string, start: number, end?: number): Promise<Uint8Array> {
    const bytes = await this.read(path);
    return bytes.subarray(start < 0 ? bytes.length + start : start, end);
  }

  async stat(path: string) {
    const found = this.objects.get(path);
    return found && { path, bytes: found.bytes.length, modifiedMs: found.modifiedMs };
  }

  async *list(folder: string, { recursive = false, startAfter = "" }: { readonly recursive?: boolean; readonly startAfter?: string } = {}) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(`${folder}/`)).sort();
    for (const key of keys) {
      const path = key.slice(folder.length + 1);
      const { bytes, modifiedMs } = this.objects.get(key) as StoredBytes;
      if (path > startAfter && (recursive || !path.includes("/"))) yield { path, bytes: bytes.length, modifiedMs };
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(path, { bytes: Uint8Array.from(bytes), modifiedMs: Date.now() });
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.objects.has(path)) return false;
    await this.write(path, bytes);
    return true;
  }

  async create(path: string): Promise<ObjectWriter> {
    const parts: Uint8Array[] = [];
    return {
      append: (bytes) => void parts.push(bytes.slice()),
      finish: async () => {
        await this.write(path, Buffer.concat(parts));
        return { path, ...(await this.stat(path) as { readonly bytes: number; readonly modifiedMs: number }) };
      },
      abandon: () => this.delete(path),
    };
  }

  async delete(path: string): Promise<void> {
    this.objects.delete(path);
  }

  async *listUnfinished() {
    yield* [];
  }
}
