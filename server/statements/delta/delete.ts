import { LONG } from "../../../catalog/types.ts";
import { isConflict, READS_TABLE } from "../../../delta/conflicts.ts";
import { removalOf } from "../../../delta/remove-file.ts";
import type { IdempotentWrite } from "../../../delta/idempotent-write.ts";
import { parseFileStatistics } from "../../../delta/file-statistics.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AstExpr, Statement } from "../../../parser/ast.ts";
import { changeMetrics } from "../../delta/change-metrics.ts";
import { commitNothing, commitStatement } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { liveRows } from "../../delta/delta-provider.ts";
import { targetFiles } from "../../delta/row-changes.ts";
import { withoutMatching, type WithoutRows, withoutRowsActions, withoutRowsPaths } from "../../delta/without-rows.ts";
import { runWrite } from "../../delta/idempotent-statement.ts";
import { NOTHING_WRITTEN } from "../../delta/rows-to-files.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

/** Result columns of DELETE and UPDATE. */
export const AFFECTED_ROWS = [{ name: "num_affected_rows", type: LONG, nullable: true }];

/** DELETE FROM a Delta table: files without a row that stays are removed, rows of others are marked as deleted or their files written anew, all others are neither read nor touched. */
export async function runDeltaDelete(session: Session, target: DeltaTarget, { where, alias, table }: Extract<Statement, { kind: "delete" }>, options: RunOptions): Promise<StatementResult> {
  const name = alias?.name?.name ?? table.parts[table.parts.length - 1].name;
  const rows = await runWrite(session, target.log, 0, (write) => deleteRows(session, target, where, name, options, "DELETE", write));
  return valueResult(AFFECTED_ROWS, [[BigInt(rows)]]);
}

/** Deletes the rows for which a condition is true, all without one, and gives their number. */
export async function deleteRows(session: Session, { log }: DeltaTarget, where: AstExpr | undefined, alias: string, options: RunOptions, operation: "DELETE" | "TRUNCATE", write?: IdempotentWrite): Promise<number> {
  const startedMs = Date.now();
  const snapshot = await log.latest();
  checkWrite(snapshot, "change");
  const removed = where === undefined ? await everything(session, snapshot) : await withoutMatching(session, snapshot, where, options, alias);
  const actions = withoutRowsActions(removed);
  if (actions.length === 0) {
    await commitNothing(session, log, snapshot, operation, write);
    return 0;
  }
  try {
    await commitStatement(session, log, {
      snapshot,
      actions,
      reads: removed.reads,
      operation,
      operationParameters: { predicate: JSON.stringify(where === undefined ? ["true"] : [options.text?.slice(where.span.start, where.span.end) ?? ""]) },
      operationMetrics: { numDeletedRows: removed.deletedRows, numCopiedRows: removed.written.rows, ...changeMetrics(actions, "rows", removed.taken.vectors, startedMs) },
      ...(write !== undefined && { write }),
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles(withoutRowsPaths(snapshot, removed));
    throw error;
  }
  return removed.deletedRows;
}

/** All rows are gone when all files are: only files whose number of rows is not in the log are opened for it. */
async function everything(session: Session, snapshot: DeltaSnapshot): Promise<WithoutRows> {
  const now = Date.now();
  const files = [...snapshot.files.values()];
  const counts = files.map((file) => parseFileStatistics(file.stats).rows);
  const known = counts.every((count) => count !== undefined);
  const deletedRows = known
    ? counts.reduce((sum: number, count, i) => sum + (count as number) - (files[i].deletionVector?.cardinality ?? 0), 0)
    : (await targetFiles(session, snapshot)).files.reduce((sum, file) => sum + liveRows(file), 0);
  return { taken: { actions: files.map((file) => removalOf(file, true, now)), paths: [], removedFiles: files.length }, reads: READS_TABLE, deletedRows, written: NOTHING_WRITTEN };
}
