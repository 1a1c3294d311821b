import type { Identifier } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { tokenize } from "./lexer.ts";
import { quotedName } from "./string-literals.ts";

/** `IDENTIFIER('a.b')`: the parts of a name that is written as a string, or as strings put together with `||`. */
export function identifierClause(c: Cursor): Identifier[] {
  const start = c.start;
  c.expect("IDENTIFIER");
  c.expect("(");
  let text = c.string();
  while (c.accept("||")) {
    if (c.kind !== "string") c.refuse("UNSUPPORTED_FEATURE.IDENTIFIER_EXPRESSION", "The feature is not supported: IDENTIFIER of anything but string literals, alone or put together with ||.", {}, undefined, "0A000");
    text += c.string();
  }
  c.expect(")");
  const span = c.spanFrom(start);
  if (text.trim() === "") c.refuse("PARSE_EMPTY_STATEMENT", "Syntax error, unexpected empty statement.", {}, start, "42617");
  return splitName(c, text, start).map((part) => ({ ...part, span }));
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
