import type { Cursor } from "./cursor.ts";
import { parseCreateDatabase } from "./create-database.ts";
import { parseCreateFunction } from "./create-function.ts";
import { parseCreateTable } from "./create-table.ts";
import { parseCreateView } from "./create-view.ts";
import type { StatementBody } from "./statements.ts";

/** CREATE and REPLACE, by the word that says of what. */
export function parseCreate(c: Cursor): StatementBody {
  const create = c.accept("CREATE");
  const replace = create ? c.acceptPhrase("OR", "REPLACE") : c.accept("REPLACE");
  const mode = !replace ? "create" : create ? "createOrReplace" : "replace";
  if (c.accept("TABLE")) return parseCreateTable(c, mode, false);
  if (c.acceptPhrase("EXTERNAL", "TABLE")) return parseCreateTable(c, mode, true);
  if (!create) c.fail();
  if (!replace && c.acceptAny("DATABASE", "SCHEMA", "NAMESPACE") !== undefined) return parseCreateDatabase(c);
  if (c.accept("VIEW")) return parseCreateView(c, { orReplace: replace, temporary: false, global: false });
  if (c.accept("FUNCTION")) return parseCreateFunction(c, replace, false);
  const global = c.accept("GLOBAL");
  if (c.acceptAny("TEMPORARY", "TEMP") !== undefined) {
    if (c.accept("VIEW")) return parseCreateView(c, { orReplace: replace, temporary: true, global });
    if (!global && c.accept("FUNCTION")) return parseCreateFunction(c, replace, true);
    if (c.is("TABLE")) c.refuse("UNSUPPORTED_FEATURE.TEMPORARY_TABLE", "The feature is not supported: CREATE TEMPORARY TABLE; use CREATE TEMPORARY VIEW.", {}, undefined, "0A000");
  }
  if (c.word === "INDEX" || c.word === "ROLE" || c.word === "MACRO") c.refuse("UNSUPPORTED_FEATURE.STATEMENT", `The feature is not supported: the statement CREATE ${c.word}.`, { statement: `CREATE ${c.word}` }, undefined, "0A000");
  return c.fail();
}

/** `IF NOT EXISTS`, if it stands here. */
export function acceptIfNotExists(c: Cursor): boolean {
  return c.acceptPhrase("IF", "NOT", "EXISTS") || c.acceptPhrase("IF", "!", "EXISTS");
}

/** Keeps clauses that may come in any order from coming twice. */
export class ClauseOnce {
  private readonly seen = new Set<string>();

  check(c: Cursor, clause: string): void {
    if (this.seen.has(clause)) c.refuse("DUPLICATE_CLAUSES", `Found duplicate clauses: ${clause}. Please, remove one of them.`, { clauseName: clause });
    this.seen.add(clause);
  }
}
