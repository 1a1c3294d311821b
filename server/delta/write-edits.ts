import type { ResultBatch } from "../../executor/result-batch.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { markDeleted, removeFiles, type TakenRows } from "./deletion-vectors.ts";
import { planRewrite, type RewritePlan, rewriteLargeFiles, smallFileRows } from "./rewrite-files.ts";
import type { TargetFiles } from "./row-changes.ts";
import type { RowEdits } from "./row-edits.ts";
import { NOTHING_WRITTEN, type RowHandling, writeTableRows, writtenPaths, type WrittenRows } from "./rows-to-files.ts";
import { deleteFiles } from "./write-files.ts";

/** What a statement has done to a table: files for rows that are new or had to be written again, and what goes for them. */
export interface EditedTable {
  readonly written: WrittenRows;
  readonly taken: TakenRows;
}

/**
 * Writes rows that are added to a table and what edits make of its files: rows that go are marked in deletion vectors (`marks`), or the files with edits are written anew.
 * Edits may be made while `rows` are read. When it fails, no file is left.
 */
export async function writeEdits(session: Session, target: TargetFiles, edits: RowEdits, marks: boolean, rows: AsyncIterable<ResultBatch> | undefined, handling: RowHandling, options: RunOptions): Promise<EditedTable> {
  const { snapshot, files } = target;
  let plan: RewritePlan | undefined;
  const kept = async function* (): AsyncGenerator<ResultBatch> {
    if (edits.files().length === 0) return;
    plan = await planRewrite(session, target, edits);
    yield* smallFileRows(session, plan, options);
  };
  const hasKept = !marks && (rows !== undefined || edits.files().length > 0);
  const beside = rows === undefined && !hasKept ? NOTHING_WRITTEN : await writeTableRows(session, snapshot, rows ?? noRows(), { ...handling, movesRows: true, ...(hasKept && { kept: kept() }) });
  let written = beside;
  try {
    if (plan !== undefined) {
      const rewritten = await rewriteLargeFiles(session, plan, options);
      written = { ...beside, adds: [...beside.adds, ...rewritten.adds], rows: beside.rows + rewritten.rows };
    }
    return { written, taken: marks ? await markDeleted(snapshot, files, edits.deleted) : removeFiles(edits.files().map((index) => files[index])) };
  } catch (error) {
    await deleteFiles(writtenPaths(snapshot, written));
    throw error;
  }
}

async function* noRows(): AsyncGenerator<ResultBatch> {
  const none: readonly ResultBatch[] = [];
  yield* none;
}
