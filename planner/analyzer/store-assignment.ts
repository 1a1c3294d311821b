import { canCast } from "../../catalog/castable.ts";
import { canStoreAssign, commonType } from "../../catalog/coercion.ts";
import type { Span } from "../../catalog/errors.ts";
import type { Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { sameType } from "../../catalog/types.ts";
import { analysisError, quoteName, quoteType } from "./analysis-errors.ts";
import { castTo } from "./casts.ts";
import type { AnalysisSettings } from "./context.ts";

/** What is assigned to: for messages. */
export interface AssignmentTarget {
  /** Quoted: `spark_catalog`.`default`.`t`. */
  readonly table: string;
  readonly column: string;
  readonly span: Span | undefined;
}

/**
 * A value under the type of the column that it is stored in, by spark.sql.storeAssignmentPolicy: ANSI takes what `canStoreAssign` allows
 * and raises at run time for what does not fit; strict takes only what cannot lose anything; legacy takes every cast, and what does not fit
 * becomes NULL. Raises INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST. `castsAny`: ANSI takes every cast that
 * there is. A value of char(n) or varchar(n) is a string here, of any length.
 */
export function assignmentCast(expr: Expr, type: DataType, policy: AnalysisSettings["storeAssignment"], target: AssignmentTarget, castsAny = false): Expr {
  const from = typeOf(expr);
  const stored = storedType(type);
  if (sameType(from, stored)) return expr;
  switch (policy) {
    case "legacy":
      return castTo(expr, stored, "legacy", target.span);
    case "strict":
      if (!isUpcast(from, stored)) throw cannotSafelyCast(from, type, target);
      return castTo(expr, stored, "ansi", target.span);
    case "ansi":
      if (!canStoreAssign(from, stored) && !(castsAny && from.kind !== "variant" && stored.kind !== "variant" && canCast(from, stored, true))) throw cannotSafelyCast(from, type, target);
      return castTo(expr, stored, "ansi", target.span);
  }
}

/** A value as CHAR(n), padded, or VARCHAR(n), also within nested values; blanks beyond n go. Raises EXCEED_LIMIT_LENGTH at run time for longer texts. */
export function fittedText(expr: Expr, type: DataType, span: Span): Expr {
  const stored = storedType(type);
  return sameType(stored, type) ? expr : castTo(castTo(expr, type, "ansi", span), stored, "ansi", span);
}

/** What an expression makes for a column of this type: strings for char and varchar. */
export function storedType(type: DataType): DataType {
  switch (type.kind) {
    case "char":
    case "varchar":
      return { kind: "string" };
    case "array":
      return { ...type, element: storedType(type.element) };
    case "map":
      return { ...type, key: storedType(type.key), value: storedType(type.value) };
    case "struct":
      return { ...type, fields: type.fields.map((f) => ({ ...f, type: storedType(f.type) })) };
    default:
      return type;
  }
}

/** Nothing is lost: the common type of both is the target. Source: Spark's `Cast.canUpCast`. */
export function isUpcast(from: DataType, to: DataType): boolean {
  if (to.kind === "string") return from.kind !== "array" && from.kind !== "map" && from.kind !== "struct" && from.kind !== "binary";
  const common = commonType(from, to, true);
  return from.kind !== "string" && common !== undefined && sameType(common, to);
}

function cannotSafelyCast(from: DataType, to: DataType, target: AssignmentTarget): Error {
  const parameters = { tableName: target.table, colName: quoteName([target.column]), srcType: quoteType(from), targetType: quoteType(to) };
  return analysisError(
    "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
    "KD000",
    `Cannot write incompatible data for the table ${parameters.tableName}: Cannot safely cast ${parameters.colName} ${parameters.srcType} to ${parameters.targetType}.`,
    parameters,
    target.span,
  );
}
