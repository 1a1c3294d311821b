import { canCast } from "../../catalog/castable.ts";
import { canStoreAssign } from "../../catalog/coercion.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { type Column, type Expr, typeOf } from "../../catalog/expression.ts";
import { type DataType, isNested, sameType, sqlTypeName, type StructField, typeName } from "../../catalog/types.ts";
import { generationText } from "../../delta/generation-expression.ts";
import { type Identity, identityOf } from "../../delta/identity-columns.ts";
import { castValue } from "../../executor/functions/cast.ts";
import type { AstExpr } from "../../parser/ast.ts";
import type { AnalysisContext } from "../../planner/analyzer/context.ts";
import { analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { isUpcast, storedType } from "../../planner/analyzer/store-assignment.ts";
import { isDeterministic } from "../../planner/optimizer/expression-facts.ts";
import { quoted } from "../object-names.ts";
import { columnsOf } from "./check-rows.ts";
import { analysisContext } from "../run-query.ts";
import type { Session } from "../session.ts";
import { holdsQuery, isRepeatable } from "../syntax-tree.ts";
import { ResolvedTables } from "../table-resolution.ts";
import { defaultOf, generationOf } from "./derived-columns.ts";

/**
 * Checks what a table's columns are declared to be: that generated columns compute from the others and give their type, defaults are constants that fit, and
 * identity columns count. Raises UNSUPPORTED_EXPRESSION_GENERATED_COLUMN, DELTA_UNSUPPORTED_EXPRESSION_GENERATED_COLUMN, UNRESOLVED_COLUMN.*, DELTA_IDENTITY_COLUMNS_*, IDENTITY_COLUMNS_ILLEGAL_STEP, INVALID_DEFAULT_VALUE.*.
 */
export function checkDeclaredColumns(session: Session, fields: readonly StructField[], partitionColumns: readonly string[]): void {
  const context = analysisContext(session, new ResolvedTables(), {});
  for (const field of fields) {
    const identity = identityOf(field);
    const generation = generationOf(field);
    const value = defaultOf(field);
    if (identity !== undefined) checkIdentity(field, identity, partitionColumns);
    if (generation !== undefined) checkGeneration(field, generation, fields, context);
    if (value !== undefined) checkDefault(field, value, "CREATE TABLE", context);
  }
}

function checkIdentity({ name, type, metadata }: StructField, { step }: Identity, partitionColumns: readonly string[]): void {
  if (type.kind !== "long") throw new SparrowError("DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE", "428H2", `Data type ${typeName(type)} is not supported for IDENTITY columns: they are BIGINT.`, { dataType: typeName(type) });
  if (step === 0n) throw new SparrowError("IDENTITY_COLUMNS_ILLEGAL_STEP", "42611", "IDENTITY column step cannot be 0.", {});
  if (metadata !== undefined && generationText({ name, type, nullable: true, metadata }) !== undefined) throw new SparrowError("DELTA_IDENTITY_COLUMNS_WITH_GENERATED_EXPRESSION", "42613", "IDENTITY column cannot be specified with a generated column expression.", {});
  if (partitionColumns.some((column) => column.toLowerCase() === name.toLowerCase())) throw new SparrowError("DELTA_IDENTITY_COLUMNS_PARTITION_NOT_SUPPORTED", "42601", `PARTITIONED BY IDENTITY column ${name} is not supported.`, { colName: name });
}

function checkGeneration(field: StructField, expression: AstExpr, fields: readonly StructField[], context: AnalysisContext): void {
  const columns = fields.map(({ name, type, nullable }): Column => ({ id: context.nextId(), name, type, nullable }));
  const expr = analyzeExpression(expression, columns, context);
  if (!isDeterministic(expr)) throw unsupportedGeneration(field, "generation expression is not deterministic");
  if (!isRepeatable(expression)) {
    throw new SparrowError("DELTA_UNSUPPORTED_EXPRESSION_GENERATED_COLUMN", "42621", `${generationText(field)} cannot be used in a generated column: it differs from one statement to the next.`, { expression: String(generationText(field)) });
  }
  const generated = new Set(columns.filter((_, i) => generationText(fields[i]) !== undefined).map(({ id }) => id));
  if (columnsOf(expr).some((id) => generated.has(id))) throw unsupportedGeneration(field, "generation expression cannot reference another generated column");
  if (!canStoreAssign(typeOf(expr), field.type)) throw unsupportedGeneration(field, `generation expression data type ${typeName(typeOf(expr))} is incompatible with column data type ${typeName(field.type)}`);
}

function unsupportedGeneration(field: StructField, reason: string): SparrowError {
  const parameters = { fieldName: field.name, expressionStr: String(generationText(field)), reason };
  return new SparrowError("UNSUPPORTED_EXPRESSION_GENERATED_COLUMN", "42621", `Cannot create generated column ${quoted(field.name)} with generation expression ${parameters.expressionStr} because ${reason}.`, parameters);
}

/**
 * A default is an expression without columns and queries, of the column's type, or one that this holds. `statement`: as messages name it. Raises
 * INVALID_DEFAULT_VALUE.NOT_CONSTANT, .SUBQUERY_EXPRESSION, .DATA_TYPE, EXCEED_LIMIT_LENGTH, GENERATED_COLUMN_WITH_DEFAULT_VALUE.
 */
export function checkDefault(field: StructField, value: AstExpr, statement: string, context: AnalysisContext): void {
  const { name, type, metadata } = field;
  const defaultValue = String(metadata?.CURRENT_DEFAULT);
  const genExpr = identityOf(field) === undefined ? generationText(field) : "IDENTITY";
  if (genExpr !== undefined) {
    throw new SparrowError("GENERATED_COLUMN_WITH_DEFAULT_VALUE", "42613", `A column cannot have both a default value and a generation expression: ${quoted(name)}.`, { colName: name, defaultValue, genExpr });
  }
  const invalid = (reason: string, why: string, more: Readonly<Record<string, string>> = {}, cause?: unknown): SparrowError =>
    new SparrowError(`INVALID_DEFAULT_VALUE.${reason}`, "42623", `Failed to execute ${statement} command because the column ${quoted(name)} has a DEFAULT value ${defaultValue}, which ${why}.`, { statement, colName: quoted(name), defaultValue, ...more }, { cause });
  if (holdsQuery(value)) throw invalid("SUBQUERY_EXPRESSION", "contains a query");
  let expr: Expr;
  try {
    expr = analyzeExpression(value, [], context);
  } catch (error) {
    if (!(error instanceof SparrowError && error.condition.startsWith("UNRESOLVED_COLUMN"))) throw error;
    throw invalid("NOT_CONSTANT", "is no constant: it names a column", {}, error);
  }
  if (isHeld(expr, storedType(type), context)) {
    if (isConstant(expr)) castValue(context.evaluate(expr), typeOf(expr), type, "ansi", context.settings.timeZone);
    return;
  }
  const [expectedType, actualType] = [quotedType(type), quotedType(typeOf(expr))];
  throw invalid("DATA_TYPE", `is of type ${actualType}, where ${expectedType} is needed`, { expectedType, actualType });
}

function quotedType(type: DataType): string {
  return `"${sqlTypeName(type)}"`;
}

/** Source: Spark's `ResolveDefaultColumns.coerceDefaultValue`: what a cast cannot change, and literals that come back as they are. */
function isHeld(expr: Expr, type: DataType, { evaluate, settings }: AnalysisContext): boolean {
  const from = typeOf(expr);
  if (from.kind === "null" || sameType(from, type) || isUpcast(from, type)) return true;
  if (!isConstant(expr) || !canCast(from, type, true) || !canCast(type, from, true) || [from, type].some((one) => one.kind === "boolean" || isNested(one))) return false;
  const value = evaluate(expr);
  const there = castValue(value, from, type, "try", settings.timeZone);
  return there !== null && castValue(there, type, from, "try", settings.timeZone) === value;
}

/** A literal, perhaps with a sign. */
function isConstant(expr: Expr): boolean {
  return expr.kind === "literal" || (expr.kind === "call" && expr.name === "negative" && isConstant(expr.args[0]));
}
