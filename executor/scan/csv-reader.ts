import type { SplitSource } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import type { CsvOptions } from "./csv-options.ts";
import { csvOptions } from "./csv-options.ts";
import { CsvTokenizer, unescapeCsv } from "./csv-tokenizer.ts";
import { FieldSpans, SPAN } from "./field-spans.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import type { TextDialect } from "./text-columns.ts";
import type { TextLines } from "./text-file.ts";
import { readLines } from "./text-file.ts";
import { TEXT_BATCH_ROWS, textBatch } from "./text-reader.ts";

type CsvSource = Extract<SplitSource, { kind: "csv" }>;

/** Reads the rows of one byte range of a CSV file. A stored field's id is its position in the file's rows. */
export class CsvSplitReader implements SplitReader {
  readonly #source: CsvSource;
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  readonly #options: CsvOptions;
  readonly #dialect: TextDialect;
  readonly #spans: readonly (FieldSpans | undefined)[];
  /** By position in the file. */
  readonly #spansInFile: readonly (FieldSpans | undefined)[];
  #lines: TextLines;
  readonly #tokenizer: CsvTokenizer;

  constructor(source: CsvSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#source = source;
    this.#wanted = wanted;
    this.#context = context;
    this.#options = csvOptions(source.options);
    const { quote, escape, values } = this.#options;
    this.#dialect = {
      quotedNumbers: true,
      unescape: (bytes, start, end, target, to) => unescapeCsv(bytes, start, end, target, to, quote, escape),
      binary: (text) => text,
      values,
    };
    const inFile: (FieldSpans | undefined)[] = Array.from({ length: source.fields.filter((field) => field.kind === "stored" && field.fieldId !== undefined).length });
    this.#spans = wanted.map(({ field }) => {
      if (field.kind !== "stored" || field.fieldId === undefined) return undefined;
      return (inFile[field.fieldId] ??= new FieldSpans(TEXT_BATCH_ROWS));
    });
    this.#spansInFile = inFile;
    this.#lines = readLines(source.path, source.start, source.end);
    this.#tokenizer = new CsvTokenizer(this.#lines.bytes, this.#lines.from, this.#lines.to, this.#options);
    if (this.#options.header && source.start === 0) this.#tokenizer.rows(1, [], new Int32Array(1), new Int32Array(1), new Int32Array(1));
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    const { bytes } = this.#lines;
    const fields = new Int32Array(TEXT_BATCH_ROWS);
    const starts = new Int32Array(TEXT_BATCH_ROWS);
    const ends = new Int32Array(TEXT_BATCH_ROWS);
    const rows = this.#tokenizer.rows(TEXT_BATCH_ROWS, this.#spansInFile, fields, starts, ends);
    if (rows === 0) return undefined;
    const malformed = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) if (fields[row] !== this.#spansInFile.length) malformed[row] = 1;
    for (const spans of this.#spansInFile) if (spans !== undefined) this.#markNulls(spans, rows);
    const text = { bytes, rows, starts, ends, malformed };
    return textBatch(this.#wanted, this.#spans, text, this.#options.mode, this.#options.values.corruptRecord, this.#dialect, this.#source.path, this.#context, allocator);
  }

  close(): void {
    this.#lines = { bytes: new Uint8Array(0), from: 0, to: 0 };
    this.#tokenizer.stop();
  }

  /** Fields whose text is the null value are missing ones. */
  #markNulls(spans: FieldSpans, rows: number): void {
    const { nullValue } = this.#options;
    const { bytes } = this.#lines;
    const { starts, ends, kinds } = spans;
    for (let row = 0; row < rows; row++) {
      if (ends[row] - starts[row] !== nullValue.length || kinds[row] === SPAN.missing) continue;
      let same = true;
      for (let i = 0; i < nullValue.length && same; i++) same = bytes[starts[row] + i] === nullValue[i];
      if (same) kinds[row] = SPAN.missing;
    }
  }
}
