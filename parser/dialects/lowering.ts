import type { Span } from "../../catalog/errors.ts";
import type { Identifier, QualifiedName } from "../ast.ts";
import { Cursor } from "../cursor.ts";
import { tokenize } from "../lexer.ts";
import { stringValue } from "../string-literals.ts";
import type { Dialect } from "./dialect.ts";
import { unsupportedConstruct } from "./refusals.ts";

/** Escapes that mean the same in every dialect that has escapes at all. */
const COMMON_ESCAPES = /^(?:[^\\]|\\[\\'"nrtb%_])*$/s;

/**
 * A walk over a foreign tree and the tokens of its source at once. The tree says what is there, the tokens prove it: every token must be
 * accounted for in its order, so nothing that the tree has lost, moved or taken for something else goes by unseen. Names and literals
 * are taken from the tokens alone.
 */
export class Lowering {
  readonly dialect: Dialect;
  readonly c: Cursor;

  constructor(text: string, dialect: Dialect) {
    this.dialect = dialect;
    this.c = new Cursor(tokenize(text, dialect.lexer));
  }

  /** Refuses the statement, naming the construct; at the current token where no span is given. */
  refuse(construct: string, span?: Span): never {
    throw unsupportedConstruct(this.dialect.name, construct, span ?? { start: this.c.start, end: this.c.start + this.c.text.length });
  }

  /** The tree and the tokens say different things here. */
  disagree(): never {
    return this.refuse(this.c.kind === "end" ? "the statement's end is not read reliably" : `the part at ${this.c.text} is not read reliably`);
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.c.accept(word)) this.disagree();
  }

  identifier(): Identifier {
    if (!this.c.isIdentifier()) this.disagree();
    return this.c.bareIdentifier("a name");
  }

  /** `a.b.c`; BigQuery quotes whole paths, whose points separate all the same. */
  qualifiedName(): QualifiedName {
    const start = this.c.start;
    const parts: Identifier[] = [];
    do {
      const part = this.identifier();
      if (part.quoted && this.dialect.name === "bigquery" && part.name.includes(".")) parts.push(...part.name.split(".").map((name) => ({ ...part, name })));
      else parts.push(part);
    } while (this.c.accept("."));
    return { parts, span: this.c.spanFrom(start) };
  }

  /** The value of the string that stands here, read as the dialect reads it. */
  string(): string {
    const { c } = this;
    if (c.kind !== "string") this.disagree();
    const token = c.text;
    if (/^r/i.test(token) && this.dialect.name !== "bigquery") this.refuse(`the string ${token}`);
    if (this.dialect.lexer.plainBackslashes === true) {
      c.advance();
      return token.slice(1, -1).replaceAll(token[0] + token[0], token[0]);
    }
    if (!/^r/i.test(token) && !COMMON_ESCAPES.test(token)) this.refuse(`the escape in the string ${token}`);
    c.advance();
    return stringValue(token);
  }

  /** Checks that the tree has the same name as the tokens, but for case and quotes. */
  same(name: string | undefined, found: string): void {
    const bare = (text: string): string => text.replace(/^["`[]|["`\]]$/g, "").toLowerCase();
    if (name !== undefined && bare(name) !== bare(found)) this.disagree();
  }
}
