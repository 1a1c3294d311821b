import type { Span } from "../../catalog/errors.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { Column, EvalMode, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { isIntegral, isNumeric, isStringLike, sqlTypeName } from "../../catalog/types.ts";
import { quoteName, quoteType } from "./analysis-errors.ts";
import { castTo } from "./casts.ts";
import type { AnalyzedQuery } from "./context.ts";

/** How the columns of an INSERT's query become the columns of its table. */
export interface Assignment {
  /** As messages show the table: `spark_catalog`.`default`.`t`. */
  readonly table: string;
  readonly fields: readonly StructField[];
  /** Names in the column list, or of the query's columns under BY NAME; without them columns go by position. */
  readonly names: readonly string[] | undefined;
  /** Values for fields that the query does not give, by lower-case name: static partitions and defaults. */
  readonly constants: ReadonlyMap<string, Expr>;
  readonly policy: "ansi" | "legacy" | "strict";
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
    const source: Expr = column !== undefined ? columnExpr(column) : (constant ?? { kind: "literal", type: field.type, value: null });
    const expr = assigned(source, field, assignment);
    const output: Column = { id: assignment.nextId(), name: field.name, type: field.type, nullable: isNullable(expr) };
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

function assigned(expr: Expr, field: StructField, { policy, table, span }: Assignment): Expr {
  const from = typeOf(expr);
  const mode: EvalMode = policy === "legacy" ? "legacy" : "ansi";
  if (policy === "legacy" || canAssign(from, field.type, policy)) return castTo(expr, field.type, mode, span);
  const colName = quoteName([field.name]);
  throw new SparrowError(
    "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
    "KD000",
    `Cannot write incompatible data for the table ${table}: Cannot safely cast ${colName} ${quoteType(from)} to ${quoteType(field.type)}.`,
    { tableName: table, colName, srcType: quoteType(from), targetType: quoteType(field.type) },
    { span },
  );
}

/** Source: Spark's `Cast.canANSIStoreAssign` and `Cast.canUpCast`. */
function canAssign(from: DataType, to: DataType, policy: "ansi" | "strict"): boolean {
  if (from.kind === "null" || sqlTypeName(from) === sqlTypeName(to)) return true;
  if (from.kind === "array" && to.kind === "array") return canAssign(from.element, to.element, policy);
  if (from.kind === "map" && to.kind === "map") return canAssign(from.key, to.key, policy) && canAssign(from.value, to.value, policy);
  if (from.kind === "struct" && to.kind === "struct") return from.fields.length === to.fields.length && from.fields.every((field, i) => canAssign(field.type, to.fields[i].type, policy));
  if (isStringLike(to)) return isAtomic(from);
  if (isNumeric(from) && isNumeric(to)) return policy === "ansi" || isWidening(from, to);
  if (isDateTime(from) && isDateTime(to)) return policy === "ansi" || from.kind === "date";
  return (from.kind === "interval_ym" && to.kind === "interval_ym") || (from.kind === "interval_dt" && to.kind === "interval_dt");
}

function isAtomic(type: DataType): boolean {
  return type.kind !== "array" && type.kind !== "map" && type.kind !== "struct" && type.kind !== "variant" && type.kind !== "calendar_interval";
}

function isDateTime(type: DataType): boolean {
  return type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

const INTEGRAL_DIGITS = { byte: 3, short: 5, int: 10, long: 20 } as const;
const NUMERIC_ORDER = ["byte", "short", "int", "long", "float", "double"];

/** Whether every value of one numeric type is a value of the other. */
function isWidening(from: DataType, to: DataType): boolean {
  if (from.kind === "decimal" && to.kind === "decimal") return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  if (to.kind === "decimal") return isIntegral(from) && to.precision - to.scale >= INTEGRAL_DIGITS[from.kind as keyof typeof INTEGRAL_DIGITS];
  if (from.kind === "decimal") return false;
  return NUMERIC_ORDER.indexOf(from.kind) <= NUMERIC_ORDER.indexOf(to.kind);
}
