import type { Expr } from "../../catalog/expression.ts";
import { DATE, STRING, TIMESTAMP } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { castTo, literal } from "./casts.ts";
import type { AnalysisContext } from "./context.ts";

/** Functions that may be written without parentheses where no column has the name. */
const NAMED_CONSTANTS = new Set(["current_date", "current_timestamp", "localtimestamp", "current_user", "user", "session_user"]);

export function isNamedConstant(ast: AstExpr & { kind: "name" }): boolean {
  return ast.name.parts.length === 1 && NAMED_CONSTANTS.has(ast.name.parts[0].name.toLowerCase());
}

/** The call that a bare name stands for. */
export function namedConstantCall(ast: AstExpr & { kind: "name" }): AstExpr & { kind: "call" } {
  return { kind: "call", name: ast.name, args: [], distinct: false, span: ast.span };
}

/** Functions whose value belongs to the session and the moment, pinned once per query; undefined for every other call. */
export function sessionConstant(ast: AstExpr & { kind: "call" }, name: string, context: AnalysisContext): Expr | undefined {
  if (ast.args.length > 0 || ast.name.parts.length > 1 || ast.over !== undefined) return undefined;
  const { session, settings } = context;
  switch (name) {
    case "current_date":
    case "curdate":
      return literal(session.date, DATE);
    case "current_timestamp":
    case "now":
      return literal(session.timestamp, TIMESTAMP);
    case "localtimestamp":
      return castTo(literal(session.timestamp, TIMESTAMP), { kind: "timestamp_ntz" }, "ansi", ast.span);
    case "current_timezone":
      return literal(settings.timeZone, STRING);
    case "current_user":
    case "user":
    case "session_user":
      return literal(session.user, STRING);
    case "current_database":
    case "current_schema":
      return literal(session.database, STRING);
    case "current_catalog":
      return literal(session.catalog, STRING);
    default:
      return undefined;
  }
}
