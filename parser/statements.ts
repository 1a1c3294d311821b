import type { Statement } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseQuery } from "./query.ts";

/** The statement that stands here. */
export function parseStatementAt(c: Cursor): Statement {
  const start = c.start;
  const query = parseQuery(c);
  return { kind: "select", query, span: c.spanFrom(start) };
}
