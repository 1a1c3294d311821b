import type { AstExpr, CommonTable, Query, QueryBody, SortItem } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { parsePipes } from "./pipes.ts";
import { parseTableAlias } from "./relations.ts";
import { parseFromFirst, parseSelect } from "./select.ts";
import { parseDirection, parseSortItem, parseWindowClause } from "./windows.ts";

/** A query needs several times the stack of an expression, here and in all later walks. */
export const QUERY_WEIGHT = 5;

const NOT_AFTER_VALUES = new Set(["IS", "IN", "AND", "OR", "LIKE", "BETWEEN", "NOT", "AS", "FROM"]);

/** Whether a query begins here (or `offset` tokens on), rather than an expression that begins with a name of such a spelling. */
export function startsQuery(c: Cursor, offset = 0): boolean {
  const next = offset + 1;
  switch (c.wordAt(offset)) {
    case "SELECT":
      return true;
    case "WITH":
      return c.isIdentifierAt(next) && (c.wordAt(next + 1) === "AS" || c.wordAt(next + 1) === "(" || c.wordAt(next) === "RECURSIVE");
    case "VALUES":
      return c.wordAt(next) === "(" || ((c.kindAt(next) === "number" || c.kindAt(next) === "string" || c.isIdentifierAt(next)) && !NOT_AFTER_VALUES.has(c.wordAt(next)));
    case "FROM":
      return c.isIdentifierAt(next) || c.wordAt(next) === "(";
    case "TABLE":
      return c.isIdentifierAt(next);
    default:
      return false;
  }
}

export const SET_OPERATORS = new Set(["UNION", "EXCEPT", "MINUS", "INTERSECT"]);
const BY_CLAUSES = new Set(["ORDER", "SORT", "CLUSTER", "DISTRIBUTE"]);

/** Whether what stands here can follow a whole query in parentheses and make a larger query of it. */
export function continuesQuery(c: Cursor): boolean {
  const word = c.word;
  return SET_OPERATORS.has(word) || word === "LIMIT" || word === "OFFSET" || word === "|>" || (BY_CLAUSES.has(word) && c.wordAt(1) === "BY");
}

export interface WithClause {
  readonly tables: readonly CommonTable[];
  readonly recursive: boolean;
}

export function parseQuery(c: Cursor): Query {
  c.enter(QUERY_WEIGHT);
  const start = c.start;
  const { tables, recursive } = parseWith(c);
  const query = finishQuery(c, parseSetOperation(c, UNION_PRECEDENCE), tables, recursive, start);
  c.leave(QUERY_WEIGHT);
  return query;
}

/** What follows a WITH clause that was read already; `start` is where that began. */
export function parseQueryAfterWith(c: Cursor, { tables, recursive }: WithClause, start: number): Query {
  c.enter(QUERY_WEIGHT);
  const query = finishQuery(c, parseSetOperation(c, UNION_PRECEDENCE), tables, recursive, start);
  c.leave(QUERY_WEIGHT);
  return query;
}

/** A query whose first operand has been read already. */
export function parseQueryFrom(c: Cursor, first: QueryBody): Query {
  c.enter(QUERY_WEIGHT);
  const body = continueSetOperation(c, first, UNION_PRECEDENCE);
  const query = finishQuery(c, body, [], false, first.span.start);
  c.leave(QUERY_WEIGHT);
  return query;
}

/** WITH and its tables; nothing without WITH. */
export function parseWith(c: Cursor): WithClause {
  if (!c.accept("WITH")) return { tables: [], recursive: false };
  const recursive = c.word === "RECURSIVE" && c.isIdentifierAt(1) && c.wordAt(1) !== "AS" && c.accept("RECURSIVE");
  const tables = c.commaList(commonTable);
  checkDuplicates(c, tables);
  return { tables, recursive };
}

function checkDuplicates(c: Cursor, tables: readonly CommonTable[]): void {
  const seen = new Set<string>();
  for (const { name } of tables) {
    if (seen.has(name.name)) c.refuse("DUPLICATED_CTE_NAMES", `CTE definition can't have duplicate names: \`${name.name}\`.`, { duplicateNames: `\`${name.name}\`` }, name.span.start, "42602");
    seen.add(name.name);
  }
}

function commonTable(c: Cursor): CommonTable {
  const name = c.plainIdentifier("a name for a common table expression");
  const columns = c.is("(") && !startsQuery(c, 1) ? c.parenthesizedList((x) => x.plainIdentifier()) : [];
  const maxRecursion = c.acceptPhrase("MAX", "RECURSION", "LEVEL") ? Number(c.integer()) : undefined;
  c.accept("AS");
  c.expect("(");
  const query = parseQuery(c);
  c.expect(")");
  return { name, columns, query, ...(maxRecursion !== undefined && { maxRecursion }) };
}

/** ORDER BY, LIMIT and their like after a body. */
function finishQuery(c: Cursor, body: QueryBody, tables: readonly CommonTable[], recursive: boolean, start: number): Query {
  let query: Query = { kind: "query", with: tables, recursive, body, ...parseOrganization(c), span: c.spanFrom(start) };
  if (c.is("|>")) query = parsePipes(c, query);
  return query;
}

type Organization = Pick<Query, "orderBy" | "orderByAll" | "sortBy" | "distributeBy" | "clusterBy" | "windows" | "limit" | "offset">;

export function parseOrganization(c: Cursor): Organization {
  let orderBy: SortItem[] = [];
  let orderByAll: Query["orderByAll"];
  if (c.acceptPhrase("ORDER", "BY")) {
    if (startsOrderByAll(c)) {
      c.advance();
      orderByAll = parseDirection(c);
    } else orderBy = c.commaList(parseSortItem);
  }
  const clusterBy = c.acceptPhrase("CLUSTER", "BY") ? c.commaList(parseExpression) : [];
  const distributeBy = c.acceptPhrase("DISTRIBUTE", "BY") ? c.commaList(parseExpression) : [];
  const sortBy = c.acceptPhrase("SORT", "BY") ? c.commaList(parseSortItem) : [];
  const windows = parseWindowClause(c);
  const limit: AstExpr | "all" | undefined = !c.accept("LIMIT") ? undefined : c.accept("ALL") ? "all" : parseExpression(c);
  const offset = c.accept("OFFSET") ? parseExpression(c) : undefined;
  return { orderBy, ...(orderByAll && { orderByAll }), sortBy, distributeBy, clusterBy, windows, ...(limit !== undefined && { limit }), ...(offset && { offset }) };
}

const AFTER_ALL = new Set(["", ")", ";", "ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "CLUSTER", "DISTRIBUTE", "SORT", "WINDOW", "|>"]);

function startsOrderByAll(c: Cursor): boolean {
  return c.word === "ALL" && c.kindAt(1) !== "quoted" && AFTER_ALL.has(c.wordAt(1));
}

const UNION_PRECEDENCE = 1;
const INTERSECT_PRECEDENCE = 2;

function parseSetOperation(c: Cursor, minimum: number): QueryBody {
  return continueSetOperation(c, parseQueryPrimary(c), minimum);
}

export interface SetOperator {
  readonly operator: "union" | "intersect" | "except";
  readonly all: boolean;
  readonly byName: boolean;
}

/** Longer runs of UNION are made into balanced trees: the tree must not grow taller than the nesting limit. */
const BALANCED_UNION_LENGTH = 16;

function continueSetOperation(c: Cursor, first: QueryBody, minimum: number): QueryBody {
  let left = first;
  let run: { operator: SetOperator; bodies: QueryBody[] } | undefined;
  let height = c.height;
  const settle = (): void => {
    if (run === undefined) return;
    height += run.bodies.length > BALANCED_UNION_LENGTH ? Math.ceil(Math.log2(run.bodies.length)) : run.bodies.length - 1;
    left = joinRun(run.operator, run.bodies);
    run = undefined;
  };
  while (SET_OPERATORS.has(c.word)) {
    if ((c.word === "INTERSECT" ? INTERSECT_PRECEDENCE : UNION_PRECEDENCE) < minimum) break;
    const operator = parseSetOperator(c);
    const right = parseSetOperation(c, operator.operator === "intersect" ? INTERSECT_PRECEDENCE + 1 : INTERSECT_PRECEDENCE);
    if (run !== undefined && !sameOperator(run.operator, operator)) settle();
    if (run === undefined) run = { operator, bodies: [left, right] };
    else run.bodies.push(right);
    if (operator.operator === "except") settle();
    c.checkHeight(height);
  }
  settle();
  c.checkHeight(height);
  c.height = Math.max(c.height, height);
  return left;
}

export function parseSetOperator(c: Cursor): SetOperator {
  const word = c.expectAny("UNION", "INTERSECT", "EXCEPT", "MINUS");
  const all = c.acceptAny("ALL", "DISTINCT") === "ALL";
  const byName = c.acceptPhrase("BY", "NAME");
  return { operator: word === "UNION" ? "union" : word === "INTERSECT" ? "intersect" : "except", all, byName };
}

export function sameOperator(a: SetOperator, b: SetOperator): boolean {
  return a.operator === b.operator && a.all === b.all && a.byName === b.byName;
}

/** One tree of queries with one and the same set operator between them. */
export function joinRun(operator: SetOperator, bodies: readonly QueryBody[]): QueryBody {
  const join = (left: QueryBody, right: QueryBody): QueryBody => ({ kind: "setOperation", ...operator, left, right, span: { start: left.span.start, end: right.span.end } });
  const balanced = (low: number, high: number): QueryBody => {
    if (low === high) return bodies[low];
    const middle = low + ((high - low) >> 1);
    return join(balanced(low, middle), balanced(middle + 1, high));
  };
  return bodies.length > BALANCED_UNION_LENGTH ? balanced(0, bodies.length - 1) : bodies.reduce(join);
}

export function parseQueryPrimary(c: Cursor): QueryBody {
  const start = c.start;
  switch (c.word) {
    case "SELECT":
      return parseSelect(c);
    case "FROM":
      return parseFromFirst(c);
    case "VALUES": {
      c.advance();
      const rows = c.commaList(parseExpression);
      const alias = parseTableAlias(c);
      return { kind: "values", rows, ...(alias && { alias }), span: c.spanFrom(start) };
    }
    case "TABLE": {
      c.advance();
      const name = c.qualifiedName("a table name");
      return { kind: "table", name, span: c.spanFrom(start) };
    }
    case "(": {
      c.advance();
      const query = parseQuery(c);
      c.expect(")");
      return { kind: "nested", query, span: c.spanFrom(start) };
    }
    default:
      for (const expected of ["SELECT", "FROM", "VALUES", "TABLE", "WITH", "("]) c.is(expected);
      return c.fail();
  }
}

/** A body as a query of its own, with nothing before or after it. */
export function plainQuery(body: QueryBody): Query {
  return { kind: "query", with: [], recursive: false, body, orderBy: [], sortBy: [], distributeBy: [], clusterBy: [], windows: [], span: body.span };
}
