import type { DataType } from "./types.ts";
import { isIntegral, isNumeric, isStringLike, sameType } from "./types.ts";

/**
 * Whether CAST takes a value of one type to another at all; whether it succeeds for a value is known at run time.
 * Source: Spark's `Cast.canAnsiCast` and `Cast.canCast` (with ANSI off).
 */
export function canCast(from: DataType, to: DataType, ansi: boolean): boolean {
  if (from.kind === "null" || sameType(from, to)) return true;
  if (to.kind === "variant") return isVariantCastable(from, false);
  if (from.kind === "variant") return isVariantCastable(to, true);
  if (isStringLike(to)) return true;
  switch (from.kind) {
    case "string":
    case "char":
    case "varchar":
      return !isCollection(to);
    case "array":
      return to.kind === "array" && canCast(from.element, to.element, ansi);
    case "map":
      return to.kind === "map" && canCast(from.key, to.key, ansi) && canCast(from.value, to.value, ansi);
    case "struct":
      return to.kind === "struct" && from.fields.length === to.fields.length && from.fields.every((f, i) => canCast(f.type, to.fields[i].type, ansi));
    case "boolean":
      return to.kind === "boolean" || isNumeric(to) || (!ansi && to.kind === "timestamp");
    case "byte":
    case "short":
    case "int":
    case "long":
    case "float":
    case "double":
    case "decimal":
      return fromNumber(from, to, ansi);
    case "date":
      return to.kind === "date" || isTimestamp(to) || (!ansi && (isNumeric(to) || to.kind === "boolean"));
    case "timestamp":
      return to.kind === "date" || to.kind === "time" || isTimestamp(to) || isNumeric(to) || (!ansi && to.kind === "boolean");
    case "timestamp_ntz":
      return to.kind === "date" || to.kind === "time" || isTimestamp(to);
    case "time":
      return to.kind === "time" || isNumeric(to);
    case "interval_ym":
    case "interval_dt":
      return to.kind === from.kind || ((isIntegral(to) || to.kind === "decimal") && from.from === from.to) || (from.kind === "interval_dt" && to.kind === "decimal");
    case "binary":
    case "calendar_interval":
      return to.kind === from.kind;
  }
}

/** Whether a variant can hold the type, and be cast to it; `allowObjects`: structs, and maps with keys of text, too. Source: Spark's `VariantGet.checkDataType`. */
export function isVariantCastable(type: DataType, allowObjects: boolean): boolean {
  switch (type.kind) {
    case "array":
      return isVariantCastable(type.element, allowObjects);
    case "map":
      return allowObjects && isStringLike(type.key) && isVariantCastable(type.value, allowObjects);
    case "struct":
      return allowObjects && type.fields.every((field) => isVariantCastable(field.type, allowObjects));
    case "null":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      return false;
    default:
      return true;
  }
}

function fromNumber(from: DataType, to: DataType, ansi: boolean): boolean {
  if (isNumeric(to) || to.kind === "boolean" || to.kind === "timestamp") return true;
  if (to.kind === "interval_ym" || to.kind === "interval_dt") return (isIntegral(from) || from.kind === "decimal") && to.from === to.to;
  return !ansi && to.kind === "binary" && isIntegral(from);
}

function isTimestamp(type: DataType): boolean {
  return type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

function isCollection(type: DataType): boolean {
  return type.kind === "array" || type.kind === "map" || type.kind === "struct";
}
