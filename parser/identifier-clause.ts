import type { AstExpr, Identifier, QualifiedName } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { tokenize } from "./lexer.ts";

/** `IDENTIFIER('a.b')`: a name written as a constant string. Undefined, without moving, when something else stands here. */
export function identifierClause(c: Cursor): QualifiedName | undefined {
  if (c.word !== "IDENTIFIER" || c.wordAt(1) !== "(") return undefined;
  if (c.kindAt(2) !== "string") return undefined;
  const start = c.start;
  c.position += 2;
  const text = constantString(c, parseExpression(c), start);
  c.expect(")");
  const inner = new Cursor(tokenize(text));
  const span = c.spanFrom(start);
  const parts: Identifier[] = [];
  do {
    if (!inner.isIdentifier()) refuseName(c, text, start);
    parts.push({ ...inner.identifier(), span });
  } while (inner.accept("."));
  if (inner.kind !== "end") refuseName(c, text, start);
  return { parts, span };
}

/** A table, view or function by name, or by IDENTIFIER. */
export function parseNameReference(c: Cursor, wanted?: string): QualifiedName {
  return identifierClause(c) ?? c.qualifiedName(wanted);
}

function refuseName(c: Cursor, text: string, start: number): never {
  c.refuse("PARSE_SYNTAX_ERROR", `Syntax error: IDENTIFIER was given '${text}', which is not a name`, { error: `'${text}'`, hint: "" }, start);
}

/** Strings and their concatenation are known while parsing. */
function constantString(c: Cursor, expr: AstExpr, start: number): string {
  if (expr.kind === "string") return expr.value;
  if (expr.kind === "binary_op" && expr.operator === "||") return constantString(c, expr.left, start) + constantString(c, expr.right, start);
  return c.refuse("NOT_A_CONSTANT_STRING.NOT_CONSTANT", "The expression of IDENTIFIER must be a constant string: a string literal, or string literals put together with ||.", {}, start, "42601");
}
