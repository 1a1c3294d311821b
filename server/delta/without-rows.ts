import type { Action } from "../../delta/actions.ts";
import type { ReadScope } from "../../delta/conflicts.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { AstExpr } from "../../parser/ast.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { changeDataOf, recordedOnly } from "./change-data.ts";
import { type TakenRows, writesDeletionVectors } from "./deletion-vectors.ts";
import { liveRows } from "./delta-provider.ts";
import { scopeOf } from "./read-scope.ts";
import { addMatching, matchedRows, targetFiles } from "./row-changes.ts";
import { RowEdits } from "./row-edits.ts";
import { writtenActions, writtenPaths, type WrittenRows } from "./rows-to-files.ts";
import { writeEdits } from "./write-edits.ts";

/** The rows that a condition took out of a table. */
export interface WithoutRows {
  readonly taken: TakenRows;
  readonly reads: ReadScope;
  readonly deletedRows: number;
  /** Rows that were written anew because their files go, and the record of those that went. */
  readonly written: WrittenRows;
}

/**
 * The table without the rows that satisfy a condition: they are marked in deletion vectors, or files with some of them are written anew. Files with nothing else
 * go; where that is all, the change data feed needs no record, unless the commit has `otherChanges`.
 */
export async function withoutMatching(session: Session, snapshot: DeltaSnapshot, condition: AstExpr, options: RunOptions, alias = "target", otherChanges = false): Promise<WithoutRows> {
  const target = await targetFiles(session, snapshot);
  const edits = new RowEdits();
  await addMatching(edits.deleted, session, target, condition, alias, options);
  const counts = edits.deleted.counts();
  const touched = [...counts.keys()].map((index) => target.files[index]);
  const partly = [...counts].some(([index, rows]) => rows < liveRows(target.files[index]));
  const changes = partly || otherChanges ? changeDataOf(session, snapshot) : undefined;
  const deleted = changes === undefined ? undefined : recordedOnly(changes, matchedRows(session, target, new Set(counts.keys()), condition, alias, options), "delete");
  return {
    ...(await writeEdits(session, target, edits, writesDeletionVectors(session, snapshot, "delete"), deleted, { changes }, options)),
    reads: scopeOf(session, snapshot, touched, condition, alias),
    deletedRows: edits.deleted.count(),
  };
}

/** What a commit does for rows that are taken out: removals, and additions of files with rows that stay. */
export function withoutRowsActions({ taken, written }: WithoutRows): Action[] {
  return [...taken.actions, ...writtenActions(written)];
}

/** Absolute paths of the files that were written for it. */
export function withoutRowsPaths(snapshot: DeltaSnapshot, { taken, written }: WithoutRows): string[] {
  return [...taken.paths, ...writtenPaths(snapshot, written)];
}

