import type { Span } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import type { StructField } from "../../catalog/types.ts";
import type { AstExpr, Identifier, PartitionItem, Query } from "../../parser/ast.ts";
import type { Assignment } from "../logical.ts";
import { analysisError, quoteName, unresolvedColumn, unsupported } from "./analysis-errors.ts";
import { castTo, nullOf } from "./casts.ts";
import type { AnalysisContext, AnalyzedQuery } from "./context.ts";
import { analyzeQuery } from "./queries.ts";
import { analyzeExpression } from "./standalone-expressions.ts";
import { assignmentCast, fittedText, storedType } from "./store-assignment.ts";

/** INSERT as far as columns go: which column of the table each value is for. */
export interface InsertBinding {
  /** Parts of the table's name, for messages. */
  readonly table: readonly string[];
  readonly fields: readonly StructField[];
  /** INSERT INTO t (a, b) */
  readonly columns?: readonly Identifier[];
  /** BY NAME */
  readonly byName: boolean;
  /** PARTITION (p = 1, q): a column with a value takes no column of the query. */
  readonly partition?: readonly PartitionItem[];
  /** A column's default; undefined: NULL. */
  readonly defaultOf: (field: StructField) => AstExpr | undefined;
  /** What computes a column from the others where it is given no value. */
  readonly generationOf?: (field: StructField) => AstExpr | undefined;
  /** Whether the writer makes the values of a column that is given none: its column is NULL here. */
  readonly isNumbered?: (field: StructField) => boolean;
  /** The table's own error for columns of the query that it has no place for. */
  readonly tooManyColumns?: (names: readonly string[]) => Error;
  /** The same for a query that has too few, where the statement names no columns. */
  readonly tooFewColumns?: (given: number) => Error;
  /** Whether every cast is put in that there is, as the analysis of Delta's own does where `spark.sql.storeAssignmentPolicy` is ANSI. */
  readonly castsAny?: boolean;
  /** Whether values are made to fit CHAR(n) and VARCHAR(n) here, or the writer looks after their lengths. */
  readonly fitsText?: boolean;
  readonly query: Query;
  readonly span: Span;
}

export interface BoundInsert extends AnalyzedQuery {
  /** Names of the columns that the statement gives values for. */
  readonly given: ReadonlySet<string>;
}

/** The query's rows as rows of the table: every column in the table's order, under its type (see `assignmentCast`). */
export function bindInsert(written: InsertBinding, context: AnalysisContext): BoundInsert {
  const fixed = fixedValues(written, context);
  const { insert, targets } = withoutDefaulted(written, targetFields(written, fixed));
  const source = analyzeQuery(withDefaults(insert, targets), context);
  const given = insert.byName ? matchByName(insert, source.columns) : matchByPosition(insert, targets, source.columns);
  const outputs = insert.fields.map((field): Assignment => {
    const target = { table: quoteName(insert.table), column: field.name, span: insert.span };
    const column = given.get(field.name);
    const value: Expr = column === undefined ? (fixed.get(field.name) ?? defaultValue(field, insert, context)) : columnExpr(column);
    const assigned = assignmentCast(value, field.type, context.settings.storeAssignment, target, insert.castsAny);
    const expr = insert.fitsText === true ? fittedText(assigned, field.type, insert.span) : assigned;
    const keeps = expr.kind === "column";
    return { expr, column: { id: keeps ? expr.id : context.nextId(), name: field.name, type: typeOf(expr), nullable: isNullable(expr) } };
  });
  const columns = outputs.map((o) => o.column);
  const rows: AnalyzedQuery = { plan: { kind: "project", input: source.plan, outputs }, columns };
  return { ...withGenerated(insert, rows, (field) => !given.has(field.name) && !fixed.has(field.name), context), given: new Set([...given.keys(), ...fixed.keys()]) };
}

/** The rows with the columns that no value was given for computed from the others. */
function withGenerated(insert: InsertBinding, rows: AnalyzedQuery, isAbsent: (field: StructField) => boolean, context: AnalysisContext): AnalyzedQuery {
  const expressions = insert.fields.map((field) => (isAbsent(field) ? insert.generationOf?.(field) : undefined));
  if (expressions.every((ast) => ast === undefined)) return rows;
  const outputs = rows.columns.map((column, i): Assignment => {
    const ast = expressions[i];
    if (ast === undefined) return { expr: columnExpr(column), column };
    const expr = castTo(analyzeExpression(ast, rows.columns, context), storedType(insert.fields[i].type), "ansi", insert.span);
    return { expr, column: { id: context.nextId(), name: column.name, type: typeOf(expr), nullable: isNullable(expr) } };
  });
  return { plan: { kind: "project", input: rows.plan, outputs }, columns: outputs.map((o) => o.column) };
}

function fixedValues(insert: InsertBinding, context: AnalysisContext): ReadonlyMap<string, Expr> {
  const fixed = new Map<string, Expr>();
  for (const { column, value } of insert.partition ?? []) {
    const field = findField(insert, column);
    if (value !== undefined) fixed.set(field.name, analyzeExpression(value, [], context));
  }
  return fixed;
}

function findField(insert: InsertBinding, name: Identifier): StructField {
  const field = insert.fields.find((f) => f.name.toLowerCase() === name.name.toLowerCase());
  if (field !== undefined) return field;
  throw unresolvedColumn(
    [name.name],
    insert.fields.map((f) => [f.name]),
    name.span,
  );
}

/** The columns that the query's columns are for, in order. */
function targetFields(insert: InsertBinding, fixed: ReadonlyMap<string, Expr>): readonly StructField[] {
  if (insert.columns === undefined) return insert.fields.filter((f) => !fixed.has(f.name));
  const seen = new Set<string>();
  return insert.columns.map((name) => {
    const field = findField(insert, name);
    if (seen.has(field.name)) throw analysisError("COLUMN_ALREADY_EXISTS", "42711", `The column ${quoteName([field.name])} already exists. Choose another name or rename the existing column.`, { columnName: quoteName([field.name]) }, name.span);
    seen.add(field.name);
    return field;
  });
}

/** A column whose values are generated, and for which every row of VALUES says DEFAULT, is one that is not named. */
function withoutDefaulted(insert: InsertBinding, targets: readonly StructField[]): { readonly insert: InsertBinding; readonly targets: readonly StructField[] } {
  const { body } = insert.query;
  if (body.kind !== "values" || body.rows.some((row) => row.kind !== "row" || row.items.length !== targets.length)) return { insert, targets };
  const rows = body.rows.filter((row) => row.kind === "row");
  const kept = targets.map((_, i) => i).filter((i) => !isGenerated(insert, targets[i]) || rows.some((row) => row.items[i].kind !== "default"));
  if (kept.length === targets.length || kept.length === 0) return { insert, targets };
  const query: Query = { ...insert.query, body: { ...body, rows: rows.map((row) => ({ ...row, items: kept.map((i) => row.items[i]) })) } };
  return { insert: { ...insert, query }, targets: kept.map((i) => targets[i]) };
}

function isGenerated({ generationOf, isNumbered }: InsertBinding, field: StructField): boolean {
  return generationOf?.(field) !== undefined || isNumbered?.(field) === true;
}

/** DEFAULT in VALUES stands for the default of the column at its place. */
function withDefaults(insert: InsertBinding, targets: readonly StructField[]): Query {
  const { body } = insert.query;
  if (body.kind !== "values") return insert.query;
  const replace = (ast: AstExpr, i: number): AstExpr => {
    if (ast.kind !== "default" || i >= targets.length) return ast;
    if (isGenerated(insert, targets[i])) throw unsupported("DEFAULT in some of the rows for a column whose values are generated", ast.span);
    return insert.defaultOf(targets[i]) ?? { kind: "null", span: ast.span };
  };
  const rows = body.rows.map((row): AstExpr => (row.kind === "row" ? { ...row, items: row.items.map(replace) } : replace(row, 0)));
  return { ...insert.query, body: { ...body, rows } };
}

function matchByPosition(insert: InsertBinding, targets: readonly StructField[], columns: readonly Column[]): ReadonlyMap<string, Column> {
  if (columns.length > targets.length && insert.columns === undefined && insert.tooManyColumns !== undefined) throw insert.tooManyColumns(columns.slice(targets.length).map((column) => column.name));
  if (columns.length < targets.length && insert.columns === undefined && insert.tooFewColumns !== undefined) throw insert.tooFewColumns(columns.length);
  if (columns.length !== targets.length) throw arityMismatch(insert, targets, columns);
  return new Map(targets.map((field, i) => [field.name, columns[i]]));
}

function arityMismatch(insert: InsertBinding, targets: readonly StructField[], columns: readonly Column[]): Error {
  const parameters = {
    tableName: quoteName(insert.table),
    tableColumns: targets.map((f) => quoteName([f.name])).join(", "),
    dataColumns: columns.map((c) => quoteName([c.name])).join(", "),
  };
  const [kind, reason] = columns.length > targets.length ? ["TOO_MANY_DATA_COLUMNS", "too many data columns"] : ["NOT_ENOUGH_DATA_COLUMNS", "not enough data columns"];
  return analysisError(
    `INSERT_COLUMN_ARITY_MISMATCH.${kind}`,
    "21S01",
    `Cannot write to ${parameters.tableName}, the reason is ${reason}:\nTable columns: ${parameters.tableColumns}.\nData columns: ${parameters.dataColumns}.`,
    parameters,
    insert.span,
  );
}

function matchByName(insert: InsertBinding, columns: readonly Column[]): ReadonlyMap<string, Column> {
  const given = new Map<string, Column>();
  for (const column of columns) {
    const field = insert.fields.find((f) => f.name.toLowerCase() === column.name.toLowerCase());
    if (field === undefined && insert.tooManyColumns !== undefined) throw insert.tooManyColumns([column.name]);
    if (field === undefined || given.has(field.name)) {
      const parameters = { tableName: quoteName(insert.table), extraColumns: quoteName([column.name]) };
      throw analysisError("INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS", "KD000", `Cannot write incompatible data for the table ${parameters.tableName}: Cannot write extra columns ${parameters.extraColumns}.`, parameters, insert.span);
    }
    given.set(field.name, column);
  }
  return given;
}

function defaultValue(field: StructField, insert: InsertBinding, context: AnalysisContext): Expr {
  const ast = insert.defaultOf(field);
  const type = storedType(field.type);
  if (ast !== undefined) return castTo(analyzeExpression(ast, [], context), type, "ansi", insert.span);
  if (!field.nullable && !isGenerated(insert, field)) {
    const parameters = { tableName: quoteName(insert.table), colName: quoteName([field.name]) };
    throw analysisError("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", "KD000", `Cannot write incompatible data for the table ${parameters.tableName}: Cannot find data for the output column ${parameters.colName}.`, parameters, insert.span);
  }
  return nullOf(type);
}
