import { SparrowError } from "../../catalog/errors.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { movedRowFields } from "../../delta/row-tracking.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { valueReader } from "../../executor/result-values.ts";
import { ipcTable } from "../../executor/scan/arrow-provider.ts";
import { ArrowStreamWriter } from "../../executor/write/arrow-writer.ts";
import type { AstExpr, QualifiedName, Query, Relation } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { executeQuery } from "../execute-query.ts";
import { quoted } from "../object-names.ts";
import { takeBatch } from "../partition-batches.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import type { ResolvedClause } from "../statements/delta/merge.ts";
import type { ChangeData } from "./change-data.ts";
import type { RowPositions } from "./deletion-vectors.ts";
import { generationOf } from "./derived-columns.ts";
import type { IdentityWriter } from "./identity-rows.ts";
import { FILE, fill, queryTarget, ROW, TARGET, targetTable, type TargetFiles } from "./row-changes.ts";

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
  /** Where the target's rows that go are marked as deleted: undefined where files are written without them. */
  readonly marked: RowPositions | undefined;
  /** Undefined where the table has no change data feed, or rows are only inserted. */
  readonly changes: ChangeData | undefined;
}

/** Code of a joined row: the clause that applies to it, counted from 1, or one of these. */
const KEPT = 0;
const DROPPED = -1;

/**
 * The target's rows joined with the source's: the new row in the columns of moved rows, the code of what happens to it, and where the old row is. Source rows without
 * a match come too where a clause may insert them; rows that stay as they are come only where their files are written anew.
 */
export function mergeJoin(session: Session, { target, chosen, source, alias, on, clauses, marked, changes: record }: MergeInput, options: RunOptions): AsyncGenerator<ResultBatch> {
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
    const branches = clauses.flatMap(({ values }, i) => {
      if (values === undefined) return [];
      const value = values[column];
      if (value === "derived") return [`WHEN ${i + 1} THEN NULL`];
      parts[`__value${i}_${column}`] = value;
      return [`WHEN ${i + 1} THEN __value${i}_${column}`];
    });
    const own = quoted(alias, field.name);
    return branches.length === 0 ? own : `CASE ${code} ${branches.join(" ")} ELSE ${own} END AS ${quoted(field.name)}`;
  });
  const inserts = clauses.some((clause) => clause.when === "notMatched");
  const changes = clauses.some((clause) => clause.when !== "notMatched");
  const unmatched = marked === undefined ? changes : clauses.some((clause) => clause.when === "notMatchedBySource");
  const join = inserts ? (unmatched ? "FULL" : "RIGHT") : unmatched ? "LEFT" : "INNER";
  // Without a clause that changes rows the target's own are not written again.
  const where = changes ? "" : ` WHERE ${inTarget} IS NULL`;
  const position = [...[FILE, ROW].map((name) => quoted(alias, name)), ...(record === undefined ? [] : fields.map((field, i) => `${quoted(alias, field.name)} AS ${before(i)}`))].join(", ");
  const joined = `SELECT ${items.join(", ")}, ${code} AS __code, ${position} FROM (SELECT *, TRUE AS __in_target FROM ${TARGET}) AS ${quoted(alias)} ${join} JOIN (SELECT *, TRUE AS __in_source FROM ${SOURCE}) AS ${quoted(source.alias)} ON __on${where}`;
  const text = marked === undefined ? joined : `SELECT * FROM (${joined}) WHERE __code <> ${KEPT}`;
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
  const rest = ["__code", FILE, ROW, ...Array.from({ length: recorded }, (_, i) => before(i))];
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
  copied: number;
  /** Pairs of a deleted row and a source row that matches it, among `deleted`. */
  deletedMatches: number;
}

/** The rows that are to be written, of what `mergeJoin` gives; changes are recorded. */
export async function* mergeOutput(joined: AsyncIterable<ResultBatch>, { target, clauses, marked, changes }: MergeInput, outcome: MergeOutcome, identity: IdentityWriter): AsyncGenerator<ResultBatch> {
  const columns = movedRowFields(target.snapshot).length;
  const positions = Array.from({ length: columns }, (_, i) => i);
  // A row may be deleted by several source rows that match it.
  const deleted = new Set<string>();
  for await (const batch of joined) {
    const code = valueReader(batch.columns[columns]);
    const file = valueReader(batch.columns[columns + 1]);
    const position = valueReader(batch.columns[columns + 2]);
    const written: number[] = [];
    const went: number[] = [];
    for (let row = 0; row < batch.rows; row++) {
      const own = code(row) as number;
      if (own === DROPPED) continue;
      const clause = own === KEPT ? undefined : clauses[own - 1];
      if (clause === undefined || clause.values !== undefined) written.push(row);
      if (clause === undefined) outcome.copied++;
      else if (clause.values === undefined) {
        outcome.deleted++;
        if (clause.when === "matched") outcome.deletedMatches++;
        const at = `${String(file(row))} ${String(position(row))}`;
        if (changes !== undefined && !deleted.has(at)) {
          deleted.add(at);
          went.push(row);
        }
      } else if (clause.when === "notMatched") outcome.inserted++;
      else outcome.updated++;
      if (clause !== undefined && clause.when !== "notMatched") marked?.add(file(row) as number, Number(position(row)));
    }
    const clauseAt = (i: number): ResolvedClause | undefined => clauses[(code(written[i]) as number) - 1];
    const rows = identity.fill(takeBatch(batch, positions, written), (i, column) => clauseAt(i)?.values?.[column] === "derived");
    if (changes !== undefined) {
      const old = positions.map((column) => columns + 3 + column);
      const inserted = written.flatMap((_, i) => (clauseAt(i)?.when === "notMatched" ? [i] : []));
      const updated = written.flatMap((_, i) => (clauseAt(i) !== undefined && clauseAt(i)?.when !== "notMatched" ? [i] : []));
      await changes.record(takeBatch(batch, old, went), "delete");
      await changes.record(takeBatch(batch, old, updated.map((i) => written[i])), "update_preimage");
      await changes.record(takeBatch(rows, positions, updated), "update_postimage");
      await changes.record(takeBatch(rows, positions, inserted), "insert");
    }
    if (written.length > 0) yield rows;
  }
}

/** Raises DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE when several source rows match one row of the target: which of them is meant? */
export async function rejectSeveralMatches(session: Session, { target, chosen, source, alias, on }: MergeInput, options: RunOptions): Promise<void> {
  const query = fill(parseQuery(`SELECT max(n) FROM (SELECT __count AS n FROM ${TARGET} AS ${quoted(alias)})`), { __count: { kind: "scalarSubquery", query: source.select("count(*)", on), span: on.span } });
  for await (const batch of queryTarget(session, targetTable(target, chosen), query, options, undefined, source.tables)) {
    if (batch.rows === 0 || Number(valueReader(batch.columns[0])(0) ?? 0) <= 1) continue;
    throw new SparrowError("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", "21506", "Cannot perform MERGE as several source rows match the same row of the target, and it is not clear which of them is meant. Make the source unique by the columns of ON.", {}, { origin: "data", span: on.span });
  }
}
