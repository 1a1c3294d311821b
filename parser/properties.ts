import type { Property } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** `word (key = value, ...)`; nothing where the word does not stand. */
export function acceptOptions(c: Cursor, word: string): Property[] | undefined {
  return c.accept(word) ? parseProperties(c) : undefined;
}

/** `(key [=] value, ...)`: keys are names with points or strings, values strings, numbers or booleans. */
export function parseProperties(c: Cursor): Property[] {
  return c.parenthesizedList((x) => {
    const key = propertyKey(x);
    const equals = x.accept("=") || x.accept("==");
    if (!equals && (x.is(",") || x.is(")"))) return { key, value: "" };
    return { key, value: propertyValue(x) };
  });
}

export function propertyKey(c: Cursor): string {
  if (c.kind === "string") return c.string();
  return c.qualifiedName("a property name").parts.map((part) => part.name).join(".");
}

function propertyValue(c: Cursor): string {
  if (c.kind === "string") return c.string();
  const start = c.start;
  const signed = c.accept("-");
  const isWord = c.word === "TRUE" || c.word === "FALSE" || c.word === "NULL";
  if (c.kind !== "number" && (signed || !isWord)) c.fail("a value: a string, a number, TRUE or FALSE");
  c.advance();
  const text = c.sourceFrom(start);
  return isWord ? text.toLowerCase() : text;
}
