import { SparrowError } from "../../catalog/errors.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { movedRowFields } from "../../delta/row-tracking.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { valueReader } from "../../executor/result-values.ts";
import { typedView } from "../../executor/typed-view.ts";
import { ipcTable } from "../../executor/scan/arrow-provider.ts";
import { ArrowStreamWriter } from "../../executor/write/arrow-writer.ts";
import type { AstExpr, QualifiedName, Query, Relation } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { executeQuery } from "../execute-query.ts";
import { quoted } from "../object-names.ts";
import { takeBatch } from "../take-rows.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import type { ResolvedClause } from "../statements/delta/merge.ts";
import type { ChangeData } from "./change-data.ts";
import { filePositions, RowPositions } from "./deletion-vectors.ts";
import { generationOf } from "./derived-columns.ts";
import type { IdentityWriter } from "./identity-rows.ts";
import { FILE, fill, queryTarget, ROW, ROW_PLACE, TARGET, targetTable, type TargetFiles } from "./row-changes.ts";
import type { RowEdits } from "./row-edits.ts";

/** The name under which the rewritten queries read the source's rows. */
const SOURCE = "__delta_source";

/** The rows that a MERGE goes by, read once: all its steps see the same ones. */
export interface MergeSource {
  readonly alias: string;
  readonly fields: readonly StructField[];
  readonly span: Relation["span"];
  /** For queries that read it. */
  readonly tables: ReadonlyMap<string, TableSnapshot>;
  /** `SELECT items FROM source AS alias WHERE condition` */
  readonly select: (items: string, condition: AstExpr) => Query;
  readonly column: (table: string, column: string) => AstExpr;
  readonly columnName: (column: string) => QualifiedName;
}

/** Runs the query that USING stands for and keeps its rows. */
export async function readSource(session: Session, relation: Relation, options: RunOptions): Promise<MergeSource> {
  const { span } = relation;
  const template = parseQuery("SELECT * FROM source");
  const query: Query = template.body.kind === "select" ? { ...template, body: { ...template.body, from: [relation] } } : template;
  const plan = () => prepareQuery(session, query, { ...options, text: undefined });
  const prepared = await plan();
  const chunks: Uint8Array[] = [];
  const writer = await ArrowStreamWriter.open(prepared.columns, (bytes) => void chunks.push(bytes.slice()));
  for await (const batch of executeQuery(session, prepared, options.signal, plan)) writer.append(batch);
  writer.finish();
  const table = ipcTable("the source of MERGE", new Uint8Array(Buffer.concat(chunks)), `merge source ${crypto.randomUUID()}`);
  const alias = sourceAlias(relation);
  const identifier = (name: string) => ({ name, quoted: true, span });
  const columnName = (...parts: string[]): QualifiedName => ({ parts: parts.map(identifier), span });
  return {
    alias,
    fields: prepared.columns,
    span,
    tables: new Map([[SOURCE, table]]),
    select: (items, condition) => fill(parseQuery(`SELECT ${items} FROM ${SOURCE} AS ${quoted(alias)} WHERE __condition`), { __condition: condition }),
    column: (owner, column) => ({ kind: "name", name: columnName(owner, column), span }),
    columnName: (column) => columnName(column),
  };
}

function sourceAlias(relation: Relation): string {
  const alias = "alias" in relation ? relation.alias?.name?.name : undefined;
  if (alias !== undefined) return alias;
  return relation.kind === "table" ? relation.name.parts[relation.name.parts.length - 1].name : SOURCE;
}

export interface MergeInput {
  readonly target: TargetFiles;
  /** Files of the target that take part. */
  readonly chosen: ReadonlySet<number>;
  readonly source: MergeSource;
  readonly alias: string;
  readonly on: AstExpr;
  readonly clauses: readonly ResolvedClause[];
  /** What becomes of the target's rows. Without columns, rows that are updated go, and come among the rows to be written. */
  readonly edits: RowEdits;
  /** Columns of moved rows that rows which match need for more than the edits: all of them where anything looks at whole rows. */
  readonly wholeRows: boolean;
  /** Undefined where the table has no change data feed, or rows are only inserted. */
  readonly changes: ChangeData | undefined;
}

/** Code of a joined row: the clause that applies to it, counted from 1, or one of these. */
const KEPT = 0;
const DROPPED = -1;

/**
 * The target's rows joined with the source's: the new row in the columns of moved rows, the code of what happens to it, and where the old row is. Source rows without
 * a match come too where a clause may insert them; rows of the target without one that stay as they are do not.
 */
export function mergeJoin(session: Session, { target, chosen, source, alias, on, clauses, edits, wholeRows, changes: record }: MergeInput, options: RunOptions): AsyncGenerator<ResultBatch> {
  const fields = movedRowFields(target.snapshot);
  const parts: Record<string, AstExpr> = { __on: on };
  const codes = (when: ResolvedClause["when"], otherwise: number): string => {
    const branches = clauses.flatMap((clause, i) => {
      if (clause.when !== when) return [];
      parts[`__condition${i}`] = clause.condition ?? { kind: "boolean", value: true, span: source.span };
      return [`WHEN __condition${i} THEN ${i + 1}`];
    });
    return branches.length === 0 ? String(otherwise) : `CASE ${branches.join(" ")} ELSE ${otherwise} END`;
  };
  const inTarget = `${quoted(alias)}.__in_target`;
  const inSource = `${quoted(source.alias)}.__in_source`;
  const code = `CASE WHEN ${inTarget} AND ${inSource} THEN ${codes("matched", KEPT)} WHEN ${inSource} THEN ${codes("notMatched", DROPPED)} ELSE ${codes("notMatchedBySource", KEPT)} END`;
  const items = fields.map((field, column) => {
    const isRead = wholeRows || edits.columns.includes(column);
    const branches = clauses.flatMap(({ when, values }, i) => {
      if (values === undefined || (when !== "notMatched" && !isRead)) return [];
      const value = values[column];
      if (value === "derived") return [`WHEN ${i + 1} THEN NULL`];
      parts[`__value${i}_${column}`] = value;
      return [`WHEN ${i + 1} THEN __value${i}_${column}`];
    });
    parts[`__none${column}`] = { kind: "cast", operand: { kind: "null", span: source.span }, type: field.type, try: false, span: source.span };
    const own = isRead ? quoted(alias, field.name) : `__none${column}`;
    return `${branches.length === 0 ? own : `CASE ${code} ${branches.join(" ")} ELSE ${own} END`} AS ${quoted(field.name)}`;
  });
  const inserts = clauses.some((clause) => clause.when === "notMatched");
  const unmatched = clauses.some((clause) => clause.when === "notMatchedBySource");
  const join = inserts ? (unmatched ? "FULL" : "RIGHT") : unmatched ? "LEFT" : "INNER";
  // Without a clause that changes rows the target's own do not matter.
  const where = clauses.some((clause) => clause.when !== "notMatched") ? "" : ` WHERE ${inTarget} IS NULL`;
  const position = [...[FILE, ROW].map((name) => quoted(alias, name)), ...(record === undefined ? [] : fields.map((field, i) => `${quoted(alias, field.name)} AS ${before(i)}`))].join(", ");
  const joined = `SELECT ${items.join(", ")}, ${code} AS __code, ${inSource} AS __by_source, ${position} FROM (SELECT *, TRUE AS __in_target FROM ${TARGET}) AS ${quoted(alias)} ${join} JOIN (SELECT *, TRUE AS __in_source FROM ${SOURCE}) AS ${quoted(source.alias)} ON __on${where}`;
  const text = unmatched ? `SELECT * FROM (${joined}) WHERE __code <> ${KEPT} OR __by_source` : joined;
  return queryTarget(session, targetTable(target, chosen), fill(parseQuery(withGenerated(text, fields, clauses, record === undefined ? 0 : fields.length, parts)), parts), options, undefined, source.tables);
}

/** The joined rows with the generated columns that their clauses give no value for computed from the others. */
function withGenerated(joined: string, fields: readonly StructField[], clauses: readonly ResolvedClause[], recorded: number, parts: Record<string, AstExpr>): string {
  let generates = false;
  const items = fields.map((field, column) => {
    const operand = generationOf(field);
    const codes = clauses.flatMap(({ values }, i) => (values?.[column] === "derived" ? [i + 1] : []));
    if (operand === undefined || codes.length === 0) return quoted(field.name);
    generates = true;
    parts[`__generated${column}`] = { kind: "cast", operand, type: field.type, try: false, span: operand.span };
    return `CASE WHEN __code IN (${codes.join(", ")}) THEN __generated${column} ELSE ${quoted(field.name)} END AS ${quoted(field.name)}`;
  });
  const rest = ["__code", "__by_source", FILE, ROW, ...Array.from({ length: recorded }, (_, i) => before(i))];
  return generates ? `SELECT ${[...items, ...rest].join(", ")} FROM (${joined})` : joined;
}

/** The column that has a target column's value before the statement, where changes are recorded. */
function before(column: number): string {
  return `__before${column}`;
}

/** What has happened to rows, counted while they are read. */
export interface MergeOutcome {
  updated: number;
  deleted: number;
  inserted: number;
}

/**
 * The rows that `mergeJoin` gives, with where they were behind the columns of moved rows: those that are to be written, and those that edits are to have new values for.
 * Rows that go are put down as edits, rows that match as `matched`; changes are recorded.
 */
export async function* mergeOutput(joined: AsyncIterable<ResultBatch>, { target, clauses, edits, changes }: MergeInput, outcome: MergeOutcome, matched: RowPositions, identity: IdentityWriter): AsyncGenerator<ResultBatch> {
  const columns = movedRowFields(target.snapshot).length;
  const positions = Array.from({ length: columns }, (_, i) => i);
  const movesUpdated = edits.columns.length === 0;
  // A row may be deleted by several source rows that match it.
  const deleted = new Set<string>();
  for await (const batch of joined) {
    const codes = typedView(batch.columns[columns].data, Int32Array);
    const bySource = valueReader(batch.columns[columns + 1]);
    const { file, position } = filePositions(batch, columns + 2);
    const written: number[] = [];
    const went: number[] = [];
    for (let row = 0; row < batch.rows; row++) {
      const own = codes[row];
      if (own === DROPPED) continue;
      const clause = own === KEPT ? undefined : clauses[own - 1];
      if (clause?.when === "notMatched") {
        outcome.inserted++;
        written.push(row);
        continue;
      }
      if (bySource(row) === true) matched.add(file(row), position(row));
      if (clause === undefined) continue;
      if (clause.values !== undefined) {
        outcome.updated++;
        written.push(row);
        if (movesUpdated) edits.deleted.add(file(row), position(row));
        continue;
      }
      edits.deleted.add(file(row), position(row));
      if (changes === undefined) continue;
      const at = `${String(file(row))} ${String(position(row))}`;
      if (!deleted.has(at)) went.push(row);
      deleted.add(at);
    }
    const clauseAt = (i: number): ResolvedClause => clauses[codes[written[i]] - 1];
    const rows = identity.fill(takeBatch(batch, [...positions, columns + 2, columns + 3], written), (i, column) => clauseAt(i).values?.[column] === "derived");
    if (changes !== undefined) {
      const old = positions.map((column) => columns + 4 + column);
      const inserted = written.flatMap((_, i) => (clauseAt(i).when === "notMatched" ? [i] : []));
      const updated = written.flatMap((_, i) => (clauseAt(i).when === "notMatched" ? [] : [i]));
      await changes.record(takeBatch(batch, old, went), "delete");
      await changes.record(takeBatch(batch, old, updated.map((i) => written[i])), "update_preimage");
      await changes.record(takeBatch(rows, positions, updated), "update_postimage");
      await changes.record(takeBatch(rows, positions, inserted), "insert");
    }
    if (written.length > 0) yield rows;
  }
}

/** Of rows that `mergeOutput` gives those that are to be written, in the columns of moved rows; edits get the new values of the others. */
export function rowsToWrite(batch: ResultBatch, { target: { snapshot }, edits }: MergeInput): ResultBatch {
  const columns = batch.columns.slice(0, -ROW_PLACE.length);
  if (edits.columns.length === 0) return { rows: batch.rows, columns };
  const all = batch.columns.map((_, i) => i);
  const { validity } = batch.columns[columns.length];
  const isOld = (row: number): boolean => validity === undefined || (validity[row >> 3] & (1 << (row & 7))) !== 0;
  const rows = Array.from({ length: batch.rows }, (_, row) => row);
  edits.replaceAll(takeBatch(batch, all, rows.filter(isOld)), all, columns.length, snapshot.fields);
  return takeBatch(batch, all.slice(0, -ROW_PLACE.length), rows.filter((row) => !isOld(row)));
}

/** The rows of the target that source rows match, once for each of these. */
export async function matchingPairs(session: Session, target: TargetFiles, source: MergeSource, on: AstExpr, alias: string, among: ReadonlySet<number>, options: RunOptions): Promise<RowPositions> {
  const query = fill(parseQuery(`SELECT ${quoted(alias, FILE)}, ${quoted(alias, ROW)} FROM ${TARGET} AS ${quoted(alias)} INNER JOIN ${SOURCE} AS ${quoted(source.alias)} ON __on`), { __on: on });
  const positions = new RowPositions();
  for await (const batch of queryTarget(session, targetTable(target, among), query, options, undefined, source.tables)) positions.addAll(batch, 0);
  return positions;
}

/** Several source rows match one row of the target: which of them is meant? */
export function severalMatches({ span }: AstExpr): SparrowError {
  return new SparrowError("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", "21506", "Cannot perform MERGE as several source rows match the same row of the target, and it is not clear which of them is meant. Make the source unique by the columns of ON.", {}, { origin: "data", span });
}
