import { SparrowError } from "../../../catalog/errors.ts";
import type { StructField } from "../../../catalog/types.ts";
import { isConflict, READS_TABLE } from "../../../delta/conflicts.ts";
import type { IdempotentWrite } from "../../../delta/idempotent-write.ts";
import { movedRowFields, rowTrackingColumns } from "../../../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Assignment, AstExpr, Query, Statement } from "../../../parser/ast.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { bindInsert } from "../../../planner/analyzer/insert.ts";
import { changeDataOf, recorded, recordedOnly } from "../../delta/change-data.ts";
import { commitNothing, commitStatement } from "../../delta/commit-statement.ts";
import { markDeleted, removeFiles, vectorMetrics, writesDeletionVectors } from "../../delta/deletion-vectors.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { defaultOf, DERIVED_VALUES, generationChecks, generationOf, rejectIdentityUpdate } from "../../delta/derived-columns.ts";
import { runWrite } from "../../delta/idempotent-statement.ts";
import { type Analyze, fill, fromTarget, keptRows, matchedRows, matchingPositions, matchingRows, queryTarget, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { namesTables, scopeOf } from "../../delta/read-scope.ts";
import { inTurn, writeTableRows, writtenActions, writtenPaths } from "../../delta/rows-to-files.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import { quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";
import { AFFECTED_ROWS } from "./delete.ts";

type Update = Extract<Statement, { kind: "update" }>;

/** UPDATE of a Delta table: files with a row that changes are written anew; values are cast as INSERT casts them. */
export async function runDeltaUpdate(session: Session, target: DeltaTarget, statement: Update, options: RunOptions): Promise<StatementResult> {
  const rows = await runWrite(session, target.log, 0, (write) => updateOnce(session, target, statement, options, write));
  return valueResult(AFFECTED_ROWS, [[BigInt(rows)]]);
}

async function updateOnce(session: Session, { log, name }: DeltaTarget, statement: Update, options: RunOptions, write: IdempotentWrite | undefined): Promise<number> {
  const snapshot = await log.latest();
  checkWrite(snapshot, "change");
  const { span } = statement;
  const alias = statement.alias?.name?.name ?? statement.table.parts[statement.table.parts.length - 1].name;
  const condition = statement.where ?? ({ kind: "boolean", value: true, span } as const);
  const values = assignedValues(snapshot.fields, statement.assignments, alias);
  rejectIdentityUpdate(snapshot.fields, values);
  const fields = movedRowFields(snapshot);
  // Generated columns that are not set are computed anew.
  const kept = fields.filter((field) => values.has(field.name) || generationOf(field) === undefined);
  const query = changedRows(kept, withNewVersion(snapshot, values, span), condition, alias);
  const columns = kept.map((field) => ({ name: field.name, quoted: true, span }));
  const analyze: Analyze = (rows, context) => bindInsert({ table: name, fields, columns, byName: false, ...DERIVED_VALUES, query: rows, span }, context);

  const all = await targetFiles(session, snapshot);
  const positions = writesDeletionVectors(session, snapshot, "update") ? await matchingPositions(session, all, condition, alias, options) : undefined;
  const counts = positions?.counts() ?? (await matchingRows(session, all, condition, alias, options));
  if (counts.size === 0) {
    await commitNothing(session, log, snapshot, "UPDATE", write);
    return 0;
  }
  const chosen = new Set(counts.keys());
  const touched = [...chosen].map((index) => all.files[index]);
  const changed = queryTarget(session, targetTable(all, chosen), query, options, analyze);
  const changes = changeDataOf(session, snapshot);
  const before = changes === undefined ? [] : [recordedOnly(changes, matchedRows(session, all, chosen, condition, alias, options), "update_preimage")];
  const stay = positions === undefined ? [keptRows(session, all, chosen, condition, alias, options)] : [];
  const rows = inTurn(...before, recorded(changes, changed, "update_postimage"), ...stay);
  const written = await writeTableRows(session, snapshot, rows, { checks: generationChecks(snapshot.fields, new Set(values.keys())), changes, movesRows: true });
  const taken = positions === undefined ? removeFiles(touched) : await markDeleted(snapshot, all.files, positions);
  const updated = [...counts.values()].reduce((sum, count) => sum + count, 0);
  try {
    await commitStatement(session, log, {
      snapshot,
      actions: [...taken.actions, ...writtenActions(written)],
      reads: namesTables(...statement.assignments.map((assignment) => assignment.value)) ? READS_TABLE : scopeOf(session, snapshot, touched, condition, alias),
      operation: "UPDATE",
      operationParameters: { predicate: JSON.stringify(statement.where === undefined ? [] : [options.text?.slice(statement.where.span.start, statement.where.span.end) ?? ""]) },
      operationMetrics: { numRemovedFiles: taken.removedFiles, numAddedFiles: written.adds.length, numUpdatedRows: updated, numCopiedRows: written.rows - updated, ...vectorMetrics(taken.vectors) },
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

/** New values by column. Raises UNRESOLVED_COLUMN, DELTA_CONFLICT_SET_COLUMN for a column that is set twice. */
export function assignedValues(fields: readonly StructField[], assignments: readonly Assignment[], alias: string): ReadonlyMap<string, AstExpr> {
  const values = new Map<string, AstExpr>();
  for (const { target, value } of assignments) {
    const parts = target.parts.map((part) => part.name);
    const qualified = parts.length === 2 && parts[0].toLowerCase() === alias.toLowerCase() && !fields.some((field) => field.name.toLowerCase() === parts[0].toLowerCase());
    const [column, ...nested] = qualified ? parts.slice(1) : parts;
    const field = fields.find((candidate) => candidate.name.toLowerCase() === column.toLowerCase());
    if (field === undefined) {
      const proposal = fields.map((candidate) => quoted(candidate.name)).join(", ");
      throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${quoted(...parts)} cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: quoted(...parts), proposal }, { span: target.span });
    }
    if (nested.length > 0) throw new SparrowError("UNSUPPORTED_FEATURE.UPDATE_NESTED_FIELD", "0A000", `The feature is not supported: setting the field ${quoted(...parts)} of a struct; set the whole column.`, { fieldName: quoted(...parts) }, { span: target.span });
    if (values.has(field.name)) throw new SparrowError("DELTA_CONFLICT_SET_COLUMN", "42701", `There is a conflict from these SET columns: ${quoted(field.name)} is set twice.`, { columnList: quoted(field.name) }, { span: target.span });
    values.set(field.name, value.kind === "default" ? (defaultOf(field) ?? { kind: "null", span: value.span }) : value);
  }
  return values;
}
