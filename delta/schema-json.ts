import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField, StructType } from "../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, CALENDAR_INTERVAL, DATE, decimal, DOUBLE, FLOAT, INT, LONG, NULL, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, typeName, VARIANT } from "../catalog/types.ts";
import { parseTypeText } from "../catalog/type-text.ts";
import { encodeExactJson, parseExactJson } from "./exact-json.ts";

const PRIMITIVES: ReadonlyMap<string, DataType> = new Map([
  ["string", STRING], ["long", LONG], ["integer", INT], ["short", SHORT], ["byte", BYTE], ["float", FLOAT], ["double", DOUBLE], ["boolean", BOOLEAN], ["binary", BINARY],
  ["date", DATE], ["timestamp", TIMESTAMP], ["timestamp_ntz", TIMESTAMP_NTZ], ["void", NULL], ["null", NULL], ["variant", VARIANT], ["interval", CALENDAR_INTERVAL],
]);

/** The fields of a table's `schemaString`, Spark's JSON of a struct type. Raises TypeError or SyntaxError for what is none. */
export function parseSchema(schemaString: string): readonly StructField[] {
  const type = typeOf(parseExactJson(schemaString));
  if (type.kind !== "struct") throw new TypeError("it is not a struct");
  return type.fields;
}

function typeOf(json: unknown): DataType {
  if (typeof json === "string") return primitive(json);
  if (json === null || typeof json !== "object" || !("type" in json)) throw new TypeError(`${JSON.stringify(json)} is not a type`);
  switch (json.type) {
    case "struct":
      return { kind: "struct", fields: (json as unknown as { fields: readonly unknown[] }).fields.map(fieldOf) };
    case "array": {
      const { elementType, containsNull } = json as unknown as { elementType: unknown; containsNull?: boolean };
      return { kind: "array", element: typeOf(elementType), containsNull: containsNull ?? true };
    }
    case "map": {
      const { keyType, valueType, valueContainsNull } = json as unknown as { keyType: unknown; valueType: unknown; valueContainsNull?: boolean };
      return { kind: "map", key: typeOf(keyType), value: typeOf(valueType), valueContainsNull: valueContainsNull ?? true };
    }
    default:
      return typeOf(json.type);
  }
}

function fieldOf(json: unknown): StructField {
  const { name, type, nullable, metadata } = json as { name: string; type: unknown; nullable?: boolean; metadata?: Record<string, unknown> };
  const { [SIZED_TYPE]: sized, ...rest } = metadata ?? {};
  const noted = typeof sized === "string" ? notedType(sized) : undefined;
  const field = { name, type: noted === undefined ? typeOf(type) : withLengths(typeOf(type), noted), nullable: nullable ?? true };
  // A note that cannot be read stays as it is.
  const kept = noted === undefined ? (metadata ?? {}) : rest;
  return Object.keys(kept).length === 0 ? field : { ...field, metadata: kept };
}

function primitive(text: string): DataType {
  const simple = PRIMITIVES.get(text);
  if (simple !== undefined) return simple;
  if (text === "decimal") return decimal(10, 0);
  const numbers = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(text);
  if (numbers !== null) return decimal(Number(numbers[1]), Number(numbers[2]));
  throw new TypeError(`the type ${text} is not known`);
}

/** Spark's JSON of a struct type with these fields. Raises DELTA_UNSUPPORTED_DATA_TYPES. */
export function schemaText(fields: readonly StructField[]): string {
  return encodeExactJson(structJson({ kind: "struct", fields: fields.map(withLengthsNoted) }));
}

/** Spark's JSON of a type that is not nested, as it stands in a schema: `integer`, `decimal(10,2)`. */
export function typeText(type: DataType): string {
  return String(typeJson(type));
}

/** Spark's JSON of one field, as a commit's parameters have it. `name`: with those of the structs that it is in. */
export function fieldText(field: StructField, name = field.name): string {
  return encodeExactJson(fieldJson({ ...withLengthsNoted(field), name }));
}

function structJson({ fields }: StructType): unknown {
  return { type: "struct", fields: fields.map(fieldJson) };
}

function fieldJson({ name, type, nullable, metadata }: StructField): unknown {
  return { name, type: typeJson(type), nullable, metadata: metadata ?? {} };
}

/** `char(n)` and `varchar(n)` are stored as strings, and the table's column has its type in its metadata, under this key, as Spark does. */
const SIZED_TYPE = "__CHAR_VARCHAR_TYPE_STRING";

function notedType(text: string): DataType | undefined {
  try {
    return parseTypeText(text);
  } catch (error) {
    if (error instanceof SparrowError && error.condition === "PARSE_SYNTAX_ERROR") return undefined;
    throw error;
  }
}

function withLengthsNoted(field: StructField): StructField {
  return holdsLengths(field.type) ? { ...field, metadata: { ...field.metadata, [SIZED_TYPE]: typeName(field.type) } } : field;
}

function holdsLengths(type: DataType): boolean {
  switch (type.kind) {
    case "char":
    case "varchar":
      return true;
    case "array":
      return holdsLengths(type.element);
    case "map":
      return holdsLengths(type.key) || holdsLengths(type.value);
    case "struct":
      return type.fields.some((field) => holdsLengths(field.type));
    default:
      return false;
  }
}

/** A type with its strings as long as another one of the same structure allows. */
function withLengths(type: DataType, sized: DataType): DataType {
  if (sized.kind === "char" || sized.kind === "varchar") return sized;
  if (type.kind === "array" && sized.kind === "array") return { ...type, element: withLengths(type.element, sized.element) };
  if (type.kind === "map" && sized.kind === "map") return { ...type, key: withLengths(type.key, sized.key), value: withLengths(type.value, sized.value) };
  if (type.kind !== "struct" || sized.kind !== "struct") return type;
  return { kind: "struct", fields: type.fields.map((field, i) => (i < sized.fields.length ? { ...field, type: withLengths(field.type, sized.fields[i].type) } : field)) };
}

function typeJson(type: DataType): unknown {
  switch (type.kind) {
    case "struct":
      return structJson(type);
    case "array":
      return { type: "array", elementType: typeJson(type.element), containsNull: type.containsNull };
    case "map":
      return { type: "map", keyType: typeJson(type.key), valueType: typeJson(type.value), valueContainsNull: type.valueContainsNull };
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "int":
      return "integer";
    case "char":
    case "varchar":
    case "string":
      return "string";
    case "boolean":
    case "byte":
    case "short":
    case "long":
    case "float":
    case "double":
    case "binary":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
    case "variant":
      return type.kind;
    case "null":
    case "time":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      throw new SparrowError("DELTA_UNSUPPORTED_DATA_TYPES", "0AKDC", `Found columns using unsupported data types: ${typeName(type)}. Delta tables cannot store them.`, { dataTypeList: typeName(type) });
  }
}
