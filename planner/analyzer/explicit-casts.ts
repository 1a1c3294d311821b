import { canCast } from "../../catalog/castable.ts";
import type { Expr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isNumeric } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { dataTypeMismatch, quoteType } from "./analysis-errors.ts";
import { evalMode } from "./calls.ts";
import { castAddsNull, castTo } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";
import { storedType } from "./store-assignment.ts";

/** CAST and TRY_CAST as written; a type that the value cannot be cast to is DATATYPE_MISMATCH.CAST_*. */
export function resolveCast(ast: AstExpr & { kind: "cast" }, env: ExprEnvironment): Expr {
  const input = resolveExpr(ast.operand, env);
  const type = storedType(ast.type);
  const from = typeOf(input);
  if (!canCast(from, type, ast.try || env.query.context.settings.ansi)) throw impossibleCast(ast, from, env);
  const mode = ast.try ? "try" : evalMode(env);
  // What is written as a cast is no literal to the rules that look at the digits of literals.
  if (input.kind === "literal") return { kind: "cast", input, type, nullable: isNullable(input) || castAddsNull(from, type, mode), mode, span: ast.span };
  return castTo(input, type, mode, ast.span);
}

/** Source: Spark's `Cast.typeCheckFailureInCast`. */
function impossibleCast(ast: AstExpr & { kind: "cast" }, from: DataType, env: ExprEnvironment): Error {
  const types = { srcType: quoteType(from), targetType: quoteType(ast.type) };
  const sql = prettySql(ast, env.query.pretty);
  const sentence = `cannot cast ${types.srcType} to ${types.targetType}`;
  const instead = from.kind === "date" && isNumeric(ast.type) ? "`UNIX_DATE`" : isNumeric(from) && ast.type.kind === "date" ? "`DATE_FROM_UNIX_DATE`" : undefined;
  if (!ast.try && env.query.context.settings.ansi) {
    if (instead !== undefined) return dataTypeMismatch("CAST_WITH_FUNC_SUGGESTION", sql, `${sentence}.\nTo convert values from ${types.srcType} to ${types.targetType}, you can use the functions ${instead} instead.`, { ...types, functionNames: instead }, ast.span);
    if (canCast(from, ast.type, false)) {
      const setting = { config: `"spark.sql.ansi.enabled"`, configVal: "'false'" };
      return dataTypeMismatch("CAST_WITH_CONF_SUGGESTION", sql, `${sentence} with ANSI mode on.\nIf you have to cast ${types.srcType} to ${types.targetType}, you can set ${setting.config} as ${setting.configVal}.`, { ...types, ...setting }, ast.span);
    }
  }
  return dataTypeMismatch("CAST_WITHOUT_SUGGESTION", sql, `${sentence}.`, types, ast.span);
}
