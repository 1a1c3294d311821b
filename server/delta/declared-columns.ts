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
import { columnsOf } from "./check-rows.ts";
import { analysisContext } from "../run-query.ts";
import type { Session } from "../session.ts";
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
    if (value !== undefined) checkDefault(field, value, context);
    if (value !== undefined && (identity !== undefined || generation !== undefined)) {
      throw new SparrowError("GENERATED_COLUMN_WITH_DEFAULT_VALUE", "42613", `A column cannot have both a default value and a generation expression: ${quoted(field.name)}.`, { colName: field.name, defaultValue: String(field.metadata?.CURRENT_DEFAULT), genExpr: generationText(field) ?? "IDENTITY" });
    }
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
