import type { DataType, StructField } from "../catalog/types.ts";
import { sameType } from "../catalog/types.ts";
import type { ColumnPath } from "./schema-change.ts";
import { typeText } from "./schema-json.ts";

/** Metadata key of the changes that a column's type has gone through, oldest first. */
export const TYPE_CHANGES = "delta.typeChanges";

/** Digits before the point that an integer type needs as a decimal. */
const INTEGER_DIGITS = { byte: 10, short: 10, int: 10, long: 20 } as const;
const INTEGERS = ["byte", "short", "int", "long"] as const;

/** Whether a column's type may be changed so that values in files that are there still read as themselves. Source: the protocol's section "Type Widening". */
export function canWiden(from: DataType, to: DataType): boolean {
  switch (from.kind) {
    case "byte":
    case "short":
    case "int":
    case "long":
      if (to.kind === "decimal") return to.precision - to.scale >= INTEGER_DIGITS[from.kind];
      if (to.kind === "double") return from.kind !== "long";
      return INTEGERS.indexOf(from.kind) < INTEGERS.indexOf(to.kind as (typeof INTEGERS)[number]);
    case "float":
      return to.kind === "double";
    case "date":
      return to.kind === "timestamp_ntz";
    case "decimal":
      return to.kind === "decimal" && to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale && !sameType(from, to);
    default:
      return false;
  }
}

/** A column whose type, or that of its element, key or value (`within`), is another. What it was is kept in its metadata. */
export function widenedField(field: StructField, within: ColumnPath, to: DataType): StructField {
  const from = typeWithin(field.type, within);
  const change = { fromType: typeText(from), toType: typeText(to), ...(within.length > 0 && { fieldPath: within.map((name) => name.toLowerCase()).join(".") }) };
  const before = field.metadata?.[TYPE_CHANGES];
  return { ...field, type: withTypeWithin(field.type, within, to), metadata: { ...field.metadata, [TYPE_CHANGES]: [...(Array.isArray(before) ? before : []), change] } };
}

/** The type of a field, or of its element, key or value. */
export function typeWithin(type: DataType, within: ColumnPath): DataType {
  const [name, ...rest] = within;
  if (type.kind === "array" && name !== undefined) return typeWithin(type.element, rest);
  if (type.kind === "map" && name !== undefined) return typeWithin(name.toLowerCase() === "key" ? type.key : type.value, rest);
  return type;
}

/** A type whose element, key or value (`within`), or itself, is another one. */
export function withTypeWithin(type: DataType, within: ColumnPath, to: DataType): DataType {
  const [name, ...rest] = within;
  if (type.kind === "array" && name !== undefined) return { ...type, element: withTypeWithin(type.element, rest, to) };
  if (type.kind === "map" && name !== undefined) return name.toLowerCase() === "key" ? { ...type, key: withTypeWithin(type.key, rest, to) } : { ...type, value: withTypeWithin(type.value, rest, to) };
  return to;
}
