import type { AstExpr, Identifier, QualifiedName } from "./ast.ts";
import { parseCall, SPECIAL_CALLS } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseNamedExpression } from "./expressions.ts";
import { parseInterval, startsInterval } from "./intervals.ts";
import { numberLiteral, typedLiteral } from "./literals.ts";
import { continuesQuery, parseQuery, parseQueryFrom, startsQuery } from "./query.ts";

/** Whatever stands by itself: a literal, a name, a call, CASE, or something in parentheses. */
export function parsePrimary(c: Cursor): AstExpr {
  const start = c.start;
  switch (c.kind) {
    case "number":
      return numberLiteral(c, start);
    case "string": {
      const value = c.string();
      return { kind: "string", value, span: c.spanFrom(start) };
    }
    case "word":
      return wordExpression(c);
    case "quoted":
      return nameOrCall(c);
    case "symbol":
      return symbolExpression(c);
    case "end":
      return c.fail("an expression");
  }
}

function symbolExpression(c: Cursor): AstExpr {
  const start = c.start;
  switch (c.word) {
    case "(":
      return parenthesized(c);
    case "*":
      c.advance();
      return star(c, undefined, start);
    case "?":
      c.advance();
      return { kind: "parameter", ordinal: c.parameters++, span: c.spanFrom(start) };
    case ":": {
      c.advance();
      const { name } = c.bareIdentifier("a parameter's name");
      return { kind: "parameter", name, span: c.spanFrom(start) };
    }
    default:
      return c.fail("an expression");
  }
}

/** Words that, where an expression is wanted, most likely mean that it is missing. Still names where what follows goes on with an expression. */
const UNLIKELY_NAMES = new Set(["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT", "MINUS", "ON", "USING", "JOIN", "AND", "OR", "THEN", "ELSE", "WHEN", "AS", "IS", "IN", "LIKE", "BETWEEN", "BY", "OVER", "SET"]);

function wordExpression(c: Cursor): AstExpr {
  const start = c.start;
  const word = c.word;
  const next = c.wordAt(1);
  if (next === ".") return nameOrCall(c);
  if (c.kindAt(1) === "string" && word !== "INTERVAL" && word !== "NULL" && word !== "CASE") return typedLiteral(c);
  if (next === "(") {
    const special = SPECIAL_CALLS.get(word);
    const call = special?.(c);
    return call ?? nameOrCall(c);
  }
  if (next === "->") return nameOrCall(c);
  switch (word) {
    case "NULL":
      c.advance();
      return { kind: "null", span: c.spanFrom(start) };
    case "TRUE":
    case "FALSE":
      c.advance();
      return { kind: "boolean", value: word === "TRUE", span: c.spanFrom(start) };
    case "DEFAULT":
      c.advance();
      return { kind: "default", span: c.spanFrom(start) };
    case "CASE":
      return caseExpression(c);
    case "INTERVAL":
      if (startsInterval(c)) return parseInterval(c);
      break;
  }
  if (UNLIKELY_NAMES.has(word) && !continuesExpression(c, 1)) c.fail("an expression");
  return nameOrCall(c);
}

const OPERATOR_WORDS = new Set(["AND", "OR", "IS", "IN", "LIKE", "BETWEEN", "NOT", "AS", "DIV", "RLIKE", "ILIKE"]);

/** Whether the token there could follow a name within or after an expression. */
function continuesExpression(c: Cursor, offset: number): boolean {
  const kind = c.kindAt(offset);
  const word = c.wordAt(offset);
  if (kind === "symbol") return word !== "(" && word !== "*";
  return kind === "end" ? false : OPERATOR_WORDS.has(word) || (word === "FROM" && c.word !== "FROM");
}

function caseExpression(c: Cursor): AstExpr {
  const start = c.start;
  c.expect("CASE");
  const operand = c.is("WHEN") ? undefined : parseExpression(c);
  const branches = [];
  c.expect("WHEN");
  do {
    const when = parseExpression(c);
    c.expect("THEN");
    branches.push({ when, then: parseExpression(c) });
  } while (c.accept("WHEN"));
  const otherwise = c.accept("ELSE") ? parseExpression(c) : undefined;
  c.expect("END");
  return { kind: "case", ...(operand && { operand }), branches, ...(otherwise && { otherwise }), span: c.spanFrom(start) };
}

/** `a`, `a.b.c`, `a.*`, `f(...)`, `a.f(...)`, `x -> ...`. */
function nameOrCall(c: Cursor): AstExpr {
  const start = c.start;
  const parts: Identifier[] = c.nameParts();
  while (c.word === ".") {
    if (c.wordAt(1) === "*") {
      const qualifier = { parts, span: c.spanFrom(start) };
      c.position += 2;
      return star(c, qualifier, start);
    }
    c.advance();
    parts.push(...c.nameParts());
  }
  const name: QualifiedName = { parts, span: c.spanFrom(start) };
  if (c.is("(")) return parseCall(c, name);
  if (parts.length === 1 && c.word === "->") return lambda(c, parts, start);
  return { kind: "name", name, span: name.span };
}

function lambda(c: Cursor, parameters: readonly Identifier[], start: number): AstExpr {
  c.expect("->");
  const body = parseExpression(c);
  return { kind: "lambda", parameters, body, span: c.spanFrom(start) };
}

/** What may follow a star: EXCEPT with a list of columns (not a query, that is the set operation), REPLACE. */
function star(c: Cursor, qualifier: QualifiedName | undefined, start: number): AstExpr {
  let except: QualifiedName[] | undefined;
  let replace: { expr: AstExpr; name: Identifier }[] | undefined;
  if (c.word === "EXCEPT" && c.wordAt(1) === "(" && c.wordAt(2) !== "(" && !startsQuery(c, 2)) {
    c.advance();
    except = c.parenthesizedList((x) => x.qualifiedName());
  }
  if (c.word === "REPLACE" && c.wordAt(1) === "(") {
    c.advance();
    replace = c.parenthesizedList((x) => {
      const expr = parseExpression(x);
      x.expect("AS");
      return { expr, name: x.plainIdentifier() };
    });
  }
  return { kind: "star", ...(qualifier && { qualifier }), ...(except && { except }), ...(replace && { replace }), span: c.spanFrom(start) };
}

/** `(expr)`, `(a, b)`, `(query)`, `(x, y) -> body`. */
function parenthesized(c: Cursor): AstExpr {
  const start = c.start;
  c.expect("(");
  if (startsQuery(c)) {
    const query = parseQuery(c);
    c.expect(")");
    return { kind: "scalarSubquery", query, span: c.spanFrom(start) };
  }
  const first = parseNamedExpression(c);
  if (first.kind === "scalarSubquery" && continuesQuery(c)) {
    const query = parseQueryFrom(c, { kind: "nested", query: first.query, span: first.span });
    c.expect(")");
    return { kind: "scalarSubquery", query, span: c.spanFrom(start) };
  }
  if (c.is(",")) {
    const items = [first];
    while (c.accept(",")) items.push(parseNamedExpression(c));
    c.expect(")");
    if (c.word === "->" && items.every(isPlainName)) return lambda(c, items.map((item) => item.name.parts[0]), start);
    return { kind: "row", items, span: c.spanFrom(start) };
  }
  c.expect(")");
  if (c.word === "->" && isPlainName(first)) return lambda(c, first.name.parts, start);
  return first;
}

function isPlainName(expr: AstExpr): expr is AstExpr & { kind: "name" } {
  return expr.kind === "name" && expr.name.parts.length === 1;
}
