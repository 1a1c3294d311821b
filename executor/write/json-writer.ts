import { decimalText } from "../../catalog/number-text.ts";
import type { TextOptions } from "../../catalog/table.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ResultBatch } from "../result-batch.ts";
import { valueReader } from "../result-values.ts";
import type { JsonOptions } from "../scan/json-options.ts";
import { jsonOptions } from "../scan/json-options.ts";
import type { ValueOptions } from "../scan/text-options.ts";
import { lowerCaseOptions } from "../scan/text-options.ts";
import type { FileSink, FileWriter, WrittenFile } from "./file-writer.ts";
import { TextSink } from "./text-sink.ts";
import { valueText } from "./value-text.ts";
import { variantJson } from "../nested/variant-json.ts";

/** JSON lines: one object a row, without the keys that are NULL unless `ignoreNullFields` is false. Source: Spark's JacksonGenerator. */
export class JsonFileWriter implements FileWriter {
  readonly #type: DataType;
  readonly #options: JsonOptions;
  readonly #keepNulls: boolean;
  readonly #sink: TextSink;
  #rows = 0;

  constructor(fields: readonly StructField[], sink: FileSink, options: TextOptions = {}) {
    this.#type = { kind: "struct", fields };
    this.#options = jsonOptions(options);
    this.#keepNulls = lowerCaseOptions(options).get("ignorenullfields")?.toLowerCase() === "false";
    this.#sink = new TextSink(sink);
  }

  append(batch: ResultBatch): void {
    const readers = batch.columns.map(valueReader);
    for (let row = 0; row < batch.rows; row++) {
      const fields = readers.map((read) => read(row));
      this.#sink.write(`${jsonValue({ fields }, this.#type, this.#options.values, this.#keepNulls)}\n`);
    }
    this.#rows += batch.rows;
  }

  finish(): WrittenFile {
    return { rows: this.#rows, bytes: this.#sink.finish() };
  }
}

function jsonValue(value: Value, type: DataType, options: ValueOptions, keepNulls: boolean): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
      return String(value);
    case "float":
    case "double": {
      const text = valueText(value, type, options);
      return Number.isFinite(value) ? String(text) : JSON.stringify(text);
    }
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "variant":
      return variantJson(value as Uint8Array, options.timeZone);
    case "binary":
      return JSON.stringify(Buffer.from(value as Uint8Array).toString("base64"));
    case "array":
      return `[${(value as readonly Value[]).map((element) => jsonValue(element, type.element, options, keepNulls)).join(",")}]`;
    case "map": {
      const { keys, values } = value as MapValue;
      return `{${keys.map((key, i) => `${JSON.stringify(valueText(key, type.key, options))}:${jsonValue(values[i], type.value, options, keepNulls)}`).join(",")}}`;
    }
    case "struct": {
      const { fields } = value as StructValue;
      const members = type.fields.flatMap((field, i) => {
        if (fields[i] === null && !keepNulls) return [];
        return [`${JSON.stringify(field.name)}:${jsonValue(fields[i], field.type, options, keepNulls)}`];
      });
      return `{${members.join(",")}}`;
    }
    default:
      return JSON.stringify(valueText(value, type, options));
  }
}
