import { decimalText } from "../../catalog/number-text.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { cellText } from "./cell-text.ts";
import { valueReader } from "../../executor/result-values.ts";
import { variantJson } from "../../executor/nested/variant-json.ts";

const DAY_MS = 86_400_000;

/** Rows as JavaScript has them; the table is at `QueryResult.toArray`. */
export function* rowObjects(batch: ResultBatch, columns: readonly StructField[]): Generator<Record<string, unknown>> {
  const readers = batch.columns.map(valueReader);
  for (let row = 0; row < batch.rows; row++) {
    yield Object.fromEntries(columns.map(({ name, type }, i) => [name, plainValue(readers[i](row), type)]));
  }
}

function plainValue(value: Value, type: DataType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "null":
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
    case "float":
    case "double":
    case "string":
    case "char":
    case "varchar":
      return value;
    case "variant":
      return JSON.parse(variantJson(value as Uint8Array, "UTC"));
    case "binary":
      return Uint8Array.from(value as Uint8Array);
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "date":
      return new Date((value as number) * DAY_MS);
    case "timestamp":
    case "timestamp_ntz":
      return new Date(Number((value as bigint) / 1000n));
    case "time":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      return cellText(value, type, "UTC");
    case "array":
      return (value as readonly Value[]).map((element) => plainValue(element, type.element));
    case "map": {
      const { keys, values } = value as MapValue;
      return new Map(keys.map((key, i) => [plainValue(key, type.key), plainValue(values[i], type.value)]));
    }
    case "struct": {
      const { fields } = value as StructValue;
      return Object.fromEntries(type.fields.map((field, i) => [field.name, plainValue(fields[i], field.type)]));
    }
  }
}
