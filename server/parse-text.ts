import { SparrowError } from "../catalog/errors.ts";
import type { Settings } from "../catalog/settings.ts";
import type { Statement } from "../parser/ast.ts";
import { parseStatement } from "../parser/parse.ts";

/** One statement in the dialect that is set. SET and RESET are Spark's in every dialect, so that there is a way back. */
export async function parseText(text: string, settings: Settings): Promise<Statement> {
  const dialect = String(settings.value("sparrow.sql.dialect"));
  if (dialect === "spark" || /^\s*(re)?set\b/i.test(text)) return parseStatement(text);
  throw new SparrowError("UNSUPPORTED_FEATURE.SQL_DIALECT", "0A000", `The feature is not supported: the SQL dialect ${dialect}.`, { dialect });
}
