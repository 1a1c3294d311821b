import type { Buckets, ColumnDefinition, Identifier, Property, QualifiedName, SourceText } from "./ast.ts";
import { parseColumnDefinition, parseColumnRest, parseSourceText } from "./columns.ts";
import { acceptIfNotExists, ClauseOnce } from "./create.ts";
import type { Cursor } from "./cursor.ts";
import { parseProperties } from "./properties.ts";
import { parseQuery, startsQuery } from "./query.ts";
import { parseTimeTravel } from "./relations.ts";
import type { StatementBody } from "./statements.ts";

type CreateTable = Extract<StatementBody, { kind: "createTable" }>;

/** The clauses after the columns, which may come in any order. */
type Clauses = { -readonly [K in "provider" | "partitionedBy" | "clusterBy" | "options" | "location" | "comment" | "properties" | "buckets"]?: CreateTable[K] };

/** What follows TABLE. */
export function parseCreateTable(c: Cursor, mode: CreateTable["mode"], external: boolean): CreateTable {
  const ifNotExists = mode === "create" && acceptIfNotExists(c);
  const name = c.qualifiedName("a table name");
  const elements = c.is("(") && !startsQuery(c, 1) ? tableElements(c) : { columns: [], constraints: [] };
  const like = elements.columns.length === 0 && c.accept("LIKE") ? c.qualifiedName("a table name") : undefined;
  const clauses = parseClauses(c);
  const clone = elements.columns.length === 0 && like === undefined ? acceptClone(c) : undefined;
  if (clone !== undefined) Object.assign(clauses, parseClauses(c));
  const hasQuery = like === undefined && clone === undefined && (c.accept("AS") || c.is("(") || startsQuery(c));
  const query = hasQuery ? parseQuery(c) : undefined;
  return { kind: "createTable", name, mode, ifNotExists, external, ...elements, partitionedBy: [], options: [], properties: [], ...clauses, ...(query && { query }), ...(like && { like }), ...(clone && { clone }) };
}

interface TableElements {
  readonly columns: ColumnDefinition[];
  readonly constraints: { name: string; check: SourceText }[];
}

function tableElements(c: Cursor): TableElements {
  const elements: TableElements = { columns: [], constraints: [] };
  c.expect("(");
  do {
    if (isKeyConstraint(c)) refuseKey(c);
    else if (c.word === "CONSTRAINT" && c.isIdentifierAt(1)) elements.constraints.push(parseConstraint(c));
    else elements.columns.push(parseColumnDefinition(c));
  } while (c.accept(","));
  c.expect(")");
  return elements;
}

/** `CONSTRAINT name CHECK (condition)`. */
export function parseConstraint(c: Cursor): { name: string; check: SourceText } {
  c.expect("CONSTRAINT");
  const { name } = c.plainIdentifier("a constraint name");
  if (!c.is("CHECK") && isKeyConstraint(c)) refuseKey(c);
  c.expectPhrase("CHECK", "(");
  const check = parseSourceText(c);
  c.expect(")");
  return { name, check };
}

export function isKeyConstraint(c: Cursor): boolean {
  return ((c.word === "PRIMARY" || c.word === "FOREIGN") && c.wordAt(1) === "KEY") || (c.word === "UNIQUE" && (c.wordAt(1) === "(" || c.wordAt(1) === "KEY")) || (c.word === "CHECK" && c.wordAt(1) === "(");
}

/** Keys are not enforced by Spark either; a CHECK is, and has a name to be dropped by. */
export function refuseKey(c: Cursor): never {
  const constraint = c.word === "CHECK" ? "CHECK without CONSTRAINT and a name" : c.word === "UNIQUE" ? "UNIQUE" : `${c.word} KEY`;
  return c.refuse("UNSUPPORTED_FEATURE.TABLE_CONSTRAINT", `The feature is not supported: the constraint ${constraint}.`, { constraint }, undefined, "0A000");
}

function acceptClone(c: Cursor): CreateTable["clone"] {
  const deep = c.acceptPhrase("DEEP", "CLONE");
  if (!deep && !c.acceptPhrase("SHALLOW", "CLONE")) return undefined;
  const source = c.qualifiedName("a table to clone");
  const version = parseTimeTravel(c);
  return { source, ...(version && { version }), deep };
}

function parseClauses(c: Cursor): Clauses {
  const clauses: Clauses = {};
  const once = new ClauseOnce();
  const accept = (...words: string[]): boolean => {
    if (!c.acceptPhrase(...words)) return false;
    once.check(c, words.join(" "));
    return true;
  };
  for (;;) {
    if (accept("USING")) clauses.provider = c.qualifiedName("a table format").parts.map((part) => part.name).join(".");
    else if (accept("OPTIONS")) clauses.options = parseProperties(c);
    else if (accept("PARTITIONED", "BY")) clauses.partitionedBy = c.parenthesizedList(partitionColumn);
    else if (accept("CLUSTER", "BY")) clauses.clusterBy = c.parenthesizedList((x) => x.qualifiedName());
    else if (accept("CLUSTERED", "BY")) clauses.buckets = parseBuckets(c);
    else if (accept("LOCATION")) clauses.location = c.string();
    else if (accept("COMMENT")) clauses.comment = c.string();
    else if (accept("TBLPROPERTIES")) clauses.properties = parseProperties(c) as readonly Property[];
    else if (accept("STORED", "AS")) clauses.provider = storedAs(c);
    else if (c.isPhrase("ROW", "FORMAT") || c.isPhrase("STORED", "BY") || c.isPhrase("SKEWED", "BY")) {
      const clause = `${c.word} ${c.wordAt(1)}`;
      c.refuse("UNSUPPORTED_FEATURE.HIVE_TABLE", `The feature is not supported: ${clause} of Hive tables.`, { clause }, undefined, "0A000");
    } else return clauses;
  }
}

/** Hive's names for file formats that have a format of their own here. */
function storedAs(c: Cursor): string {
  const { name } = c.identifier("a file format");
  const format = name.toLowerCase();
  if (format === "inputformat") c.refuse("UNSUPPORTED_FEATURE.HIVE_TABLE", "The feature is not supported: STORED AS INPUTFORMAT of Hive tables.", { clause: "INPUTFORMAT" }, undefined, "0A000");
  return format === "textfile" ? "text" : format === "parquetfile" ? "parquet" : format;
}

/** A column of the table by name, one more column with its type, or a transform, which no table here has. */
function partitionColumn(c: Cursor): Identifier | ColumnDefinition {
  const name = c.plainIdentifier("a partition column");
  if (c.is("(")) c.refuse("UNSUPPORTED_FEATURE.PARTITION_TRANSFORM", `The feature is not supported: partitioning by the transform ${name.name}.`, { transform: name.name }, undefined, "0A000");
  if (c.is(",") || c.is(")")) return name;
  return parseColumnRest(c, name);
}

function parseBuckets(c: Cursor): Buckets {
  const columns: Identifier[] = c.parenthesizedList((x) => x.plainIdentifier());
  const sortedBy = c.acceptPhrase("SORTED", "BY") ? c.parenthesizedList((x) => ({ column: x.plainIdentifier(), ascending: x.acceptAny("ASC", "DESC") !== "DESC" })) : [];
  c.expect("INTO");
  const count = Number(c.integer("a number of buckets"));
  c.expect("BUCKETS");
  return { columns, sortedBy, count };
}

/** A table by name or by the path of a Delta table, for Delta's statements. */
export function parseTableOrPath(c: Cursor): QualifiedName {
  if (c.kind !== "string") return c.qualifiedName("a table name or a path");
  const start = c.start;
  const path = c.string();
  const span = c.spanFrom(start);
  return { parts: [{ name: "delta", quoted: false, span }, { name: path, quoted: true, span }], span };
}
