import { SparrowError } from "../../catalog/errors.ts";
import { dataError } from "./data-errors.ts";

/**
 * Patterns of `date_format`, `to_timestamp` and their like: the letters of Java's `DateTimeFormatter` that Spark allows.
 * Source: Spark's `DateTimeFormatterHelper.convertIncompatiblePattern`, Java's `DateTimeFormatterBuilder.appendPattern`.
 */
export type PatternPart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly letter: string; readonly count: number }
  | { readonly kind: "optional"; readonly parts: readonly PatternPart[] };

const WEEK_BASED = "ec";
const YEAR_OF_WEEK = "YWwu";
const NEVER_ALLOWED = "ABnNp";
const NOT_PARSED = "EFqQ";
const KNOWN = "GyMLdDEaHhKkmsSVzOXxZqQF";
const DOC_ROOT = "https://spark.apache.org/docs/latest";

/** The greatest number of repetitions of a letter. */
const LONGEST: Readonly<Record<string, number>> = { G: 4, y: 6, M: 4, L: 4, d: 2, D: 3, E: 4, a: 1, H: 2, h: 2, K: 2, k: 2, m: 2, s: 2, S: 9, V: 2, z: 4, O: 4, X: 5, x: 5, Z: 5, q: 4, Q: 4, F: 1 };

const formatting = new Map<string, readonly PatternPart[]>();
const parsing = new Map<string, readonly PatternPart[]>();

/** Takes a pattern apart; raises INVALID_DATETIME_PATTERN.* and INCONSISTENT_BEHAVIOR_CROSS_VERSION.*. */
export function compilePattern(pattern: string, forParsing: boolean): readonly PatternPart[] {
  const cache = forParsing ? parsing : formatting;
  let parts = cache.get(pattern);
  if (parts === undefined) {
    const cursor = { at: 0 };
    parts = readParts(pattern, cursor, false, forParsing);
    if (cache.size >= 1000) cache.clear();
    cache.set(pattern, parts);
  }
  return parts;
}

function invalidPattern(pattern: string): SparrowError {
  return dataError("INVALID_DATETIME_PATTERN.WITH_SUGGESTION", "22007", `'${pattern}' is not a pattern of dates and times.`, { pattern: `'${pattern}'`, docroot: DOC_ROOT });
}

function readParts(pattern: string, cursor: { at: number }, inOptional: boolean, forParsing: boolean): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  const literal = (text: string): void => {
    const last = parts[parts.length - 1];
    if (last?.kind === "literal") parts[parts.length - 1] = { kind: "literal", text: last.text + text };
    else parts.push({ kind: "literal", text });
  };
  while (cursor.at < pattern.length) {
    const c = pattern[cursor.at];
    if (c === "'") {
      literal(readQuoted(pattern, cursor));
    } else if (c === "[") {
      cursor.at++;
      parts.push({ kind: "optional", parts: readParts(pattern, cursor, true, forParsing) });
    } else if (c === "]") {
      if (!inOptional) throw invalidPattern(pattern);
      cursor.at++;
      return parts;
    } else if (/[A-Za-z]/.test(c)) {
      let end = cursor.at + 1;
      while (pattern[end] === c) end++;
      checkField(c, end - cursor.at, pattern, forParsing);
      parts.push({ kind: "field", letter: c, count: end - cursor.at });
      cursor.at = end;
    } else if (c === "#" || c === "{" || c === "}") {
      throw invalidPattern(pattern);
    } else {
      literal(c);
      cursor.at++;
    }
  }
  return parts;
}

function readQuoted(pattern: string, cursor: { at: number }): string {
  if (pattern[cursor.at + 1] === "'") {
    cursor.at += 2;
    return "'";
  }
  let text = "";
  for (let i = cursor.at + 1; i < pattern.length; i++) {
    if (pattern[i] !== "'") text += pattern[i];
    else if (pattern[i + 1] === "'") {
      text += "'";
      i++;
    } else {
      cursor.at = i + 1;
      return text;
    }
  }
  throw invalidPattern(pattern);
}

function checkField(letter: string, count: number, pattern: string, forParsing: boolean): void {
  if (YEAR_OF_WEEK.includes(letter)) throw unrecognized(pattern);
  if (WEEK_BASED.includes(letter)) {
    throw dataError("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN", "42K0B", `The week-based letter ${letter} is not supported: use EXTRACT.`, { c: letter });
  }
  if (NEVER_ALLOWED.includes(letter) || (forParsing && NOT_PARSED.includes(letter))) {
    throw dataError("INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "22007", `The letter ${letter} is not allowed in the pattern ${pattern}.`, { c: letter, pattern });
  }
  if (!KNOWN.includes(letter)) throw invalidPattern(pattern);
  if (count <= LONGEST[letter] && !(letter === "V" && count !== 2) && !(letter === "O" && count !== 1 && count !== 4)) return;
  if ((letter === "q" || letter === "Q") && count >= 5) throw dataError("INVALID_DATETIME_PATTERN.LENGTH", "22007", `The pattern ${pattern} has too many letters.`, { pattern: letter.repeat(5) });
  if (letter === "V" || letter === "O") throw invalidPattern(pattern);
  throw unrecognized(pattern);
}

function unrecognized(pattern: string): SparrowError {
  return dataError("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION", "42K0B", `The pattern ${pattern} means something else to older versions.`, {
    pattern: `'${pattern}'`,
    config: '"spark.sql.legacy.timeParserPolicy"',
    docroot: DOC_ROOT,
  });
}
