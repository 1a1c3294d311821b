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
    case "interval_dt":
      return intervalText(cellText(value, type, GOLDEN_ZONE));
    default:
      return cellText(value, type, GOLDEN_ZONE);
  }
}

/** Zone of Spark's own test runs. */
export const GOLDEN_ZONE = "America/Los_Angeles";

/** `INTERVAL '1-2' YEAR TO MONTH` is printed `1-2`; of day-time intervals all fields are. */
function intervalText(text: string): string {
  return /'([^']*)'/.exec(text)?.[1] ?? text;
}
