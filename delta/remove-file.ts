import type { Action, AddFile, RemoveFile } from "./actions.ts";

/** The action that takes a live file out of the table. */
export function removalOf(add: AddFile, dataChange: boolean, deletionTimestamp: number): Extract<Action, { kind: "remove" }> {
  const { path, partitionValues, size, tags, deletionVector, baseRowId, defaultRowCommitVersion } = add;
  const remove: RemoveFile = {
    path,
    deletionTimestamp,
    dataChange,
    extendedFileMetadata: true,
    partitionValues,
    size,
    ...(tags !== undefined && { tags }),
    ...(deletionVector !== undefined && { deletionVector }),
    ...(baseRowId !== undefined && { baseRowId }),
    ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
  };
  return { kind: "remove", remove };
}

export function additionOf(add: AddFile): Extract<Action, { kind: "add" }> {
  return { kind: "add", add };
}
