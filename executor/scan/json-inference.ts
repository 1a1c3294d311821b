import type { DataType, StructField } from "../../catalog/types.ts";
import { BOOLEAN, DOUBLE, LONG, NULL, STRING, decimal } from "../../catalog/types.ts";
import type { JsonOptions } from "./json-options.ts";
import { JsonTokenizer } from "./json-tokenizer.ts";
import type { TextLines } from "./text-file.ts";

const SAMPLE_ROWS = 1024;

/** A type while it is being found: struct fields are told by their names. */
type Found =
  | { readonly kind: "type"; readonly type: DataType }
  | { readonly kind: "struct"; readonly fields: Map<string, Found> }
  | { readonly kind: "array"; element: Found };

const NOTHING: Found = { kind: "type", type: NULL };
const TEXT: Found = { kind: "type", type: STRING };

/**
 * The columns of JSON objects: all keys met, in the order of their names; malformed rows add the column that takes them. Source: Spark's JsonInferSchema.
 */
export class JsonInference {
  readonly #options: JsonOptions;
  #found: Found = { kind: "struct", fields: new Map() };
  #malformed = false;
  #sampled = 0;

  constructor(options: JsonOptions) {
    this.#options = options;
  }

  add(lines: TextLines): void {
    const tokenizer = new JsonTokenizer(lines.bytes, lines.from, lines.to, !this.#options.multiLine, []);
    const starts = new Int32Array(SAMPLE_ROWS);
    const ends = new Int32Array(SAMPLE_ROWS);
    const malformed = new Uint8Array(SAMPLE_ROWS);
    for (let rows = tokenizer.rows(SAMPLE_ROWS, starts, ends, malformed); rows > 0; rows = tokenizer.rows(SAMPLE_ROWS, starts, ends, malformed)) {
      for (let row = 0; row < rows; row++) {
        this.#sampled += this.#options.samplingRatio;
        if (this.#sampled < 1) continue;
        this.#sampled -= 1;
        const found = malformed[row] === 0 ? new TypeReader(new TextDecoder().decode(lines.bytes.subarray(starts[row], ends[row])), this.#options).value() : undefined;
        if (found === undefined) this.#malformed = true;
        else this.#found = merged(this.#found, found);
      }
    }
  }

  fields(): StructField[] {
    const type = settled(this.#found);
    const fields = type?.kind === "struct" ? [...type.fields] : [];
    if (!this.#malformed || this.#options.mode !== "PERMISSIVE") return fields;
    return [...fields, { name: this.#options.values.corruptRecord, type: STRING, nullable: true }].sort(byName);
  }
}

const STRING_LITERAL = /"(?:[^"\\]|\\.)*"/sy;
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
const MAX_DEPTH = 500;

/** Reads the type of one JSON text. Numbers are told apart by how they are written: 1.0 is a double. */
class TypeReader {
  readonly #text: string;
  readonly #options: JsonOptions;
  #at = 0;
  #depth = 0;

  constructor(text: string, options: JsonOptions) {
    this.#text = text;
    this.#options = options;
  }

  /** Undefined when the text is not well-formed. */
  value(): Found | undefined {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested("}", (found) => this.#member(found), { kind: "struct", fields: new Map() });
      case "[":
        return this.#nested("]", (found) => this.#element(found), { kind: "array", element: NOTHING });
      case '"':
        return this.#take(STRING_LITERAL) === undefined ? undefined : TEXT;
      default:
        return this.#literal();
    }
  }

  #space(): void {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at++;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #nested(close: string, part: (found: Found) => boolean, found: Found): Found | undefined {
    if (++this.#depth > MAX_DEPTH) return undefined;
    this.#at++;
    this.#space();
    for (let first = true; this.#text[this.#at] !== close; first = false) {
      if (!first && this.#text[this.#at++] !== ",") return undefined;
      if (!part(found)) return undefined;
      this.#space();
    }
    this.#at++;
    this.#depth--;
    return found;
  }

  #member(struct: Found): boolean {
    this.#space();
    const literal = this.#take(STRING_LITERAL);
    const key = literal === undefined ? undefined : stringOf(literal);
    this.#space();
    if (key === undefined || this.#text[this.#at++] !== ":") return false;
    const found = this.value();
    if (found === undefined || struct.kind !== "struct") return false;
    struct.fields.set(key, found);
    return true;
  }

  #element(array: Found): boolean {
    const found = this.value();
    if (found === undefined || array.kind !== "array") return false;
    array.element = merged(array.element, found);
    return true;
  }

  #literal(): Found | undefined {
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: "type", type: this.#options.primitivesAsString ? STRING : numberType(number) };
    const word = this.#take(WORD);
    if (word === undefined) return undefined;
    if (word === "null") return NOTHING;
    if (this.#options.primitivesAsString) return { kind: "type", type: STRING };
    return { kind: "type", type: word === "true" || word === "false" ? BOOLEAN : DOUBLE };
  }
}

/** The value of a string literal; undefined when it has an escape that JSON does not know. */
function stringOf(literal: string): string | undefined {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function numberType(text: string): DataType {
  if (/[.eE]/.test(text)) return DOUBLE;
  const integer = BigInt(text);
  if (integer === BigInt.asIntN(64, integer)) return LONG;
  const digits = text.replace("-", "").length;
  return digits <= 38 ? decimal(digits, 0) : DOUBLE;
}

function merged(a: Found, b: Found): Found {
  if (a.kind === "struct" && b.kind === "struct") {
    for (const [name, type] of b.fields) {
      const known = a.fields.get(name);
      a.fields.set(name, known === undefined ? type : merged(known, type));
    }
    return a;
  }
  if (a.kind === "array" && b.kind === "array") return { kind: "array", element: merged(a.element, b.element) };
  if (a.kind === "type" && a.type.kind === "null") return b;
  if (b.kind === "type" && b.type.kind === "null") return a;
  if (a.kind === "type" && b.kind === "type") return { kind: "type", type: commonType(a.type, b.type) };
  return { kind: "type", type: STRING };
}

function commonType(a: DataType, b: DataType): DataType {
  if (a.kind === "decimal" && b.kind === "decimal") return decimal(Math.max(a.precision, b.precision), 0);
  if (a.kind === b.kind) return a;
  const kinds = [a.kind, b.kind];
  if (kinds.every((kind) => kind === "long" || kind === "decimal" || kind === "double")) {
    if (kinds.includes("double")) return DOUBLE;
    return decimal(Math.max(a.kind === "decimal" ? a.precision : 20, b.kind === "decimal" ? b.precision : 20), 0);
  }
  return STRING;
}

/** Keys that were only ever null are strings; objects without keys are left out. */
function settled(found: Found): DataType | undefined {
  switch (found.kind) {
    case "type":
      return found.type.kind === "null" ? STRING : found.type;
    case "array": {
      const element = settled(found.element);
      return element === undefined ? undefined : { kind: "array", element, containsNull: true };
    }
    case "struct": {
      const fields = [...found.fields].flatMap(([name, inner]): StructField[] => {
        const type = settled(inner);
        return type === undefined ? [] : [{ name, type, nullable: true }];
      });
      return fields.length === 0 ? undefined : { kind: "struct", fields: fields.sort(byName) };
    }
  }
}

function byName(a: StructField, b: StructField): number {
  return a.name < b.name ? -1 : 1;
}
