import { canStoreAssign } from "../../catalog/coercion.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { type Column, type Expr, typeOf } from "../../catalog/expression.ts";
import { type StructField, typeName } from "../../catalog/types.ts";
import { generationText } from "../../delta/generation-expression.ts";
import { type Identity, identityOf } from "../../delta/identity-columns.ts";
import type { AstExpr } from "../../parser/ast.ts";
import type { AnalysisContext } from "../../planner/analyzer/context.ts";
import { analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { isDeterministic } from "../../planner/optimizer/expression-facts.ts";
import { quoted } from "../object-names.ts";
import { isRepeatable } from "../repeatable-query.ts";
import { analysisContext } from "../run-query.ts";
import type { Session } from "../session.ts";
import { ResolvedTables } from "../table-resolution.ts";
import { defaultOf, generationOf } from "./derived-columns.ts";

/**
 * Checks what a table's columns are declared to be: that generated columns compute from the others and give their type, defaults are constants that fit, and
 * identity columns count. Raises DELTA_*_GENERATED_COLUMN*, DELTA_IDENTITY_COLUMNS_*, INVALID_DEFAULT_VALUE.*.
 */
export function checkDeclaredColumns(session: Session, fields: readonly StructField[], partitionColumns: readonly string[]): void {
  const context = analysisContext(session, new ResolvedTables(), {});
  const stored = fields.filter((field) => generationText(field) === undefined);
  const columns = stored.map(({ name, type, nullable }): Column => ({ id: context.nextId(), name, type, nullable }));
  for (const field of fields) {
    const identity = identityOf(field);
    const generation = generationOf(field);
    const value = defaultOf(field);
    if (identity !== undefined) checkIdentity(field, identity, partitionColumns);
    if (generation !== undefined) checkGeneration(field, generation, columns, context);
    if (value !== undefined) checkDefault(field, value, context);
    if (value !== undefined && (identity !== undefined || generation !== undefined)) {
      throw new SparrowError("GENERATED_COLUMN_WITH_DEFAULT_VALUE", "42613", `A column cannot have both a default value and a generation expression: ${quoted(field.name)}.`, { colName: field.name, defaultValue: String(field.metadata?.CURRENT_DEFAULT), genExpr: generationText(field) ?? "IDENTITY" });
    }
  }
}

function checkIdentity({ name, type, metadata }: StructField, { step }: Identity, partitionColumns: readonly string[]): void {
  if (type.kind !== "long") throw new SparrowError("DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE", "428H2", `Data type ${typeName(type)} is not supported for IDENTITY columns: they are BIGINT.`, { dataType: typeName(type) });
  if (step === 0n) throw new SparrowError("DELTA_IDENTITY_COLUMNS_ILLEGAL_STEP", "42611", "IDENTITY column step cannot be 0.", {});
  if (metadata !== undefined && generationText({ name, type, nullable: true, metadata }) !== undefined) throw new SparrowError("DELTA_IDENTITY_COLUMNS_WITH_GENERATED_EXPRESSION", "42613", "IDENTITY column cannot be specified with a generated column expression.", {});
  if (partitionColumns.some((column) => column.toLowerCase() === name.toLowerCase())) throw new SparrowError("DELTA_IDENTITY_COLUMNS_PARTITION_NOT_SUPPORTED", "42601", `PARTITIONED BY IDENTITY column ${name} is not supported.`, { colName: name });
}

function checkGeneration(field: StructField, expression: AstExpr, columns: readonly Column[], context: AnalysisContext): void {
  let expr: Expr;
  try {
    expr = analyzeExpression(expression, columns, context);
  } catch (error) {
    if (!(error instanceof SparrowError && error.condition.startsWith("UNRESOLVED_COLUMN"))) throw error;
    throw new SparrowError("DELTA_INVALID_GENERATED_COLUMN_REFERENCES", "42621", `The generated column ${quoted(field.name)} uses a column that does not exist, or another generated column: ${generationText(field)}.`, { columnName: field.name }, { cause: error });
  }
  if (!isDeterministic(expr) || !isRepeatable(expression)) {
    throw new SparrowError("DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED", "0AKDC", `Non-deterministic functions are not supported in the generated column ${quoted(field.name)}: ${generationText(field)}.`, { operation: "generated column", expression: String(generationText(field)) });
  }
  if (canStoreAssign(typeOf(expr), field.type)) return;
  const [expressionType, columnType] = [typeName(typeOf(expr)), typeName(field.type)];
  throw new SparrowError("DELTA_GENERATED_COLUMNS_EXPR_TYPE_MISMATCH", "42K09", `The expression type of the generated column ${quoted(field.name)} is ${expressionType}, but the column type is ${columnType}.`, { columnName: field.name, expressionType, columnType });
}

/** Raises INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION, INVALID_DEFAULT_VALUE.DATA_TYPE. */
export function checkDefault({ name, type, metadata }: StructField, value: AstExpr, context: AnalysisContext): void {
  const parameters = { statement: "CREATE TABLE", colName: quoted(name), defaultValue: String(metadata?.CURRENT_DEFAULT) };
  let expr: Expr;
  try {
    expr = analyzeExpression(value, [], context);
  } catch (error) {
    if (!(error instanceof SparrowError && error.condition.startsWith("UNRESOLVED_COLUMN"))) throw error;
    throw new SparrowError("INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION", "42623", `The default value of column ${parameters.colName} names what cannot be resolved: ${parameters.defaultValue}. A default is an expression without columns.`, parameters, { cause: error });
  }
  const from = typeOf(expr);
  if (from.kind === "null" || canStoreAssign(from, type)) return;
  throw new SparrowError("INVALID_DEFAULT_VALUE.DATA_TYPE", "42623", `The default value of column ${parameters.colName} is of type ${typeName(from)}, and the column of type ${typeName(type)}: ${parameters.defaultValue}.`, { ...parameters, expectedType: typeName(type), actualType: typeName(from) });
}
