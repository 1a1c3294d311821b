/**
 * JSON read into nodes that keep numbers as they were written and know where their text stands: what a parse to JavaScript values loses.
 * Tolerant as Spark's (Jackson) settings are: single-quoted strings and names, unescaped control characters are refused.
 */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly fields: readonly { readonly name: string; readonly value: JsonNode }[] }
);

const MAX_DEPTH = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANKS = /[ \t\r\n]*/y;

class JsonReader {
  private readonly text: string;
  private readonly quotes: string;
  at = 0;

  constructor(text: string, quotes: string) {
    this.text = text;
    this.quotes = quotes;
  }

  blanks(): void {
    BLANKS.lastIndex = this.at;
    BLANKS.exec(this.text);
    this.at = BLANKS.lastIndex;
  }

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new SyntaxError("JSON is nested too deeply");
    this.blanks();
    const start = this.at;
    const c = this.text[start];
    if (this.isQuote()) {
      const value = this.string();
      return { kind: "string", value, start, end: this.at };
    }
    switch (c) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case "t":
        return this.word("true", { kind: "boolean", value: true });
      case "f":
        return this.word("false", { kind: "boolean", value: false });
      case "n":
        return this.word("null", { kind: "null" });
    }
    NUMBER.lastIndex = start;
    const match = NUMBER.exec(this.text);
    if (match === null) throw new SyntaxError(`unexpected ${c ?? "end"} at ${start}`);
    this.at = NUMBER.lastIndex;
    return { kind: "number", text: match[0], start, end: this.at };
  }

  private word(word: string, node: { readonly kind: "null" } | { readonly kind: "boolean"; readonly value: boolean }): JsonNode {
    if (!this.text.startsWith(word, this.at)) throw new SyntaxError(`unexpected text at ${this.at}`);
    const start = this.at;
    this.at += word.length;
    return { ...node, start, end: this.at };
  }

  private isQuote(): boolean {
    return this.at < this.text.length && this.quotes.includes(this.text[this.at]);
  }

  private string(): string {
    const quote = this.text[this.at];
    let value = "";
    for (let i = this.at + 1; i < this.text.length; i++) {
      const c = this.text[i];
      if (c === quote) {
        this.at = i + 1;
        return value;
      }
      if (c < " ") throw new SyntaxError(`a control character stands in a string at ${i}`);
      if (c !== "\\") {
        value += c;
        continue;
      }
      const escaped = this.text[++i];
      const plain = ESCAPES[escaped];
      if (plain !== undefined) value += plain;
      else if (escaped === "u" && /^[0-9a-fA-F]{4}$/.test(this.text.slice(i + 1, i + 5))) {
        value += String.fromCharCode(Number.parseInt(this.text.slice(i + 1, i + 5), 16));
        i += 4;
      } else throw new SyntaxError(`unknown escape at ${i}`);
    }
    throw new SyntaxError("a string has no end");
  }

  private array(depth: number): JsonNode {
    const start = this.at++;
    const items: JsonNode[] = [];
    this.blanks();
    if (this.text[this.at] === "]") {
      this.at++;
      return { kind: "array", items, start, end: this.at };
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.blanks();
      const c = this.text[this.at++];
      if (c === "]") return { kind: "array", items, start, end: this.at };
      if (c !== ",") throw new SyntaxError(`expected , or ] at ${this.at - 1}`);
    }
  }

  private object(depth: number): JsonNode {
    const start = this.at++;
    const fields: { name: string; value: JsonNode }[] = [];
    this.blanks();
    if (this.text[this.at] === "}") {
      this.at++;
      return { kind: "object", fields, start, end: this.at };
    }
    for (;;) {
      this.blanks();
      if (!this.isQuote()) throw new SyntaxError(`expected a name at ${this.at}`);
      const name = this.string();
      this.blanks();
      if (this.text[this.at++] !== ":") throw new SyntaxError(`expected : at ${this.at - 1}`);
      fields.push({ name, value: this.value(depth + 1) });
      this.blanks();
      const c = this.text[this.at++];
      if (c === "}") return { kind: "object", fields, start, end: this.at };
      if (c !== ",") throw new SyntaxError(`expected , or } at ${this.at - 1}`);
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The JSON value that the text is, or undefined when it is none. What comes after it is passed over when `allowRest`; single quotes are refused when `strict`. */
export function parseJson(text: string, { allowRest = false, strict = false }: { readonly allowRest?: boolean; readonly strict?: boolean } = {}): JsonNode | undefined {
  const reader = new JsonReader(text, strict ? '"' : `"'`);
  try {
    const node = reader.value(0);
    reader.blanks();
    return allowRest || reader.at === text.length ? node : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A node as compact JSON. */
export function jsonText(node: JsonNode): string {
  switch (node.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(node.value);
    case "number":
      return node.text;
    case "string":
      return JSON.stringify(node.value);
    case "array":
      return `[${node.items.map(jsonText).join(",")}]`;
    case "object":
      return `{${node.fields.map((field) => `${JSON.stringify(field.name)}:${jsonText(field.value)}`).join(",")}}`;
  }
}

/** A scalar as its text, an array or object as JSON, null as NULL: what json_tuple and get_json_object give. */
export function jsonScalarText(node: JsonNode): string | null {
  if (node.kind === "null") return null;
  return node.kind === "string" ? node.value : jsonText(node);
}
