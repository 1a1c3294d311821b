import type { FieldSpans } from "./field-spans.ts";
import { SPAN } from "./field-spans.ts";

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const MAX_DEPTH = 1000;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A column's key and where its fields go. */
export interface JsonColumn {
  readonly name: string;
  readonly spans: FieldSpans;
}

/**
 * Finds the values of wanted keys in JSON objects, one object a line, or (`lines` false) one after the other, or in an array, anywhere in the text. Other values are
 * passed over, and what lies inside of values is not looked at but for strings and brackets.
 */
export class JsonTokenizer {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #lines: boolean;
  readonly #columns: readonly JsonColumn[];
  readonly #keys: readonly Uint8Array[];
  #inArray = false;

  constructor(bytes: Uint8Array, from: number, to: number, lines: boolean, columns: readonly JsonColumn[]) {
    this.#bytes = bytes;
    this.position = from;
    this.#end = to;
    this.#lines = lines;
    this.#columns = columns;
    this.#keys = columns.map((column) => ENCODER.encode(column.name));
  }

  /** Reads up to `maxRows` objects; `malformed[row]` becomes 1 for what is none, and its fields are missing. Returns the number of rows. */
  rows(maxRows: number, starts: Int32Array, ends: Int32Array, malformed: Uint8Array): number {
    let row = 0;
    while (row < maxRows && this.#toRow()) {
      for (const { spans } of this.#columns) spans.set(row, 0, 0, SPAN.missing);
      const bound = this.#lines ? this.#lineEnd(this.position) : this.#end;
      starts[row] = this.position;
      const stop = this.#object(this.position, bound, row);
      malformed[row] = stop < 0 ? 1 : 0;
      if (stop < 0) for (const { spans } of this.#columns) spans.set(row, 0, 0, SPAN.missing);
      ends[row] = stop < 0 ? bound : stop;
      this.position = stop < 0 ? bound : stop;
      // In a line of its own nothing may follow the object, but an array's next element.
      if (this.#lines && stop >= 0 && !this.#inArray && this.#space(stop, bound) < bound) {
        malformed[row] = 1;
        for (const { spans } of this.#columns) spans.set(row, 0, 0, SPAN.missing);
        ends[row] = bound;
        this.position = bound;
      }
      row++;
    }
    return row;
  }

  /** To the next value: over white space, and over an outer array's brackets and commas. */
  #toRow(): boolean {
    for (;;) {
      this.position = this.#space(this.position, this.#end);
      if (this.position >= this.#end) return false;
      const byte = this.#bytes[this.position];
      if (byte === OPEN_BRACKET && !this.#inArray) this.#inArray = true;
      else if (byte === CLOSE_BRACKET && this.#inArray) this.#inArray = false;
      else if (byte !== COMMA || !this.#inArray) return true;
      this.position++;
    }
  }

  #lineEnd(from: number): number {
    const newline = this.#bytes.indexOf(NEWLINE, from);
    const end = newline < 0 || newline > this.#end ? this.#end : newline;
    return this.#bytes[end - 1] === 13 ? end - 1 : end;
  }

  #space(from: number, end: number): number {
    let at = from;
    while (at < end && this.#bytes[at] <= SPACE) at++;
    return at;
  }

  /** The end of the object that begins at `from`; -1 when it is none. */
  #object(from: number, end: number, row: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_BRACE) return -1;
    let at = this.#space(from + 1, end);
    if (bytes[at] === CLOSE_BRACE && at < end) return at + 1;
    let expected = 0;
    while (at < end && bytes[at] === QUOTE) {
      const keyEnd = this.#string(at, end);
      if (keyEnd < 0) return -1;
      const column = this.#column(at + 1, keyEnd - 1, expected);
      at = this.#space(keyEnd, end);
      if (at >= end || bytes[at] !== COLON) return -1;
      at = this.#space(at + 1, end);
      const valueEnd = this.#value(at, end);
      if (valueEnd < 0) return -1;
      if (column >= 0) {
        this.#keep(this.#columns[column].spans, row, at, valueEnd);
        expected = column + 1;
      }
      at = this.#space(valueEnd, end);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = this.#space(at + 1, end);
    }
    return -1;
  }

  #keep(spans: FieldSpans, row: number, start: number, end: number): void {
    const bytes = this.#bytes;
    switch (bytes[start]) {
      case QUOTE:
        spans.set(row, start + 1, end - 1, hasEscape(bytes, start, end) ? SPAN.escaped : SPAN.quoted);
        return;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        spans.set(row, start, end, SPAN.nested);
        return;
      default:
        if (end - start === 4 && bytes[start] === 110) spans.set(row, 0, 0, SPAN.missing);
        else spans.set(row, start, end, SPAN.plain);
    }
  }

  /** The wanted column of a key, -1 when it is not wanted. Objects mostly have their keys in one order, so the next column is tried first. */
  #column(start: number, end: number, expected: number): number {
    const count = this.#keys.length;
    for (let i = 0; i < count; i++) {
      const column = expected + i < count ? expected + i : expected + i - count;
      if (this.#isKey(this.#keys[column], start, end)) return column;
    }
    if (!hasEscape(this.#bytes, start, end)) return -1;
    const key = new Uint8Array(end - start);
    const name = DECODER.decode(key.subarray(0, unescapeJson(this.#bytes, start, end, key, 0)));
    return this.#columns.findIndex((column) => column.name === name);
  }

  #isKey(key: Uint8Array, start: number, end: number): boolean {
    if (key.length !== end - start) return false;
    for (let i = 0; i < key.length; i++) if (this.#bytes[start + i] !== key[i]) return false;
    return true;
  }

  /** Behind the string whose opening quote is at `from`; -1 when it does not end. */
  #string(from: number, end: number): number {
    const bytes = this.#bytes;
    for (let at = from + 1; at < end; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) return at + 1;
    }
    return -1;
  }

  /** Behind the value at `from`; -1 when there is none. */
  #value(from: number, end: number): number {
    const bytes = this.#bytes;
    const first = bytes[from];
    if (from >= end) return -1;
    if (first === QUOTE) return this.#string(from, end);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.#nested(from, end);
    let at = from;
    while (at < end && isWordByte(bytes[at])) at++;
    return isLiteral(bytes, from, at) ? at : -1;
  }

  #nested(from: number, end: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (let at = from; at < end; at++) {
      switch (bytes[at]) {
        case QUOTE:
          at = this.#string(at, end) - 1;
          if (at < 0) return -1;
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          if (++depth > MAX_DEPTH) return -1;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          if (--depth === 0) return at + 1;
          break;
        default:
          break;
      }
    }
    return -1;
  }
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 43 || byte === 45 || byte === 46;
}

/** A number, true, false or null. */
function isLiteral(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === 45 || (first >= 48 && first <= 57)) {
    for (let at = start; at < end; at++) if (bytes[at] >= 58 && bytes[at] !== 69 && bytes[at] !== 101) return false;
    return end > start + (first === 45 ? 1 : 0);
  }
  const word = DECODER.decode(bytes.subarray(start, Math.min(end, start + 10)));
  return word === "true" || word === "false" || word === "null" || word === "NaN" || word === "Infinity" || word === "-Infinity";
}

const ESCAPES: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };

/** The value of a string's text, into `target` at `to`; returns its end. */
export function unescapeJson(source: Uint8Array, start: number, end: number, target: Uint8Array, to: number): number {
  let out = to;
  for (let at = start; at < end; at++) {
    if (source[at] !== BACKSLASH) {
      target[out++] = source[at];
      continue;
    }
    const code = source[++at];
    if (code !== 117) {
      target[out++] = ESCAPES[code] ?? code;
      continue;
    }
    let unit = codeUnit(source, at + 1);
    at += 4;
    const paired = unit >= 0xd800 && unit < 0xdc00 && source[at + 1] === BACKSLASH && source[at + 2] === 117;
    if (paired) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + (codeUnit(source, at + 3) - 0xdc00);
      at += 6;
    }
    const bytes = ENCODER.encode(String.fromCodePoint(Number.isNaN(unit) ? 0xfffd : unit));
    for (const byte of bytes) target[out++] = byte;
  }
  return out;
}

function codeUnit(source: Uint8Array, at: number): number {
  return Number.parseInt(DECODER.decode(source.subarray(at, at + 4)), 16);
}

/** A nested value's text without white space outside of strings. */
export function compactJson(source: Uint8Array, start: number, end: number, target: Uint8Array, to: number): number {
  let out = to;
  let inString = false;
  for (let at = start; at < end; at++) {
    const byte = source[at];
    if (!inString && byte <= SPACE) continue;
    if (byte === QUOTE) inString = !inString;
    target[out++] = byte;
    if (inString && byte === BACKSLASH) target[out++] = source[++at];
  }
  return out;
}
