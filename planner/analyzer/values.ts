import type { Column, Expr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import { commonTypeOf } from "../../catalog/coercion.ts";
import type { AstExpr, TableAlias } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { analysisError } from "./analysis-errors.ts";
import { isConstant } from "./calls.ts";
import { castTo } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import { renameColumns } from "./common-tables.ts";
import type { AnalyzedQuery } from "./context.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";
import { findVariable } from "./name-resolution.ts";
import type { QueryEnvironment } from "./scope.ts";
import { isNamedConstant } from "./session-constants.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { attachSubqueries, subqueryCollector } from "./subqueries.ts";

/** VALUES: rows of expressions without columns, each column under the common type of its values. */
export function analyzeValues(rows: readonly AstExpr[], alias: TableAlias | undefined, env: QueryEnvironment): AnalyzedQuery {
  const subqueries = subqueryCollector();
  const exprEnv: ExprEnvironment = { query: env, scope: EMPTY_SCOPE, clause: "VALUES", subqueries };
  const width = cells(rows[0]).length;
  const names = cells(rows[0]).map((_, i) => `col${i + 1}`);
  const resolved = rows.map((row, r) => {
    const parts = cells(row);
    if (parts.length !== width) {
      throw analysisError("INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", "42000", `Invalid inline table. Inline table expected ${width} columns but found ${parts.length} columns in row ${r}.`, { expectedNumCols: String(width), actualNumCols: String(parts.length), rowIndex: String(r) }, row.span);
    }
    return parts.map((p) => resolveCell(p, exprEnv));
  });
  const mode = env.context.settings.ansi ? "ansi" : "legacy";
  const types = names.map((_, i) => {
    const type = commonTypeOf(
      resolved.map((row) => typeOf(row[i])),
      env.context.settings.ansi,
    );
    if (type === undefined) throw analysisError("INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", "42000", `Invalid inline table. Found incompatible types in the column \`${names[i]}\` for inline table.`, { colName: `\`${names[i]}\`` }, rows[0].span);
    return type;
  });
  const cast = resolved.map((row) => row.map((e, i) => castTo(e, types[i], mode, rows[0].span)));
  const columns: Column[] = names.map((name, i) => ({ id: env.context.nextId(), name, type: types[i], nullable: cast.some((row) => isNullable(row[i])) }));
  const isPlain = subqueries.pending.length === 0 && cast.every((row) => row.every((e) => isConstant(e, exprEnv)));
  const plan = isPlain
    ? ({ kind: "values", columns, rows: cast.map((row) => row.map((e) => (e.kind === "literal" ? e.value : env.context.evaluate(e)))) } satisfies LogicalPlan)
    : rowsOfExpressions(cast, columns, attachSubqueries({ kind: "values", columns: [], rows: [[]] }, subqueries.pending));
  return renameColumns({ plan, columns }, alias?.columns ?? []);
}

/** Rows that are not constants (rand(), outer columns, subqueries): one projection each over a row of nothing. */
function rowsOfExpressions(rows: readonly (readonly Expr[])[], columns: readonly Column[], input: LogicalPlan): LogicalPlan {
  return { kind: "expand", input, columns, projections: rows };
}

function cells(row: AstExpr): readonly AstExpr[] {
  if (row.kind === "row") return row.items;
  // STRUCT(...) is a row too, by Spark's grammar.
  if (row.kind === "call" && row.name.parts.length === 1 && row.name.parts[0].name.toLowerCase() === "struct") return row.args.map((a) => a.value);
  return [row];
}

function resolveCell(ast: AstExpr, env: ExprEnvironment): Expr {
  if (ast.kind === "name" && env.query.outer === undefined && !isNamedConstant(ast) && findVariable(ast.name.parts.map((part) => part.name), env.query.context) === undefined) {
    const name = prettySql(ast, env.query.pretty);
    throw analysisError("INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE", "42000", `Invalid inline table. Cannot evaluate the expression "${name}" in inline table definition.`, { expr: `"${name}"` }, ast.span);
  }
  return resolveExpr(ast, env);
}
