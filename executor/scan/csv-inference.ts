import type { DataType, StructField } from "../../catalog/types.ts";
import { BOOLEAN, DATE, DOUBLE, INT, LONG, NULL, STRING, TIMESTAMP, decimal } from "../../catalog/types.ts";
import type { CsvOptions } from "./csv-options.ts";
import { CsvTokenizer, unescapeCsv } from "./csv-tokenizer.ts";
import { FieldSpans, SPAN } from "./field-spans.ts";
import { parsePlainDate, parsePlainTimestamp } from "./text-dates.ts";
import { parseDouble, parseSmallInteger, parseUnscaled } from "./text-numbers.ts";
import type { TextLines } from "./text-file.ts";
import { parseDateText, parseTimestampText } from "./text-values.ts";

const SAMPLE_ROWS = 16 * 1024;

/** The fields of the first row, as strings; undefined when there is none. */
export function firstRow(lines: TextLines, options: CsvOptions): (string | undefined)[] | undefined {
  const count = new Int32Array(1);
  const readFirst = (spans: readonly FieldSpans[]): number => new CsvTokenizer(lines.bytes, lines.from, lines.to, options).rows(1, spans, count, new Int32Array(1), new Int32Array(1));
  if (readFirst([]) === 0) return undefined;
  const spans = Array.from({ length: count[0] }, () => new FieldSpans(1));
  readFirst(spans);
  return spans.map(({ starts, ends, kinds }) => {
    if (kinds[0] === SPAN.missing) return undefined;
    if (kinds[0] !== SPAN.escaped) return new TextDecoder().decode(lines.bytes.subarray(starts[0], ends[0]));
    const text = new Uint8Array(ends[0] - starts[0]);
    const end = unescapeCsv(lines.bytes, starts[0], ends[0], text, 0, options.quote, options.escape);
    return new TextDecoder().decode(text.subarray(0, end));
  });
}

/** Column names of a header: empty ones are `_c0`, repeated ones get their position. Source: Spark's CSVUtils.makeSafeHeader. */
export function columnNames(first: readonly (string | undefined)[], options: CsvOptions): string[] {
  if (!options.header) return first.map((_, i) => `_c${i}`);
  const lower = first.map((name) => name?.toLowerCase());
  return first.map((name, i) => {
    if (name === undefined || name === "") return `_c${i}`;
    return lower.indexOf(lower[i]) !== lower.lastIndexOf(lower[i]) ? `${name}${i}` : name;
  });
}

/** Types of the columns from all rows, or from a share of them. Source: Spark's CSVInferSchema. */
export class CsvInference {
  readonly #names: readonly string[];
  readonly #options: CsvOptions;
  readonly #types: DataType[];
  readonly #spans: readonly FieldSpans[];
  #sampled = 0;

  constructor(names: readonly string[], options: CsvOptions) {
    this.#names = names;
    this.#options = options;
    this.#types = names.map(() => NULL);
    this.#spans = names.map(() => new FieldSpans(SAMPLE_ROWS));
  }

  add(lines: TextLines, skipHeader: boolean): void {
    const tokenizer = new CsvTokenizer(lines.bytes, lines.from, lines.to, this.#options);
    const counts = new Int32Array(SAMPLE_ROWS);
    const starts = new Int32Array(SAMPLE_ROWS);
    const ends = new Int32Array(SAMPLE_ROWS);
    if (skipHeader) tokenizer.rows(1, [], counts, starts, ends);
    for (let rows = tokenizer.rows(SAMPLE_ROWS, this.#spans, counts, starts, ends); rows > 0; rows = tokenizer.rows(SAMPLE_ROWS, this.#spans, counts, starts, ends)) {
      for (let row = 0; row < rows; row++) {
        // A steady share instead of a random one: the same file has the same schema every time.
        this.#sampled += this.#options.samplingRatio;
        if (this.#sampled < 1) continue;
        this.#sampled -= 1;
        for (let column = 0; column < this.#types.length; column++) this.#see(lines.bytes, column, row);
      }
    }
  }

  fields(): StructField[] {
    return this.#names.map((name, i) => ({ name, type: this.#types[i].kind === "null" ? STRING : this.#types[i], nullable: true }));
  }

  #see(bytes: Uint8Array, column: number, row: number): void {
    const type = this.#types[column];
    if (type.kind === "string") return;
    const { starts, ends, kinds } = this.#spans[column];
    const kind = kinds[row];
    const start = starts[row];
    const end = ends[row];
    if (kind === SPAN.missing || isNull(bytes, start, end, this.#options.nullValue)) return;
    this.#types[column] = kind === SPAN.escaped ? STRING : this.#widened(type, bytes, start, end);
  }

  /** The narrowest type, no narrower than `type`, that holds the text too. */
  #widened(type: DataType, bytes: Uint8Array, start: number, end: number): DataType {
    const { values } = this.#options;
    switch (type.kind) {
      case "null":
      case "int":
        if (parseSmallInteger(bytes, start, end, -2147483648, 2147483647)) return INT;
        if (type.kind === "int") return this.#widened(LONG, bytes, start, end);
        return this.#first(bytes, start, end);
      case "long":
        if (isLong(bytes, start, end)) return LONG;
        return this.#widened(decimal(20, 0), bytes, start, end);
      case "decimal": {
        const digits = integerDigits(bytes, start, end);
        if (digits !== undefined && digits <= 38) return decimal(Math.max(type.precision, digits), 0);
        return isDouble(bytes, start, end, values) ? DOUBLE : STRING;
      }
      case "double":
        return isDouble(bytes, start, end, values) ? DOUBLE : STRING;
      case "date":
        if (isDate(bytes, start, end, values)) return DATE;
        return isTimestamp(bytes, start, end, values) ? TIMESTAMP : STRING;
      case "timestamp":
        return isTimestamp(bytes, start, end, values) ? TIMESTAMP : STRING;
      case "boolean":
        return isBoolean(bytes, start, end) ? BOOLEAN : STRING;
      default:
        return STRING;
    }
  }

  /** Type of a text alone, when it is no int. */
  #first(bytes: Uint8Array, start: number, end: number): DataType {
    const { values } = this.#options;
    if (isLong(bytes, start, end)) return LONG;
    const digits = integerDigits(bytes, start, end);
    if (digits !== undefined && digits <= 38) return decimal(digits, 0);
    if (isDouble(bytes, start, end, values)) return DOUBLE;
    if (isDate(bytes, start, end, values)) return DATE;
    if (isTimestamp(bytes, start, end, values)) return TIMESTAMP;
    return isBoolean(bytes, start, end) ? BOOLEAN : STRING;
  }
}

function isNull(bytes: Uint8Array, start: number, end: number, nullValue: Uint8Array): boolean {
  return end - start === nullValue.length && Buffer.compare(bytes.subarray(start, end), nullValue) === 0;
}

function integerDigits(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  if (bytes[at] === 43 || bytes[at] === 45) at++;
  for (let i = at; i < end; i++) if (bytes[i] < 48 || bytes[i] > 57) return undefined;
  return at < end ? end - at : undefined;
}

function isLong(bytes: Uint8Array, start: number, end: number): boolean {
  if (integerDigits(bytes, start, end) === undefined) return false;
  const value = parseUnscaled(bytes, start, end, 0);
  return value !== undefined && value === BigInt.asIntN(64, value);
}

function isDouble(bytes: Uint8Array, start: number, end: number, options: CsvOptions["values"]): boolean {
  if (parseDouble(bytes, start, end)) return true;
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  return text === options.nanValue || text === options.positiveInfinity || text === options.negativeInfinity;
}

/** A date alone: CAST would also take texts with a time behind it. */
function isDate(bytes: Uint8Array, start: number, end: number, options: CsvOptions["values"]): boolean {
  return options.dateFormat === undefined ? parsePlainDate(bytes, start, end) : parseDateText(bytes, start, end, options) !== undefined;
}

function isTimestamp(bytes: Uint8Array, start: number, end: number, options: CsvOptions["values"]): boolean {
  if (options.timestampFormat === undefined && parsePlainTimestamp(bytes, start, end)) return true;
  // CAST takes years and months alone, too, which no one would expect of `2020-01`.
  return end - start >= 10 && parseTimestampText(bytes, start, end, "timestamp", options) !== undefined;
}

function isBoolean(bytes: Uint8Array, start: number, end: number): boolean {
  return /^(true|false)$/i.test(new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 6))));
}
