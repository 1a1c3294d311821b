import { SparrowError } from "../../catalog/errors.ts";
import { isNested, type StructField } from "../../catalog/types.ts";
import { evolved, type Evolution, renamedLike, sameShape } from "../../delta/schema-evolution.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { AstExpr, Query, Statement } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { quoted } from "../object-names.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { reshaped } from "./reshape.ts";
import { fill } from "./row-changes.ts";

type Insert = Extract<Statement, { kind: "insert" }>;

/** Whether statements may give a table new columns: WITH SCHEMA EVOLUTION, or `spark.databricks.delta.schema.autoMerge.enabled`. */
export function evolvesSchema({ settings }: Session, asked: boolean): boolean {
  return asked || settings.text("spark.databricks.delta.schema.autoMerge.enabled")?.toLowerCase() === "true";
}

/** An INSERT whose query gives values in the shapes of the columns that the table will have. */
export interface ShapedInsert extends Evolution {
  readonly query: Query;
}

/**
 * An INSERT with its values in the shapes of the table's columns. The table takes on columns of the query that it lacks, if it may evolve: by position the first
 * columns are the table's, and so are the first fields of structs; those beyond are new under their own names. BY NAME columns and fields are found by name, and
 * those that the query lacks are NULL, fields only where the table may evolve.
 */
export async function shapedInsert(session: Session, snapshot: DeltaSnapshot, statement: Insert, options: RunOptions): Promise<ShapedInsert> {
  const { query, byName } = statement;
  const evolves = evolvesSchema(session, statement.schemaEvolution === true);
  // Without evolution only fields of structs may stand elsewhere, by name.
  if (!evolves && !(byName && snapshot.columns.some(({ type }) => isNested(type)))) return { snapshot, actions: [], query };
  // Defaults stand for a table's columns: where a row asks for one, it has no others.
  if (query.body.kind === "values" && query.body.rows.some((row) => row.kind === "default" || (row.kind === "row" && row.items.some((item) => item.kind === "default")))) return { snapshot, actions: [], query };
  const given = (await prepareQuery(session, query, { ...options, text: undefined })).columns;
  const targets = targetColumns(snapshot, statement);
  const source = byName ? given : given.map((column, i): StructField => (i < targets.length ? { ...column, name: targets[i].name, type: renamedLike(column.type, targets[i].type) } : column));
  // With a list of columns, or too few of them, the statement has an error of its own.
  if (!byName && (statement.columns !== undefined ? given.length !== targets.length : given.length < targets.length)) return { snapshot, actions: [], query };
  const evolution = evolves ? evolved(snapshot, source) : { snapshot, actions: [] };
  return { ...evolution, query: inShape(query, given, source, evolution.snapshot.columns, evolves) };
}

/** The columns that those of the query are for, by position. */
function targetColumns({ columns }: DeltaSnapshot, { columns: named, partition = [] }: Insert): readonly StructField[] {
  const isNamed = (field: StructField, name: string): boolean => field.name.toLowerCase() === name.toLowerCase();
  if (named !== undefined) return named.flatMap(({ name }) => columns.find((field) => isNamed(field, name)) ?? []);
  return columns.filter((field) => !partition.some(({ column, value }) => value !== undefined && isNamed(field, column.name)));
}

/**
 * A query over the query that gives values the shapes of the table's `columns`; itself where they have them. `given`: the query's columns; `source`: the same under
 * the names of the table's, where those differ.
 */
export function inShape(query: Query, given: readonly StructField[], source: readonly StructField[], columns: readonly StructField[], fillsMissing: boolean): Query {
  const span = { start: 0, end: 0 };
  const parts: Record<string, AstExpr> = {};
  const items = source.map((field, i) => {
    const target = columns.find(({ name }) => name.toLowerCase() === field.name.toLowerCase());
    const column = `__column${i}`;
    if (target === undefined || sameShape(given[i].type, target.type)) return `${column} AS ${quoted(given[i].name)}`;
    const value: AstExpr = { kind: "name", name: { parts: [{ name: column, quoted: true, span }], span }, span };
    parts[`__value${i}`] = reshaped(sameShape(given[i].type, field.type) ? value : { kind: "cast", operand: value, type: field.type, try: false, span }, field.type, target.type, fillsMissing);
    return `__value${i} AS ${quoted(given[i].name)}`;
  });
  if (Object.keys(parts).length === 0) return query;
  const template = fill(parseQuery(`SELECT ${items.join(", ")} FROM (SELECT 1) AS __insert_source(${source.map((_, i) => `__column${i}`).join(", ")})`), parts);
  if (template.body.kind !== "select" || template.body.from[0].kind !== "subquery") return template;
  return { ...template, body: { ...template.body, from: [{ ...template.body.from[0], query }] } };
}

/** The error of a statement that gives more columns than a table has. */
export function schemaMismatch(snapshot: DeltaSnapshot, names: readonly string[]): SparrowError {
  const extra = names.map((name) => quoted(name)).join(", ");
  return new SparrowError("DELTA_METADATA_MISMATCH", "42KDG", `A schema mismatch detected when writing to the Delta table (Table ID: ${snapshot.metadata.id}): it has no columns ${extra}.`, { tableId: snapshot.metadata.id, columns: extra }, { hint: "INSERT WITH SCHEMA EVOLUTION, or SET spark.databricks.delta.schema.autoMerge.enabled = true, adds them." });
}
