import { SparrowError } from "./errors.ts";

/** Where cached rows may be; with both, in memory first. Source: Spark's StorageLevel, without what means nothing on one machine (copies, serialized form). */
export interface StorageLevel {
  readonly memory: boolean;
  readonly disk: boolean;
}

/** The default of CACHE TABLE and `persist`. */
export const MEMORY_AND_DISK: StorageLevel = { memory: true, disk: true };

const LEVELS: Readonly<Record<string, StorageLevel>> = {
  NONE: { memory: false, disk: false },
  DISK_ONLY: { memory: false, disk: true },
  MEMORY_ONLY: { memory: true, disk: false },
  MEMORY_AND_DISK,
  OFF_HEAP: MEMORY_AND_DISK,
};

/** By Spark's name, in any case: `MEMORY_ONLY_SER_2` is MEMORY_ONLY. Raises INVALID_STORAGE_LEVEL. */
export function parseStorageLevel(name: string): StorageLevel {
  const [, base, suffix] = /^(.*?)((?:_SER)?(?:_[23])?)$/.exec(name.trim().toUpperCase()) ?? ["", name, ""];
  const level = LEVELS[base];
  if (level !== undefined && (suffix === "" || (base !== "NONE" && base !== "OFF_HEAP"))) return level;
  const levels = Object.keys(LEVELS).join(", ");
  throw new SparrowError("INVALID_STORAGE_LEVEL", "22023", `Invalid StorageLevel: ${name}.`, { storageLevel: name }, { hint: `There are ${levels}.` });
}
