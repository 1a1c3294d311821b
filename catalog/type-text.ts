import { SparrowError } from "./errors.ts";
import type { DataType, DayTimeField, StructField, YearMonthField } from "./types.ts";
import { BINARY, BOOLEAN, BYTE, CALENDAR_INTERVAL, DATE, decimal, DOUBLE, FLOAT, INT, LONG, NULL, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, VARIANT } from "./types.ts";

/** Types written as text inside of values: the schema argument of `from_json`, options, table properties. Statements have the parser for theirs. */

const SIMPLE: ReadonlyMap<string, DataType> = new Map([
  ["boolean", BOOLEAN], ["tinyint", BYTE], ["byte", BYTE], ["smallint", SHORT], ["short", SHORT], ["int", INT], ["integer", INT], ["bigint", LONG], ["long", LONG],
  ["float", FLOAT], ["real", FLOAT], ["double", DOUBLE], ["date", DATE], ["timestamp", TIMESTAMP], ["timestamp_ltz", TIMESTAMP], ["timestamp_ntz", TIMESTAMP_NTZ],
  ["binary", BINARY], ["void", NULL], ["variant", VARIANT], ["string", STRING],
]);
const YEAR_MONTH: readonly string[] = ["year", "month"];
const DAY_TIME: readonly string[] = ["day", "hour", "minute", "second"];
const TOKEN = /\s*(?:`((?:[^`]|``)*)`|([A-Za-z0-9_]+)|'((?:[^'\\]|\\.)*)'|([<>(),:]))/y;
const MAX_DEPTH = 200;

interface Token {
  readonly text: string;
  readonly kind: "quoted" | "word" | "string" | "symbol" | "end";
}

class TypeReader {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  token: Token = { text: "", kind: "end" };

  constructor(text: string) {
    this.text = text;
    this.advance();
  }

  atEnd(): boolean {
    return this.token.kind === "end";
  }

  fail(): SparrowError {
    const error = this.token.kind === "end" ? "end of input" : `'${this.token.text}'`;
    return new SparrowError("PARSE_SYNTAX_ERROR", "42601", `Syntax error at or near ${error} in the type "${this.text}".`, { error, hint: "" });
  }

  advance(): Token {
    const previous = this.token;
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (match === null) {
      const rest = this.text.slice(this.at).trim();
      this.token = rest === "" ? { text: "", kind: "end" } : { text: rest[0], kind: "symbol" };
      if (rest !== "" && previous.kind !== "end") throw this.fail();
      return previous;
    }
    this.at = TOKEN.lastIndex;
    const [, quoted, word, literal, symbol] = match;
    this.token = quoted !== undefined ? { text: quoted.replaceAll("``", "`"), kind: "quoted" } : word !== undefined ? { text: word, kind: "word" } : literal !== undefined ? { text: literal, kind: "string" } : { text: symbol, kind: "symbol" };
    return previous;
  }

  takes(text: string): boolean {
    if (this.token.kind === "quoted" || this.token.kind === "string" || this.token.text.toLowerCase() !== text) return false;
    this.advance();
    return true;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.fail();
  }

  private number(): number {
    if (this.token.kind !== "word" || !/^\d+$/.test(this.token.text)) throw this.fail();
    return Number(this.advance().text);
  }

  type(): DataType {
    if (this.token.kind !== "word") throw this.fail();
    if (++this.depth > MAX_DEPTH) throw this.fail();
    const failure = this.fail();
    const name = this.advance().text.toLowerCase();
    const type = this.named(name, failure);
    this.depth--;
    return type;
  }

  private named(name: string, failure: SparrowError): DataType {
    switch (name) {
      case "array": {
        this.expect("<");
        const element = this.type();
        this.expect(">");
        return { kind: "array", element, containsNull: true };
      }
      case "map": {
        this.expect("<");
        const key = this.type();
        this.expect(",");
        const value = this.type();
        this.expect(">");
        return { kind: "map", key, value, valueContainsNull: true };
      }
      case "struct": {
        this.expect("<");
        if (this.takes(">")) return { kind: "struct", fields: [] };
        const fields = this.fields();
        this.expect(">");
        return { kind: "struct", fields };
      }
      case "decimal":
      case "dec":
      case "numeric": {
        if (!this.takes("(")) return decimal(10, 0);
        const precision = this.number();
        const scale = this.takes(",") ? this.number() : 0;
        this.expect(")");
        return decimal(precision, scale);
      }
      case "char":
      case "character":
      case "varchar": {
        this.expect("(");
        const length = this.number();
        this.expect(")");
        return { kind: name === "varchar" ? "varchar" : "char", length };
      }
      case "time": {
        if (!this.takes("(")) return { kind: "time", precision: 6 };
        const precision = this.number();
        this.expect(")");
        return { kind: "time", precision };
      }
      case "interval": {
        const from = this.token.text.toLowerCase();
        if (!YEAR_MONTH.includes(from) && !DAY_TIME.includes(from)) return CALENDAR_INTERVAL;
        this.advance();
        const to = this.takes("to") ? this.advance().text.toLowerCase() : from;
        return YEAR_MONTH.includes(from) ? { kind: "interval_ym", from: from as YearMonthField, to: to as YearMonthField } : { kind: "interval_dt", from: from as DayTimeField, to: to as DayTimeField };
      }
    }
    const simple = SIMPLE.get(name);
    if (simple === undefined) throw failure;
    if (name === "string" && this.takes("collate")) return { kind: "string", collation: this.advance().text };
    return simple;
  }

  /** `a INT, b: STRING NOT NULL COMMENT '...'` */
  fields(): StructField[] {
    const fields: StructField[] = [];
    do {
      if (this.token.kind !== "word" && this.token.kind !== "quoted") throw this.fail();
      const name = this.advance().text;
      this.takes(":");
      const type = this.type();
      let nullable = true;
      if (this.takes("not")) {
        this.expect("null");
        nullable = false;
      }
      const comment = this.takes("comment") ? this.advance().text : undefined;
      fields.push({ name, type, nullable, ...(comment === undefined ? {} : { metadata: { comment } }) });
    } while (this.takes(","));
    return fields;
  }
}

/** A type (`array<int>`) or the fields of a struct (`a INT, b STRING`); raises PARSE_SYNTAX_ERROR. */
export function parseTypeText(text: string): DataType {
  const asType = new TypeReader(text);
  let failure: SparrowError;
  try {
    const type = asType.type();
    if (asType.atEnd()) return type;
    failure = asType.fail();
  } catch (error) {
    if (!(error instanceof SparrowError)) throw error;
    failure = error;
  }
  const asFields = new TypeReader(text);
  if (asFields.atEnd()) throw failure;
  const fields = asFields.fields();
  if (!asFields.atEnd()) throw asFields.fail();
  return { kind: "struct", fields };
}
