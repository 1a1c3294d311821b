import type { AddFile } from "./actions.ts";

/** Files of one partition that are written anew together. */
export type FileBin = readonly AddFile[];

/** Which files OPTIMIZE takes for small, and how large it makes them, in bytes. */
export interface CompactionLimits {
  readonly minFileBytes: number;
  readonly maxFileBytes: number;
  /** A file with a greater part of its rows deleted is written anew whatever its size. */
  readonly maxDeletedRatio: number;
}

/** Small files of each partition put together up to the wanted size; a file alone only if rows of it are deleted. `rowsOf`: rows in a file, deleted ones included. */
export function compactionBins(files: readonly AddFile[], { minFileBytes, maxFileBytes, maxDeletedRatio }: CompactionLimits, rowsOf: (file: AddFile) => number | undefined): FileBin[] {
  const hasManyDeleted = (file: AddFile): boolean => {
    if (file.deletionVector === undefined) return false;
    const rows = rowsOf(file);
    return rows === undefined || file.deletionVector.cardinality > rows * maxDeletedRatio;
  };
  const chosen = files.filter((file) => file.size < minFileBytes || hasManyDeleted(file));
  return [...byPartition(chosen).values()].flatMap((group) => packed(group, maxFileBytes)).filter((bin) => bin.length > 1 || bin[0].deletionVector !== undefined);
}

/** Files by their partition values, in the order in which partitions first appear. */
export function byPartition(files: readonly AddFile[]): ReadonlyMap<string, readonly AddFile[]> {
  const groups = new Map<string, AddFile[]>();
  for (const file of files) {
    const key = JSON.stringify(Object.entries(file.partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return groups;
}

/** Smallest first, as long as they fit. */
export function packed(files: readonly AddFile[], maxBytes: number): FileBin[] {
  const bins: AddFile[][] = [];
  let bytes = Infinity;
  for (const file of files.toSorted((a, b) => a.size - b.size)) {
    if (bytes + file.size > maxBytes) {
      bins.push([]);
      bytes = 0;
    }
    bins[bins.length - 1].push(file);
    bytes += file.size;
  }
  return bins;
}
