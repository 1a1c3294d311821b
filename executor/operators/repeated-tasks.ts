import type { Pool } from "../memory/pool.ts";
import type { FinishTask } from "./finish-task.ts";
import { headBytes } from "./join/join-directory.ts";

/**
 * Whether a task can run again after a thread has died at it. Sorting and dividing write to memory and files of their own; windows, marks and links write the
 * same each time. Merging groups adds what records have to others of them.
 */
export function isRepeatable(task: FinishTask): boolean {
  return task.kind !== "groups" || !task.needsMerge;
}

/** Empties directories that come zeroed to the tasks that link records into them; each of those of a hash empties its own slots. */
export function emptyKeyedDirectories(pool: Pool, tasks: readonly FinishTask[]): void {
  for (const { directory, key } of new Map(tasks.flatMap((task) => (task.kind === "link" ? [[task.directory.address, task] as const] : []))).values()) {
    if (directory.kind === "hash" || key === undefined) continue;
    pool.zero(directory.address, headBytes(directory));
    pool.u32[key.repeated >>> 2] = 0;
  }
}
