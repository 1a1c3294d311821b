import { castToText } from "../../executor/functions/cast-text.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** A value as Spark casts it to STRING, timestamps in the zone given. Not for NULL. */
export function cellText(value: Value, type: DataType, timeZone: string): string {
  return castToText(value, type, "ansi", timeZone) ?? "NULL";
}
