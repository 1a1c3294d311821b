import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { StructValue, Value } from "../../catalog/values.ts";
import { malformedVariant, variantBytes } from "../nested/variant-format.ts";
import { decimalNode, VARIANT_NULL, type VariantNode } from "../nested/variant-node.ts";
import { readVariant } from "../nested/variant-reader.ts";
import { writeVariant } from "../nested/variant-writer.ts";
import { type ArrowColumn, decimalFormat } from "./arrow-column.ts";

/*
 * Shredded variants: beside the binary `value` a group has a `typed_value`, a column of a type of its own for values that fit it. A list's elements and an object's
 * fields are such groups again. Source: parquet-format's VariantShredding.md.
 */

export function isShredded(column: ArrowColumn): boolean {
  return column.children.some(({ name }) => name === TYPED);
}

/** The type under which a shredded column's values are read before they are put together. Raises UNSUPPORTED_FEATURE.SHREDDED_VARIANT. */
export function shreddedType(column: ArrowColumn): StructType {
  return { kind: "struct", fields: column.children.map((child) => ({ name: child.name, type: child.name === TYPED ? typedType(child) : BINARY, nullable: true })) };
}

/** The variant of a value that was read under `shreddedType`. Raises MALFORMED_VARIANT. */
export function unshredded(group: StructValue, type: StructType): Uint8Array {
  const metadata = part(group, type, METADATA)?.value;
  if (!(metadata instanceof Uint8Array)) throw malformedVariant();
  const value = part(group, type, "value")?.value;
  // What is not shredded stays as it is.
  if (value instanceof Uint8Array && part(group, type, TYPED)?.value === null) return variantBytes(metadata, value);
  return writeVariant(groupNode(group, type, metadata) ?? VARIANT_NULL);
}

const TYPED = "typed_value";
const METADATA = "metadata";

function typedType(column: ArrowColumn): DataType {
  const { format } = column;
  if (format === "+s") return { kind: "struct", fields: column.children.map((child) => ({ name: child.name, type: shreddedType(child), nullable: true })) };
  if (format === "+l" || format === "+L") return { kind: "array", element: shreddedType(column.children[0]), containsNull: true };
  if (format.startsWith("d:")) {
    const { precision, scale } = decimalFormat(format);
    return decimal(precision, scale);
  }
  const type = format.startsWith("ts") ? (format.endsWith(":") ? TIMESTAMP_NTZ : TIMESTAMP) : SCALARS.get(format);
  if (type === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.SHREDDED_VARIANT", "0A000", `The feature is not supported: variants with shredded values of the Arrow format ${format}.`, { format }, { origin: "data" });
  return type;
}

/** By Arrow's formats. */
const SCALARS: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ["b", BOOLEAN], ["c", BYTE], ["s", SHORT], ["i", INT], ["l", LONG], ["f", FLOAT], ["g", DOUBLE], ["tdD", DATE], ["ttu", { kind: "time", precision: 6 }], ["u", STRING], ["U", STRING], ["z", BINARY], ["Z", BINARY],
]);

function part(group: StructValue, type: StructType, name: string): { readonly value: Value; readonly type: DataType } | undefined {
  const at = type.fields.findIndex((field) => field.name === name);
  return at < 0 ? undefined : { value: group.fields[at], type: type.fields[at].type };
}

/** What a group holds; undefined for a field that an object has not. */
function groupNode(group: StructValue, type: StructType, metadata: Uint8Array): VariantNode | undefined {
  const value = part(group, type, "value")?.value ?? null;
  const typed = part(group, type, TYPED);
  const residual = value === null ? undefined : readVariant(variantBytes(metadata, value as Uint8Array));
  if (typed === undefined || typed.value === null) return residual;
  switch (typed.type.kind) {
    case "struct":
      return objectNode(typed.value as StructValue, typed.type, metadata, residual);
    case "array": {
      const element = typed.type.element as StructType;
      const items = typed.value as readonly (StructValue | null)[];
      return { kind: "array", count: items.length, item: (i) => (items[i] === null ? undefined : groupNode(items[i], element, metadata)) ?? VARIANT_NULL };
    }
    case "decimal":
      return decimalNode(typed.value as bigint, typed.type.scale);
    default:
      return { kind: "scalar", type: typed.type, value: typed.value };
  }
}

/** Shredded fields, and those that are in the binary value. */
function objectNode(value: StructValue, type: StructType, metadata: Uint8Array, residual: VariantNode | undefined): VariantNode {
  if (residual !== undefined && residual.kind !== "object") throw malformedVariant();
  const fields: { readonly name: string; readonly node: VariantNode }[] = [];
  type.fields.forEach((field, i) => {
    const group = value.fields[i] as StructValue | null;
    const node = group === null ? undefined : groupNode(group, field.type as StructType, metadata);
    if (node !== undefined) fields.push({ name: field.name, node });
  });
  residual?.names.forEach((name, i) => fields.push({ name, node: residual.field(i) }));
  return { kind: "object", names: fields.map(({ name }) => name), field: (i) => fields[i].node };
}
