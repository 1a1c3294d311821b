import type { ColumnDefinition, Identifier, SourceText } from "./ast.ts";
import { isKeyConstraint, refuseKey } from "./create-table.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { acceptNotNull, parseDataType } from "./types.ts";

/** An expression with its text, for what is stored and read again later. */
export function parseSourceText(c: Cursor): SourceText {
  const start = c.start;
  const expr = parseExpression(c);
  return { text: c.sourceFrom(start), expr };
}

/** `name type [NOT NULL] [DEFAULT e] [GENERATED ...] [COMMENT '...']`, the options in any order. */
export function parseColumnDefinition(c: Cursor): ColumnDefinition {
  return parseColumnRest(c, c.plainIdentifier("a column name"));
}

/** What follows a column's name. `computed`: whether its values may be GENERATED. */
export function parseColumnRest(c: Cursor, name: Identifier, computed = true): ColumnDefinition {
  const start = name.span.start;
  const type = parseDataType(c);
  const options = parseColumnOptions(c, computed);
  return { name, type, nullable: true, ...options, span: c.spanFrom(start) };
}

type ColumnOptions = { -readonly [K in "nullable" | "comment" | "default" | "generated" | "identity"]?: ColumnDefinition[K] };

function parseColumnOptions(c: Cursor, computed: boolean): ColumnOptions {
  const options: ColumnOptions = {};
  for (;;) {
    const start = c.start;
    const once = (option: keyof ColumnOptions, name: string): void => {
      if (options[option] !== undefined) c.refuse("CREATE_TABLE_COLUMN_DESCRIPTOR_DUPLICATE", `Column option ${name} is given more than once.`, { optionName: name }, start, "42710");
    };
    if (acceptNotNull(c)) {
      once("nullable", "NOT NULL");
      options.nullable = false;
    } else if (c.word === "NULL") {
      c.advance();
    } else if (c.accept("DEFAULT")) {
      once("default", "DEFAULT");
      options.default = parseSourceText(c);
    } else if (c.accept("COMMENT")) {
      once("comment", "COMMENT");
      options.comment = c.string();
    } else if (computed && c.accept("GENERATED")) {
      once("generated", "GENERATED ALWAYS AS");
      once("identity", "GENERATED ... AS IDENTITY");
      parseGenerated(c, options);
    } else if (isKeyConstraint(c)) refuseKey(c);
    else return options;
  }
}

function parseGenerated(c: Cursor, options: ColumnOptions): void {
  const always = c.accept("ALWAYS");
  if (!always) c.expectPhrase("BY", "DEFAULT");
  c.expect("AS");
  if (c.accept("IDENTITY")) {
    options.identity = { always, ...identityOptions(c) };
    return;
  }
  if (!always) c.fail();
  c.expect("(");
  options.generated = parseSourceText(c);
  c.expect(")");
}

function identityOptions(c: Cursor): { start: bigint; step: bigint } {
  let start = 1n;
  let step = 1n;
  if (!c.accept("(")) return { start, step };
  while (!c.accept(")")) {
    if (c.acceptPhrase("START", "WITH")) start = signedInteger(c);
    else {
      c.expectPhrase("INCREMENT", "BY");
      step = signedInteger(c);
    }
    c.accept(",");
  }
  return { start, step };
}

function signedInteger(c: Cursor): bigint {
  const negative = c.accept("-");
  const value = c.integer();
  return negative ? -value : value;
}
