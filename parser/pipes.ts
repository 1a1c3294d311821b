import type { AstExpr, GroupingItem, Query, QueryBody, Relation, Select, TableAlias } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { joinOperands, parseExpression, parseNamedExpression } from "./expressions.ts";
import { parseGroupBy } from "./group-by.ts";
import { parseOrganization, parseQueryPrimary, plainQuery, parseSetOperator, QUERY_WEIGHT, SET_OPERATORS } from "./query.ts";
import { parseExtension, parseSample } from "./relations.ts";
import { parseLateralViews } from "./select.ts";

/**
 * The operators after `|>`, each over the query before it. They are lowered to ordinary queries: an operator goes into the SELECT before it
 * while that still is `SELECT * FROM ...` (so that the names of its relations stay visible), else over it as a subquery.
 * Source: Spark's SQL reference, "SQL Pipe Syntax".
 */
export function parsePipes(c: Cursor, input: Query): Query {
  let query = input;
  let height = c.height;
  while (c.accept("|>")) {
    c.height = 0;
    query = parsePipe(c, query);
    height = Math.max(height, c.height) + QUERY_WEIGHT;
    c.checkHeight(height);
  }
  c.height = height;
  return query;
}

function parsePipe(c: Cursor, input: Query): Query {
  const { start } = input.span;
  const finish = (body: QueryBody): Query => ({ ...plainQuery(body), span: c.spanFrom(start) });
  const select = (parts: Partial<Select>): Query => finish({ ...openSelect(input), ...parts, span: c.spanFrom(start) });
  if (SET_OPERATORS.has(c.word)) {
    const operator = parseSetOperator(c);
    const right = parseQueryPrimary(c);
    return finish({ kind: "setOperation", ...operator, left: { kind: "nested", query: input, span: input.span }, right, span: c.spanFrom(start) });
  }
  if (startsOrganization(c)) return organized(c, input);
  if (c.word === "LATERAL" && c.wordAt(1) === "VIEW") {
    const open = openSelect(input);
    return select({ ...withoutFilter(open, input), lateralViews: [...withoutFilter(open, input).lateralViews, ...parseLateralViews(c)] });
  }
  switch (c.acceptAny("WHERE", "SELECT", "EXTEND", "SET", "DROP", "AGGREGATE", "AS", "TABLESAMPLE")) {
    case "WHERE": {
      const { where } = openSelect(input);
      const condition = parseExpression(c);
      return select({ where: where === undefined ? condition : joinOperands([where, condition], "and") });
    }
    case "SELECT": {
      const distinct = c.acceptAny("DISTINCT", "ALL") === "DISTINCT";
      return select({ distinct, items: c.commaList(parseNamedExpression) });
    }
    case "EXTEND":
      return select({ items: [star(c), ...c.commaList(parseNamedExpression)] });
    case "SET":
      return select({ items: [replaced(c)] });
    case "DROP":
      return select({ items: [{ kind: "star", except: c.commaList((x) => x.qualifiedName()), span: c.spanFrom(start) }] });
    case "AGGREGATE":
      return select(aggregate(c));
    case "AS": {
      const alias = { name: c.plainIdentifier("an alias"), columns: [] };
      return finish(selectFrom(subquery(input, alias)));
    }
    case "TABLESAMPLE": {
      c.position--;
      const sample = parseSample(c);
      return finish(selectFrom({ ...subquery(input), ...(sample && { sample }) }));
    }
    default: {
      const relation = openRelation(input);
      const extended = parseExtension(c, relation, start);
      return extended === undefined ? c.fail("a pipe operator (WHERE, SELECT, EXTEND, SET, DROP, AGGREGATE, AS, JOIN, ORDER BY, LIMIT, UNION, PIVOT, UNPIVOT, TABLESAMPLE, LATERAL VIEW)") : finish(selectFrom(extended));
    }
  }
}

type Subquery = Extract<Relation, { kind: "subquery" }>;

function subquery(query: Query, alias?: TableAlias): Subquery {
  return { kind: "subquery", query, ...(alias && { alias }), lateral: false, span: query.span };
}

function selectFrom(relation: Relation): Select {
  return { kind: "select", hints: [], distinct: false, items: [{ kind: "star", span: relation.span }], from: [relation], lateralViews: [], windows: [], span: relation.span };
}

/** The query's own SELECT while it has done nothing but name and filter its relations, else a new one over it. */
function openSelect(query: Query): Select {
  const { body } = query;
  const isPlain = query.with.length === 0 && !isOrganized(query);
  if (isPlain && body.kind === "select" && isStarOnly(body)) return body;
  if (isPlain && body.kind === "table") return selectFrom({ kind: "table", name: body.name, span: body.span });
  return selectFrom(subquery(query));
}

function isStarOnly(select: Select): boolean {
  const [item] = select.items;
  const isStar = select.items.length === 1 && item.kind === "star" && item.qualifier === undefined && item.except === undefined && item.replace === undefined;
  return isStar && select.from.length > 0 && !select.distinct && select.groupBy === undefined && select.having === undefined && select.qualify === undefined && select.windows.length === 0;
}

function isOrganized(query: Query): boolean {
  return query.orderBy.length > 0 || query.orderByAll !== undefined || query.sortBy.length > 0 || query.distributeBy.length > 0 || query.clusterBy.length > 0 || query.limit !== undefined || query.offset !== undefined || query.windows.length > 0;
}

/** A filter comes before what is added behind it: then the filtered query is a subquery. */
function withoutFilter(open: Select, input: Query): Select {
  return open.where === undefined ? open : selectFrom(subquery(input));
}

/** The one relation that a join or PIVOT extends. */
function openRelation(query: Query): Relation {
  const open = withoutFilter(openSelect(query), query);
  return open.from.length === 1 && open.lateralViews.length === 0 ? open.from[0] : subquery(query);
}

const ORGANIZATION = new Set(["ORDER", "SORT", "CLUSTER", "DISTRIBUTE"]);

function startsOrganization(c: Cursor): boolean {
  return c.word === "LIMIT" || c.word === "OFFSET" || (ORGANIZATION.has(c.word) && c.wordAt(1) === "BY");
}

function organized(c: Cursor, input: Query): Query {
  const body: Query = isOrganized(input) ? plainQuery(selectFrom(subquery(input))) : input;
  return { ...body, ...parseOrganization(c), span: c.spanFrom(input.span.start) };
}

function star(c: Cursor): AstExpr {
  return { kind: "star", span: { start: c.start, end: c.start } };
}

/** SET name = value, ...: each replaces a column. */
function replaced(c: Cursor): AstExpr {
  const { start } = c;
  const replace = c.commaList((x) => {
    const name = x.plainIdentifier("a column");
    x.expect("=");
    return { expr: parseExpression(x), name };
  });
  return { kind: "star", replace, span: c.spanFrom(start) };
}

/** AGGREGATE [aggregates] [GROUP BY groups]: gives the groups first, then the aggregates. */
function aggregate(c: Cursor): Partial<Select> {
  const aggregates = c.isPhrase("GROUP", "BY") ? [] : c.commaList(parseNamedExpression);
  if (!c.isPhrase("GROUP", "BY")) return { items: aggregates };
  if (c.wordAt(2) === "ALL" || c.wordAt(3) === "(") {
    const groupBy = parseGroupBy(c);
    return { items: aggregates, ...(groupBy && { groupBy }) };
  }
  c.expectPhrase("GROUP", "BY");
  const groups = c.commaList(parseNamedExpression);
  const items: GroupingItem[] = groups.map((group) => ({ kind: "expr", expr: group.kind === "alias" ? group.operand : group }));
  return { items: [...groups, ...aggregates], groupBy: { kind: "items", items } };
}
