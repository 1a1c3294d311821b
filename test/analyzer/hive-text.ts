import type { DataType } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { castToText } from "../../executor/functions/cast-text.ts";

/** A value as Spark's golden files show it: Hive's text, in which nested strings are quoted. */
export function hiveText(value: Value, type: DataType, timeZone: string, nested = false): string {
  if (value === null) return nested ? "null" : "NULL";
  switch (type.kind) {
    case "array":
      return `[${(value as readonly Value[]).map((v) => hiveText(v, type.element, timeZone, true)).join(",")}]`;
    case "map": {
      const { keys, values } = value as MapValue;
      return `{${keys.map((k, i) => `${hiveText(k, type.key, timeZone, true)}:${hiveText(values[i], type.value, timeZone, true)}`).join(",")}}`;
    }
    case "struct":
      return `{${type.fields.map((f, i) => `"${f.name}":${hiveText((value as StructValue).fields[i], f.type, timeZone, true)}`).join(",")}}`;
    case "string":
      return nested ? `"${value as string}"` : (value as string);
    case "decimal":
      return String(castToText(value, type, "ansi", timeZone));
    case "interval_ym":
    case "interval_dt":
      return intervalText(value, type);
    default:
      return String(castToText(value, type, "ansi", timeZone));
  }
}

function intervalText(value: Value, type: DataType): string {
  if (type.kind === "interval_ym") {
    const months = Number(value);
    const size = Math.abs(months);
    return `${months < 0 ? "-" : ""}${Math.trunc(size / 12)}-${size % 12}`;
  }
  const micros = value as bigint;
  const size = micros < 0n ? -micros : micros;
  const two = (n: bigint): string => n.toString().padStart(2, "0");
  const seconds = size / 1_000_000n;
  return `${micros < 0n ? "-" : ""}${seconds / 86_400n} ${two((seconds / 3600n) % 24n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}.${(size % 1_000_000n).toString().padStart(6, "0")}000`;
}
