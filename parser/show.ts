import type { QualifiedName } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { acceptPartition } from "./partitions.ts";
import { propertyKey } from "./properties.ts";
import type { StatementBody } from "./statements.ts";

type Show = Extract<StatementBody, { kind: "show" }>;

export function parseShow(c: Cursor): Show {
  c.expect("SHOW");
  switch (c.acceptAny("TABLES", "TABLE", "TBLPROPERTIES", "COLUMNS", "VIEWS", "PARTITIONS", "FUNCTIONS", "CREATE", "CURRENT", "CATALOGS", "DATABASES", "SCHEMAS", "NAMESPACES", "USER", "SYSTEM", "ALL")) {
    case "TABLES":
      if (c.is("AS")) c.fail("the end: SHOW TABLES AS JSON is not supported");
      return { kind: "show", what: "tables", ...inDatabase(c), ...likePattern(c) };
    case "TABLE": {
      c.expect("EXTENDED");
      const database = inDatabase(c);
      c.expect("LIKE");
      const pattern = c.string();
      const partition = acceptPartition(c);
      return { kind: "show", what: "tableExtended", ...database, pattern, ...(partition && { partition }) };
    }
    case "TBLPROPERTIES": {
      const name = c.qualifiedName("a table name");
      if (!c.accept("(")) return { kind: "show", what: "tblproperties", name };
      const key = propertyKey(c);
      c.expect(")");
      return { kind: "show", what: "tblproperties", name, key };
    }
    case "COLUMNS":
      return { kind: "show", what: "columns", name: columnsTable(c) };
    case "VIEWS":
      return { kind: "show", what: "views", ...inDatabase(c), ...likePattern(c) };
    case "PARTITIONS": {
      const name = c.qualifiedName("a table name");
      const partition = acceptPartition(c);
      return { kind: "show", what: "partitions", name, ...(partition && { partition }) };
    }
    case "FUNCTIONS":
      return showFunctions(c, "all");
    case "USER":
      c.expect("FUNCTIONS");
      return showFunctions(c, "user");
    case "SYSTEM":
      c.expect("FUNCTIONS");
      return showFunctions(c, "system");
    case "ALL":
      c.expect("FUNCTIONS");
      return showFunctions(c, "all");
    case "CREATE": {
      c.expect("TABLE");
      const name = c.qualifiedName("a table name");
      if (c.isPhrase("AS", "SERDE")) c.refuse("UNSUPPORTED_FEATURE.HIVE_TABLE", "The feature is not supported: AS SERDE of Hive tables.", { clause: "AS SERDE" }, undefined, "0A000");
      return { kind: "show", what: "createTable", name };
    }
    case "CURRENT":
      c.expectAny("DATABASE", "SCHEMA", "NAMESPACE");
      return { kind: "show", what: "currentNamespace" };
    case "CATALOGS":
      return { kind: "show", what: "catalogs", ...likePattern(c) };
    case "DATABASES":
    case "SCHEMAS":
    case "NAMESPACES":
      return { kind: "show", what: "databases", ...inDatabase(c), ...likePattern(c) };
    default:
      return c.fail();
  }
}

function inDatabase(c: Cursor): { name?: QualifiedName } {
  return c.acceptAny("FROM", "IN") === undefined ? {} : { name: c.qualifiedName("a database name") };
}

/** `[LIKE] 'pattern'`, with `*` and `|` as Spark's SHOW has them. */
function likePattern(c: Cursor): { pattern?: string } {
  if (!c.accept("LIKE") && c.kind !== "string") return {};
  return { pattern: c.string("a pattern") };
}

/** Also takes a function's name in place of a pattern. */
function showFunctions(c: Cursor, scope: "user" | "system" | "all"): Show {
  const database = inDatabase(c);
  const like = c.accept("LIKE");
  if (c.kind === "string") return { kind: "show", what: "functions", scope, ...database, pattern: c.string() };
  if (!like && !c.isIdentifier()) return { kind: "show", what: "functions", scope, ...database };
  const name = c.qualifiedName("a pattern or a function name");
  const pattern = name.parts[name.parts.length - 1].name;
  return { kind: "show", what: "functions", scope, ...(name.parts.length > 1 ? { name: { parts: name.parts.slice(0, -1), span: name.span } } : database), pattern };
}

/** SHOW COLUMNS IN table [IN database]: the database may stand in either place. */
function columnsTable(c: Cursor): QualifiedName {
  c.expectAny("FROM", "IN");
  const start = c.start;
  const table = c.qualifiedName("a table name");
  if (c.acceptAny("FROM", "IN") === undefined) return table;
  const database = c.qualifiedName("a database name");
  const given = table.parts.slice(0, -1).map((part) => part.name.toLowerCase());
  const wanted = database.parts.map((part) => part.name.toLowerCase());
  if (given.length > 0 && given.join(".") !== wanted.join(".")) {
    c.refuse("SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE", `SHOW COLUMNS with conflicting namespaces: \`${wanted.join("`.`")}\` != \`${given.join("`.`")}\`.`, { namespaceA: `\`${wanted.join("`.`")}\``, namespaceB: `\`${given.join("`.`")}\`` }, start, "42K05");
  }
  return { parts: [...database.parts, table.parts[table.parts.length - 1]], span: c.spanFrom(start) };
}
