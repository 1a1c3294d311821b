import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Metadata } from "./actions.ts";

export const MAPPING_MODE = "delta.columnMapping.mode";
const MAX_ID = "delta.columnMapping.maxColumnId";
const ID = "delta.columnMapping.id";
const PHYSICAL_NAME = "delta.columnMapping.physicalName";

export type ColumnMappingMode = "none" | "name" | "id";

/** `delta.columnMapping.mode`. */
export function columnMappingMode({ configuration }: Pick<Metadata, "configuration">): ColumnMappingMode {
  const mode = configuration[MAPPING_MODE]?.toLowerCase();
  return mode === "name" || mode === "id" ? mode : "none";
}

/** The name of a column in files, statistics and partition values. */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  const mapped = field.metadata?.[PHYSICAL_NAME];
  return mode !== "none" && typeof mapped === "string" ? mapped : field.name;
}

/** The Parquet field id of a column under id mapping. */
export function mappedFieldId(field: StructField, mode: ColumnMappingMode): number | undefined {
  const id = field.metadata?.[ID];
  return mode === "id" && typeof id === "number" ? id : undefined;
}

/** The type with the names that its nested fields have in files. */
export function physicalType(type: DataType, mode: ColumnMappingMode): DataType {
  return mode === "none" ? type : mapStructFields(type, (field) => physicalField(field, mode));
}

/** A column as data files hold it: physical names at every level, and field ids. */
export function physicalField(field: StructField, mode: ColumnMappingMode): StructField {
  const { type, nullable, metadata } = field;
  if (mode === "none") return field;
  return { name: physicalName(field, mode), type: physicalType(type, mode), nullable, metadata: { "parquet.field.id": metadata?.[ID] } };
}

/** Columns and properties of a table. */
export interface MappedColumns {
  readonly fields: readonly StructField[];
  readonly configuration: Metadata["configuration"];
}

/**
 * Gives columns at every level that have none an id and a physical name, if the properties say that columns are mapped. `naming`: a new name each, or the
 * column's own where files have been written under it. Ids are never given twice: `delta.columnMapping.maxColumnId` only grows. `given`: the last id that the
 * table had given before it was replaced.
 */
export function mapColumns({ fields, configuration }: MappedColumns, naming: "new" | "own", given = 0): MappedColumns {
  if (columnMappingMode({ configuration }) === "none") return { fields, configuration };
  let lastId = Math.max(given, lastColumnId({ fields, metadata: { configuration } }));
  const mapField = (field: StructField): StructField => {
    const { [ID]: id = ++lastId, [PHYSICAL_NAME]: name = naming === "own" ? field.name : `col-${crypto.randomUUID()}` } = field.metadata ?? {};
    return { ...field, type: mapStructFields(field.type, mapField), metadata: { ...field.metadata, [ID]: id, [PHYSICAL_NAME]: name } };
  };
  const mapped = fields.map(mapField);
  return { fields: mapped, configuration: { ...configuration, [MAX_ID]: String(lastId) } };
}

/** The largest id that a table has given to a column; 0 for none. */
export function lastColumnId({ fields, metadata }: { readonly fields: readonly StructField[]; readonly metadata: Pick<Metadata, "configuration"> }): number {
  return Math.max(Number(metadata.configuration[MAX_ID] ?? 0), largestId({ kind: "struct", fields }));
}

/** Names that Parquet files cannot hold need column mapping. Raises DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES. */
export function rejectCharacters(fields: readonly StructField[], configuration: Metadata["configuration"]): void {
  if (columnMappingMode({ configuration }) !== "none") return;
  const invalid = namesNotForFiles(fields);
  if (invalid.length === 0) return;
  throw new SparrowError("DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES", "42K05", `Found invalid character(s) among ' ,;{}()\\n\\t=' in the column names of the schema: ${invalid.join(", ")}.`, { invalidColumnNames: invalid.join(", ") }, { hint: "Give the columns an alias, or set the table's property 'delta.columnMapping.mode' to 'name'." });
}

/** Names at every level that Parquet files cannot hold. */
export function namesNotForFiles(fields: readonly StructField[]): string[] {
  return namesOf({ kind: "struct", fields }).filter((name) => /[ ,;{}()\n\t=]/.test(name));
}

/** The properties of a table whose columns are mapped no more. */
export function withoutMapping(configuration: Metadata["configuration"]): Metadata["configuration"] {
  return Object.fromEntries(Object.entries(configuration).filter(([key, value]) => key !== MAX_ID && (key !== MAPPING_MODE || value.toLowerCase() === "none")));
}

function namesOf(type: DataType): string[] {
  switch (type.kind) {
    case "struct":
      return type.fields.flatMap((field) => [field.name, ...namesOf(field.type)]);
    case "array":
      return namesOf(type.element);
    case "map":
      return [...namesOf(type.key), ...namesOf(type.value)];
    default:
      return [];
  }
}

/** Columns without ids and physical names at any level: those of one table mean nothing in another. */
export function unmappedFields(fields: readonly StructField[]): StructField[] {
  return fields.map((field): StructField => {
    const { [ID]: _id, [PHYSICAL_NAME]: _name, ...metadata } = field.metadata ?? {};
    const { metadata: _, ...rest } = field;
    return { ...rest, type: mapStructFields(field.type, (nested) => unmappedFields([nested])[0]), ...(Object.keys(metadata).length > 0 && { metadata }) };
  });
}

/** Raises DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE: a table with files can only go from no mapping to mapping by name. */
export function checkModeChange(before: ColumnMappingMode, after: ColumnMappingMode): void {
  if (before === after || (before === "none" && after === "name")) return;
  throw new SparrowError("DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE", "0AKDC", `Changing column mapping mode from '${before}' to '${after}' is not supported.`, { oldMode: before, newMode: after });
}

function largestId(type: DataType): number {
  switch (type.kind) {
    case "struct":
      return type.fields.reduce((largest, field) => Math.max(largest, Number(field.metadata?.[ID] ?? 0), largestId(field.type)), 0);
    case "array":
      return largestId(type.element);
    case "map":
      return Math.max(largestId(type.key), largestId(type.value));
    default:
      return 0;
  }
}

/** A type with every struct field directly below it changed; `change` is to go deeper itself. */
export function mapStructFields(type: DataType, change: (field: StructField) => StructField): DataType {
  switch (type.kind) {
    case "struct":
      return { kind: "struct", fields: type.fields.map(change) };
    case "array":
      return { ...type, element: mapStructFields(type.element, change) };
    case "map":
      return { ...type, key: mapStructFields(type.key, change), value: mapStructFields(type.value, change) };
    default:
      return type;
  }
}
