import type { Action, SetTransaction } from "./actions.ts";

/**
 * Which files COPY INTO has loaded is kept as the protocol keeps transactions of applications: one for each file, whose version is the file's time of change. So it
 * is part of the same commit as the rows, outlives checkpoints, is kept by every writer, and two loads of one file are a conflict.
 */
const APPLICATION = "copy-into:";

/** A file as it was when it was loaded. */
export interface LoadedFile {
  /** Absolute. */
  readonly path: string;
  readonly modifiedMs: number;
}

/** Whether the file has been loaded as it is now: one that has changed since counts as new. `transactions`: of the snapshot. */
export function isLoaded(transactions: ReadonlyMap<string, SetTransaction>, { path, modifiedMs }: LoadedFile): boolean {
  return transactions.get(APPLICATION + path)?.version === BigInt(Math.floor(modifiedMs));
}

/** The actions that say so. */
export function loadedActions(files: readonly LoadedFile[], nowMs: number): Action[] {
  return files.map(({ path, modifiedMs }) => ({ kind: "txn", txn: { appId: APPLICATION + path, version: BigInt(Math.floor(modifiedMs)), lastUpdated: nowMs } }));
}
