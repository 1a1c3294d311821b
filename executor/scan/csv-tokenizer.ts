import type { CsvOptions } from "./csv-options.ts";
import type { FieldSpans, SpanKind } from "./field-spans.ts";
import { SPAN } from "./field-spans.ts";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

/**
 * Cuts CSV text into fields, as Spark's parser (univocity) does: a quote inside of a quoted value that no separator follows makes the whole value, quotes and all,
 * a plain one up to the next separator. Makes no objects per row.
 */
export class CsvTokenizer {
  /** Where the next row begins. */
  position: number;
  #bytes: Uint8Array;
  readonly #end: number;
  readonly #options: CsvOptions;
  readonly #separator: number;
  /** Span of the field read last. */
  #start = 0;
  #stop = 0;
  #kind: SpanKind = SPAN.plain;
  #more = false;

  constructor(bytes: Uint8Array, from: number, to: number, options: CsvOptions) {
    this.#bytes = bytes;
    this.position = from;
    this.#end = to;
    this.#options = options;
    [this.#separator] = options.separator;
  }

  /**
   * Reads up to `maxRows` rows. `wanted[i]` is where the spans of the file's column i go, if anywhere; `fields[row]` becomes the row's number of fields,
   * `rowStarts[row]` and `rowEnds[row]` where it begins and ends. Returns the number of rows.
   */
  rows(maxRows: number, wanted: readonly (FieldSpans | undefined)[], fields: Int32Array, rowStarts: Int32Array, rowEnds: Int32Array): number {
    let row = 0;
    while (row < maxRows && this.#toRow()) {
      rowStarts[row] = this.position;
      let column = 0;
      let more = true;
      while (more) {
        more = this.#field();
        if (column < wanted.length) wanted[column]?.set(row, this.#start, this.#stop, this.#kind);
        column++;
      }
      fields[row] = column;
      rowEnds[row] = this.#trimmed(this.position);
      for (; column < wanted.length; column++) wanted[column]?.set(row, 0, 0, SPAN.missing);
      row++;
    }
    return row;
  }

  #trimmed(end: number): number {
    let at = end;
    if (this.#bytes[at - 1] === NEWLINE) at--;
    return this.#bytes[at - 1] === RETURN ? at - 1 : at;
  }

  /** No row follows, and the text is let go. */
  stop(): void {
    this.position = this.#end;
    this.#bytes = new Uint8Array(0);
  }

  /** Skips lines that are blank or comments; false at the end. */
  #toRow(): boolean {
    const bytes = this.#bytes;
    const { comment } = this.#options;
    while (this.position < this.#end) {
      const first = bytes[this.position];
      if (first > SPACE && first !== comment) return true;
      let at = this.position;
      if (first !== comment) while (at < this.#end && bytes[at] <= SPACE && bytes[at] !== NEWLINE && bytes[at] !== this.#separator) at++;
      if (first !== comment && at < this.#end && bytes[at] !== NEWLINE) return true;
      const newline = bytes.indexOf(NEWLINE, at);
      this.position = newline < 0 || newline >= this.#end ? this.#end : newline + 1;
    }
    return false;
  }

  /** Reads one field and the separator or line end behind it; true when another field follows in the row. */
  #field(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.position;
    const first = bytes[at];
    if (first === this.#options.quote && at < end) return this.#quoted();
    if (this.#options.trimLeft) while (at < end && (bytes[at] === SPACE || bytes[at] === TAB) && bytes[at] !== this.#separator) at++;
    if (at > this.position && bytes[at] === this.#options.quote && at < end) {
      this.position = at;
      return this.#quoted();
    }
    return this.#plain(at, at);
  }

  /** A plain field that began at `start`, from `at` on. */
  #plain(start: number, from: number): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    const separator = this.#separator;
    const simple = this.#options.separator.length === 1;
    let at = from;
    while (at < end) {
      const byte = bytes[at];
      if (byte === NEWLINE) break;
      if (byte === separator && (simple || this.#isSeparator(at))) {
        this.position = at + this.#options.separator.length;
        this.#keep(start, at, SPAN.plain);
        return true;
      }
      at++;
    }
    this.position = at < end ? at + 1 : end;
    this.#keep(start, at > start && bytes[at - 1] === RETURN ? at - 1 : at, SPAN.plain);
    return false;
  }

  #keep(start: number, end: number, kind: SpanKind): void {
    let stop = end;
    if (kind === SPAN.plain && this.#options.trimRight) while (stop > start && this.#bytes[stop - 1] <= SPACE) stop--;
    this.#start = start;
    this.#stop = stop;
    this.#kind = kind === SPAN.plain && stop === start ? SPAN.missing : kind;
  }

  #quoted(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    const { quote, escape, multiLine } = this.#options;
    const opening = this.position;
    let kind: SpanKind = SPAN.quoted;
    let at = opening + 1;
    while (at < end) {
      const byte = bytes[at];
      if (byte === escape && escape !== quote && (bytes[at + 1] === quote || bytes[at + 1] === escape)) {
        kind = SPAN.escaped;
        at += 2;
      } else if (byte === quote) {
        if (escape === quote && bytes[at + 1] === quote) {
          kind = SPAN.escaped;
          at += 2;
          continue;
        }
        // Of several quotes in a row the last one closes.
        let last = at;
        while (bytes[last + 1] === quote) last++;
        return this.#closes(last + 1, opening + 1, last, kind) ? this.#more : this.#plain(opening, at);
      } else if (byte === NEWLINE && !multiLine) break;
      else at++;
    }
    // The quote is never closed: the value goes to the end of its line, or of the text.
    const stop = at > opening + 1 && at <= end && bytes[at - 1] === RETURN ? at - 1 : Math.min(at, end);
    this.position = at < end ? at + 1 : end;
    this.#keep(opening + 1, stop, kind);
    return false;
  }

  /** Whether a quoted value ends before `after`: white space, then a separator or the line's end. Then it is kept, and `#more` says which of both. */
  #closes(after: number, start: number, stop: number, kind: SpanKind): boolean {
    const bytes = this.#bytes;
    let at = after;
    while (at < this.#end && bytes[at] <= SPACE && bytes[at] !== NEWLINE && bytes[at] !== this.#separator) at++;
    if (at >= this.#end || bytes[at] === NEWLINE) {
      this.position = Math.min(this.#end, at + 1);
      this.#more = false;
    } else if (this.#isSeparator(at)) {
      this.position = at + this.#options.separator.length;
      this.#more = true;
    } else return false;
    this.#keep(start, stop, kind);
    return true;
  }

  #isSeparator(at: number): boolean {
    const { separator } = this.#options;
    for (let i = 0; i < separator.length; i++) if (this.#bytes[at + i] !== separator[i]) return false;
    return true;
  }
}

/** The value of an escaped field, into `target` at `to`; returns its end. */
export function unescapeCsv(source: Uint8Array, start: number, end: number, target: Uint8Array, to: number, quote: number, escape: number): number {
  let at = to;
  for (let i = start; i < end; i++) {
    const next = source[i + 1];
    if (source[i] === escape && i + 1 < end && (next === quote || next === escape)) i++;
    target[at++] = source[i];
  }
  return at;
}
