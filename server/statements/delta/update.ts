import { isNested, type StructField } from "../../../catalog/types.ts";
import { isConflict, READS_TABLE } from "../../../delta/conflicts.ts";
import type { IdempotentWrite } from "../../../delta/idempotent-write.ts";
import { movedRowFields, rowTrackingColumns } from "../../../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AstExpr, Query, Statement } from "../../../parser/ast.ts";
import type { ResultBatch } from "../../../executor/result-batch.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { bindInsert } from "../../../planner/analyzer/insert.ts";
import { analyzeQuery } from "../../../planner/analyzer/queries.ts";
import { assignedValues } from "../../delta/assigned-values.ts";
import { changeDataOf, recorded, recordedOnly } from "../../delta/change-data.ts";
import { changeMetrics } from "../../delta/change-metrics.ts";
import { commitNothing, commitStatement } from "../../delta/commit-statement.ts";
import { writesDeletionVectors } from "../../delta/deletion-vectors.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { DERIVED_VALUES, generationChecks, generationOf, rejectIdentityUpdate } from "../../delta/derived-columns.ts";
import { inShape } from "../../delta/insert-evolution.ts";
import { runWrite } from "../../delta/idempotent-statement.ts";
import { addMatching, type Analyze, fill, fromTarget, matchedRows, matchingRows, queryTarget, ROW_PLACE, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { RowEdits } from "../../delta/row-edits.ts";
import { namesTables, scopeOf } from "../../delta/read-scope.ts";
import { constraintChecks, inTurn, writtenActions, writtenPaths } from "../../delta/rows-to-files.ts";
import { writeEdits } from "../../delta/write-edits.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import { quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";
import { AFFECTED_ROWS } from "./delete.ts";

type Update = Extract<Statement, { kind: "update" }>;

/** New values of more rows than these are not kept in memory until their files are written. */
const MAX_ROWS_IN_PLACE = 4_000_000;

/** UPDATE of a Delta table: files with a row that changes are written anew; values are cast as INSERT casts them. */
export async function runDeltaUpdate(session: Session, target: DeltaTarget, statement: Update, options: RunOptions): Promise<StatementResult> {
  const rows = await runWrite(session, target.log, 0, (write) => updateOnce(session, target, statement, options, write));
  return valueResult(AFFECTED_ROWS, [[BigInt(rows)]]);
}

async function updateOnce(session: Session, { log, name }: DeltaTarget, statement: Update, options: RunOptions, write: IdempotentWrite | undefined): Promise<number> {
  const startedMs = Date.now();
  const snapshot = await log.latest();
  checkWrite(snapshot, "change");
  const { span } = statement;
  const alias = statement.alias?.name?.name ?? statement.table.parts[statement.table.parts.length - 1].name;
  const condition = statement.where ?? ({ kind: "boolean", value: true, span } as const);
  const values = assignedValues(snapshot.columns, statement.assignments, alias);
  rejectIdentityUpdate(snapshot.fields, values);
  const all = await targetFiles(session, snapshot);
  const counts = await matchingRows(session, all, condition, alias, options);
  if (counts.size === 0) {
    await commitNothing(session, log, snapshot, "UPDATE", write);
    return 0;
  }
  const updated = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const chosen = new Set(counts.keys());
  const touched = [...chosen].map((index) => all.files[index]);
  const changes = changeDataOf(session, snapshot);
  const checks = generationChecks(snapshot.fields, new Set(values.keys()));
  const marks = writesDeletionVectors(session, snapshot, "update");
  const moved = movedRowFields(snapshot);
  const assigned = withNewVersion(snapshot, values, span);
  const partitions = new Set(snapshot.metadata.partitionColumns.map((column) => column.toLowerCase()));
  const isGenerated = snapshot.fields.some((field) => generationOf(field) !== undefined);
  // Rows that go to another partition, or that are too many to be kept in memory, are taken out of their files and written to new ones.
  const inPlace = !marks && updated <= MAX_ROWS_IN_PLACE && ![...assigned.keys()].some((column) => partitions.has(column.toLowerCase())) && !(isGenerated && partitions.size > 0);
  const wholeRows = !inPlace || isGenerated || changes !== undefined || checks.length > 0 || constraintChecks(snapshot).length > 0;
  const edited = moved.flatMap((field, i) => (assigned.has(field.name) || generationOf(field) !== undefined ? [i] : []));
  const edits = new RowEdits(inPlace ? edited : []);
  if (!inPlace) await addMatching(edits.deleted, session, all, condition, alias, options, chosen);

  // Generated columns that are not set are computed anew.
  const fields = [...moved.filter((_, i) => wholeRows || edits.columns.includes(i)), ...ROW_PLACE];
  const kept = fields.filter((field) => assigned.has(field.name) || generationOf(field) === undefined);
  const query = changedRows(kept, assigned, condition, alias);
  const columns = kept.map((field) => ({ name: field.name, quoted: true, span }));
  const setsNested = kept.some((field) => assigned.has(field.name) && isNested(field.type));
  const analyze: Analyze = (rows, context) => {
    // Fields of structs are found by name, as the columns are.
    const given = setsNested ? analyzeQuery(rows, context).columns : [];
    return bindInsert({ table: name, fields, columns, byName: false, ...DERIVED_VALUES, castsAny: true, query: setsNested ? inShape(rows, given, given, fields, false) : rows, span }, context);
  };
  const changed = queryTarget(session, targetTable(all, chosen), query, options, analyze);
  const before = changes === undefined ? [] : [recordedOnly(changes, matchedRows(session, all, chosen, condition, alias, options), "update_preimage")];
  const rows = inTurn(...before, recorded(changes, changed, "update_postimage"));
  const divert = (batch: ResultBatch): ResultBatch => {
    const place = fields.length - ROW_PLACE.length;
    if (inPlace) edits.replaceAll(batch, fields.map((field) => moved.indexOf(field)), place, snapshot.fields);
    return { rows: inPlace ? 0 : batch.rows, columns: batch.columns.slice(0, place) };
  };
  const { written, taken } = await writeEdits(session, all, edits, marks, rows, { checks, changes, divert }, options);
  const actions = [...taken.actions, ...writtenActions(written)];
  try {
    await commitStatement(session, log, {
      snapshot,
      actions,
      reads: namesTables(...statement.assignments.map((assignment) => assignment.value)) ? READS_TABLE : scopeOf(session, snapshot, touched, condition, alias),
      operation: "UPDATE",
      operationParameters: { predicate: JSON.stringify(statement.where === undefined ? [] : [options.text?.slice(statement.where.span.start, statement.where.span.end) ?? ""]) },
      operationMetrics: { numUpdatedRows: updated, numCopiedRows: written.rows - updated, ...changeMetrics(actions, "rows", taken.vectors, startedMs) },
      ...(write !== undefined && { write }),
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles([...writtenPaths(snapshot, written), ...taken.paths]);
    throw error;
  }
  return updated;
}

/** A row that changes keeps its id; its version is that of the commit, which is not known yet: files have it for rows that say none. */
function withNewVersion({ metadata }: DeltaSnapshot, values: ReadonlyMap<string, AstExpr>, span: Update["span"]): ReadonlyMap<string, AstExpr> {
  const tracked = rowTrackingColumns(metadata);
  return tracked === undefined ? values : new Map([...values, [tracked.version.name, { kind: "null", span }]]);
}

/** The rows that change, with their new values. */
function changedRows(fields: readonly StructField[], values: ReadonlyMap<string, AstExpr>, condition: AstExpr, alias: string): Query {
  const parts: Record<string, AstExpr> = { __condition: condition };
  const items = fields.map((field, i) => {
    const value = values.get(field.name);
    if (value === undefined) return quoted(alias, field.name);
    parts[`__value${i}`] = value;
    return `__value${i} AS ${quoted(field.name)}`;
  });
  return fill(parseQuery(`SELECT ${items.join(", ")} ${fromTarget(alias)} WHERE __condition`), parts);
}
