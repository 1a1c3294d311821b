import type { Settings } from "../catalog/settings.ts";
import type { Statement } from "../parser/ast.ts";
import { parseStatement } from "../parser/parse.ts";

/** Statements about the session itself, which other dialects' grammars know nothing of: these are read in Spark's, so that there is a way back. */
const SESSION_STATEMENT = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(re)?set\b/i;

/** One statement in the dialect that is set. */
export async function parseText(text: string, settings: Settings): Promise<Statement> {
  const dialect = String(settings.value("sparrow.sql.dialect"));
  if (dialect === "spark" || SESSION_STATEMENT.test(text)) return parseStatement(text);
  const { parseDialect } = await import("../parser/dialects/parse-dialect.ts");
  return parseDialect(text, dialect);
}
