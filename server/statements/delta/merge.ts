import { SparrowError } from "../../../catalog/errors.ts";
import { LONG, type StructField } from "../../../catalog/types.ts";
import { isConflict, type ReadScope, READS_TABLE } from "../../../delta/conflicts.ts";
import type { IdempotentWrite } from "../../../delta/idempotent-write.ts";
import { identityOf } from "../../../delta/identity-columns.ts";
import type { AddFile } from "../../../delta/actions.ts";
import { canonicalPath } from "../../../delta/file-paths.ts";
import { rowTrackingColumns } from "../../../delta/row-tracking.ts";
import { evolved, withoutOlderMetadata } from "../../../delta/schema-evolution.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AstExpr, MergeClause, QualifiedName, Statement } from "../../../parser/ast.ts";
import { assignedValues } from "../../delta/assigned-values.ts";
import { changeDataOf } from "../../delta/change-data.ts";
import { commitNothing, commitStatement } from "../../delta/commit-statement.ts";
import { markDeleted, removeFiles, RowPositions, vectorMetrics, writesDeletionVectors } from "../../delta/deletion-vectors.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { defaultOf, generationChecks, generationOf, numberedColumns, rejectIdentityUpdate } from "../../delta/derived-columns.ts";
import { runWrite } from "../../delta/idempotent-statement.ts";
import { evolvesSchema } from "../../delta/insert-evolution.ts";
import { IdentityWriter } from "../../delta/identity-rows.ts";
import { type MergeInput, mergeJoin, type MergeOutcome, mergeOutput, readSource, rejectSeveralMatches, type MergeSource } from "../../delta/merge-rows.ts";
import type { FileSplits } from "../../delta/delta-provider.ts";
import { matchingRows, targetFiles } from "../../delta/row-changes.ts";
import { reshaped } from "../../delta/reshape.ts";
import { withOwnNames } from "../../delta/clause-names.ts";
import { mergeKeys } from "../../delta/merge-keys.ts";
import { namesTables, splitOfAdd } from "../../delta/read-scope.ts";
import { writeTableRows, writtenActions, writtenPaths } from "../../delta/rows-to-files.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import { quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

type Merge = Extract<Statement, { kind: "merge" }>;

const MERGE_COLUMNS = ["num_affected_rows", "num_updated_rows", "num_deleted_rows", "num_inserted_rows"].map((name) => ({ name, type: LONG, nullable: true }));

const NO_ROWS: Readonly<MergeOutcome> = { updated: 0, deleted: 0, inserted: 0, copied: 0, deletedMatches: 0 };

/** MERGE INTO a Delta table: the source is read once; rows that the source or a clause reaches are marked as deleted, or their files written anew. */
export async function runDeltaMerge(session: Session, target: DeltaTarget, statement: Merge, options: RunOptions): Promise<StatementResult> {
  checkClauses(statement);
  const { updated, deleted, inserted } = await runWrite(session, target.log, NO_ROWS, (write) => mergeOnce(session, target, statement, options, write));
  return valueResult(MERGE_COLUMNS, [[updated + deleted + inserted, updated, deleted, inserted].map(BigInt)]);
}

/** Of each kind only the last clause may be without a condition: later ones would never be reached. */
function checkClauses({ clauses, span }: Merge): void {
  for (const kind of ["matched", "notMatched", "notMatchedBySource"] as const) {
    const own = clauses.filter((clause) => clause.when === kind);
    if (own.slice(0, -1).every((clause) => clause.condition !== undefined)) continue;
    const name = { matched: "MATCHED", notMatched: "NOT_MATCHED", notMatchedBySource: "NOT_MATCHED_BY_SOURCE" }[kind];
    throw new SparrowError(`NON_LAST_${name}_CLAUSE_OMIT_CONDITION`, "42613", `When there are more than one ${name.replaceAll("_", " ")} clauses in a MERGE statement, only the last of them can omit the condition.`, {}, { span });
  }
}

async function mergeOnce(session: Session, { log, name }: DeltaTarget, statement: Merge, options: RunOptions, write: IdempotentWrite | undefined): Promise<MergeOutcome> {
  const before = await log.latest();
  const insertsOnly = statement.clauses.every((clause) => clause.when === "notMatched");
  checkWrite(before, insertsOnly ? "append" : "change");
  const alias = statement.targetAlias?.name?.name ?? name[name.length - 1];
  const source = await readSource(session, statement.source, options);
  const evolves = evolvesSchema(session, statement.schemaEvolution);
  const evolution = evolves ? evolved(before, newColumns(statement.clauses, alias, source)) : { snapshot: before, actions: [] };
  const { snapshot } = evolution;
  const all = await targetFiles(session, snapshot);
  const clauses = statement.clauses.map((clause) => resolveClause(snapshot, withOwnNames(clause, { alias, fields: snapshot.columns }, source), alias, source, evolves));
  const keys = await mergeKeys(session, snapshot, source, statement.on, alias, options);
  const reachable = new Set([...all.files.keys()].filter((index) => keys.mayMatch(all.files[index].splits)));
  const matches = await matchingRows(session, all, { kind: "exists", query: source.select("1", statement.on), span: statement.on.span }, alias, options, source.tables, reachable);
  // WHEN NOT MATCHED BY SOURCE may reach any row.
  const chosen: ReadonlySet<number> = new Set(clauses.some((clause) => clause.when === "notMatchedBySource") ? all.files.keys() : matches.keys());
  const matched = clauses.filter((clause) => clause.when === "matched");
  // A row that is deleted whatever matches it may be matched several times.
  const deletesMatched = matched.length === 1 && matched[0].condition === undefined && matched[0].values === undefined;
  const marked = !insertsOnly && writesDeletionVectors(session, snapshot, "merge") ? new RowPositions() : undefined;
  const changes = insertsOnly ? undefined : changeDataOf(session, snapshot);
  const input: MergeInput = { target: all, chosen, source, alias, on: statement.on, clauses, marked, changes };
  // Also without a clause for matched rows: the join would give a row of the target as often as it is matched.
  if (!insertsOnly && !deletesMatched) await rejectSeveralMatches(session, input, options);

  const outcome = { ...NO_ROWS };
  const inserted = clauses.filter((clause) => clause.when === "notMatched");
  // Each clause that names an identity column is checked; rows of the others are numbered.
  for (const clause of inserted) numberedColumns(snapshot.fields, givenColumns(snapshot, [clause]));
  const identity = new IdentityWriter(inserted.length === 0 ? new Map() : numberedColumns(snapshot.fields, new Set()));
  const written = await writeTableRows(session, snapshot, mergeOutput(mergeJoin(session, input, options), input, outcome, identity), { checks: generationChecks(snapshot.fields, givenColumns(snapshot, clauses)), changes, movesRows: true });
  if (deletesMatched) outcome.deleted += [...matches.values()].reduce((sum, rows) => sum + rows, 0) - outcome.deletedMatches;
  if (outcome.updated + outcome.deleted + outcome.inserted === 0) {
    await deleteFiles(writtenPaths(snapshot, written));
    await commitNothing(session, log, before, "MERGE", write);
    return outcome;
  }
  const taken = marked === undefined ? removeFiles(insertsOnly ? [] : [...chosen].map((index) => all.files[index])) : await markDeleted(snapshot, all.files, marked);
  try {
    await commitStatement(session, log, {
      snapshot: before,
      actions: [...withoutOlderMetadata([...evolution.actions, ...identity.metadataActions(snapshot)]), ...taken.actions, ...writtenActions(written)],
      reads: readScope(statement, [...chosen].map((index) => all.files[index]), (add) => keys.mayMatch([splitOfAdd(session, snapshot, add)])),
      operation: "MERGE",
      operationParameters: { predicate: JSON.stringify([options.text?.slice(statement.on.span.start, statement.on.span.end) ?? ""]) },
      operationMetrics: { numTargetRowsUpdated: outcome.updated, numTargetRowsDeleted: outcome.deleted, numTargetRowsInserted: outcome.inserted, numTargetRowsCopied: outcome.copied, numTargetFilesAdded: written.adds.length, numTargetFilesRemoved: taken.removedFiles, numOutputRows: written.rows, ...vectorMetrics(taken.vectors, "numTarget") },
      ...(write !== undefined && { write }),
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles([...writtenPaths(snapshot, written), ...taken.paths]);
    throw error;
  }
  return outcome;
}

/** New files of others matter where they may hold a match. The source may read the target, and WHEN NOT MATCHED BY SOURCE does: then everything was read. */
function readScope({ source, on, clauses }: Merge, files: readonly FileSplits[], mayMatch: (add: AddFile) => boolean): ReadScope {
  if (namesTables(source, on) || clauses.some((clause) => clause.when === "notMatchedBySource")) return READS_TABLE;
  return { wholeTable: false, files: new Set(files.map(({ file }) => canonicalPath(file.add.path))), wouldRead: mayMatch };
}

/** A clause with what every column of the target will hold. */
export interface ResolvedClause {
  readonly when: MergeClause["when"];
  readonly condition: AstExpr | undefined;
  /** By position in the columns of moved rows; undefined: the row is deleted. */
  readonly values: readonly ClauseValue[] | undefined;
}

/** `derived`: a generated column's expression over the new row, or an identity column's next value. */
export type ClauseValue = AstExpr | "derived";

/** Columns of the source that a table which may evolve takes on: all of them for `*`, else those that clauses set under their own name. */
function newColumns(clauses: readonly MergeClause[], alias: string, source: MergeSource): readonly StructField[] {
  const isStar = clauses.some(({ action }) => action.kind === "updateAll" || action.kind === "insertAll");
  if (isStar) return source.fields;
  const isSet = (field: StructField, target: QualifiedName): boolean => {
    const [first, ...rest] = target.parts.map((part) => part.name.toLowerCase());
    return (rest.length === 0 ? first : rest.length === 1 && first === alias.toLowerCase() ? rest[0] : undefined) === field.name.toLowerCase();
  };
  const targets = clauses.flatMap(({ action }) => (action.kind === "update" ? action.assignments.map(({ target }) => target) : action.kind === "insert" ? action.columns : []));
  return source.fields.filter((field) => targets.some((target) => isSet(field, target)));
}

function resolveClause(snapshot: DeltaSnapshot, { when, condition, action }: MergeClause, alias: string, source: MergeSource, evolves: boolean): ResolvedClause {
  const { columns: fields } = snapshot;
  const tracked = rowTrackingColumns(snapshot.metadata);
  // A row that is updated keeps its id; where files say no id or version, the commit gives them.
  const unsaid: AstExpr = { kind: "null", span: source.span };
  const trackingOf = (isNew: boolean): ClauseValue[] => (tracked === undefined ? [] : [isNew ? unsaid : source.column(alias, tracked.id.name), unsaid]);
  const valuesOf = (valueOf: (field: StructField) => ClauseValue): ResolvedClause => {
    const values = fields.map((field) => {
      const value = valueOf(field);
      return value === "derived" ? value : cast(field, inShape(value, field, source, evolves));
    });
    return { when, condition, values: [...values, ...trackingOf(when === "notMatched")] };
  };
  switch (action.kind) {
    case "delete":
      return { when, condition, values: undefined };
    case "update": {
      const assigned = assignedValues(fields, action.assignments, alias);
      rejectIdentityUpdate(fields, assigned);
      return valuesOf((field) => assigned.get(field.name) ?? (generationOf(field) === undefined ? source.column(alias, field.name) : "derived"));
    }
    case "updateAll":
      rejectIdentityUpdate(fields, { has: (name) => source.fields.some((field) => field.name.toLowerCase() === name.toLowerCase()) });
      return valuesOf((field) => (identityOf(field) === undefined ? (sourceValue(field, source, evolves ? source.column(alias, field.name) : undefined) ?? "derived") : source.column(alias, field.name)));
    case "insertAll":
      return valuesOf((field) => sourceValue(field, source, evolves ? (defaultOf(field) ?? { kind: "null", span: source.span }) : undefined) ?? "derived");
    case "insert": {
      if (action.columns.length > 0 && action.columns.length !== action.values.length) {
        throw new SparrowError("MERGE_INSERT_VALUE_COUNT_MISMATCH", "21S01", `The INSERT clause names ${action.columns.length} columns and gives ${action.values.length} values.`, {});
      }
      const targets = action.columns.length > 0 ? action.columns : fields.slice(0, action.values.length).map((field) => source.columnName(field.name));
      const assigned = assignedValues(fields, targets.map((target, i) => ({ target, value: action.values[i] })), alias);
      return valuesOf((field) => assigned.get(field.name) ?? (isDerived(field) ? "derived" : (defaultOf(field) ?? { kind: "null", span: source.span })));
    }
  }
}

function isDerived(field: StructField): boolean {
  return generationOf(field) !== undefined || identityOf(field) !== undefined;
}

/** A column of the source with the fields of the table's at every level, found by name; other values as they are. */
function inShape(value: AstExpr, field: StructField, source: MergeSource, evolves: boolean): AstExpr {
  if (value.kind !== "name") return value;
  const [first, second, ...more] = value.name.parts.map((part) => part.name.toLowerCase());
  const column = second === undefined ? first : first === source.alias.toLowerCase() && more.length === 0 ? second : undefined;
  const own = source.fields.find((candidate) => candidate.name.toLowerCase() === column);
  return own === undefined ? value : reshaped(value, own.type, field.type, evolves);
}

/** The source's column of the same name; without one, undefined for a derived column, else `otherwise` where there is such a value. */
function sourceValue(field: StructField, source: MergeSource, otherwise: AstExpr | undefined): AstExpr | undefined {
  const own = source.fields.find((candidate) => candidate.name.toLowerCase() === field.name.toLowerCase());
  if (own !== undefined) return source.column(source.alias, own.name);
  if (isDerived(field)) return undefined;
  if (otherwise !== undefined) return otherwise;
  const proposal = source.fields.map((candidate) => quoted(candidate.name)).join(", ");
  throw new SparrowError("DELTA_MERGE_UNRESOLVED_EXPRESSION", "42601", `Cannot resolve ${quoted(field.name)} in the source of MERGE: '*' needs every column of the target. The source has [${proposal}].`, { sqlExpr: quoted(field.name), cols: proposal }, { span: source.span });
}

/** Names of the columns that some clause gives values for. */
function givenColumns({ fields }: DeltaSnapshot, clauses: readonly ResolvedClause[]): ReadonlySet<string> {
  const own = clauses.filter((clause) => clause.values !== undefined);
  return new Set(fields.filter((_, i) => own.some(({ values }) => values?.[i] !== "derived")).map((field) => field.name));
}

function cast({ type }: StructField, operand: AstExpr): AstExpr {
  return { kind: "cast", operand, type, try: false, span: operand.span };
}
