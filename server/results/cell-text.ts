import { assert } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { castToText } from "../../executor/functions/cast-text.ts";

/** A value as Spark casts it to STRING, timestamps in the zone given. Not for NULL. */
export function cellText(value: Value, type: DataType, timeZone: string): string {
  const text = castToText(value, type, "ansi", timeZone);
  assert(text !== null, "a value that is not NULL has a text");
  return text;
}
