import type { Identifier, Property, QualifiedName, SchemaBinding } from "./ast.ts";
import { parseColumnDefinition } from "./columns.ts";
import { acceptIfNotExists, ClauseOnce } from "./create.ts";
import type { Cursor } from "./cursor.ts";
import { acceptOptions, parseProperties } from "./properties.ts";
import { parseQuery } from "./query.ts";
import type { StatementBody } from "./statements.ts";

interface ViewKind {
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly global: boolean;
}

/** What follows VIEW: a query under a name, or for a temporary view a file format. */
export function parseCreateView(c: Cursor, kind: ViewKind): StatementBody {
  const ifNotExists = acceptIfNotExists(c);
  const name = c.qualifiedName("a view name");
  if (kind.temporary && startsUsing(c)) return viewUsing(c, kind, name);
  const columns = c.is("(") ? c.parenthesizedList(viewColumn) : [];
  const once = new ClauseOnce();
  let comment: string | undefined;
  let properties: Property[] = [];
  let binding: SchemaBinding | undefined;
  for (;;) {
    if (c.accept("COMMENT")) {
      once.check(c, "COMMENT");
      comment = c.string();
    } else if (c.accept("TBLPROPERTIES")) {
      once.check(c, "TBLPROPERTIES");
      properties = parseProperties(c);
    } else if (c.acceptPhrase("WITH", "SCHEMA")) {
      once.check(c, "WITH SCHEMA");
      binding = parseSchemaBinding(c);
    } else break;
  }
  c.expect("AS");
  const { query, queryText } = parseViewQuery(c);
  return { kind: "createView", name, ...kind, ifNotExists, columns, ...(comment !== undefined && { comment }), properties, ...(binding && { binding }), query, queryText };
}

/** A view's query with its text, which is what a catalog stores. */
export function parseViewQuery(c: Cursor): { query: ReturnType<typeof parseQuery>; queryText: string } {
  const start = c.start;
  const query = parseQuery(c);
  return { query, queryText: c.sourceFrom(start) };
}

/** What follows WITH SCHEMA. */
export function parseSchemaBinding(c: Cursor): SchemaBinding {
  if (c.acceptPhrase("TYPE", "EVOLUTION")) return "typeEvolution";
  const word = c.expectAny("BINDING", "COMPENSATION", "EVOLUTION");
  return word === "BINDING" ? "binding" : word === "COMPENSATION" ? "compensation" : "evolution";
}

function viewColumn(c: Cursor): { name: Identifier; comment?: string } {
  const name = c.plainIdentifier("a column name");
  return c.accept("COMMENT") ? { name, comment: c.string() } : { name };
}

/** Whether USING, or columns with types and then USING, stand here. */
function startsUsing(c: Cursor): boolean {
  if (c.word === "USING") return true;
  return c.word === "(" && c.isIdentifierAt(1) && c.kindAt(2) === "word" && c.wordAt(2) !== "COMMENT";
}

function viewUsing(c: Cursor, kind: ViewKind, name: QualifiedName): StatementBody {
  const columns = c.is("(") ? c.parenthesizedList(parseColumnDefinition) : [];
  c.expect("USING");
  const provider = c.qualifiedName("a file format").parts.map((part) => part.name).join(".");
  const options = acceptOptions(c, "OPTIONS") ?? [];
  return { kind: "createTempViewUsing", name, orReplace: kind.orReplace, columns, provider, options };
}
