import type { EvalMode } from "../../catalog/expression.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import { dateToString, localTimestampToString, timestampToString, timeToString } from "./datetime-text.ts";
import { calendarIntervalToString, dayTimeToString, yearMonthToString } from "./interval-text.ts";
import { nodeJson } from "../nested/variant-json.ts";
import type { VariantNode } from "../nested/variant-node.ts";
import { readVariant } from "../nested/variant-reader.ts";
import { decimalToScientificString } from "./decimal-text.ts";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** What `CAST(x AS STRING)` gives; nested values as `[1, null]`, `{k -> v}`, `{1, a}`. Source: Spark's `ToStringBase`. */
export function castToText(value: Value, from: DataType, mode: EvalMode, zone: string): string | null {
  if (value === null) return null;
  switch (from.kind) {
    case "null":
      return null;
    case "string":
    case "char":
    case "varchar":
      return value as string;
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
      return String(value);
    case "float":
      return floatText(value as number);
    case "double":
      return doubleText(value as number);
    case "decimal":
      return mode === "legacy" ? decimalToScientificString(value as bigint, from.scale) : decimalText(value as bigint, from.scale);
    case "binary":
      return UTF8.decode(value as Uint8Array);
    case "variant":
      return variantText(readVariant(value as Uint8Array), zone);
    case "date":
      return dateToString(value as number);
    case "time":
      return timeToString(value as bigint);
    case "timestamp":
      return timestampToString(value as bigint, zone);
    case "timestamp_ntz":
      return localTimestampToString(value as bigint);
    case "interval_ym":
      return yearMonthToString(value as number, from);
    case "interval_dt":
      return dayTimeToString(value as bigint, from);
    case "calendar_interval":
      return calendarIntervalToString(value as CalendarInterval);
    case "array":
      return `[${(value as readonly Value[]).map((element) => castToText(element, from.element, mode, zone) ?? "null").join(", ")}]`;
    case "map": {
      const map = value as MapValue;
      const entries = map.keys.map((key, i) => {
        const entry = castToText(map.values[i], from.value, mode, zone);
        return `${castToText(key, from.key, mode, zone)} -> ${entry ?? "null"}`;
      });
      return `{${entries.join(", ")}}`;
    }
    case "struct":
      return `{${(value as StructValue).fields.map((field, i) => castToText(field, from.fields[i].type, mode, zone) ?? "null").join(", ")}}`;
  }
}

/** Arrays and objects as JSON; a variant's null is NULL. */
function variantText(node: VariantNode, zone: string): string | null {
  return node.kind === "scalar" ? castToText(node.value, node.type, "ansi", zone) : nodeJson(node, zone);
}
