import type { Span } from "../catalog/errors.ts";
import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { AstExpr, Query, Statement } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { parseNamedExpression } from "./expressions.ts";
import type { IdentifierText } from "./identifier-clause.ts";
import type { LexerOptions, Tokens } from "./lexer.ts";
import { tokenize } from "./lexer.ts";
import { parseQuery as parseQueryAt } from "./query.ts";
import { parseStatementAt } from "./statements.ts";
import { syntaxError, SyntaxFailure } from "./syntax-error.ts";
import { parseDataType as parseDataTypeAt, structField } from "./types.ts";

/**
 * One statement, with or without semicolons behind it. All functions here throw SparrowError: PARSE_SYNTAX_ERROR (42601), or the more
 * special condition that Spark has for the case; its span is relative to `text`. `identifierText`: what IDENTIFIER(...) of more than literals is.
 */
export function parseStatement(text: string, options?: LexerOptions, identifierText?: IdentifierText): Statement {
  const production = (c: Cursor): Statement => {
    if (c.kind === "end" || c.word === ";") throw emptyStatement(text);
    const statement = parseStatementAt(c);
    while (c.accept(";"));
    c.expectEnd();
    return statement;
  };
  return parseTokens(tokenize(text, options), 0, production, identifierText);
}

/** The statements between semicolons; empty ones are left out. Spans are relative to `text`. */
export function parseScript(text: string): { statement: Statement; span: Span }[] {
  const tokens = tokenize(text);
  return statementRanges(tokens).map((range) => {
    const statement = parseTokens(tokens, range.first, (c) => {
      const parsed = parseStatementAt(c);
      if (c.position < range.last) c.expect(";");
      return parsed;
    });
    return { statement, span: range.span };
  });
}

/** Where the statements of a script stand, without parsing them: for a session whose settings change how the next one is read. */
export function splitScript(text: string): Span[] {
  return statementRanges(tokenize(text)).map((range) => range.span);
}

/** Whether the text ends with a semicolon outside of strings and comments (or is blank): the REPL then runs it. */
export function isComplete(text: string): boolean {
  let tokens: Tokens;
  try {
    tokens = tokenize(text);
  } catch (error) {
    if (error instanceof SparrowError) return false;
    throw error;
  }
  return tokens.count === 1 || tokens.words[tokens.count - 2] === ";";
}

export function parseQuery(text: string): Query {
  return parseWhole(text, parseQueryAt);
}

/** An expression, perhaps with an alias. */
export function parseExpression(text: string): AstExpr {
  return parseWhole(text, parseNamedExpression);
}

export function parseDataType(text: string): DataType {
  return parseWhole(text, parseDataTypeAt);
}

/** `a INT, b STRING NOT NULL COMMENT '...'`. */
export function parseTableSchema(text: string): StructField[] {
  return parseWhole(text, (c) => c.commaList(structField));
}

function parseWhole<T>(text: string, production: (c: Cursor) => T): T {
  return parseTokens(tokenize(text), 0, (c) => {
    const result = production(c);
    c.expectEnd();
    return result;
  });
}

/** Runs a production; when it fails, a second time to find out what could have stood where it failed. */
function parseTokens<T>(tokens: Tokens, position: number, production: (c: Cursor) => T, identifierText?: IdentifierText): T {
  try {
    return production(new Cursor(tokens, position, undefined, identifierText));
  } catch (failure) {
    if (!(failure instanceof SyntaxFailure)) throw failure;
  }
  const expected = new Map<number, Set<string>>();
  const cursor = new Cursor(tokens, position, expected, identifierText);
  try {
    return production(cursor);
  } catch (failure) {
    if (!(failure instanceof SyntaxFailure)) throw failure;
    throw syntaxError(tokens, failure, expected, cursor.implicitAlias);
  }
}

function emptyStatement(text: string): SparrowError {
  return new SparrowError("PARSE_EMPTY_STATEMENT", "42617", "Syntax error, unexpected empty statement.", {}, { span: { start: 0, end: text.length } });
}

/** Token positions of the statements, `last` being the semicolon or the end. */
function statementRanges(tokens: Tokens): { first: number; last: number; span: Span }[] {
  const ranges = [];
  let first = 0;
  for (let i = 0; i < tokens.count; i++) {
    if (tokens.words[i] !== ";" && tokens.kinds[i] !== "end") continue;
    if (i > first) ranges.push({ first, last: i, span: { start: tokens.starts[first], end: tokens.ends[i - 1] } });
    first = i + 1;
  }
  return ranges;
}
