import type { AstExpr, Hint, LateralView, NamedWindow, Query, Relation, Select } from "./ast.ts";
import { parsePlainCall } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseNamedExpression } from "./expressions.ts";
import { parseGroupBy } from "./group-by.ts";
import { parseOrganization } from "./query.ts";
import { parseRelation } from "./relations.ts";
import { QUERY_TERMS } from "./syntax-error.ts";
import { parseWindowClause } from "./windows.ts";

/** SELECT up to its WINDOW clause; ORDER BY, LIMIT and their like belong to the query. */
export function parseSelect(c: Cursor): Select {
  const start = c.start;
  const head = parseSelectHead(c);
  const from = c.accept("FROM") ? parseFrom(c) : { relations: [], lateralViews: [] };
  return finishSelect(c, head, from, start);
}

interface SelectHead {
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  readonly items: readonly AstExpr[];
}

function parseSelectHead(c: Cursor): SelectHead {
  c.expect("SELECT");
  c.count(QUERY_TERMS);
  const hints: Hint[] = [];
  while (c.word === "/*+") parseHints(c, hints);
  const distinct = acceptDistinct(c);
  const items = c.commaList(parseNamedExpression);
  if (c.word === "USING" && c.kindAt(1) === "string") c.refuse("UNSUPPORTED_FEATURE.TRANSFORM", "The feature is not supported: SELECT TRANSFORM with a script.", {}, undefined, "0A000");
  return { hints, distinct, items };
}

/** DISTINCT or ALL; not a column of such a name, which `,`, FROM or an operator follows. */
function acceptDistinct(c: Cursor): boolean {
  if (c.word !== "DISTINCT" && c.word !== "ALL") return false;
  const next = c.wordAt(1);
  const isColumn = next === "," || next === "." || next === "=" || next === "AS" || next === ")" || (next === "FROM" && c.word === "ALL") || c.kindAt(1) === "end";
  return !isColumn && c.acceptAny("DISTINCT", "ALL") === "DISTINCT";
}

interface From {
  readonly relations: readonly Relation[];
  readonly lateralViews: readonly LateralView[];
}

/** What follows FROM. A PIVOT after lateral views takes in all that is before it, which is the same as on the last relation when there is one. */
function parseFrom(c: Cursor): From {
  const relations = c.commaList(parseRelation);
  return { relations, lateralViews: parseLateralViews(c) };
}

function finishSelect(c: Cursor, head: SelectHead, from: From, start: number): Select {
  const lateralViews = [...from.lateralViews, ...parseLateralViews(c)];
  const where = c.accept("WHERE") ? parseExpression(c) : undefined;
  const groupBy = parseGroupBy(c);
  const having = c.accept("HAVING") ? parseExpression(c) : undefined;
  let windows: NamedWindow[] = parseWindowClause(c);
  const qualify = c.accept("QUALIFY") ? parseExpression(c) : undefined;
  if (windows.length === 0) windows = parseWindowClause(c);
  return { kind: "select", ...head, from: from.relations, lateralViews, ...(where && { where }), ...(groupBy && { groupBy }), ...(having && { having }), ...(qualify && { qualify }), windows, span: c.spanFrom(start) };
}

/** `FROM t SELECT ...`, and `FROM t` alone, which is `SELECT * FROM t`. */
export function parseFromFirst(c: Cursor): Select {
  const start = c.start;
  c.expect("FROM");
  const from = parseFrom(c);
  if (c.is("SELECT")) return finishSelect(c, parseSelectHead(c), from, start);
  const span = c.spanFrom(start);
  return { kind: "select", hints: [], distinct: false, items: [{ kind: "star", span }], from: from.relations, lateralViews: from.lateralViews, windows: [], span };
}

/** The FROM clause that several INSERTs share. */
export function parseSharedFrom(c: Cursor): From {
  c.expect("FROM");
  return parseFrom(c);
}

/** One `SELECT ...` over a FROM clause that was read before it, as a whole query. */
export function parseSelectOver(c: Cursor, from: From): Query {
  const start = c.start;
  const body = finishSelect(c, parseSelectHead(c), from, start);
  return { kind: "query", with: [], recursive: false, body, ...parseOrganization(c), span: c.spanFrom(start) };
}

function parseHints(c: Cursor, hints: Hint[]): void {
  c.expect("/*+");
  do {
    const start = c.start;
    const { name } = c.bareIdentifier("a hint");
    const args = c.is("(") ? hintArguments(c) : [];
    hints.push({ name, args, span: c.spanFrom(start) });
  } while (c.accept(",") || c.isIdentifier());
  c.expect("*/");
}

function hintArguments(c: Cursor): AstExpr[] {
  c.expect("(");
  const args = c.is(")") ? [] : c.commaList(parseExpression);
  c.expect(")");
  return args;
}

export function parseLateralViews(c: Cursor): LateralView[] {
  const views: LateralView[] = [];
  while (c.word === "LATERAL" && c.wordAt(1) === "VIEW") views.push(lateralView(c));
  return views;
}

function lateralView(c: Cursor): LateralView {
  const start = c.start;
  c.expectPhrase("LATERAL", "VIEW");
  const outer = c.wordAt(1) !== "(" && c.accept("OUTER");
  const call = parsePlainCall(c, c.qualifiedName("a function"));
  const table = c.isIdentifier() && c.word !== "AS" && isViewName(c) ? c.identifier() : undefined;
  const named = c.accept("AS") || (table !== undefined && c.isIdentifier() && isViewName(c));
  const columns = named ? c.commaList((x) => x.identifier("a column name")) : [];
  return { outer, call, ...(table && { table }), columns, span: c.spanFrom(start) };
}

const AFTER_LATERAL_VIEW = new Set(["LATERAL", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "OFFSET", "UNION", "EXCEPT", "MINUS", "INTERSECT", "PIVOT", "UNPIVOT", "SELECT", "INSERT", "JOIN"]);

function isViewName(c: Cursor): boolean {
  return !AFTER_LATERAL_VIEW.has(c.word);
}
