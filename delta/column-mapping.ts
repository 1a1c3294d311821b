import type { DataType, StructField } from "../catalog/types.ts";
import type { Metadata } from "./actions.ts";

export type ColumnMappingMode = "none" | "name" | "id";

/** `delta.columnMapping.mode`. */
export function columnMappingMode({ configuration }: Metadata): ColumnMappingMode {
  const mode = configuration["delta.columnMapping.mode"]?.toLowerCase();
  return mode === "name" || mode === "id" ? mode : "none";
}

/** The name of a column in files, statistics and partition values. */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  const mapped = field.metadata?.["delta.columnMapping.physicalName"];
  return mode !== "none" && typeof mapped === "string" ? mapped : field.name;
}

/** The Parquet field id of a column under id mapping. */
export function mappedFieldId(field: StructField, mode: ColumnMappingMode): number | undefined {
  const id = field.metadata?.["delta.columnMapping.id"];
  return mode === "id" && typeof id === "number" ? id : undefined;
}

/** The type with the names that its nested fields have in files. */
export function physicalType(type: DataType, mode: ColumnMappingMode): DataType {
  if (mode === "none") return type;
  switch (type.kind) {
    case "struct":
      return { kind: "struct", fields: type.fields.map((field) => ({ ...field, name: physicalName(field, mode), type: physicalType(field.type, mode) })) };
    case "array":
      return { ...type, element: physicalType(type.element, mode) };
    case "map":
      return { ...type, key: physicalType(type.key, mode), value: physicalType(type.value, mode) };
    default:
      return type;
  }
}
