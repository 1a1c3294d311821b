import { SparrowError } from "../catalog/errors.ts";
import type { Storage } from "../catalog/ports.ts";

/** Deletes an object that another process may have deleted already. */
export async function deleteIfPresent(storage: Storage, path: string): Promise<void> {
  try {
    await storage.delete(path);
  } catch (error) {
    if (!(error instanceof SparrowError && error.condition === "PATH_NOT_FOUND")) throw error;
  }
}
