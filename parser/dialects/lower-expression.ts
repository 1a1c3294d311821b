import type { AstExpr } from "../ast.ts";
import { parseInterval, startsInterval } from "../intervals.ts";
import { numberLiteral } from "../literals.ts";
import { flatten } from "./flatten.ts";
import type { ForeignNode } from "./foreign-tree.ts";
import { foreignName } from "./foreign-tree.ts";
import { lowerCall } from "./lower-call.ts";
import { lowerCast } from "./lower-cast.ts";
import type { Lowering } from "./lowering.ts";
import { lowerQuery } from "./lower-query.ts";
import { checkDivisions } from "./numbers.ts";
import type { FlatItem } from "./regroup.ts";
import { DisputedGrouping, regroup } from "./regroup.ts";

/** A foreign expression as ours: flattened along the tokens, then grouped anew. */
export function lowerExpression(l: Lowering, node: ForeignNode | null | undefined): AstExpr {
  if (node === null || node === undefined) return l.disagree();
  l.c.enter();
  const items: FlatItem[] = [];
  flatten(l, node, items);
  const expr = grouped(l, items);
  l.c.leave();
  return expr;
}

function grouped(l: Lowering, items: readonly FlatItem[]): AstExpr {
  try {
    return checkDivisions(l, regroup(items));
  } catch (error) {
    if (error instanceof DisputedGrouping) l.refuse("operators side by side that dialects group differently; put parentheses", error.expr.span);
    throw error;
  }
}

export function lowerExists(l: Lowering, node: ForeignNode): AstExpr {
  const { start } = l.c;
  l.expect("EXISTS");
  const subquery = lowerSubquery(l, node);
  return { kind: "exists", query: subquery.query, span: l.c.spanFrom(start) };
}

export function lowerSubquery(l: Lowering, node: ForeignNode): AstExpr & { kind: "scalarSubquery" } {
  const { start } = l.c;
  l.expect("(");
  const query = lowerQuery(l, node.ast ?? l.disagree());
  l.expect(")");
  return { kind: "scalarSubquery", query, span: l.c.spanFrom(start) };
}

/** `((SELECT 1))` is `(SELECT 1)`. */
function unwrapped(subquery: AstExpr & { kind: "scalarSubquery" }): AstExpr {
  let { query } = subquery;
  while (query.body.kind === "nested" && query.with.length === 0 && query.orderBy.length === 0 && query.limit === undefined && query.offset === undefined) query = query.body.query;
  return { ...subquery, query };
}

export function lowerList(l: Lowering, nodes: readonly ForeignNode[]): AstExpr[] {
  return nodes.map((node, i) => {
    if (i > 0) l.expect(",");
    return lowerExpression(l, node);
  });
}

/** A node that is no operator. */
export function lowerOperand(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  if (node.ast !== undefined) return unwrapped(lowerSubquery(l, node));
  switch (node.type) {
    case "column_ref":
      return lowerColumn(l, node);
    case "star":
      l.expect("*");
      return { kind: "star", span: c.spanFrom(start) };
    case "number":
    case "bigint":
      return lowerNumber(l);
    case "single_quote_string":
    case "double_quote_string":
    case "string":
      return { kind: "string", value: l.string(), span: c.spanFrom(start) };
    case "bool":
      l.expect(node.value === true ? "TRUE" : "FALSE");
      return { kind: "boolean", value: node.value === true, span: c.spanFrom(start) };
    case "null":
      l.expect("NULL");
      return { kind: "null", span: c.spanFrom(start) };
    case "date":
      l.expect("DATE");
      return { kind: "typedLiteral", type: "date", value: l.string(), span: c.spanFrom(start) };
    case "timestamp":
      l.expect("TIMESTAMP");
      return { kind: "typedLiteral", type: l.dialect.name === "bigquery" ? "timestamp" : "timestamp_ntz", value: l.string(), span: c.spanFrom(start) };
    case "interval":
      if (!startsInterval(c)) l.disagree();
      return parseInterval(l.c);
    case "case":
      return lowerCase(l, node);
    case "cast":
      return lowerCast(l, node);
    case "extract":
      return lowerExtract(l, node);
    case "expr_list": {
      l.expect("(");
      const items = lowerList(l, (node.value ?? []) as ForeignNode[]);
      l.expect(")");
      return items.length === 1 ? items[0] : { kind: "row", items, span: c.spanFrom(start) };
    }
    case "function":
    case "aggr_func":
    case "window_func":
      return lowerCall(l, node);
    default:
      return l.refuse(`the expression at ${c.text}`);
  }
}

function lowerColumn(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  const column = foreignName(node.column);
  if (column === "*") {
    if (c.accept("*")) return { kind: "star", span: c.spanFrom(start) };
    const parts = [l.identifier()];
    while (c.accept(".")) {
      if (c.accept("*")) return { kind: "star", qualifier: { parts, span: { start, end: c.end - 2 } }, span: c.spanFrom(start) };
      parts.push(l.identifier());
    }
    return l.disagree();
  }
  const extra = c.word === "(" ? openings(l) : 0;
  const name = l.qualifiedName();
  l.same(column, name.parts[name.parts.length - 1].name);
  if (c.word === "[") l.refuse("an index, whose first position differs");
  for (let i = 0; i < extra; i++) l.expect(")");
  return { kind: "name", name, span: c.spanFrom(start) };
}

function openings(l: Lowering): number {
  let count = 0;
  while (l.c.accept("(")) count++;
  return count;
}

/** The digits come from the text: the tree has made a double of them. */
export function lowerNumber(l: Lowering): AstExpr {
  const { c } = l;
  const { start } = c;
  c.accept("-");
  if (c.kind !== "number") l.disagree();
  const literal = numberLiteral(c, start);
  if (literal.suffix !== "") l.refuse(`the number ${c.sourceFrom(start)}`, literal.span);
  return literal;
}

function lowerCase(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  l.expect("CASE");
  const operand = node.expr === null || node.expr === undefined ? undefined : lowerExpression(l, node.expr);
  const branches = [];
  let otherwise: AstExpr | undefined;
  for (const part of node.args as readonly ForeignNode[]) {
    if (part.type === "else") {
      l.expect("ELSE");
      otherwise = lowerExpression(l, part.result);
      continue;
    }
    l.expect("WHEN");
    const when = lowerExpression(l, part.cond);
    l.expect("THEN");
    branches.push({ when, then: lowerExpression(l, part.result) });
  }
  l.expect("END");
  return { kind: "case", ...(operand && { operand }), branches, ...(otherwise && { otherwise }), span: c.spanFrom(start) };
}

/** Fields that mean the same everywhere: days of the week and weeks are counted in several ways. */
const PLAIN_FIELDS = new Set(["year", "quarter", "month", "day", "hour", "minute"]);

function lowerExtract(l: Lowering, node: ForeignNode): AstExpr {
  const { c } = l;
  const { start } = c;
  const args = node.args as { readonly source?: ForeignNode };
  l.expect("EXTRACT", "(");
  const field = l.identifier().name;
  if (!PLAIN_FIELDS.has(field.toLowerCase())) l.refuse(`the field ${field} of EXTRACT`);
  l.expect("FROM");
  const source = lowerExpression(l, args.source);
  l.expect(")");
  return { kind: "extract", field, source, span: c.spanFrom(start) };
}
