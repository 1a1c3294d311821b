import { SparrowError } from "../catalog/errors.ts";
import { isDeterministic } from "../planner/optimizer/expression-facts.ts";
import { typeOf } from "../catalog/expression.ts";
import { typeName } from "../catalog/types.ts";
import type { AstExpr, Statement } from "../parser/ast.ts";
import { parseStatement } from "../parser/parse.ts";
import type { AnalysisContext } from "../planner/analyzer/context.ts";
import { analyzeExpression } from "../planner/analyzer/standalone-expressions.ts";
import { analysisContext, type RunOptions } from "./run-query.ts";
import type { Session } from "./session.ts";
import { holdsQuery } from "./syntax-tree.ts";
import { ResolvedTables } from "./table-resolution.ts";

/** Statements about the session itself, which other dialects' grammars know nothing of: these are read in Spark's, so that there is a way back. */
const SESSION_STATEMENT = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(re)?set\b/i;

export interface ParsedText {
  readonly statement: Statement;
  /** The text, and what IDENTIFIER(...) of parameters and variables was: equal for equal trees. */
  readonly text: string;
}

/** One statement in the dialect that is set. */
export async function parseText(text: string, session: Session, options: RunOptions): Promise<ParsedText> {
  const dialect = String(session.settings.value("sparrow.sql.dialect"));
  if (dialect === "spark" || SESSION_STATEMENT.test(text)) {
    const identifiers: string[] = [];
    const statement = parseStatement(text, undefined, (expr) => {
      const identifier = constantString(expr, text, analysisContext(session, new ResolvedTables(), options));
      identifiers.push(identifier);
      return identifier;
    });
    return { statement, text: [text, ...identifiers].join("\0") };
  }
  const { parseDialect } = await import("../parser/dialects/parse-dialect.ts");
  return { statement: await parseDialect(text, dialect), text };
}

/** Raises NOT_A_CONSTANT_STRING for what is no string, NULL, or not the same each time. */
function constantString(ast: AstExpr, text: string, context: AnalysisContext): string {
  const shown = text.slice(ast.span.start, ast.span.end);
  const refuse = (kind: string, why: string, more: Readonly<Record<string, string>> = {}): SparrowError =>
    new SparrowError(`NOT_A_CONSTANT_STRING.${kind}`, "42601", `The expression ${shown} used for the routine or clause IDENTIFIER must be a constant STRING which is NOT NULL. ${why}`, { name: "IDENTIFIER", expr: shown, ...more }, { span: ast.span });
  const notConstant = "To be considered constant the expression must not depend on any columns, contain a subquery, or invoke a non deterministic function such as rand().";
  if (holdsQuery(ast)) throw refuse("NOT_CONSTANT", notConstant);
  const expr = analyzeExpression(ast, [], context);
  if (!isDeterministic(expr)) throw refuse("NOT_CONSTANT", notConstant);
  const type = typeOf(expr);
  if (type.kind !== "string") throw refuse("WRONG_TYPE", `The data type of the expression is ${typeName(type)}.`, { dataType: typeName(type) });
  const value = context.evaluate(expr);
  if (value === null) throw refuse("NULL", "The expression evaluates to NULL.");
  return String(value);
}
