import { SparrowError } from "../catalog/errors.ts";

/** What a token is; `end` is one token after the last. */
export type TokenKind = "word" | "quoted" | "string" | "number" | "symbol" | "end";

/**
 * The tokens of a text, as parallel arrays: a statement of 10 MB has millions of them, and an object each would cost ten times the memory.
 * Comments and white space are left out. Spans are UTF-16 offsets.
 */
export interface Tokens {
  readonly text: string;
  readonly count: number;
  readonly kinds: readonly TokenKind[];
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Upper case for an unquoted word, the symbol itself for a symbol, empty for anything else: what the grammar compares with. */
  readonly words: readonly string[];
}

export interface LexerOptions {
  /** `"a"` is an identifier and not a string. Spark's `spark.sql.ansi.doubleQuotedIdentifiers`. */
  readonly doubleQuotedIdentifiers?: boolean;
  /** A backslash in a string is just that: standard SQL. */
  readonly plainBackslashes?: boolean;
  /** `#` begins a comment too: MySQL and BigQuery. */
  readonly hashComments?: boolean;
}

const DIGIT = 1;
const LETTER = 2;
const SPACE = 4;

const CLASSES = new Uint8Array(128);
for (let c = 48; c <= 57; c++) CLASSES[c] = DIGIT;
for (let c = 65; c <= 90; c++) CLASSES[c] = LETTER;
for (let c = 97; c <= 122; c++) CLASSES[c] = LETTER;
CLASSES[95] = LETTER;
for (const c of [9, 10, 11, 12, 13, 32]) CLASSES[c] = SPACE;

const UNICODE_LETTER = /^[\p{L}\p{M}\p{Nd}]$/u;
const UNICODE_SPACE = /^[\s\u00ad\ufeff\u200b]$/u;

/** Longest first. `>>` and `>>>` are left in pieces, for `array<array<int>>` closes twice; the expression parser puts adjacent ones together. */
const SYMBOLS = ["<=>", "!=", "<>", "<=", ">=", "<<", "==", "||", "|>", "->", "=>", "::", ":=", "*/"];
const SYMBOLS_BY_FIRST = new Map<string, string[]>();
for (const symbol of SYMBOLS) SYMBOLS_BY_FIRST.set(symbol[0], [...(SYMBOLS_BY_FIRST.get(symbol[0]) ?? []), symbol]);

/** The largest text that offsets are kept for. */
const MAX_TEXT_LENGTH = 0x7fff_ffff;

/**
 * Splits SQL text into tokens, in one pass. Throws PARSE_SYNTAX_ERROR for a quote that is never closed and UNCLOSED_BRACKETED_COMMENT for a
 * comment; a character that means nothing becomes a symbol, for the parser to refuse where it stands.
 * Source: the lexical rules of Spark's SQL reference (literals, identifiers, comments).
 */
export function tokenize(text: string, options: LexerOptions = {}): Tokens {
  return new Lexer(text, options).run();
}

class Lexer {
  private readonly text: string;
  private at = 0;
  private readonly kinds: TokenKind[] = [];
  private starts: Uint32Array;
  private ends: Uint32Array;
  private readonly words: string[] = [];

  private readonly options: LexerOptions;

  constructor(text: string, options: LexerOptions) {
    this.options = options;
    if (text.length > MAX_TEXT_LENGTH) throw new SparrowError("PARSE_SYNTAX_ERROR", "42601", `The statement is too long: ${text.length} characters`);
    this.text = text;
    this.starts = new Uint32Array(Math.max(64, text.length >> 2));
    this.ends = new Uint32Array(this.starts.length);
  }

  run(): Tokens {
    const text = this.text;
    for (;;) {
      this.skipSpace();
      if (this.at >= text.length) break;
      this.token();
    }
    this.push("end", text.length, "");
    return { text, count: this.kinds.length, kinds: this.kinds, starts: this.starts, ends: this.ends, words: this.words };
  }

  private push(kind: TokenKind, start: number, word: string): void {
    const index = this.kinds.length;
    if (index === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
    }
    this.kinds.push(kind);
    this.words.push(word);
    this.starts[index] = start;
    this.ends[index] = this.at;
  }

  private skipSpace(): void {
    const text = this.text;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code < 128 ? CLASSES[code] === SPACE || code < 32 : UNICODE_SPACE.test(text[this.at])) this.at++;
      else if (code === 45 && text.charCodeAt(this.at + 1) === 45) this.skipLineComment();
      else if (code === 35 && this.options.hashComments === true) this.skipLineComment();
      else if (code === 47 && text.charCodeAt(this.at + 1) === 42 && text.charCodeAt(this.at + 2) !== 43) this.skipBracketedComment();
      else return;
    }
  }

  /** A backslash before the line's end carries the comment on. */
  private skipLineComment(): void {
    const text = this.text;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === 13 || (code === 10 && text.charCodeAt(this.at - 1) !== 92)) return;
    }
  }

  /** Bracketed comments nest; what looks like a hint inside of one does not. */
  private skipBracketedComment(): void {
    const text = this.text;
    const start = this.at;
    let depth = 0;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      const next = text.charCodeAt(this.at + 1);
      if (code === 47 && next === 42 && text.charCodeAt(this.at + 2) !== 43) {
        depth++;
        this.at += 2;
      } else if (code === 42 && next === 47) {
        depth--;
        this.at += 2;
        if (depth === 0) return;
      } else this.at++;
    }
    throw new SparrowError("UNCLOSED_BRACKETED_COMMENT", "42601", "Found an unclosed bracketed comment. Please, append */ at the end of the comment.", {}, { span: { start, end: start + 2 } });
  }

  private token(): void {
    const text = this.text;
    const start = this.at;
    const code = text.charCodeAt(start);
    const next = text.charCodeAt(start + 1);
    if (code === 96 || (code === 34 && this.options.doubleQuotedIdentifiers === true)) this.quotedIdentifier(start);
    else if (code === 39 || code === 34) this.quotedString(start, start, false);
    else if ((code === 114 || code === 82) && (next === 39 || next === 34)) this.quotedString(start, start + 1, true);
    else if (isDigit(code) || (code === 46 && isDigit(next))) this.number(start);
    else if (isWordStart(text, start)) this.word(start);
    else if (text.startsWith("/*+", start)) this.symbol(start, "/*+");
    else {
      const long = SYMBOLS_BY_FIRST.get(text[start])?.find((s) => text.startsWith(s, start));
      const single = code >= 0xd800 && code < 0xdc00 ? text.slice(start, start + 2) : text[start];
      this.symbol(start, long ?? single);
    }
  }

  private symbol(start: number, symbol: string): void {
    this.at = start + symbol.length;
    this.push("symbol", start, symbol);
  }

  private word(start: number): void {
    this.at = wordEnd(this.text, start);
    this.push("word", start, this.text.slice(start, this.at).toUpperCase());
  }

  private quotedString(start: number, open: number, raw: boolean): void {
    const text = this.text;
    const quote = text.charCodeAt(open);
    let i = open + 1;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 92 && !raw && this.options.plainBackslashes !== true) i++;
      else if (code === quote) {
        if (raw || text.charCodeAt(i + 1) !== quote) break;
        i++;
      }
    }
    if (i >= text.length) throw unterminated(start, `string: its closing ${text[open]} is missing`);
    this.at = i + 1;
    this.push("string", start, "");
  }

  private quotedIdentifier(start: number): void {
    const text = this.text;
    const quote = text[start];
    let i = start + 1;
    for (;;) {
      i = text.indexOf(quote, i);
      if (i < 0) throw unterminated(start, `quoted identifier: its closing ${quote} is missing`);
      if (text[i + 1] !== quote) break;
      i += 2;
    }
    this.at = i + 1;
    this.push("quoted", start, "");
  }

  /** A number, or a word that starts with digits (`1a`): whichever is longer. `1.a` is 1, a point, and a name. */
  private number(start: number): void {
    const text = this.text;
    let i = start;
    while (isDigit(text.charCodeAt(i))) i++;
    const integerEnd = i;
    if (text.charCodeAt(i) === 46) {
      i++;
      while (isDigit(text.charCodeAt(i))) i++;
    }
    const pointed = i > integerEnd;
    i = exponentEnd(text, i);
    const end = suffixEnd(text, i, !pointed && i === integerEnd);
    if (!isWordPart(text, end)) {
      this.at = end;
      this.push("number", start, "");
      return;
    }
    if (!pointed) return this.word(start);
    if (integerEnd === start) return this.symbol(start, ".");
    this.at = integerEnd;
    this.push("number", start, "");
  }
}

function grown(array: Uint32Array): Uint32Array {
  const bigger = new Uint32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}

function unterminated(start: number, what: string): SparrowError {
  return new SparrowError("PARSE_SYNTAX_ERROR", "42601", `Syntax error: unterminated ${what}`, { error: "unterminated literal", hint: "" }, { span: { start, end: start + 1 } });
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 ? CLASSES[code] === LETTER : UNICODE_LETTER.test(String.fromCodePoint(text.codePointAt(at)!));
}

function isWordPart(text: string, at: number): boolean {
  if (at >= text.length) return false;
  return isDigit(text.charCodeAt(at)) || isWordStart(text, at);
}

function wordEnd(text: string, start: number): number {
  let i = start;
  while (isWordPart(text, i)) i += text.codePointAt(i)! > 0xffff ? 2 : 1;
  return i;
}

/** `at` itself when no exponent with digits stands there. */
function exponentEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code !== 101 && code !== 69) return at;
  const sign = text.charCodeAt(at + 1);
  let i = at + (sign === 43 || sign === 45 ? 2 : 1);
  const digits = i;
  while (isDigit(text.charCodeAt(i))) i++;
  return i === digits ? at : i;
}

const ANY_NUMBER_SUFFIX = /[FfDd]|[Bb][Dd]/y;
const INTEGER_SUFFIX = /[LlSsYyFfDd]|[Bb][Dd]/y;

function suffixEnd(text: string, at: number, integer: boolean): number {
  const suffix = integer ? INTEGER_SUFFIX : ANY_NUMBER_SUFFIX;
  suffix.lastIndex = at;
  return suffix.test(text) ? suffix.lastIndex : at;
}
