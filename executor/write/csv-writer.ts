import { SparrowError } from "../../catalog/errors.ts";
import type { TextOptions } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { isNested, sqlTypeName } from "../../catalog/types.ts";
import type { ResultBatch } from "../result-batch.ts";
import { valueReader } from "../result-values.ts";
import type { CsvOptions } from "../scan/csv-options.ts";
import { csvOptions } from "../scan/csv-options.ts";
import { flag, lowerCaseOptions } from "../scan/text-options.ts";
import type { FileSink, FileWriter, WrittenFile } from "./file-writer.ts";
import { TextSink } from "./text-sink.ts";
import { valueText } from "./value-text.ts";

/** CSV under Spark's options; NULL is the null value, an empty string `""`. Source: Spark's UnivocityGenerator. */
export class CsvFileWriter implements FileWriter {
  readonly #fields: readonly StructField[];
  readonly #options: CsvOptions;
  readonly #sink: TextSink;
  readonly #separator: string;
  readonly #nullText: string;
  readonly #quoteAll: boolean;
  #rows = 0;

  constructor(fields: readonly StructField[], sink: FileSink, options: TextOptions = {}) {
    const nested = fields.find((field) => isNested(field.type));
    if (nested !== undefined) {
      throw new SparrowError("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000", `The CSV datasource doesn't support the column \`${nested.name}\` of the type "${sqlTypeName(nested.type)}".`, {
        columnName: nested.name,
        columnType: sqlTypeName(nested.type),
        format: "CSV",
      });
    }
    this.#fields = fields;
    this.#options = csvOptions(options);
    this.#sink = new TextSink(sink);
    this.#separator = new TextDecoder().decode(this.#options.separator);
    this.#nullText = new TextDecoder().decode(this.#options.nullValue);
    this.#quoteAll = flag("quoteAll", lowerCaseOptions(options).get("quoteall"));
    if (this.#options.header) this.#sink.write(`${fields.map((field) => this.#quoted(field.name)).join(this.#separator)}\n`);
  }

  append(batch: ResultBatch): void {
    const readers = batch.columns.map(valueReader);
    for (let row = 0; row < batch.rows; row++) {
      const cells = readers.map((read, i) => {
        const text = valueText(read(row), this.#fields[i].type, this.#options.values);
        return text === null ? this.#nullText : this.#quoted(text);
      });
      this.#sink.write(`${cells.join(this.#separator)}\n`);
    }
    this.#rows += batch.rows;
  }

  finish(): WrittenFile {
    return { rows: this.#rows, bytes: this.#sink.finish() };
  }

  #quoted(text: string): string {
    const { quote, escape } = this.#options;
    if (quote < 0) return text;
    const mark = String.fromCharCode(quote);
    const hasMark = text.includes(mark);
    const needed = this.#quoteAll || text === "" || hasMark || text.includes(this.#separator) || /[\r\n]|^[ \t]|[ \t]$/.test(text) || text.charCodeAt(0) === this.#options.comment;
    if (!needed) return text;
    const escapeMark = escape < 0 ? "" : String.fromCharCode(escape);
    // An escape in front of a quote, or at the end, would otherwise be read as the quote's.
    const safe = escapeMark === "" || escapeMark === mark ? text : text.replaceAll(escapeMark, escapeMark + escapeMark);
    return mark + (hasMark ? safe.replaceAll(mark, escapeMark + mark) : safe) + mark;
  }
}
