import type { Identifier } from "./ast.ts";
import { parseSourceText } from "./columns.ts";
import { parseViewQuery } from "./create-view.ts";
import type { Cursor } from "./cursor.ts";
import { acceptIfExists } from "./drop.ts";
import { parseNamedExpression } from "./expressions.ts";
import { acceptPartition } from "./partitions.ts";
import { parsePrimary } from "./primary.ts";
import { acceptOptions } from "./properties.ts";
import { startsQuery } from "./query.ts";
import type { StatementBody } from "./statements.ts";
import { parseStatementAt } from "./statements.ts";
import { parseDataType } from "./types.ts";

const EXPLAIN_MODES = ["EXTENDED", "FORMATTED", "COST", "CODEGEN", "ANALYZE", "LOGICAL"] as const;

export function parseExplain(c: Cursor): StatementBody {
  c.expect("EXPLAIN");
  const isStatementAnalyze = c.word === "ANALYZE" && (c.wordAt(1) === "TABLE" || c.wordAt(1) === "TABLES");
  const word = isStatementAnalyze ? undefined : (c.acceptAny(...EXPLAIN_MODES) as (typeof EXPLAIN_MODES)[number] | undefined);
  if (word === "LOGICAL") c.refuse("_LEGACY_ERROR_TEMP_0018", "Operation not allowed: EXPLAIN LOGICAL.", {});
  const mode = word === undefined ? "simple" : (word.toLowerCase() as Lowercase<Exclude<typeof word, "LOGICAL">>);
  return { kind: "explain", mode, statement: parseStatementAt(c) };
}

export function parseUse(c: Cursor): StatementBody {
  c.expect("USE");
  if (c.word === "CATALOG" && c.isIdentifierAt(1)) {
    c.advance();
    return { kind: "useCatalog", name: c.plainIdentifier("a catalog name") };
  }
  if (c.isIdentifierAt(1)) c.acceptAny("DATABASE", "SCHEMA", "NAMESPACE");
  return { kind: "use", name: c.qualifiedName("a database name") };
}

export function parseCache(c: Cursor): StatementBody {
  c.expect("CACHE");
  const lazy = c.accept("LAZY");
  c.expect("TABLE");
  const name = c.qualifiedName("a table name");
  const options = acceptOptions(c, "OPTIONS") ?? [];
  const definition = c.accept("AS") || c.is("(") || startsQuery(c) ? parseViewQuery(c) : undefined;
  return { kind: "cacheTable", name, lazy, options, ...(definition && { definition }) };
}

export function parseUncache(c: Cursor): StatementBody {
  c.expectPhrase("UNCACHE", "TABLE");
  const ifExists = acceptIfExists(c);
  return { kind: "uncacheTable", name: c.qualifiedName("a table name"), ifExists };
}

export function parseClear(c: Cursor): StatementBody {
  c.expectPhrase("CLEAR", "CACHE");
  return { kind: "clearCache" };
}

export function parseRefresh(c: Cursor): StatementBody {
  c.expect("REFRESH");
  if (c.kind === "string") return { kind: "refreshPath", path: c.string() };
  if (c.accept("FUNCTION")) return { kind: "refreshFunction", name: c.qualifiedName("a function name") };
  if (c.isIdentifierAt(1)) c.expect("TABLE");
  return { kind: "refreshTable", name: c.qualifiedName("a table name") };
}

export function parseAnalyze(c: Cursor): StatementBody {
  c.expect("ANALYZE");
  if (c.accept("TABLES")) {
    const database = c.acceptAny("FROM", "IN") === undefined ? undefined : c.qualifiedName("a database name");
    c.expectPhrase("COMPUTE", "STATISTICS");
    return { kind: "analyzeTables", ...(database && { database }), noScan: c.accept("NOSCAN") };
  }
  c.expect("TABLE");
  const name = c.qualifiedName("a table name");
  if (acceptPartition(c) !== undefined) c.refuse("UNSUPPORTED_FEATURE.ANALYZE_PARTITION", "The feature is not supported: ANALYZE TABLE of one partition.", {}, undefined, "0A000");
  c.expectPhrase("COMPUTE", "STATISTICS");
  if (c.acceptPhrase("FOR", "ALL", "COLUMNS")) return { kind: "analyzeTable", name, columns: "all", noScan: false };
  if (c.acceptPhrase("FOR", "COLUMNS")) {
    const columns: Identifier[] = c.is("(") ? c.parenthesizedList((x) => x.plainIdentifier()) : c.commaList((x) => x.plainIdentifier("a column name"));
    return { kind: "analyzeTable", name, columns, noScan: false };
  }
  return { kind: "analyzeTable", name, columns: "none", noScan: c.accept("NOSCAN") };
}

export function parseComment(c: Cursor): StatementBody {
  c.expectPhrase("COMMENT", "ON");
  const object = c.expectAny("TABLE", "DATABASE", "SCHEMA", "NAMESPACE") === "TABLE" ? "table" : "database";
  const name = c.qualifiedName("a name");
  c.expect("IS");
  return { kind: "commentOn", object, name, comment: c.accept("NULL") ? null : c.string("a string or NULL") };
}

/** MSCK REPAIR TABLE: finds the partitions of a table again. */
export function parseMsck(c: Cursor): StatementBody {
  c.expect("MSCK");
  return parseRepair(c);
}

export function parseRepair(c: Cursor): StatementBody {
  c.expectPhrase("REPAIR", "TABLE");
  const name = c.qualifiedName("a table name");
  if (c.word === "ADD" || c.word === "DROP" || c.word === "SYNC") {
    if (c.word !== "ADD") c.refuse("UNSUPPORTED_FEATURE.REPAIR_TABLE", `The feature is not supported: REPAIR TABLE ... ${c.word} PARTITIONS.`, {}, undefined, "0A000");
    c.expectPhrase("ADD", "PARTITIONS");
  }
  return { kind: "alterTable", name, action: { kind: "recoverPartitions" } };
}

export function parseDeclare(c: Cursor): StatementBody {
  const start = c.start;
  c.expect("DECLARE");
  const orReplace = c.acceptPhrase("OR", "REPLACE");
  if (c.isIdentifierAt(1) || c.wordAt(1) === "(") c.acceptAny("VARIABLE", "VAR");
  const names = c.commaList((x) => x.qualifiedName("a variable"));
  const hasType = c.isIdentifier() && c.word !== "DEFAULT";
  const type = hasType ? parseDataType(c) : undefined;
  const hasDefault = c.accept("DEFAULT") || c.accept("=");
  const value = hasDefault ? parseSourceText(c) : undefined;
  if (type === undefined && value === undefined) {
    const variables = names.map((name) => `\`${name.parts.map((part) => part.name).join("`.`")}\``).join(", ");
    c.refuse("INVALID_SQL_SYNTAX.VARIABLE_TYPE_OR_DEFAULT_REQUIRED", `Invalid SQL syntax: The definition of a SQL variable requires either a datatype or a DEFAULT clause. For example, use \`DECLARE name STRING\` or \`DECLARE name = 'SQL'\` instead of \`DECLARE name\`.`, { variableName: variables }, start, "42000");
  }
  return { kind: "declareVariable", names, orReplace, ...(type && { type }), ...(value && { default: value }) };
}

export function parseExecuteImmediate(c: Cursor): StatementBody {
  c.expectPhrase("EXECUTE", "IMMEDIATE");
  const text = parsePrimary(c);
  const into = c.accept("INTO") ? c.commaList((x) => x.qualifiedName("a variable")) : [];
  const using = !c.accept("USING") ? [] : c.is("(") && !startsQuery(c, 1) ? c.parenthesizedList(parseNamedExpression) : c.commaList(parseNamedExpression);
  return { kind: "executeImmediate", text, into, using };
}
