import type { Assignment, AstExpr, MergeClause, QualifiedName, Query, Statement } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { acceptIfNotExists } from "./create.ts";
import { acceptPartition } from "./partitions.ts";
import { acceptOptions } from "./properties.ts";
import type { WithClause } from "./query.ts";
import { parseQuery, startsQuery } from "./query.ts";
import { parseRelationPrimary, parseTableAlias } from "./relations.ts";
import { parseSelectOver, parseSharedFrom } from "./select.ts";
import type { StatementBody } from "./statements.ts";

type Insert = Extract<StatementBody, { kind: "insert" | "insertDirectory" }>;

/** INSERT; `withClause` was written before it and belongs to its query. */
export function parseInsert(c: Cursor, withClause?: WithClause): Insert {
  return parseInsertOf(c, (x) => {
    const query = parseQuery(x);
    if (withClause === undefined) return query;
    return { ...query, with: [...withClause.tables, ...query.with], recursive: withClause.recursive || query.recursive };
  });
}

function parseInsertOf(c: Cursor, parseSource: (c: Cursor) => Query): Insert {
  c.expect("INSERT");
  const schemaEvolution = c.acceptPhrase("WITH", "SCHEMA", "EVOLUTION");
  const mode = c.expectAny("INTO", "OVERWRITE") === "INTO" ? "into" : "overwrite";
  if (mode === "overwrite" && (c.word === "DIRECTORY" || (c.word === "LOCAL" && c.wordAt(1) === "DIRECTORY"))) return insertDirectory(c, parseSource);
  if (c.word === "TABLE" && c.isIdentifierAt(1)) c.advance();
  const table = c.qualifiedName("a table name");
  const options = c.word === "WITH" && c.wordAt(1) === "(" ? acceptOptions(c, "WITH") : undefined;
  const replaceWhere = c.acceptPhrase("REPLACE", "WHERE") ? parseExpression(c) : undefined;
  let partition = acceptPartition(c);
  const ifNotExists = acceptIfNotExists(c);
  let byName = c.acceptPhrase("BY", "NAME");
  const columns = !byName && startsColumnList(c) ? c.parenthesizedList((x) => x.plainIdentifier()) : undefined;
  partition ??= acceptPartition(c);
  byName ||= c.acceptPhrase("BY", "NAME");
  const query = parseSource(c);
  return { kind: "insert", mode, table, ...(options && { options }), ...(schemaEvolution && { schemaEvolution }), ...(columns && { columns }), byName, ...(partition && { partition }), ifNotExists, ...(replaceWhere && { replaceWhere }), query };
}

/** A list of columns rather than a query in parentheses. */
function startsColumnList(c: Cursor): boolean {
  return c.word === "(" && c.isIdentifierAt(1) && !startsQuery(c, 1);
}

/** INSERT OVERWRITE [LOCAL] DIRECTORY. */
function insertDirectory(c: Cursor, parseSource: (c: Cursor) => Query): Insert {
  c.accept("LOCAL");
  c.expect("DIRECTORY");
  const path = c.kind === "string" ? c.string() : undefined;
  if (c.isPhrase("ROW", "FORMAT") || c.isPhrase("STORED", "AS")) c.refuse("UNSUPPORTED_FEATURE.HIVE_TABLE", `The feature is not supported: ${c.word} ${c.wordAt(1)} of Hive tables.`, { clause: `${c.word} ${c.wordAt(1)}` }, undefined, "0A000");
  c.expect("USING");
  const provider = c.qualifiedName("a file format").parts.map((part) => part.name).join(".");
  const options = acceptOptions(c, "OPTIONS") ?? [];
  const location = path ?? options.find((option) => option.key.toLowerCase() === "path")?.value;
  if (location === undefined) c.fail("a directory, or the option 'path'");
  return { kind: "insertDirectory", path: location, provider, options, query: parseSource(c) };
}

/** Whether a FROM clause stands here that INSERTs follow: looks ahead for an INSERT outside of parentheses. */
export function startsMultiInsert(c: Cursor): boolean {
  let depth = 0;
  for (let offset = 1; c.kindAt(offset) !== "end" && c.wordAt(offset) !== ";"; offset++) {
    const word = c.wordAt(offset);
    if (word === "(") depth++;
    else if (word === ")") depth--;
    else if (depth === 0 && word === "INSERT" && (c.wordAt(offset + 1) === "INTO" || c.wordAt(offset + 1) === "OVERWRITE")) return true;
  }
  return false;
}

/** FROM t INSERT INTO a SELECT ... INSERT INTO b SELECT ...; each query has the WITH that was written before. */
export function parseMultiInsert(c: Cursor, withClause: WithClause = { tables: [], recursive: false }): StatementBody {
  const from = parseSharedFrom(c);
  const inserts: Statement[] = [];
  do {
    const start = c.start;
    const insert = parseInsertOf(c, (x) => ({ ...parseSelectOver(x, from), with: withClause.tables, recursive: withClause.recursive }));
    inserts.push({ ...insert, span: c.spanFrom(start) });
  } while (c.is("INSERT"));
  return { kind: "multiInsert", inserts };
}

export function parseDelete(c: Cursor): StatementBody {
  c.expectPhrase("DELETE", "FROM");
  const table = c.qualifiedName("a table name");
  const alias = parseTableAlias(c);
  const where = c.accept("WHERE") ? parseExpression(c) : undefined;
  return { kind: "delete", table, ...(alias && { alias }), ...(where && { where }) };
}

export function parseUpdate(c: Cursor): StatementBody {
  c.expect("UPDATE");
  const table = c.qualifiedName("a table name");
  const alias = parseTableAlias(c);
  c.expect("SET");
  const assignments = c.commaList(parseAssignment);
  const where = c.accept("WHERE") ? parseExpression(c) : undefined;
  return { kind: "update", table, ...(alias && { alias }), assignments, ...(where && { where }) };
}

export function parseAssignment(c: Cursor): Assignment {
  const target = c.qualifiedName("a column");
  if (!c.accept("=")) c.expect("==");
  return { target, value: parseExpression(c) };
}

export function parseMerge(c: Cursor): StatementBody {
  c.expect("MERGE");
  const schemaEvolution = c.acceptPhrase("WITH", "SCHEMA", "EVOLUTION");
  c.expect("INTO");
  const target = c.qualifiedName("a table name");
  const targetAlias = parseTableAlias(c);
  c.expect("USING");
  const source = parseRelationPrimary(c, false);
  c.expect("ON");
  const on = parseExpression(c);
  const clauses: MergeClause[] = [];
  while (c.accept("WHEN")) clauses.push(mergeClause(c));
  if (clauses.length === 0) {
    if (c.kind === "end" || c.word === ";") c.refuse("MERGE_WITHOUT_WHEN", "There must be at least one WHEN clause in a MERGE statement.");
    c.expect("WHEN");
  }
  return { kind: "merge", target, ...(targetAlias && { targetAlias }), source, on, clauses, schemaEvolution };
}

function mergeClause(c: Cursor): MergeClause {
  const negated = c.accept("NOT") || c.accept("!");
  c.expect("MATCHED");
  const bySource = negated && c.acceptPhrase("BY", "SOURCE");
  if (negated && !bySource) c.acceptPhrase("BY", "TARGET");
  const when = !negated ? "matched" : bySource ? "notMatchedBySource" : "notMatched";
  const condition = c.accept("AND") ? parseExpression(c) : undefined;
  c.expect("THEN");
  return { when, ...(condition && { condition }), action: when === "notMatched" ? mergeInsert(c) : mergeChange(c, when) };
}

function mergeChange(c: Cursor, when: "matched" | "notMatchedBySource"): MergeClause["action"] {
  if (c.accept("DELETE")) return { kind: "delete" };
  c.expectPhrase("UPDATE", "SET");
  if (when === "matched" && c.accept("*")) return { kind: "updateAll" };
  return { kind: "update", assignments: c.commaList(parseAssignment) };
}

function mergeInsert(c: Cursor): MergeClause["action"] {
  c.expect("INSERT");
  if (c.accept("*")) return { kind: "insertAll" };
  const columns: QualifiedName[] = c.is("(") ? c.parenthesizedList((x) => x.qualifiedName()) : [];
  c.expect("VALUES");
  const values: AstExpr[] = c.parenthesizedList(parseExpression);
  return { kind: "insert", columns, values };
}
