import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What a folder of generated data says of itself; other contents are made anew. */
export interface DatasetKey {
  readonly suite: string;
  /** Raised with every change to what the generator makes. */
  readonly version: number;
  readonly seed: number;
  /** Scale factor or rows. */
  readonly size: number;
}

const MARKER = "dataset.json";

/**
 * Makes the data unless the folder holds it already. It is made beside the folder and renamed as a whole, so that a run cut short
 * leaves nothing half-made, and two runs at a time do not disturb each other.
 *
 * @returns the folder.
 */
export async function ensureDataset(folder: string, key: DatasetKey, generate: (folder: string) => Promise<void>): Promise<string> {
  if (holds(folder, key)) return folder;
  const partial = `${folder}.partial-${process.pid}-${performance.now().toString(36).replace(".", "")}`;
  mkdirSync(partial, { recursive: true });
  try {
    await generate(partial);
    writeFileSync(path.join(partial, MARKER), JSON.stringify(key));
    if (!holds(folder, key)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(partial, folder);
    }
  } catch (error) {
    if (!holds(folder, key)) throw error; // Else another run finished first, and its data is as good.
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

function holds(folder: string, key: DatasetKey): boolean {
  const marker = path.join(folder, MARKER);
  return existsSync(marker) && readFileSync(marker, "utf8") === JSON.stringify(key);
}

/** Bytes of all files in a folder. */
export function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}
