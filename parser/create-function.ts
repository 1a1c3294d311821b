import type { ColumnDefinition, FunctionBody } from "./ast.ts";
import { parseColumnDefinition, parseSourceText } from "./columns.ts";
import { acceptIfNotExists } from "./create.ts";
import { parseViewQuery } from "./create-view.ts";
import type { Cursor } from "./cursor.ts";
import { startsQuery } from "./query.ts";
import type { StatementBody } from "./statements.ts";
import { parseDataType, structField } from "./types.ts";

type CreateFunction = Extract<StatementBody, { kind: "createFunction" }>;

/** What follows FUNCTION: a class or module (AS '...'), or parameters and RETURN with an expression or a query. */
export function parseCreateFunction(c: Cursor, orReplace: boolean, temporary: boolean): CreateFunction {
  const ifNotExists = acceptIfNotExists(c);
  const name = c.qualifiedName("a function name");
  const head = { kind: "createFunction" as const, name, temporary, orReplace, ifNotExists };
  if (c.accept("AS")) {
    const className = c.string();
    if (c.accept("USING")) c.commaList((x) => [x.identifier("JAR, FILE or ARCHIVE"), x.string()]);
    return { ...head, parameters: [], body: { kind: "class", name: className } };
  }
  const parameters = functionParameters(c);
  const returns = c.accept("RETURNS") ? returnType(c) : undefined;
  const comment = characteristics(c);
  c.expect("RETURN");
  return { ...head, parameters, ...(returns && { returns }), ...(comment !== undefined && { comment }), body: functionBody(c) };
}

function functionParameters(c: Cursor): ColumnDefinition[] {
  if (c.acceptPhrase("(", ")")) return [];
  return c.parenthesizedList(parseColumnDefinition);
}

function returnType(c: Cursor): CreateFunction["returns"] {
  if (c.word !== "TABLE") return { type: parseDataType(c) };
  c.advance();
  if (!c.is("(")) return { columns: [] };
  return { columns: c.parenthesizedList(structField) };
}

/** LANGUAGE SQL, DETERMINISTIC, CONTAINS SQL and their like, which say what is already so; and a comment. */
function characteristics(c: Cursor): string | undefined {
  let comment: string | undefined;
  for (;;) {
    if (c.accept("COMMENT")) comment = c.string();
    else if (c.acceptPhrase("LANGUAGE", "SQL") || c.acceptPhrase("NOT", "DETERMINISTIC") || c.accept("DETERMINISTIC") || c.acceptPhrase("CONTAINS", "SQL") || c.acceptPhrase("READS", "SQL", "DATA") || c.acceptPhrase("SQL", "SECURITY", "DEFINER") || c.acceptPhrase("SQL", "SECURITY", "INVOKER")) continue;
    else if (c.word === "LANGUAGE") c.refuse("UNSUPPORTED_FEATURE.FUNCTION_LANGUAGE", `The feature is not supported: functions in the language ${c.wordAt(1)}.`, {}, undefined, "0A000");
    else return comment;
  }
}

function functionBody(c: Cursor): FunctionBody {
  if (startsQuery(c)) {
    const { query, queryText } = parseViewQuery(c);
    return { kind: "query", query, text: queryText };
  }
  return { kind: "expression", source: parseSourceText(c) };
}
