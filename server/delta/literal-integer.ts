import { LONG } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { analysisContext } from "../run-query.ts";
import type { Session } from "../session.ts";
import { ResolvedTables } from "../table-resolution.ts";

/** A whole number that a statement gives as a constant expression. */
export function literalInteger(session: Session, ast: AstExpr): number {
  const context = analysisContext(session, new ResolvedTables(), {});
  const value = context.evaluate(analyzeExpression({ kind: "cast", operand: ast, type: LONG, try: false, span: ast.span }, [], context));
  return Number(value);
}
