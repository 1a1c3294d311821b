import type { Action, AddFile, RemoveFile } from "../../delta/actions.ts";
import { canonicalPath } from "../../delta/file-paths.ts";
import type { VectorCounts } from "./deletion-vectors.ts";

/** Names of metrics, by what is counted: those of DELETE and UPDATE, and those of MERGE. Source: Delta Spark's `DeltaOperationMetrics`. */
const NAMES = {
  rows: { removedFiles: "numRemovedFiles", removedBytes: "numRemovedBytes", addedFiles: "numAddedFiles", addedBytes: "numAddedBytes", changeFiles: "numAddedChangeFiles", vectors: "numDeletionVectors" },
  target: { removedFiles: "numTargetFilesRemoved", removedBytes: "numTargetBytesRemoved", addedFiles: "numTargetFilesAdded", addedBytes: "numTargetBytesAdded", changeFiles: "numTargetChangeFilesAdded", vectors: "numTargetDeletionVectors" },
} as const;

const NO_VECTORS: VectorCounts = { added: 0, removed: 0, updated: 0 };

/** What `operationMetrics` of a statement that changes rows say of files, deletion vectors and time. A file of which only the deletion vector changes is neither added nor removed. */
export function changeMetrics(actions: readonly Action[], names: keyof typeof NAMES, vectors: VectorCounts | undefined, startedMs: number): Record<string, number> {
  const own = NAMES[names];
  const { removed, added } = changedFiles(actions);
  const { added: vectorsAdded, removed: vectorsRemoved, updated } = vectors ?? NO_VECTORS;
  return {
    [own.removedFiles]: removed.length,
    [own.removedBytes]: totalBytes(removed),
    [own.addedFiles]: added.length,
    [own.addedBytes]: totalBytes(added),
    [own.changeFiles]: actions.filter(({ kind }) => kind === "cdc").length,
    [`${own.vectors}Added`]: vectorsAdded,
    [`${own.vectors}Removed`]: vectorsRemoved,
    [`${own.vectors}Updated`]: updated,
    executionTimeMs: Date.now() - startedMs,
  };
}

/** What a write that replaces rows says beside what it wrote. */
export function removalMetrics(actions: readonly Action[]): Record<string, number> {
  const { removed } = changedFiles(actions);
  return { numRemovedFiles: removed.length, numRemovedBytes: totalBytes(removed) };
}

function changedFiles(actions: readonly Action[]): { readonly removed: readonly RemoveFile[]; readonly added: readonly AddFile[] } {
  const removed = actions.flatMap((action) => (action.kind === "remove" ? [action.remove] : []));
  const added = actions.flatMap((action) => (action.kind === "add" ? [action.add] : []));
  const [removedPaths, addedPaths] = [removed, added].map((files) => new Set(files.map(({ path }) => canonicalPath(path))));
  return { removed: removed.filter(({ path }) => !addedPaths.has(canonicalPath(path))), added: added.filter(({ path }) => !removedPaths.has(canonicalPath(path))) };
}

function totalBytes(files: readonly { readonly size?: number }[]): number {
  return files.reduce((sum, { size = 0 }) => sum + size, 0);
}
