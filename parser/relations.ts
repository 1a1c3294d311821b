import type { AstExpr, FunctionArgument, JoinType, QualifiedName, Query, Relation, TableAlias, TableSample, TimeTravel } from "./ast.ts";
import { parseArgument, parsePlainCall } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseValue } from "./expressions.ts";
import { parsePivot, parseUnpivot } from "./pivot.ts";
import { acceptOptions } from "./properties.ts";
import { continuesQuery, parseQuery, parseQueryFrom, plainQuery, startsQuery } from "./query.ts";
import { parseSortItem } from "./windows.ts";

type Join = Extract<Relation, { kind: "join" }>;

/** One item of a FROM list, with its joins. */
export function parseRelation(c: Cursor): Relation {
  c.enter();
  const start = c.start;
  const heightBefore = c.height;
  let relation = parseRelationPrimary(c, acceptLateral(c));
  let height = c.height;
  for (;;) {
    const longer = parseExtension(c, relation, start);
    if (longer === undefined) break;
    relation = longer;
    height = Math.max(height, c.height) + 1;
    c.checkHeight(height);
  }
  c.height = Math.max(heightBefore, height);
  c.leave();
  return relation;
}

/** LATERAL before a subquery or a function; not the beginning of LATERAL VIEW. */
function acceptLateral(c: Cursor): boolean {
  return c.wordAt(1) !== "VIEW" && c.accept("LATERAL");
}

/** A join, PIVOT or UNPIVOT over what is there, if one stands here. */
export function parseExtension(c: Cursor, input: Relation, start: number): Relation | undefined {
  if (c.word === "PIVOT" && c.wordAt(1) === "(") return parsePivot(c, input, start);
  if (c.word === "UNPIVOT" && (c.wordAt(1) === "(" || c.wordAt(1) === "INCLUDE" || c.wordAt(1) === "EXCLUDE")) return parseUnpivot(c, input, start);
  return parseJoin(c, input, start);
}

function parseJoin(c: Cursor, left: Relation, start: number): Join | undefined {
  const natural = c.accept("NATURAL");
  const type = acceptJoinType(c);
  if (type === undefined) return natural ? c.fail("a join after NATURAL") : undefined;
  const lateral = acceptLateral(c);
  const right = parseRelationPrimary(c, lateral);
  const on = !natural && c.accept("ON") ? parseExpression(c) : undefined;
  const using = !natural && on === undefined && c.accept("USING") ? c.parenthesizedList((x) => x.plainIdentifier()) : undefined;
  return { kind: "join", type, natural, lateral, left, right, ...(on && { on }), ...(using && { using }), span: c.spanFrom(start) };
}

export function acceptJoinType(c: Cursor): JoinType | undefined {
  if (c.accept("JOIN")) return "inner";
  switch (c.acceptAny("INNER", "CROSS", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI")) {
    case "INNER":
      return joined(c, "inner");
    case "CROSS":
      return joined(c, "cross");
    case "SEMI":
      return joined(c, "semi");
    case "ANTI":
      return joined(c, "anti");
    case "RIGHT":
      c.accept("OUTER");
      return joined(c, "right");
    case "FULL":
      c.accept("OUTER");
      return joined(c, "full");
    case "LEFT":
      if (c.accept("SEMI")) return joined(c, "semi");
      if (c.accept("ANTI")) return joined(c, "anti");
      c.accept("OUTER");
      return joined(c, "left");
    default:
      return undefined;
  }
}

function joined(c: Cursor, type: JoinType): JoinType {
  c.expect("JOIN");
  return type;
}

export function parseRelationPrimary(c: Cursor, lateral: boolean): Relation {
  const start = c.start;
  if (c.is("(")) return parenthesizedRelation(c, lateral);
  if (c.word === "VALUES" && startsQuery(c)) {
    c.advance();
    const rows = c.commaList(parseExpression);
    const alias = parseTableAlias(c);
    return { kind: "values", rows, ...(alias && { alias }), span: c.spanFrom(start) };
  }
  const name = c.pathsAreTables && c.kind === "string" ? pathName(c) : c.qualifiedName("a table, a subquery or a table function");
  if (c.is("(")) {
    const call = parsePlainCall(c, name, tableFunctionArgument);
    const alias = parseTableAlias(c);
    return { kind: "function", call, ...(alias && { alias }), lateral, span: c.spanFrom(start) };
  }
  const version = versionSuffix(c) ?? parseTimeTravel(c);
  const options = c.word === "WITH" && c.wordAt(1) === "(" ? acceptOptions(c, "WITH") : undefined;
  const sample = parseSample(c);
  const alias = parseTableAlias(c);
  return { kind: "table", name, ...(alias && { alias }), ...(version && { version }), ...(sample && { sample }), ...(options && { options }), span: c.spanFrom(start) };
}

/** A path of no format. */
function pathName(c: Cursor): QualifiedName {
  const start = c.start;
  const path = c.string();
  const span = c.spanFrom(start);
  return { parts: [{ name: "", quoted: true, span }, { name: path, quoted: true, span }], span };
}

/** `(query)`, or relations in parentheses: what it is shows only behind all opening parentheses. */
function parenthesizedRelation(c: Cursor, lateral: boolean): Relation {
  const start = c.start;
  c.expect("(");
  if (startsQuery(c) && c.word !== "VALUES") return finishSubquery(c, parseQuery(c), lateral, start);
  const relation = parseRelation(c);
  const query = relation.kind === "values" || (relation.kind === "subquery" && relation.alias === undefined) ? relation : undefined;
  if (query !== undefined && continuesQuery(c)) {
    const body = query.kind === "values" ? query : { kind: "nested" as const, query: query.query, span: query.span };
    return finishSubquery(c, parseQueryFrom(c, body), lateral, start);
  }
  c.expect(")");
  const sample = parseSample(c);
  const alias = parseTableAlias(c);
  if (sample !== undefined) c.refuse("UNSUPPORTED_FEATURE.SAMPLE_OF_JOIN", "The feature is not supported: TABLESAMPLE of relations in parentheses.", {}, start, "0A000");
  return { kind: "nested", relation, ...(alias && { alias }), span: c.spanFrom(start) };
}

function finishSubquery(c: Cursor, query: Query, lateral: boolean, start: number): Relation {
  c.expect(")");
  const sample = parseSample(c);
  const alias = parseTableAlias(c);
  return { kind: "subquery", query, ...(alias && { alias }), ...(sample && { sample }), lateral, span: c.spanFrom(start) };
}

/** `TABLE t`, `TABLE(t)`, `TABLE (query)` beside ordinary arguments. */
function tableFunctionArgument(c: Cursor): FunctionArgument {
  if (c.isIdentifier() && c.wordAt(1) === "=>" && c.wordAt(2) === "TABLE") {
    const name = c.identifier();
    c.expect("=>");
    return { name, value: tableArgument(c) };
  }
  if (c.word === "TABLE" && (c.isIdentifierAt(1) || c.wordAt(1) === "(")) return { value: tableArgument(c) };
  return parseArgument(c);
}

function tableArgument(c: Cursor): AstExpr {
  const start = c.start;
  c.expect("TABLE");
  let query: Query;
  if (c.accept("(")) {
    query = startsQuery(c) ? parseQuery(c) : tableQuery(c);
    c.expect(")");
  } else query = tableQuery(c);
  const singlePartition = c.acceptPhrase("WITH", "SINGLE", "PARTITION");
  const partitionBy = c.acceptPhrase("PARTITION", "BY") || c.acceptPhrase("DISTRIBUTE", "BY") ? groupedList(c, parseExpression) : [];
  const orderBy = c.acceptPhrase("ORDER", "BY") || c.acceptPhrase("SORT", "BY") ? groupedList(c, parseSortItem) : [];
  return { kind: "tableArgument", query, partitionBy, singlePartition, orderBy, span: c.spanFrom(start) };
}

function tableQuery(c: Cursor): Query {
  const name: QualifiedName = c.qualifiedName("a table name");
  const body = { kind: "table" as const, name, span: name.span };
  return plainQuery(body);
}

/** One item, or several in parentheses: a comma would begin the next argument. */
function groupedList<T>(c: Cursor, item: (c: Cursor) => T): T[] {
  return c.is("(") ? c.parenthesizedList(item) : [item(c)];
}

export function parseTimeTravel(c: Cursor): TimeTravel | undefined {
  const offset = c.word === "FOR" ? 1 : 0;
  if (c.wordAt(offset + 1) !== "AS" || c.wordAt(offset + 2) !== "OF") return undefined;
  const word = c.wordAt(offset);
  if (word === "VERSION" || word === "SYSTEM_VERSION") {
    c.position += offset + 3;
    return { kind: "version", version: parseValue(c) };
  }
  if (word === "TIMESTAMP" || word === "SYSTEM_TIME") {
    c.position += offset + 3;
    return { kind: "timestamp", timestamp: parseValue(c) };
  }
  return undefined;
}

const TIMESTAMP_SUFFIX = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/;

/** Delta's short form right behind a name: `t@v12`, `t@20240131235959000`. */
function versionSuffix(c: Cursor): TimeTravel | undefined {
  if (c.word !== "@" || c.end !== c.start) return undefined;
  const start = c.start;
  c.advance();
  const text = c.text;
  const span = { start, end: start + 1 + text.length };
  const digits = TIMESTAMP_SUFFIX.exec(text);
  if (digits !== null) {
    const [, year, month, day, hour, minute, second, millis] = digits;
    c.advance();
    return { kind: "timestamp", timestamp: { kind: "string", value: `${year}-${month}-${day} ${hour}:${minute}:${second}.${millis}`, span } };
  }
  if (!/^v\d+$/i.test(text)) c.fail("a version (v12) or a timestamp of 17 digits");
  c.advance();
  return { kind: "version", version: { kind: "number", text: text.slice(1), suffix: "", span } };
}

export function parseSample(c: Cursor): TableSample | undefined {
  if (c.wordAt(1) !== "(" || !c.accept("TABLESAMPLE")) return undefined;
  c.expect("(");
  const method = sampleMethod(c);
  c.expect(")");
  if (!c.accept("REPEATABLE")) return method;
  c.expect("(");
  const seed = c.integer("a seed");
  c.expect(")");
  return { ...method, seed };
}

function sampleMethod(c: Cursor): TableSample {
  if (c.is(")")) c.refuse("PARSE_SYNTAX_ERROR", "Syntax error: TABLESAMPLE does not accept empty inputs.", { error: "')'", hint: "" });
  if (c.word === "BUCKET" && c.kindAt(1) === "number") {
    c.advance();
    const bucket = Number(c.integer());
    c.expectPhrase("OUT", "OF");
    const of = Number(c.integer());
    if (c.is("ON")) c.refuse("UNSUPPORTED_FEATURE.TABLESAMPLE_BUCKET_ON", "The feature is not supported: TABLESAMPLE (BUCKET x OUT OF y ON column).", {}, undefined, "0A000");
    return { kind: "bucket", bucket, of };
  }
  const amount = parseExpression(c);
  if (c.accept("PERCENT")) return { kind: "percent", percent: amount };
  if (c.accept("ROWS")) return { kind: "rows", rows: amount };
  if (c.is(")")) c.refuse("UNSUPPORTED_FEATURE.TABLESAMPLE_BYTES", "The feature is not supported: TABLESAMPLE by a size in bytes.", {}, undefined, "0A000");
  return c.fail();
}

/** Words that Spark takes for a join or a set operation after a table, never for an alias. */
export const NEVER_ALIAS = new Set(["ANTI", "CROSS", "EXCEPT", "FULL", "INNER", "INTERSECT", "JOIN", "LATERAL", "LEFT", "NATURAL", "ON", "RIGHT", "SEMI", "MINUS", "UNION", "USING"]);
/** Words that go on with the statement after a table; Spark would take some of them for an alias when nothing else fits. */
const AFTER_TABLE = new Set(["AS", "WHERE", "HAVING", "QUALIFY", "LIMIT", "OFFSET", "PIVOT", "UNPIVOT", "TABLESAMPLE", "SET", "WHEN", "SELECT", "INSERT", "WITH", "FROM", "FOR", "THEN", "AND", "OR"]);
const AFTER_TABLE_BEFORE_BY = new Set(["GROUP", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "PARTITION"]);

function isTableAlias(c: Cursor): boolean {
  if (c.kind === "quoted") return true;
  if (c.kind !== "word" || NEVER_ALIAS.has(c.word) || AFTER_TABLE.has(c.word)) return false;
  if (AFTER_TABLE_BEFORE_BY.has(c.word)) return c.wordAt(1) !== "BY";
  return !(c.word === "WINDOW" && c.isIdentifierAt(1));
}

/** `[AS] name [(columns)]`, or only the columns after AS, or nothing. */
export function parseTableAlias(c: Cursor): TableAlias | undefined {
  const explicit = c.accept("AS");
  if (explicit && c.is("(")) return { columns: c.parenthesizedList((x) => x.plainIdentifier()) };
  if (!explicit) {
    if (!isTableAlias(c)) return undefined;
    c.implicitAlias = c.position;
  }
  const name = c.plainIdentifier("an alias");
  const columns = c.is("(") ? c.parenthesizedList((x) => x.plainIdentifier()) : [];
  return { name, columns };
}
