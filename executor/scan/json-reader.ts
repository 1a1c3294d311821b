import type { SplitSource } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import { FieldSpans } from "./field-spans.ts";
import type { JsonOptions } from "./json-options.ts";
import { jsonOptions } from "./json-options.ts";
import type { JsonColumn } from "./json-tokenizer.ts";
import { compactJson, JsonTokenizer, unescapeJson } from "./json-tokenizer.ts";
import { jsonToValue } from "./json-values.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import type { TextDialect } from "./text-columns.ts";
import type { TextLines } from "./text-file.ts";
import { readLines } from "./text-file.ts";
import { isCorruptRecord, TEXT_BATCH_ROWS, textBatch } from "./text-reader.ts";

type JsonSource = Extract<SplitSource, { kind: "json" }>;

/** Reads the objects of one byte range of a JSON file. */
export class JsonSplitReader implements SplitReader {
  readonly #source: JsonSource;
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  readonly #options: JsonOptions;
  readonly #dialect: TextDialect;
  readonly #spans: readonly (FieldSpans | undefined)[];
  #reading: { readonly lines: TextLines; readonly tokenizer: JsonTokenizer } | undefined;

  constructor(source: JsonSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#source = source;
    this.#wanted = wanted;
    this.#context = context;
    this.#options = jsonOptions(source.options);
    const { values } = this.#options;
    this.#dialect = {
      quotedNumbers: false,
      unescape: unescapeJson,
      nested: { writeText: compactJson, value: (text, type) => jsonToValue(text, type, values) },
      binary: (text) => new Uint8Array(Buffer.from(Buffer.from(text).toString("latin1"), "base64")),
      values,
    };
    const columns = new Map<string, JsonColumn>();
    this.#spans = wanted.map(({ field }) => {
      if (field.kind !== "stored" || isCorruptRecord(field, values.corruptRecord)) return undefined;
      const column = columns.get(field.name) ?? { name: field.name, spans: new FieldSpans(TEXT_BATCH_ROWS) };
      columns.set(field.name, column);
      return column.spans;
    });
    const lines = readLines(source.path, source.start, source.end);
    this.#reading = { lines, tokenizer: new JsonTokenizer(lines.bytes, lines.from, lines.to, !this.#options.multiLine, [...columns.values()]) };
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    if (this.#reading === undefined) return undefined;
    const { lines, tokenizer } = this.#reading;
    const starts = new Int32Array(TEXT_BATCH_ROWS);
    const ends = new Int32Array(TEXT_BATCH_ROWS);
    const malformed = new Uint8Array(TEXT_BATCH_ROWS);
    const rows = tokenizer.rows(TEXT_BATCH_ROWS, starts, ends, malformed);
    if (rows === 0) return undefined;
    const text = { bytes: lines.bytes, rows, starts, ends, malformed: malformed.subarray(0, rows) };
    return textBatch(this.#wanted, this.#spans, text, this.#options.mode, this.#options.values.corruptRecord, this.#dialect, this.#source.path, this.#context, allocator);
  }

  close(): void {
    this.#reading = undefined;
  }
}
