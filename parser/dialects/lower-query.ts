import type { AstExpr, CommonTable, NamedWindow, Query, QueryBody, Relation, Select, TableAlias } from "../ast.ts";
import type { SetOperator } from "../query.ts";
import { joinRun, parseSetOperator, QUERY_WEIGHT, sameOperator } from "../query.ts";
import { acceptJoinType, NEVER_ALIAS } from "../relations.ts";
import type { ForeignFrom, ForeignNode, ForeignSelect } from "./foreign-tree.ts";
import { foreignName, nextBranch, organization } from "./foreign-tree.ts";
import type { Lowering } from "./lowering.ts";
import { lowerOrderBy, lowerWindow } from "./lower-call.ts";
import { lowerExpression, lowerList } from "./lower-expression.ts";

/** A foreign query as ours, held against the tokens clause by clause. */
export function lowerQuery(l: Lowering, foreign: ForeignSelect): Query {
  const { c } = l;
  c.enter(QUERY_WEIGHT);
  const { start } = c;
  const tables = lowerWith(l, foreign);
  const body = lowerSetOperations(l, foreign);
  const claimed = organization(foreign);
  const orderBy = c.word === "ORDER" ? lowerOrderBy(l, claimed.orderBy) : [];
  const limits = lowerLimit(l, claimed.limits);
  c.leave(QUERY_WEIGHT);
  return { kind: "query", with: tables, recursive: false, body, orderBy, sortBy: [], distributeBy: [], clusterBy: [], windows: [], ...limits, span: c.spanFrom(start) };
}

function lowerWith(l: Lowering, foreign: ForeignSelect): CommonTable[] {
  const { c } = l;
  if (c.word !== "WITH") return [];
  l.expect("WITH");
  if (c.is("RECURSIVE")) l.refuse("WITH RECURSIVE");
  return (foreign.with ?? l.disagree()).map((table, i) => {
    if (i > 0) l.expect(",");
    const name = l.identifier();
    l.same(foreignName(table.name), name.name);
    const columns = c.word === "(" ? c.parenthesizedList(() => l.identifier()) : [];
    l.expect("AS", "(");
    const query = lowerQuery(l, "ast" in table.stmt ? table.stmt.ast : (table.stmt as ForeignSelect));
    l.expect(")");
    return { name, columns, query };
  });
}

/** The tree has a flat list; INTERSECT binds tighter, as the standard has it. */
function lowerSetOperations(l: Lowering, foreign: ForeignSelect): QueryBody {
  const bodies: QueryBody[] = [lowerBranch(l, foreign)];
  const operators: SetOperator[] = [];
  let next = nextBranch(foreign);
  while (l.c.word === "UNION" || l.c.word === "INTERSECT" || l.c.word === "EXCEPT" || l.c.word === "MINUS") {
    if (next === undefined) l.disagree();
    operators.push(parseSetOperator(l.c));
    bodies.push(lowerBranch(l, next));
    next = nextBranch(next);
  }
  if (next !== undefined) l.disagree();
  if (new Set(operators.map((o) => o.operator)).size > 1 && (l.dialect.name === "sqlite" || l.dialect.name === "bigquery")) l.refuse("different set operations without parentheses between them");
  return foldUnions(foldRuns(bodies, operators));
}

interface Chain {
  readonly bodies: QueryBody[];
  readonly operators: SetOperator[];
}

/** INTERSECT first. */
function foldRuns(bodies: readonly QueryBody[], operators: readonly SetOperator[]): Chain {
  const chain: Chain = { bodies: [bodies[0]], operators: [] };
  for (const [i, operator] of operators.entries()) {
    if (operator.operator === "intersect") chain.bodies.push(joinRun(operator, [chain.bodies.pop()!, bodies[i + 1]]));
    else {
      chain.operators.push(operator);
      chain.bodies.push(bodies[i + 1]);
    }
  }
  return chain;
}

/** Runs of one operator as the parser of Spark's dialect joins them. */
function foldUnions({ bodies, operators }: Chain): QueryBody {
  let left = bodies[0];
  for (let i = 0; i < operators.length; ) {
    let end = i + 1;
    while (end < operators.length && operators[i].operator === "union" && sameOperator(operators[end], operators[i])) end++;
    left = joinRun(operators[i], [left, ...bodies.slice(i + 1, end + 1)]);
    i = end;
  }
  return left;
}

function lowerBranch(l: Lowering, foreign: ForeignSelect): QueryBody {
  const { c } = l;
  const { start } = c;
  if (c.word !== "(") return lowerSelect(l, foreign);
  l.expect("(");
  const query = lowerQuery(l, { ...foreign, _next: null });
  l.expect(")");
  return { kind: "nested", query, span: c.spanFrom(start) };
}

function lowerSelect(l: Lowering, foreign: ForeignSelect): Select {
  const { c } = l;
  const { start } = c;
  if (foreign.type !== "select") l.refuse(`the statement ${c.text}`);
  l.expect("SELECT");
  const distinct = c.accept("DISTINCT");
  if (distinct && c.word === "ON") l.refuse("DISTINCT ON");
  const items = lowerItems(l, foreign);
  const from = c.accept("FROM") ? lowerFrom(l, foreign.from ?? l.disagree()) : [];
  const where = c.accept("WHERE") ? lowerExpression(l, foreign.where) : undefined;
  const groupBy = c.acceptPhrase("GROUP", "BY") ? lowerGroupBy(l, foreign) : undefined;
  const having = c.accept("HAVING") ? lowerExpression(l, foreign.having) : undefined;
  let windows = lowerWindows(l, foreign);
  const qualify = c.accept("QUALIFY") ? lowerExpression(l, foreign.qualify) : undefined;
  if (windows.length === 0) windows = lowerWindows(l, foreign);
  return { kind: "select", hints: [], distinct, items, from, lateralViews: [], ...(where && { where }), ...(groupBy && { groupBy }), ...(having && { having }), ...(qualify && { qualify }), windows, span: c.spanFrom(start) };
}

function lowerItems(l: Lowering, foreign: ForeignSelect): AstExpr[] {
  const { c } = l;
  if (foreign.columns === "*" || foreign.columns === undefined) {
    const { start } = c;
    l.expect("*");
    return [{ kind: "star", span: c.spanFrom(start) }];
  }
  return foreign.columns.map((item, i) => {
    if (i > 0) l.expect(",");
    const { start } = c;
    const operand = lowerExpression(l, item.expr);
    const alias = foreignName(item.as);
    if (alias === undefined) return operand;
    c.accept("AS");
    const name = l.identifier();
    l.same(alias, name.name);
    return { kind: "alias", operand, names: [name], span: c.spanFrom(start) };
  });
}

function lowerGroupBy(l: Lowering, foreign: ForeignSelect): Select["groupBy"] {
  if (l.c.word === "ROLLUP" || l.c.word === "CUBE" || l.c.word === "GROUPING") l.refuse(`GROUP BY ${l.c.word}`);
  const { groupby } = foreign;
  const columns = Array.isArray(groupby) ? (groupby as readonly ForeignNode[]) : (groupby as { columns?: readonly ForeignNode[] | null } | null | undefined)?.columns;
  return { kind: "items", items: lowerList(l, columns ?? l.disagree()).map((expr) => ({ kind: "expr", expr })) };
}

function lowerWindows(l: Lowering, foreign: ForeignSelect): NamedWindow[] {
  if (!l.c.accept("WINDOW")) return [];
  return (foreign.window?.expr ?? l.disagree()).map((window, i) => {
    if (i > 0) l.expect(",");
    const name = l.identifier();
    l.same(foreignName(window.name), name.name);
    l.expect("AS");
    return { name, spec: lowerWindow(l, window.as_window_specification) };
  });
}

/** Relations by the tokens: which join it is, and where a comma stands, is read from them and not from the tree, which errs here. */
function lowerFrom(l: Lowering, foreign: readonly ForeignFrom[]): Relation[] {
  const { c } = l;
  const relations: Relation[] = [];
  const rest = [...foreign];
  const takeNext = (): ForeignFrom => rest.shift() ?? l.disagree();
  let { start } = c;
  let relation = lowerRelation(l, takeNext());
  for (;;) {
    if (c.accept(",")) {
      relations.push(relation);
      start = c.start;
      relation = lowerRelation(l, takeNext());
      continue;
    }
    const natural = c.accept("NATURAL");
    const type = acceptJoinType(l.c);
    if (type === undefined) {
      if (natural || rest.length > 0) l.disagree();
      return [...relations, relation];
    }
    const item = takeNext();
    const right = lowerRelation(l, item);
    const on = c.accept("ON") ? lowerJoinCondition(l, item, rest) : undefined;
    const using = on === undefined && c.accept("USING") ? c.parenthesizedList(() => l.identifier()) : undefined;
    relation = { kind: "join", type, natural, lateral: false, left: relation, right, ...(on && { on }), ...(using && { using }), span: c.spanFrom(start) };
  }
}

/** In `ON a = b, t` the tree takes the relation t for one more condition: it is put back. */
function lowerJoinCondition(l: Lowering, item: ForeignFrom, rest: ForeignFrom[]): AstExpr {
  const on = item.on ?? l.disagree();
  if (on.type !== "expr_list" || on.parentheses === true) return lowerExpression(l, on);
  const [condition, ...relations] = on.value as ForeignNode[];
  rest.unshift(...relations.map((node) => ({ table: foreignName(node.column) })));
  return lowerExpression(l, condition);
}

function lowerRelation(l: Lowering, foreign: ForeignFrom): Relation {
  const { c } = l;
  const { start } = c;
  if (c.word === "LATERAL") l.refuse("LATERAL");
  if (c.word === "(") {
    const ast = foreign.expr?.ast ?? l.refuse("relations in parentheses");
    l.expect("(");
    const query = lowerQuery(l, ast);
    l.expect(")");
    const alias = lowerAlias(l);
    return { kind: "subquery", query, ...(alias && { alias }), lateral: false, span: c.spanFrom(start) };
  }
  if (c.word === "VALUES" || c.word === "UNNEST") l.refuse(`${c.word} in FROM`);
  const name = l.qualifiedName();
  if (c.word === "(") l.refuse(`the table function ${name.parts[0].name}`, name.span);
  l.same(foreign.table?.split(".").pop(), name.parts[name.parts.length - 1].name);
  const alias = lowerAlias(l);
  return { kind: "table", name, ...(alias && { alias }), span: c.spanFrom(start) };
}

const CLAUSES = new Set(["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "WINDOW", "QUALIFY", "FETCH", "FOR", "TABLESAMPLE", "PIVOT", "UNPIVOT", "SET"]);

/** An alias is never a word that joins: there the tree takes NATURAL, SEMI and ANTI for names. */
function lowerAlias(l: Lowering): TableAlias | undefined {
  const { c } = l;
  const explicit = c.accept("AS");
  if (!explicit && (!c.isIdentifier() || (c.kind === "word" && (NEVER_ALIAS.has(c.word) || CLAUSES.has(c.word))))) return undefined;
  const name = l.identifier();
  const columns = c.word === "(" ? c.parenthesizedList(() => l.identifier()) : [];
  return { name, columns };
}

/** `LIMIT n OFFSET m`, in either order, and `LIMIT m, n`. */
function lowerLimit(l: Lowering, foreign: readonly ForeignNode[]): Pick<Query, "limit" | "offset"> {
  const { c } = l;
  const values = [...foreign];
  const one = (): AstExpr => lowerExpression(l, values.shift());
  let offset = c.accept("OFFSET") ? one() : undefined;
  let limit: AstExpr | undefined;
  if (c.accept("LIMIT")) {
    if (c.is("ALL")) l.refuse("LIMIT ALL");
    limit = one();
    if (offset === undefined && c.accept(",")) [offset, limit] = [limit, one()];
    else if (offset === undefined && c.accept("OFFSET")) offset = one();
  }
  if (c.is("FETCH")) l.refuse("FETCH FIRST");
  return { ...(limit && { limit }), ...(offset && { offset }) };
}
