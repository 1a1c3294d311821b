import type { Span } from "../../catalog/errors.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../catalog/expression.ts";
import type { StructField } from "../../catalog/types.ts";
import { quoteName } from "./analysis-errors.ts";
import { nullOf } from "./casts.ts";
import type { AnalyzedQuery, AnalysisSettings } from "./context.ts";
import { assignmentCast, storedType } from "./store-assignment.ts";

/** How the columns of an INSERT's query become the columns of its table. */
export interface Assignment {
  /** As messages show the table: `spark_catalog`.`default`.`t`. */
  readonly table: string;
  readonly fields: readonly StructField[];
  /** Names in the column list, or of the query's columns under BY NAME; without them columns go by position. */
  readonly names: readonly string[] | undefined;
  /** Values for fields that the query does not give, by lower-case name: static partitions and defaults. */
  readonly constants: ReadonlyMap<string, Expr>;
  readonly policy: AnalysisSettings["storeAssignment"];
  readonly nextId: () => number;
  readonly span: Span;
}

/**
 * The query with exactly the table's columns: in the table's order, cast to their types, what is not given filled in with its constant, else with
 * NULL where a column list leaves it out. Raises INSERT_COLUMN_ARITY_MISMATCH.* and INCOMPATIBLE_DATA_FOR_TABLE.*. Source: Spark's `TableOutputResolver`.
 */
export function assignToTable(query: AnalyzedQuery, assignment: Assignment): AnalyzedQuery {
  const { fields, names, constants } = assignment;
  const byPosition = fields.filter((field) => !constants.has(field.name.toLowerCase()));
  const targets = names === undefined ? byPosition : names.map((name) => fieldNamed(name, assignment));
  if (targets.length !== query.columns.length) throw arityMismatch(query, targets.length, assignment);
  const given = new Map(targets.map((field, i) => [field.name.toLowerCase(), query.columns[i]]));

  const outputs = fields.map((field) => {
    const key = field.name.toLowerCase();
    const column = given.get(key);
    const constant = constants.get(key);
    const source: Expr = column !== undefined ? columnExpr(column) : (constant ?? nullOf(storedType(field.type)));
    const expr = assignmentCast(source, field.type, assignment.policy, { table: assignment.table, column: field.name, span: assignment.span });
    const output: Column = { id: assignment.nextId(), name: field.name, type: storedType(field.type), nullable: isNullable(expr) };
    return { column: output, expr };
  });
  return { plan: { kind: "project", input: query.plan, outputs }, columns: outputs.map((output) => output.column) };
}

function fieldNamed(name: string, { fields, table, span }: Assignment): StructField {
  const field = fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (field !== undefined) return field;
  const proposal = fields.map((candidate) => quoteName([candidate.name])).join(", ");
  throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${quoteName([name])} cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: quoteName([name]), proposal, tableName: table }, { span });
}

function arityMismatch(query: AnalyzedQuery, wanted: number, { table, fields, span }: Assignment): SparrowError {
  const many = query.columns.length > wanted;
  const list = (items: readonly { readonly name: string }[]): string => items.map((item) => quoteName([item.name])).join(", ");
  const reason = many ? "too many data columns" : "not enough data columns";
  return new SparrowError(
    `INSERT_COLUMN_ARITY_MISMATCH.${many ? "TOO_MANY_DATA_COLUMNS" : "NOT_ENOUGH_DATA_COLUMNS"}`,
    "21S01",
    `Cannot write to ${table}, the reason is ${reason}:\nTable columns: ${list(fields)}.\nData columns: ${list(query.columns)}.`,
    { tableName: table, tableColumns: list(fields), dataColumns: list(query.columns) },
    { span },
  );
}
