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
import type { ResultBatch } from "../../../executor/result-batch.ts";
import type { AstExpr, MergeClause, QualifiedName, Statement } from "../../../parser/ast.ts";
import { assignedValues } from "../../delta/assigned-values.ts";
import { changeDataOf } from "../../delta/change-data.ts";
import { changeMetrics } from "../../delta/change-metrics.ts";
import { commitNothing, commitStatement } from "../../delta/commit-statement.ts";
import { RowPositions, writesDeletionVectors } from "../../delta/deletion-vectors.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { defaultOf, generationChecks, generationOf, numberedColumns, rejectIdentityUpdate } from "../../delta/derived-columns.ts";
import { runWrite } from "../../delta/idempotent-statement.ts";
import { evolvesSchema } from "../../delta/insert-evolution.ts";
import { IdentityWriter } from "../../delta/identity-rows.ts";
import { matchingPairs, type MergeInput, mergeJoin, type MergeOutcome, mergeOutput, readSource, rowsToWrite, severalMatches, type MergeSource } from "../../delta/merge-rows.ts";
import type { FileSplits } from "../../delta/delta-provider.ts";
import { matchingRows, targetFiles } from "../../delta/row-changes.ts";
import { reshaped } from "../../delta/reshape.ts";
import { withOwnNames } from "../../delta/clause-names.ts";
import { mergeKeys } from "../../delta/merge-keys.ts";
import { namesTables, splitOfAdd } from "../../delta/read-scope.ts";
import { RowEdits } from "../../delta/row-edits.ts";
import { constraintChecks, writtenActions, writtenPaths } from "../../delta/rows-to-files.ts";
import { writeEdits } from "../../delta/write-edits.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import { quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

type Merge = Extract<Statement, { kind: "merge" }>;

const MERGE_COLUMNS = ["num_affected_rows", "num_updated_rows", "num_deleted_rows", "num_inserted_rows"].map((name) => ({ name, type: LONG, nullable: true }));

const NO_ROWS: Readonly<MergeOutcome> = { updated: 0, deleted: 0, inserted: 0 };

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
  const startedMs = Date.now();
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
  const matchedClauses = clauses.filter((clause) => clause.when === "matched");
  // A row that is deleted whatever matches it may be matched several times.
  const deletesMatched = matchedClauses.length === 1 && matchedClauses[0].condition === undefined && matchedClauses[0].values === undefined;
  const rejectsRepeated = !insertsOnly && !deletesMatched;
  const marks = !insertsOnly && writesDeletionVectors(session, snapshot, "merge");
  const changes = insertsOnly ? undefined : changeDataOf(session, snapshot);
  const checks = generationChecks(snapshot.fields, givenColumns(snapshot, clauses));
  const inPlace = !marks && !insertsOnly && updatesInPlace(snapshot, clauses);
  const edits = new RowEdits(inPlace ? updatedColumns(clauses) : []);
  const wholeRows = !inPlace || changes !== undefined || checks.length > 0 || constraintChecks(snapshot).length > 0 || clauses.some(({ when, values }) => when !== "notMatched" && values?.includes("derived"));
  // Rows that stay in their files need no more than the columns that change: they are found and changed at once. Others are read as a whole, from files that have some.
  const found = inPlace ? undefined : insertsOnly ? await matchingRows(session, all, { kind: "exists", query: source.select("1", statement.on), span: statement.on.span }, alias, options, source.tables, reachable) : await matchingPairs(session, all, source, statement.on, alias, reachable, options);
  const matched = found instanceof RowPositions ? found : new RowPositions();
  if (rejectsRepeated && matched.hasRepeated()) throw severalMatches(statement.on);
  // WHEN NOT MATCHED BY SOURCE may reach any row.
  const reachesAll = clauses.some((clause) => clause.when === "notMatchedBySource");
  const chosen: ReadonlySet<number> = reachesAll ? new Set(all.files.keys()) : found === undefined ? reachable : new Set(found instanceof RowPositions ? found.counts().keys() : found.keys());
  const input: MergeInput = { target: all, chosen, source, alias, on: statement.on, clauses, edits, wholeRows, changes };

  const outcome = { ...NO_ROWS };
  const inserted = clauses.filter((clause) => clause.when === "notMatched");
  // Each clause that names an identity column is checked; rows of the others are numbered.
  for (const clause of inserted) numberedColumns(snapshot.fields, givenColumns(snapshot, [clause]));
  const identity = new IdentityWriter(inserted.length === 0 ? new Map() : numberedColumns(snapshot.fields, new Set()));
  const joined = async function* (): AsyncGenerator<ResultBatch> {
    const seen = inPlace ? matched : new RowPositions();
    yield* mergeOutput(mergeJoin(session, input, options), input, outcome, seen, identity);
    if (inPlace && rejectsRepeated && seen.hasRepeated()) throw severalMatches(statement.on);
  };
  const { written, taken } = await writeEdits(session, all, edits, marks, joined(), { checks, changes, divert: (batch) => rowsToWrite(batch, input) }, options);
  outcome.deleted = edits.deleted.count() - (inPlace ? 0 : outcome.updated);
  if (outcome.updated + outcome.deleted + outcome.inserted === 0) {
    await deleteFiles(writtenPaths(snapshot, written));
    await commitNothing(session, log, before, "MERGE", write);
    return outcome;
  }
  const touched = [...(inPlace && !reachesAll ? matched.counts().keys() : chosen)].map((index) => all.files[index]);
  const actions = [...withoutOlderMetadata([...evolution.actions, ...identity.metadataActions(snapshot)]), ...taken.actions, ...writtenActions(written)];
  try {
    await commitStatement(session, log, {
      snapshot: before,
      actions,
      reads: readScope(statement, touched, (add) => keys.mayMatch([splitOfAdd(session, snapshot, add)])),
      operation: "MERGE",
      operationParameters: { predicate: [options.text?.slice(statement.on.span.start, statement.on.span.end) ?? ""], ...clauseParameters(statement, options) },
      operationMetrics: { numTargetRowsUpdated: outcome.updated, numTargetRowsDeleted: outcome.deleted, numTargetRowsInserted: outcome.inserted, numTargetRowsCopied: written.rows - outcome.inserted - outcome.updated, numOutputRows: written.rows, ...changeMetrics(actions, "target", taken.vectors, startedMs) },
      ...(write !== undefined && { write }),
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles([...writtenPaths(snapshot, written), ...taken.paths]);
    throw error;
  }
  return outcome;
}

/** The clauses of each kind: their conditions, and what they do. */
function clauseParameters({ clauses }: Merge, { text }: RunOptions): Readonly<Record<string, unknown>> {
  const told = (wanted: MergeClause["when"]): readonly object[] =>
    clauses
      .filter(({ when }) => when === wanted)
      .map(({ condition, action }) => ({ ...(condition !== undefined && { predicate: text?.slice(condition.span.start, condition.span.end) ?? "" }), actionType: action.kind.replace("All", "") }));
  return { matchedPredicates: told("matched"), notMatchedPredicates: told("notMatched"), notMatchedBySourcePredicates: told("notMatchedBySource") };
}

/** New files of others matter where they may hold a match. The source may read the target, and WHEN NOT MATCHED BY SOURCE does: then everything was read. */
function readScope({ source, on, clauses }: Merge, files: readonly FileSplits[], mayMatch: (add: AddFile) => boolean): ReadScope {
  if (namesTables(source, on) || clauses.some((clause) => clause.when === "notMatchedBySource")) return READS_TABLE;
  return { wholeTable: false, files: new Set(files.map(({ file }) => canonicalPath(file.add.path))), wouldRead: mayMatch };
}

/** Whether rows that are updated can stay where they are: in their partition, and no more of them than source rows, which are in memory too. */
function updatesInPlace({ fields, metadata }: DeltaSnapshot, clauses: readonly ResolvedClause[]): boolean {
  const partitions = new Set(metadata.partitionColumns.map((column) => column.toLowerCase()));
  if (updatedColumns(clauses).some((column) => column < fields.length && partitions.has(fields[column].name.toLowerCase()))) return false;
  const updates = clauses.filter(({ when, values }) => when !== "notMatched" && values !== undefined);
  return updates.every(({ when, changed }) => when === "matched" && changed.length > 0);
}

/** Positions of the columns of moved rows that some clause changes in the target's rows. */
function updatedColumns(clauses: readonly ResolvedClause[]): number[] {
  return [...new Set(clauses.flatMap(({ changed }) => changed))].sort((a, b) => a - b);
}

/** A clause with what every column of the target will hold. */
export interface ResolvedClause {
  readonly when: MergeClause["when"];
  readonly condition: AstExpr | undefined;
  /** By position in the columns of moved rows; undefined: the row is deleted. */
  readonly values: readonly ClauseValue[] | undefined;
  /** Of WHEN MATCHED and WHEN NOT MATCHED BY SOURCE: positions of the columns that do not simply keep their value. */
  readonly changed: readonly number[];
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
  const valuesOf = (valueOf: (field: StructField) => ClauseValue | undefined): ResolvedClause => {
    const isNew = when === "notMatched";
    const given = fields.map(valueOf);
    const values = fields.map((field, i) => {
      const value = given[i] ?? source.column(alias, field.name);
      return value === "derived" ? value : cast(field, inShape(value, field, source, evolves));
    });
    const tracking = trackingOf(isNew);
    const changed = isNew ? [] : [...fields.keys()].filter((i) => given[i] !== undefined);
    // The version of a row that changes is that of the commit.
    if (!isNew && tracking.length > 0) changed.push(fields.length + tracking.length - 1);
    return { when, condition, values: [...values, ...tracking], changed };
  };
  switch (action.kind) {
    case "delete":
      return { when, condition, values: undefined, changed: [] };
    case "update": {
      const assigned = assignedValues(fields, action.assignments, alias);
      rejectIdentityUpdate(fields, assigned);
      return valuesOf((field) => assigned.get(field.name) ?? (generationOf(field) === undefined ? undefined : "derived"));
    }
    case "updateAll":
      rejectIdentityUpdate(fields, { has: (name) => source.fields.some((field) => field.name.toLowerCase() === name.toLowerCase()) });
      return valuesOf((field) => {
        if (identityOf(field) !== undefined) return undefined;
        const kept = source.column(alias, field.name);
        const value = sourceValue(field, source, evolves ? kept : undefined) ?? "derived";
        return value === kept ? undefined : value;
      });
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
