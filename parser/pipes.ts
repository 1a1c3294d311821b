import type { Query } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** The operators after `|>`, each over the query before it. */
export function parsePipes(c: Cursor, _input: Query): Query {
  return c.refuse("UNSUPPORTED_FEATURE.PIPE_OPERATOR", "The feature is not supported: pipe operators (|>).", {}, undefined, "0A000");
}
