import type { Span } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError, quoteSql, quoteType } from "./analysis-errors.ts";
import type { AnalysisContext } from "./context.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveCondition, resolveExpr } from "./expressions.ts";
import type { QueryEnvironment, Scope } from "./scope.ts";
import { scopeOf } from "./scope.ts";

/** What the tree of a whole query hangs in, outside of every other query. */
export function topLevelEnvironment(context: AnalysisContext): QueryEnvironment {
  return { context, pretty: new Map(), commonTables: undefined, outer: undefined, duplicates: new Map(), charTypes: new Map(), views: [] };
}

/**
 * An expression outside of a query over these columns: defaults, generated columns, constraints, conditions and assignments of UPDATE,
 * DELETE and MERGE. No aggregates, windows or subqueries. `columns` may be a scope, whose columns have qualifiers (`t.a`).
 */
export function analyzeExpression(ast: AstExpr, columns: readonly Column[] | Scope, context: AnalysisContext): Expr {
  return resolveExpr(ast, standalone(columns, context));
}

/** The same for a condition: boolean, else DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN. */
export function analyzeCondition(ast: AstExpr, columns: readonly Column[] | Scope, context: AnalysisContext): Expr {
  return resolveCondition(ast, standalone(columns, context), (sql, type) => notBoolean(sql, type, ast.span));
}

export function notBoolean(sql: string, type: DataType, span: Span): Error {
  return analysisError(
    "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
    "42K09",
    `Cannot resolve ${quoteSql(sql)} due to data type mismatch: Filter expression ${quoteSql(sql)} of type ${quoteType(type)} is not a boolean.`,
    { sqlExpr: quoteSql(sql), filter: quoteSql(sql), type: quoteType(type) },
    span,
  );
}

function standalone(columns: readonly Column[] | Scope, context: AnalysisContext): ExprEnvironment {
  const scope = columns.every((c) => "column" in c) ? columns : scopeOf(columns.filter((c) => !("column" in c)));
  return { query: topLevelEnvironment(context), scope, clause: "expression" };
}
