import type { DataType } from "../../catalog/types.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import { compareText } from "./compare.ts";
import { dateToString, localTimestampToString, timestampToString, timeToString } from "./datetime-text.ts";
import { calendarIntervalToString, dayTimeHiveText, yearMonthText } from "./interval-text.ts";
import { variantJson } from "../nested/variant-json.ts";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** How binary values are shown: as the UTF-8 text they may be, or as hexadecimal. Spark: `spark.sql.binaryOutputStyle`. */
export type BinaryStyle = "utf8" | "hex";

export interface FormatOptions {
  /** Session time zone: timestamps are shown in it. */
  readonly timeZone: string;
  readonly binaryStyle?: BinaryStyle;
}

/** A value of a result as text, the way Spark's SQL shell prints it: `NULL`, `[1,null]`, `{"a":1}`. Source: Spark's `HiveResult.toHiveString`. */
export function formatValue(value: Value, type: DataType, options: FormatOptions): string {
  return format(value, type, options, false);
}

function format(value: Value, type: DataType, options: FormatOptions, nested: boolean): string {
  if (value === null) return nested ? "null" : "NULL";
  switch (type.kind) {
    case "null":
      return nested ? "null" : "NULL";
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
      return decimalText(value as bigint, type.scale);
    case "string":
    case "char":
    case "varchar":
      return nested ? `"${value as string}"` : (value as string);
    case "variant":
      return variantJson(value as Uint8Array, options.timeZone);
    case "binary":
      return options.binaryStyle === "hex" ? Buffer.from(value as Uint8Array).toString("hex").toUpperCase() : UTF8.decode(value as Uint8Array);
    case "date":
      return dateToString(value as number);
    case "time":
      return timeToString(value as bigint);
    case "timestamp":
      return timestampToString(value as bigint, options.timeZone);
    case "timestamp_ntz":
      return localTimestampToString(value as bigint);
    case "interval_ym":
      return yearMonthText(value as number, { kind: "interval_ym", from: "year", to: "month" });
    case "interval_dt":
      return dayTimeHiveText(value as bigint);
    case "calendar_interval":
      return calendarIntervalToString(value as CalendarInterval);
    case "array":
      return `[${(value as readonly Value[]).map((item) => format(item, type.element, options, true)).join(",")}]`;
    case "map": {
      const map = value as MapValue;
      const entries = map.keys.map((key, i) => `${format(key, type.key, options, true)}:${format(map.values[i], type.value, options, true)}`);
      return `{${entries.sort(compareText).join(",")}}`;
    }
    case "struct":
      return `{${(value as StructValue).fields.map((field, i) => `"${type.fields[i].name}":${format(field, type.fields[i].type, options, true)}`).join(",")}}`;
  }
}
