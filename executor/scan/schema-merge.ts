import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { decimal, sameType, sqlTypeName } from "../../catalog/types.ts";

/** The columns of both: by name whatever its case, the second's new ones at the end. Raises CANNOT_MERGE_SCHEMAS where types do not go together. */
export function mergeFields(a: readonly StructField[], b: readonly StructField[], path: string): StructField[] {
  const theirs = new Map(b.map((field) => [field.name.toLowerCase(), field]));
  const merged = a.map((field) => {
    const other = theirs.get(field.name.toLowerCase());
    if (other === undefined) return field;
    theirs.delete(field.name.toLowerCase());
    return { ...field, type: mergeTypes(field, other, path), nullable: field.nullable || other.nullable };
  });
  return [...merged, ...theirs.values()];
}

const INTEGERS = ["byte", "short", "int", "long"];

function mergeTypes(a: StructField, b: StructField, path: string): DataType {
  if (sameType(a.type, b.type)) return a.type;
  const { type: x } = a;
  const { type: y } = b;
  if (x.kind === "struct" && y.kind === "struct") return { kind: "struct", fields: mergeFields(x.fields, y.fields, path) };
  if (x.kind === "array" && y.kind === "array") {
    const element = mergeTypes({ ...a, type: x.element }, { ...b, type: y.element }, path);
    return { kind: "array", element, containsNull: x.containsNull || y.containsNull };
  }
  if (INTEGERS.includes(x.kind) && INTEGERS.includes(y.kind)) return INTEGERS.indexOf(x.kind) > INTEGERS.indexOf(y.kind) ? x : y;
  if ((x.kind === "float" && y.kind === "double") || (x.kind === "double" && y.kind === "float")) return { kind: "double" };
  if (x.kind === "decimal" && y.kind === "decimal") {
    const scale = Math.max(x.scale, y.scale);
    const precision = Math.max(x.precision - x.scale, y.precision - y.scale) + scale;
    if (precision <= 38) return decimal(precision, scale);
  }
  throw new SparrowError(
    "CANNOT_MERGE_SCHEMAS",
    "42KD9",
    `Failed merging schemas: column ${a.name} is ${sqlTypeName(x)}, and ${sqlTypeName(y)} in ${path}.`,
    { left: sqlTypeName(x), right: sqlTypeName(y) },
    { origin: "data" },
  );
}
