import { parseTableOrPath } from "./create-table.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { acceptPartition } from "./partitions.ts";
import { parseQuery, startsQuery } from "./query.ts";
import type { StatementBody } from "./statements.ts";

export function parseDescribe(c: Cursor): StatementBody {
  c.expectAny("DESCRIBE", "DESC");
  const isWordOfStatement = c.isIdentifierAt(1) || c.kindAt(1) === "string";
  if (c.word === "FUNCTION" && c.kindAt(1) !== "end") return describeFunction(c);
  if (isWordOfStatement && c.acceptAny("DATABASE", "SCHEMA", "NAMESPACE") !== undefined) {
    const extended = c.isIdentifierAt(1) && c.accept("EXTENDED");
    return { kind: "describeDatabase", name: c.qualifiedName("a database name"), extended };
  }
  if (isWordOfStatement && c.accept("DETAIL")) return { kind: "describeDetail", name: parseTableOrPath(c) };
  if (isWordOfStatement && c.accept("HISTORY")) {
    const name = parseTableOrPath(c);
    const limit = c.accept("LIMIT") ? parseExpression(c) : undefined;
    return { kind: "describeHistory", name, ...(limit && { limit }) };
  }
  if (c.word === "QUERY" && (startsQuery(c, 1) || c.wordAt(1) === "(")) c.advance();
  if (startsQuery(c) && !(c.word === "TABLE" && !isTableQuery(c))) return { kind: "describeQuery", query: parseQuery(c) };
  if (c.word === "(") return { kind: "describeQuery", query: parseQuery(c) };
  return describeTable(c);
}

/** `DESCRIBE TABLE t` describes t and not the query `TABLE t`; only what cannot be the former is the latter. */
function isTableQuery(c: Cursor): boolean {
  return c.wordAt(2) === "UNION" || c.wordAt(2) === "ORDER";
}

function describeTable(c: Cursor): StatementBody {
  if (c.word === "TABLE" && c.isIdentifierAt(1)) c.advance();
  const extended = c.isIdentifierAt(1) && c.acceptAny("EXTENDED", "FORMATTED") !== undefined;
  const name = c.qualifiedName("a table name");
  const partition = acceptPartition(c);
  const column = c.isIdentifier() && c.word !== "AS" ? c.qualifiedName() : undefined;
  if (c.isPhrase("AS", "JSON")) c.refuse("UNSUPPORTED_FEATURE.DESCRIBE_AS_JSON", "The feature is not supported: DESCRIBE ... AS JSON.", {}, undefined, "0A000");
  return { kind: "describeTable", name, extended, ...(column && { column }), ...(partition && { partition }) };
}

/** The name of a function may be an operator's or a keyword's. */
function describeFunction(c: Cursor): StatementBody {
  c.expect("FUNCTION");
  const extended = c.kindAt(1) !== "end" && c.accept("EXTENDED");
  const start = c.start;
  if (c.kind === "string" || c.kind === "symbol") {
    const name = c.kind === "string" ? c.string() : operatorName(c);
    const span = c.spanFrom(start);
    return { kind: "describeFunction", name: { parts: [{ name, quoted: true, span }], span }, extended };
  }
  return { kind: "describeFunction", name: c.qualifiedName("a function name"), extended };
}

function operatorName(c: Cursor): string {
  const name = c.text;
  c.advance();
  return name;
}
