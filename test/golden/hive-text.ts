import { decimalText } from "../../catalog/number-text.ts";
import type { DataType } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { cellText } from "../../server/results/cell-text.ts";

/** A value as Spark's golden files print it. Source: Spark's `HiveResult`. */
export function hiveText(value: Value, type: DataType, nested = false): string {
  if (value === null) return nested ? "null" : "NULL";
  switch (type.kind) {
    case "array":
      return `[${(value as readonly Value[]).map((element) => hiveText(element, type.element, true)).join(",")}]`;
    case "map": {
      const { keys, values } = value as MapValue;
      return `{${keys.map((key, i) => `${hiveText(key, type.key, true)}:${hiveText(values[i], type.value, true)}`).join(",")}}`;
    }
    case "struct": {
      const { fields } = value as StructValue;
      return `{${type.fields.map((field, i) => `"${field.name}":${hiveText(fields[i], field.type, true)}`).join(",")}}`;
    }
    case "string":
    case "char":
    case "varchar":
      return nested ? `"${value as string}"` : (value as string);
    case "decimal": {
      const text = decimalText(value as bigint, type.scale);
      return nested && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    }
    case "interval_ym":
      return yearMonthText(value as number);
    case "interval_dt":
      return dayTimeText(value as bigint);
    default:
      return cellText(value, type, GOLDEN_ZONE);
  }
}

/** Zone of Spark's own test runs. */
export const GOLDEN_ZONE = "America/Los_Angeles";

/** `1-2` for one year and two months: all fields, whatever the type's are. */
function yearMonthText(months: number): string {
  const magnitude = Math.abs(months);
  return `${months < 0 ? "-" : ""}${Math.floor(magnitude / 12)}-${magnitude % 12}`;
}

/** `1 02:03:04.005006000`: all fields, and nanoseconds. */
function dayTimeText(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros;
  const two = (value: bigint): string => String(value).padStart(2, "0");
  const seconds = magnitude / 1_000_000n;
  const clock = `${two((seconds / 3600n) % 24n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${micros < 0n ? "-" : ""}${seconds / 86_400n} ${clock}.${String((magnitude % 1_000_000n) * 1000n).padStart(9, "0")}`;
}
