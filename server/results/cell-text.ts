import { SparrowError } from "../../catalog/errors.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import { typeName, type DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** A value as Spark casts it to STRING, timestamps in the zone given. Not for NULL. */
export function cellText(value: Value, type: DataType, _timeZone: string): string {
  if (typeof value === "string") return value;
  if (type.kind === "decimal") return decimalText(value as bigint, type.scale);
  if (type.kind === "float") return floatText(value as number);
  if (type.kind === "double") return doubleText(value as number);
  if (typeof value === "boolean" || ["byte", "short", "int", "long"].includes(type.kind)) return String(value);
  throw new SparrowError("UNSUPPORTED_FEATURE.TEXT_OF_TYPE", "0A000", `The feature is not supported: showing values of type ${typeName(type)}.`);
}
