import { decimalFor } from "../../catalog/coercion.ts";
import type { DataType } from "../../catalog/types.ts";
import { DOUBLE, isNumeric, LONG, NULL, sqlTypeName, VARIANT } from "../../catalog/types.ts";
import type { VariantNode } from "../nested/variant-node.ts";
import { compareText } from "./compare.ts";

/** The schema of nothing: what merging begins with. */
export const NO_SCHEMA: DataType = NULL;

/** The type of a variant's value: integers are BIGINT, objects STRUCT, what differs within an array VARIANT. Source: Spark's `SchemaOfVariant`. */
export function variantSchema(node: VariantNode): DataType {
  switch (node.kind) {
    case "scalar":
      return node.type.kind === "byte" || node.type.kind === "short" || node.type.kind === "int" ? LONG : node.type;
    case "array": {
      let element: DataType = NO_SCHEMA;
      for (let i = 0; i < node.count; i++) element = mergedSchema(element, variantSchema(node.item(i)));
      return { kind: "array", element, containsNull: true };
    }
    case "object": {
      const fields = node.names.map((name, i) => ({ name, type: variantSchema(node.field(i)), nullable: true }));
      return { kind: "struct", fields: fields.sort((a, b) => compareText(a.name, b.name)) };
    }
  }
}

/** The type that holds values of both. Source: Spark's `JsonInferSchema.compatibleType`. */
export function mergedSchema(a: DataType, b: DataType): DataType {
  if (a.kind === "null") return b;
  if (b.kind === "null") return a;
  if (a.kind === "struct" && b.kind === "struct") {
    const names = [...new Set([...a.fields, ...b.fields].map(({ name }) => name))].sort(compareText);
    const typeIn = (type: typeof a, name: string): DataType => type.fields.find((field) => field.name === name)?.type ?? NO_SCHEMA;
    return { kind: "struct", fields: names.map((name) => ({ name, type: mergedSchema(typeIn(a, name), typeIn(b, name)), nullable: true })) };
  }
  if (a.kind === "array" && b.kind === "array") return { kind: "array", element: mergedSchema(a.element, b.element), containsNull: true };
  if (isNumeric(a) && isNumeric(b)) return mergedNumbers(a, b);
  return a.kind === b.kind ? a : VARIANT;
}

function mergedNumbers(a: DataType, b: DataType): DataType {
  if (a.kind === b.kind && a.kind !== "decimal") return a;
  if (a.kind === "double" || b.kind === "double") return DOUBLE;
  if (a.kind === "float" || b.kind === "float") return a.kind === "decimal" || b.kind === "decimal" ? VARIANT : { kind: "float" };
  const [left, right] = [decimalFor(a), decimalFor(b)];
  const scale = Math.max(left.scale, right.scale);
  const precision = scale + Math.max(left.precision - left.scale, right.precision - right.scale);
  return precision > 38 ? DOUBLE : { kind: "decimal", precision, scale };
}

/** As schema_of_variant writes types: an object is `OBJECT<a: BIGINT>`. */
export function schemaText(type: DataType): string {
  switch (type.kind) {
    case "struct":
      return `OBJECT<${type.fields.map((field) => `${/^\w+$/.test(field.name) ? field.name : `\`${field.name.replaceAll("`", "``")}\``}: ${schemaText(field.type)}`).join(", ")}>`;
    case "array":
      return `ARRAY<${schemaText(type.element)}>`;
    default:
      return sqlTypeName(type);
  }
}
