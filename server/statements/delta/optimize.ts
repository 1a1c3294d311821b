import { SparrowError } from "../../../catalog/errors.ts";
import { LONG, STRING, type DataType } from "../../../catalog/types.ts";
import { isConflict } from "../../../delta/conflicts.ts";
import { canonicalPath } from "../../../delta/file-paths.ts";
import { removalOf } from "../../../delta/remove-file.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AddFile } from "../../../delta/actions.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import type { AstExpr, Statement } from "../../../parser/ast.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { fromTarget, matchingRows, queryTarget, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { dataFileTarget } from "../../delta/rows-to-files.ts";
import { deleteFiles, writeDataFiles } from "../../delta/write-files.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

type Optimize = Extract<Statement, { kind: "optimize" }>;

/** Files of this size or more are left as they are. Source: `spark.databricks.delta.optimize.minFileSize`. */
const MIN_FILE_BYTES = 1024 ** 3;

const METRICS: DataType = { kind: "struct", fields: ["numFilesAdded", "numFilesRemoved", "filesAddedSize", "filesRemovedSize", "partitionsOptimized", "totalConsideredFiles"].map((name) => ({ name, type: LONG, nullable: false })) };

/** OPTIMIZE: small files of each partition become one; files with deleted rows are written without them. No row changes, so it is in nobody's way who adds rows. */
export async function runOptimize(session: Session, target: DeltaTarget, statement: Optimize, options: RunOptions): Promise<StatementResult> {
  if (statement.zOrderBy.length > 0) throw unsupportedOperation("OPTIMIZE ZORDER BY", quoted(...target.name));
  if (statement.full) throw unsupportedOperation("OPTIMIZE FULL", quoted(...target.name));
  const figures = await rerunOnConflict(() => optimizeOnce(session, target, statement.where, options));
  return valueResult([{ name: "path", type: STRING, nullable: true }, { name: "metrics", type: METRICS, nullable: true }], [[`file:${target.log.location}`, { fields: figures.map(BigInt) }]]);
}

async function optimizeOnce(session: Session, { log }: DeltaTarget, where: AstExpr | undefined, options: RunOptions): Promise<number[]> {
  const snapshot = await log.latest();
  checkWrite(snapshot, "append");
  if (where !== undefined) requirePartitionPredicate(snapshot, where);
  const all = await targetFiles(session, snapshot);
  const considered = where === undefined ? all.files.map((_, index) => index) : [...(await matchingRows(session, all, where, "target", options)).keys()];
  const groups = new Map<string, number[]>();
  for (const index of considered) {
    const { add } = all.files[index].file;
    if (add.size >= MIN_FILE_BYTES && add.deletionVector === undefined) continue;
    const key = JSON.stringify(snapshot.metadata.partitionColumns.map((name) => add.partitionValues[name] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  const work = [...groups.values()].filter((group) => group.length > 1 || all.files[group[0]].file.add.deletionVector !== undefined);
  const chosen = new Set(work.flat());
  if (chosen.size === 0) return [0, 0, 0, 0, 0, considered.length];
  const removed = [...chosen].map((index) => all.files[index].file.add);
  const columns = snapshot.fields.map((field) => quoted("target", field.name)).join(", ");
  const rows = queryTarget(session, targetTable(all, chosen), parseQuery(`SELECT ${columns} ${fromTarget("target")}`), options);
  const written = await writeDataFiles(dataFileTarget(session, log.location, snapshot.fields, snapshot.metadata, false), rows);
  const now = Date.now();
  const sum = (files: readonly AddFile[]): number => files.reduce((total, { size }) => total + size, 0);
  try {
    await commitStatement(session, log, {
      snapshot,
      actions: [...removed.map((file) => removalOf(file, false, now)), ...written.adds.map((add) => ({ kind: "add", add }) as const)],
      // Files that others add meanwhile are none of its business, for it says nothing about the table's rows.
      reads: { wholeTable: false, files: new Set(removed.map((file) => canonicalPath(file.path))) },
      operation: "OPTIMIZE",
      operationParameters: { predicate: JSON.stringify(where === undefined ? [] : [options.text?.slice(where.span.start, where.span.end) ?? ""]), zOrderBy: "[]" },
      operationMetrics: { numRemovedFiles: removed.length, numRemovedBytes: sum(removed), numAddedFiles: written.adds.length, numAddedBytes: sum(written.adds) },
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles(written.adds.map((add) => `${log.location}/${canonicalPath(add.path)}`));
    throw error;
  }
  return [written.adds.length, removed.length, sum(written.adds), sum(removed), work.length, considered.length];
}

/** Rows of one file must all be in or out: WHERE may name partition columns only. */
function requirePartitionPredicate({ metadata, fields }: DeltaSnapshot, where: AstExpr): void {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    if ("kind" in node && node.kind === "name") {
      const { name } = node as unknown as Extract<AstExpr, { kind: "name" }>;
      const column = name.parts[name.parts.length - 1].name;
      if (fields.some((field) => field.name.toLowerCase() === column.toLowerCase()) && !partitions.has(column.toLowerCase())) {
        throw new SparrowError("DELTA_NON_PARTITION_COLUMN_REFERENCE", "42P10", `Predicate references non-partition column '${column}'. Only the partition columns may be referenced: [${metadata.partitionColumns.join(", ")}].`, { columnName: column, columnList: metadata.partitionColumns.join(", ") }, { span: name.span });
      }
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(where);
}
