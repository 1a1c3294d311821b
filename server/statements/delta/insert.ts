import { SparrowError } from "../../../catalog/errors.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { Action, AddFile } from "../../../delta/actions.ts";
import { physicalName } from "../../../delta/column-mapping.ts";
import { isConflict, type ReadScope, READS_NOTHING, READS_TABLE } from "../../../delta/conflicts.ts";
import { canonicalPath } from "../../../delta/file-paths.ts";
import type { IdempotentWrite } from "../../../delta/idempotent-write.ts";
import { partitionText } from "../../../delta/partition-values.ts";
import { removalOf } from "../../../delta/remove-file.ts";
import { withoutOlderMetadata } from "../../../delta/schema-evolution.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import { bindInsert } from "../../../planner/analyzer/insert.ts";
import { analyzeExpression } from "../../../planner/analyzer/standalone-expressions.ts";
import { collectTableNames } from "../../../planner/analyzer/table-names.ts";
import { commitStatement } from "../../delta/commit-statement.ts";
import { removalMetrics } from "../../delta/change-metrics.ts";
import { changeDataOf, recorded } from "../../delta/change-data.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { DERIVED_VALUES, generationChecks, numberedColumns } from "../../delta/derived-columns.ts";
import { runWrite, type WriteOptions } from "../../delta/idempotent-statement.ts";
import { schemaMismatch, shapedInsert } from "../../delta/insert-evolution.ts";
import { IdentityWriter } from "../../delta/identity-rows.ts";
import { withoutMatching, withoutRowsActions, withoutRowsPaths } from "../../delta/without-rows.ts";
import { writeMetrics, writeTableRows, writtenActions, writtenPaths } from "../../delta/rows-to-files.ts";
import { deleteFiles } from "../../delta/write-files.ts";
import { executeQuery } from "../../execute-query.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import { cellText } from "../../results/cell-text.ts";
import { analysisContext, planAnalyzed, type PreparedQuery, type RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { ResolvedTables, resolveTables } from "../../table-resolution.ts";

type Insert = Extract<Statement, { kind: "insert" }>;

/** INSERT INTO, INSERT OVERWRITE (static and dynamic) and INSERT INTO ... REPLACE WHERE of a Delta table: one commit. */
export async function runDeltaInsert(session: Session, target: DeltaTarget, statement: Insert, options: RunOptions): Promise<StatementResult> {
  const { mergeSchema, ...numbered } = writeOptions(target, statement);
  const evolving: Insert = mergeSchema?.toLowerCase() === "true" ? { ...statement, schemaEvolution: true } : statement;
  await runWrite(
    session,
    target.log,
    undefined,
    // Before the query's tables are opened: what comes between the two is then a commit to be checked, not one that is overlooked.
    async (write) => void (await insertOnce(session, target, await target.log.latest(), evolving, options, { ...(write !== undefined && { write }) })),
    numbered,
  );
  return emptyResult();
}

/** Options in WITH (...), under the names of a data frame's writer. */
function writeOptions({ name }: DeltaTarget, { options = [] }: Insert): WriteOptions & { readonly mergeSchema?: string } {
  const known: Record<string, string> = { txnappid: "txnAppId", txnversion: "txnVersion", mergeschema: "mergeSchema" };
  return Object.fromEntries(options.map(({ key, value }) => {
    const option = known[key.toLowerCase()];
    if (option === undefined) throw unsupportedOperation(`INSERT with the option ${key}`, quoted(...name));
    return [option, value];
  }));
}

/** What a statement that inserts rows says of its commit beside the rows. */
export interface InsertCommit {
  readonly operation?: string;
  readonly operationParameters?: Readonly<Record<string, unknown>>;
  readonly actions?: readonly Action[];
  readonly write?: IdempotentWrite;
}

/** One attempt at an insert into a version of the table; answers the rows that were written. */
export async function insertOnce(session: Session, target: DeltaTarget, before: DeltaSnapshot, statement: Insert, options: RunOptions, own: InsertCommit = {}): Promise<number> {
  const { log } = target;
  const { replaceWhere } = statement;
  const replaces = statement.mode === "overwrite" || replaceWhere !== undefined;
  checkWrite(before, replaces ? "change" : "append");
  rejectUnknownPartitions(target, before, statement);
  const evolution = await shapedInsert(session, before, statement, options);
  const { snapshot, query } = evolution;

  let readsTarget = false;
  let given: ReadonlySet<string> = new Set();
  const plan = async (): Promise<PreparedQuery> => {
    const tables = await resolveTables(session, collectTableNames(query));
    readsTarget = [...tables.sources.values()].some(({ format, request }) => format.toLowerCase() === "delta" && request.asOf === undefined && request.location === log.location);
    const context = analysisContext(session, tables, options);
    const { columns, byName, partition, span } = statement;
    const tooManyColumns = (names: readonly string[]): Error => schemaMismatch(snapshot, names);
    const tooFewColumns = (given: number): Error => arityMismatch(target, snapshot.columns.length, given);
    const bound = bindInsert({ table: target.name, fields: snapshot.columns, columns, byName, partition, ...DERIVED_VALUES, tooManyColumns, tooFewColumns, castsAny: true, query, span }, context);
    given = bound.given;
    return planAnalyzed(session, bound, context, tables);
  };
  const prepared = await plan();
  const identity = new IdentityWriter(numberedColumns(snapshot.fields, given));
  const checks = generationChecks(snapshot.fields, given);
  if (statement.replaceWhere !== undefined) checks.push({ condition: statement.replaceWhere, onFailure: replaceWhereViolated });
  // Where rows are deleted too, all changes of the commit are recorded.
  const changes = statement.replaceWhere === undefined ? undefined : changeDataOf(session, snapshot);
  const rows = recorded(changes, identity.rows(executeQuery(session, prepared, options.signal, plan)), "insert");
  const written = await writeTableRows(session, snapshot, rows, { checks, changes });

  const replaced = await replacedBy(session, snapshot, statement, written.adds, options);
  const actions = [...(own.actions ?? []), ...withoutOlderMetadata([...evolution.actions, ...identity.metadataActions(snapshot)]), ...replaced.actions, ...writtenActions(written)];
  const reads = readsTarget ? READS_TABLE : replaced.reads;
  try {
    await commitStatement(session, log, {
      snapshot: before,
      actions,
      reads,
      operation: own.operation ?? "WRITE",
      operationParameters: own.operationParameters ?? { mode: replaces ? "Overwrite" : "Append", partitionBy: snapshot.metadata.partitionColumns, ...(replaceWhere !== undefined && { predicate: options.text?.slice(replaceWhere.span.start, replaceWhere.span.end) ?? "" }) },
      operationMetrics: { ...writeMetrics(written), ...(replaces && removalMetrics(replaced.actions)) },
      ...(own.write !== undefined && { write: own.write }),
    });
    return written.rows;
  } catch (error) {
    // After any other error the log may name them.
    if (isConflict(error)) await deleteFiles([...writtenPaths(snapshot, written), ...replaced.paths]);
    throw error;
  }
}

interface Replaced {
  readonly actions: readonly Action[];
  readonly reads: ReadScope;
  /** Files that were written to keep rows. */
  readonly paths: readonly string[];
}

/** What goes when the new rows come. */
async function replacedBy(session: Session, snapshot: DeltaSnapshot, statement: Insert, adds: readonly AddFile[], options: RunOptions): Promise<Replaced> {
  if (statement.replaceWhere !== undefined) {
    const removed = await withoutMatching(session, snapshot, statement.replaceWhere, options, undefined, true);
    return { actions: withoutRowsActions(removed), reads: removed.reads, paths: withoutRowsPaths(snapshot, removed) };
  }
  if (statement.mode === "into") return { actions: [], reads: READS_NOTHING, paths: [] };
  const dynamic = session.settings.value("spark.sql.sources.partitionOverwriteMode") === "dynamic" && snapshot.metadata.partitionColumns.length > 0;
  const partition = dynamic ? undefined : staticPartition(session, snapshot, statement, options);
  const written = new Set(adds.map(partitionKey));
  const isReplaced = (add: AddFile): boolean => (partition === undefined ? written.has(partitionKey(add)) : Object.entries(partition).every(([name, text]) => (add.partitionValues[name] ?? null) === text));
  const now = Date.now();
  const files = [...snapshot.files.values()].filter(isReplaced);
  const wholeTable = partition !== undefined && Object.keys(partition).length === 0;
  const reads: ReadScope = wholeTable ? READS_TABLE : { wholeTable: false, files: new Set(files.map((file) => canonicalPath(file.path))), wouldRead: isReplaced };
  return { actions: files.map((file) => removalOf(file, true, now)), reads, paths: [] };
}

function partitionKey({ partitionValues }: AddFile): string {
  return JSON.stringify(Object.entries(partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Texts of the partition columns that PARTITION (...) gives a value, by physical name. */
function staticPartition(session: Session, { fields, mapping }: DeltaSnapshot, { partition = [] }: Insert, options: RunOptions): Record<string, string | null> {
  const context = analysisContext(session, new ResolvedTables(), options);
  const texts: Record<string, string | null> = {};
  for (const { column, value } of partition) {
    const field = fields.find((candidate) => candidate.name.toLowerCase() === column.name.toLowerCase());
    if (value === undefined || field === undefined) continue;
    const expr = analyzeExpression({ kind: "cast", operand: value, type: field.type, try: false, span: value.span }, [], context);
    texts[physicalName(field, mapping)] = partitionText(context.evaluate(expr), typeOf(expr), (constant, type) => cellText(constant, type, "UTC"));
  }
  return texts;
}

function rejectUnknownPartitions({ name }: DeltaTarget, { metadata }: DeltaSnapshot, { partition, span }: Insert): void {
  for (const { column } of partition ?? []) {
    if (metadata.partitionColumns.some((known) => known.toLowerCase() === column.name.toLowerCase())) continue;
    throw new SparrowError("NON_PARTITION_COLUMN", "42000", `PARTITION clause cannot contain the non-partition column: ${quoted(column.name)}.`, { columnName: quoted(column.name), tableName: quoted(...name) }, { span: column.span ?? span });
  }
}

function arityMismatch({ name }: DeltaTarget, numColumns: number, insertColumns: number): SparrowError {
  const parameters = { tableName: name.join("."), columnName: "not enough data columns", numColumns: String(numColumns), insertColumns: String(insertColumns) };
  return new SparrowError("DELTA_INSERT_COLUMN_ARITY_MISMATCH", "42802", `Cannot write to '${parameters.tableName}', not enough data columns; target table has ${numColumns} column(s) but the inserted data has ${insertColumns} column(s).`, parameters);
}

function replaceWhereViolated(values: string): SparrowError {
  return new SparrowError("DELTA_REPLACE_WHERE_MISMATCH", "44000", `Written data does not conform with the condition of REPLACE WHERE. A row that does not:\n${values}`, { message: values }, { origin: "data" });
}
