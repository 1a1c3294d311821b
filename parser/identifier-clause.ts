import type { AstExpr, Identifier } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { tokenize } from "./lexer.ts";
import { parsePrimary } from "./primary.ts";
import { quotedName } from "./string-literals.ts";

/** The string that the expression of an IDENTIFIER clause is: whoever parses knows what parameters and variables mean. */
export type IdentifierText = (expr: AstExpr) => string;

/** `IDENTIFIER('a.b')`: the parts of a name that is written as a constant string. Parameters may have strings beside them: `IDENTIFIER(:db '.t')`. */
export function identifierClause(c: Cursor): Identifier[] {
  const start = c.start;
  c.expect("IDENTIFIER");
  c.expect("(");
  let expr = part(c);
  while (c.kind === "string" || c.word === ":" || c.word === "?") {
    const right = part(c);
    expr = { kind: "binary_op", operator: "||", left: expr, right, span: c.spanFrom(expr.span.start) };
  }
  c.expect(")");
  const span = c.spanFrom(start);
  const text = literalText(expr) ?? c.identifierText?.(expr);
  if (text === undefined) c.refuse("UNSUPPORTED_FEATURE.IDENTIFIER_EXPRESSION", "The feature is not supported: IDENTIFIER of anything but string literals, alone or put together with ||, in a text that is kept.", {}, start, "0A000");
  if (text.trim() === "") c.refuse("PARSE_EMPTY_STATEMENT", "Syntax error, unexpected empty statement.", {}, start, "42617");
  return splitName(c, text, start).map((part) => ({ ...part, span }));
}

/** A string before a parameter is no variant before a path (`v:a`). */
function part(c: Cursor): AstExpr {
  return c.kind === "string" && c.wordAt(1) === ":" ? parsePrimary(c) : parseExpression(c);
}

/** Of strings, alone or put together; undefined for everything else. */
function literalText(expr: AstExpr): string | undefined {
  if (expr.kind === "string") return expr.value;
  if (expr.kind !== "binary_op" || expr.operator !== "||") return undefined;
  const [left, right] = [literalText(expr.left), literalText(expr.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

function splitName(c: Cursor, text: string, start: number): Omit<Identifier, "span">[] {
  const { kinds, words, starts, ends } = tokenize(text);
  const parts: Omit<Identifier, "span">[] = [];
  for (let i = 0; ; i += 2) {
    const quoted = kinds[i] === "quoted";
    if (!quoted && kinds[i] !== "word") break;
    const part = text.slice(starts[i], ends[i]);
    parts.push({ name: quoted ? quotedName(part) : part, quoted });
    if (kinds[i + 1] === "end") return parts;
    if (words[i + 1] !== ".") break;
  }
  return c.refuse("PARSE_SYNTAX_ERROR", `Syntax error: IDENTIFIER was given '${text}', which is not a name`, { error: `'${text}'`, hint: "" }, start);
}
