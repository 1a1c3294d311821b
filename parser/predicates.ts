import type { AstExpr } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseValue } from "./expressions.ts";
import { continuesQuery, parseQuery, parseQueryFrom, startsQuery } from "./query.ts";

const PREDICATES = new Set(["BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "IS"]);

/** Whether a predicate stands here: `[NOT] BETWEEN | IN | LIKE | ILIKE | RLIKE`, `IS [NOT] ...`. */
export function startsPredicate(c: Cursor): boolean {
  const word = c.word;
  if (PREDICATES.has(word)) return true;
  return (word === "NOT" || word === "!") && PREDICATES.has(c.wordAt(1));
}

/** The predicate that stands here, over `operand`, whose text begins at `start`. */
export function parsePredicate(c: Cursor, operand: AstExpr, start: number): AstExpr {
  if (c.accept("IS")) return isPredicate(c, operand, start);
  const negated = c.acceptAny("NOT", "!") !== undefined;
  switch (c.expectAny("BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP")) {
    case "BETWEEN":
      return between(c, operand, negated, start);
    case "IN":
      return inPredicate(c, operand, negated, start);
    case "LIKE":
      return like(c, "like", operand, negated, start);
    case "ILIKE":
      return like(c, "ilike", operand, negated, start);
    default: {
      const pattern = parseValue(c);
      return { kind: "like", operator: "rlike", operand, pattern, negated, span: c.spanFrom(start) };
    }
  }
}

function isPredicate(c: Cursor, operand: AstExpr, start: number): AstExpr {
  const negated = c.acceptAny("NOT", "!") !== undefined;
  switch (c.expectAny("NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT")) {
    case "NULL":
      return { kind: "isNull", operand, negated, span: c.spanFrom(start) };
    case "TRUE":
      return { kind: "isBoolean", operand, value: true, negated, span: c.spanFrom(start) };
    case "FALSE":
      return { kind: "isBoolean", operand, value: false, negated, span: c.spanFrom(start) };
    case "UNKNOWN":
      return { kind: "isBoolean", operand, value: null, negated, span: c.spanFrom(start) };
    default: {
      c.expect("FROM");
      const right = parseValue(c);
      return { kind: "isDistinctFrom", left: operand, right, negated, span: c.spanFrom(start) };
    }
  }
}

function between(c: Cursor, operand: AstExpr, negated: boolean, start: number): AstExpr {
  const symmetric = c.accept("SYMMETRIC");
  if (!symmetric) c.accept("ASYMMETRIC");
  const low = parseValue(c);
  c.expect("AND");
  const high = parseValue(c);
  return { kind: "between", operand, low, high, negated, symmetric, span: c.spanFrom(start) };
}

function inPredicate(c: Cursor, operand: AstExpr, negated: boolean, start: number): AstExpr {
  c.expect("(");
  if (startsQuery(c)) {
    const query = parseQuery(c);
    c.expect(")");
    return { kind: "inSubquery", operand, query, negated, span: c.spanFrom(start) };
  }
  const first = parseExpression(c);
  if (first.kind === "scalarSubquery" && continuesQuery(c)) {
    const query = parseQueryFrom(c, { kind: "nested", query: first.query, span: first.span });
    c.expect(")");
    return { kind: "inSubquery", operand, query, negated, span: c.spanFrom(start) };
  }
  const list = [first];
  while (c.accept(",")) list.push(parseExpression(c));
  c.expect(")");
  return { kind: "in", operand, list, negated, span: c.spanFrom(start) };
}

function like(c: Cursor, operator: "like" | "ilike", operand: AstExpr, negated: boolean, start: number): AstExpr {
  const quantifier = c.wordAt(1) === "(" ? c.acceptAny("ANY", "SOME", "ALL") : undefined;
  if (quantifier !== undefined) {
    if (c.isPhrase("(", ")")) c.refuse("INVALID_SQL_SYNTAX.EMPTY_QUANTIFIED_PATTERN", "Invalid SQL syntax: Expected something between '(' and ')'.", {}, undefined, "42000");
    const patterns = c.parenthesizedList(parseExpression);
    return { kind: "likeQuantified", operator, quantifier: quantifier === "ALL" ? "all" : "any", operand, patterns, negated, span: c.spanFrom(start) };
  }
  const pattern = parseValue(c);
  const escape = c.accept("ESCAPE") ? parseEscape(c) : undefined;
  return { kind: "like", operator, operand, pattern, ...(escape && { escape }), negated, span: c.spanFrom(start) };
}

function parseEscape(c: Cursor): AstExpr {
  const start = c.start;
  const value = c.string();
  if ([...value].length !== 1) c.refuse("INVALID_ESCAPE_CHAR", `\`EscapeChar\` should be a string literal of length one, but got "${value}".`, { sqlExpr: `"${value}"` }, start, "42604");
  return { kind: "string", value, span: c.spanFrom(start) };
}
