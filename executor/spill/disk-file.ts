import { writevSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { SparrowError } from "../../catalog/errors.ts";

/** Writes all of the parts, `bytes` together, however little the system takes at a time. */
export function writeAll(fd: number, parts: readonly Uint8Array[], bytes: number): void {
  let left = parts;
  for (let done = 0; done < bytes; ) {
    const count = writevSync(fd, left as Uint8Array[]);
    done += count;
    left = after(left, count);
  }
}

/** What is left of the parts after so many bytes. */
function after(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  return parts.flatMap((part) => {
    const taken = Math.min(skip, part.length);
    skip -= taken;
    return taken === part.length ? [] : [part.subarray(taken)];
  });
}

/** Makes a query's folder, for this user only. Raises SPILL_OUT_OF_MEMORY. */
export async function makeSpillFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskFailure("creating", path, error);
  }
}

/** SPILL_OUT_OF_MEMORY: a file of what is not in memory could not be written or read. */
export function diskFailure(doing: string, path: string, error: unknown): SparrowError {
  const why = error instanceof Error ? error.message : String(error);
  return new SparrowError("SPILL_OUT_OF_MEMORY", "53000", `The query does not fit into memory, and ${doing} its spill file ${path} failed: ${why}.`, { path, message: why }, { origin: "resource", hint: "Free space on that disk, choose another with sparrow.spill.dir, or raise sparrow.memory.limit." });
}
