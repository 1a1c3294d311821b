import type { Span } from "../catalog/errors.ts";
import { SparrowError } from "../catalog/errors.ts";
import type { Identifier, QualifiedName } from "./ast.ts";
import { identifierClause, type IdentifierText } from "./identifier-clause.ts";
import type { TokenKind, Tokens } from "./lexer.ts";
import { quotedName, stringValue } from "./string-literals.ts";
import { MAX_NESTING, MAX_TERMS, SyntaxFailure } from "./syntax-error.ts";

/**
 * A place in the tokens, and the questions that the grammar asks there. Words are given in upper case, symbols as they are.
 * Every `is` and `accept` that says no can be recorded, so that an error knows what could have stood there.
 */
export class Cursor {
  readonly tokens: Tokens;
  position: number;
  /** Parameters `?` met so far. */
  parameters = 0;
  /** Height of the tallest expression finished since it was last set to 0; the expression parser's. */
  height = 0;
  /** Position of the last word that was taken for an alias without AS. */
  implicitAlias = -1;
  /** Whether a string may stand for a table: the files of COPY INTO. */
  pathsAreTables = false;
  /** Absent for texts that are read again later: views, defaults. */
  readonly identifierText: IdentifierText | undefined;
  private nesting = 0;
  private terms = 0;
  private readonly expected: Map<number, Set<string>> | undefined;

  constructor(tokens: Tokens, position = 0, expected?: Map<number, Set<string>>, identifierText?: IdentifierText) {
    this.tokens = tokens;
    this.position = position;
    this.expected = expected;
    this.identifierText = identifierText;
  }

  /** The current token as the grammar compares it; empty for quoted identifiers, strings, numbers and at the end. */
  get word(): string {
    return this.tokens.words[this.position];
  }

  get kind(): TokenKind {
    return this.tokens.kinds[this.position];
  }

  /** Start of the current token. */
  get start(): number {
    return this.tokens.starts[this.position];
  }

  /** End of the token before the current one. */
  get end(): number {
    return this.position === 0 ? 0 : this.tokens.ends[this.position - 1];
  }

  wordAt(offset: number): string {
    return this.tokens.words[Math.min(this.position + offset, this.tokens.count - 1)];
  }

  kindAt(offset: number): TokenKind {
    return this.tokens.kinds[Math.min(this.position + offset, this.tokens.count - 1)];
  }

  /** The current token's text as written. */
  get text(): string {
    return this.tokens.text.slice(this.start, this.tokens.ends[this.position]);
  }

  advance(): void {
    this.position++;
  }

  spanFrom(start: number): Span {
    return { start, end: this.end };
  }

  sourceFrom(start: number): string {
    return this.tokens.text.slice(start, this.end);
  }

  private note(expected: string): void {
    if (this.expected === undefined) return;
    const known = this.expected.get(this.position);
    if (known === undefined) this.expected.set(this.position, new Set([expected]));
    else known.add(expected);
  }

  is(word: string): boolean {
    if (this.word === word) return true;
    this.note(word);
    return false;
  }

  /** Whether these words stand here one after the other. */
  isPhrase(...words: readonly string[]): boolean {
    for (let i = 0; i < words.length; i++) {
      if (this.wordAt(i) !== words[i]) {
        this.note(words.join(" "));
        return false;
      }
    }
    return true;
  }

  accept(word: string): boolean {
    if (!this.is(word)) return false;
    this.position++;
    return true;
  }

  acceptPhrase(...words: readonly string[]): boolean {
    if (!this.isPhrase(...words)) return false;
    this.position += words.length;
    return true;
  }

  /** The first of the words that stands here, which is then passed. */
  acceptAny(...words: readonly string[]): string | undefined {
    for (const word of words) if (this.accept(word)) return word;
    return undefined;
  }

  expect(word: string): void {
    if (!this.accept(word)) this.fail();
  }

  expectPhrase(...words: readonly string[]): void {
    for (const word of words) this.expect(word);
  }

  expectAny(...words: readonly string[]): string {
    return this.acceptAny(...words) ?? this.fail();
  }

  expectEnd(): void {
    if (this.kind !== "end") this.fail();
  }

  /** The grammar does not go on here. */
  fail(wanted?: string): never {
    throw new SyntaxFailure(this.position, wanted);
  }

  /** An error of its own condition at the current token, or from `start` up to it. */
  refuse(condition: string, message: string, parameters: Record<string, string> = {}, start?: number, sqlState = "42601", hint?: string): never {
    const span = start === undefined ? { start: this.start, end: this.tokens.ends[this.position] } : { start, end: Math.max(start, this.end) };
    throw new SparrowError(condition, sqlState, message, parameters, { span, hint });
  }

  /** Goes one level deeper (`weight` levels, where a production needs more stack than an expression); every `enter` has its `leave`. */
  enter(weight = 1): void {
    this.nesting += weight;
    if (this.nesting > MAX_NESTING) this.refuseDepth();
  }

  leave(weight = 1): void {
    this.nesting -= weight;
  }

  /** Fails when a tree would become taller than what every later walk can take. */
  checkHeight(height: number): void {
    if (height > MAX_NESTING) this.refuseDepth();
  }

  /** So many more expressions that are no literals. Fails when the statement has more than every later step can take in seconds. */
  count(terms: number): void {
    this.terms += terms;
    if (this.terms > MAX_TERMS) this.refuse("STATEMENT_TOO_COMPLEX", `The statement is too complex: it has more than ${MAX_TERMS} expressions up to here, literals not counted. Put values into a list or a table, or split the statement`, { limit: String(MAX_TERMS) }, undefined, "54001");
  }

  private refuseDepth(): never {
    this.refuse("PARSE_SYNTAX_ERROR", `The statement nests deeper than ${MAX_NESTING} levels here: write it in smaller parts, for example with WITH or a temporary view`, { error: "nesting limit", hint: "" }, undefined, "42601");
  }

  // -------------------------------------------------------------- lists and names

  /** One or more, with commas between. */
  commaList<T>(item: (c: Cursor) => T): T[] {
    const items = [item(this)];
    while (this.accept(",")) items.push(item(this));
    return items;
  }

  /** `( item, ... )`, at least one. */
  parenthesizedList<T>(item: (c: Cursor) => T): T[] {
    this.expect("(");
    const items = this.commaList(item);
    this.expect(")");
    return items;
  }

  isIdentifier(): boolean {
    return this.kind === "word" || this.kind === "quoted";
  }

  isIdentifierAt(offset: number): boolean {
    const kind = this.kindAt(offset);
    return kind === "word" || kind === "quoted";
  }

  /** Any word can be a name where a name is asked for: Spark reserves none by default. `IDENTIFIER('name')` is the name in the string. */
  identifier(wanted = "an identifier"): Identifier {
    const start = this.start;
    const parts = this.nameParts(wanted);
    if (parts.length !== 1) this.refuse("IDENTIFIER_TOO_MANY_NAME_PARTS", `${this.sourceFrom(start)} is not a valid identifier as it has more than 1 name parts.`, { identifier: this.sourceFrom(start), limit: "1" }, start, "42601");
    return parts[0];
  }

  /** A word as it stands, where IDENTIFIER(...) has no place: hints, parameters. */
  bareIdentifier(wanted: string): Identifier {
    if (!this.isIdentifier()) this.fail(wanted);
    const quoted = this.kind === "quoted";
    const span = { start: this.start, end: this.tokens.ends[this.position] };
    const name = quoted ? quotedName(this.text) : this.text;
    this.position++;
    return { name, quoted, span };
  }

  /** One identifier, or the parts of the name that `IDENTIFIER('a.b')` holds. */
  nameParts(wanted = "an identifier"): Identifier[] {
    if (this.word === "IDENTIFIER" && this.wordAt(1) === "(" && this.wordAt(2) !== ")") return identifierClause(this);
    return [this.bareIdentifier(wanted)];
  }

  /** An identifier where no expression could stand: `a-b` there is a name that lacks its backquotes. */
  plainIdentifier(wanted?: string): Identifier {
    const first = this.identifier(wanted);
    if (this.word === "-" && this.isIdentifierAt(1)) this.refuseHyphen(first);
    return first;
  }

  private refuseHyphen(first: Identifier): never {
    while (this.word === "-" && this.isIdentifierAt(1)) this.position += 2;
    const name = this.sourceFrom(first.span.start);
    this.refuse("INVALID_IDENTIFIER", `The unquoted identifier ${name} is invalid and must be back quoted as: \`${name}\`. Unquoted identifiers can only contain ASCII letters ('a' - 'z', 'A' - 'Z'), digits ('0' - '9'), and underbar ('_').`, { ident: name }, first.span.start, "42602");
  }

  qualifiedName(wanted?: string): QualifiedName {
    const parts: Identifier[] = [];
    do {
      parts.push(...this.nameParts(wanted));
      if (this.word === "-" && this.isIdentifierAt(1)) this.refuseHyphen(parts[parts.length - 1]);
    } while (this.accept("."));
    return { parts, span: { start: parts[0].span.start, end: this.end } };
  }

  /** A string, adjacent ones put together. */
  string(wanted = "a string"): string {
    if (this.kind !== "string") this.fail(wanted);
    let value = "";
    while (this.kind === "string") {
      value += stringValue(this.text);
      this.position++;
    }
    return value;
  }

  /** An integer without suffix. */
  integer(wanted = "an integer"): bigint {
    if (this.kind !== "number" || !/^\d+$/.test(this.text)) this.fail(wanted);
    const value = BigInt(this.text);
    this.position++;
    return value;
  }
}
