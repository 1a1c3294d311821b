import { assert } from "../../catalog/errors.ts";
import { decimalText } from "../../catalog/number-text.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { typeName } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { cellText } from "./cell-text.ts";
import { valueReader } from "../../executor/result-values.ts";
import { variantJson } from "../../executor/nested/variant-json.ts";

/**
 * JSON of one value. Numbers keep all their digits (a bigint or a decimal is written as a JSON number); NaN and infinities are strings, as are
 * dates, timestamps and intervals; binary is base64; a map is an object under its keys' texts. Source: Spark's `to_json`.
 */
export function jsonText(value: Value, type: DataType, timeZone: string): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "null":
      return "null";
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
      return String(value);
    case "float":
    case "double":
      return Number.isFinite(value) ? String(value) : `"${cellText(value, type, timeZone)}"`;
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "variant":
      return variantJson(value as Uint8Array, timeZone);
    case "binary":
      return `"${Buffer.from(value as Uint8Array).toString("base64")}"`;
    case "string":
    case "char":
    case "varchar":
      return JSON.stringify(value);
    case "date":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      return JSON.stringify(cellText(value, type, timeZone));
    case "array":
      assert(Array.isArray(value), "an array value is an array");
      return `[${value.map((element) => jsonText(element, type.element, timeZone)).join(",")}]`;
    case "map": {
      const { keys, values } = value as MapValue;
      const entries = keys.map((key, i) => `${JSON.stringify(cellText(key, type.key, timeZone))}:${jsonText(values[i], type.value, timeZone)}`);
      return `{${entries.join(",")}}`;
    }
    case "struct": {
      const { fields } = value as StructValue;
      return `{${type.fields.map((field, i) => `${JSON.stringify(field.name)}:${jsonText(fields[i], field.type, timeZone)}`).join(",")}}`;
    }
  }
}

/** `[{"name":"a","type":"int","nullable":true}, ...]` */
export function jsonSchema(columns: readonly StructField[]): string {
  return JSON.stringify(columns.map(({ name, type, nullable }) => ({ name, type: typeName(type), nullable })));
}

/** Rows as JSON arrays, by column position. */
export function jsonArrays(batch: ResultBatch, columns: readonly StructField[], timeZone: string): string[] {
  return jsonRows(batch, columns, timeZone, (cells) => `[${cells.join(",")}]`);
}

/** Rows as JSON objects, by column name. */
export function jsonObjects(batch: ResultBatch, columns: readonly StructField[], timeZone: string): string[] {
  const names = columns.map((column) => JSON.stringify(column.name));
  return jsonRows(batch, columns, timeZone, (cells) => `{${cells.map((cell, i) => `${names[i]}:${cell}`).join(",")}}`);
}

function jsonRows(batch: ResultBatch, columns: readonly StructField[], timeZone: string, join: (cells: readonly string[]) => string): string[] {
  const readers = batch.columns.map(valueReader);
  const rows: string[] = [];
  for (let row = 0; row < batch.rows; row++) rows.push(join(readers.map((read, i) => jsonText(read(row), columns[i].type, timeZone))));
  return rows;
}
