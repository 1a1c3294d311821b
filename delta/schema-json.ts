import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField, StructType } from "../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, CALENDAR_INTERVAL, DATE, decimal, DOUBLE, FLOAT, INT, LONG, NULL, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, typeName, VARIANT } from "../catalog/types.ts";
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
  const field = { name, type: typeof sized === "string" ? primitive(sized) : typeOf(type), nullable: nullable ?? true };
  return Object.keys(rest).length === 0 ? field : { ...field, metadata: rest };
}

function primitive(text: string): DataType {
  const simple = PRIMITIVES.get(text);
  if (simple !== undefined) return simple;
  if (text === "decimal") return decimal(10, 0);
  const numbers = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(text);
  if (numbers !== null) return decimal(Number(numbers[1]), Number(numbers[2]));
  const sized = /^(char|varchar)\((\d+)\)$/.exec(text);
  if (sized !== null) return { kind: sized[1] === "char" ? "char" : "varchar", length: Number(sized[2]) };
  throw new TypeError(`the type ${text} is not known`);
}

/** Spark's JSON of a struct type with these fields. Raises DELTA_UNSUPPORTED_DATA_TYPES. */
export function schemaText(fields: readonly StructField[]): string {
  return encodeExactJson(structJson({ kind: "struct", fields }));
}

/** Spark's JSON of a type that is not nested, as it stands in a schema: `integer`, `decimal(10,2)`. */
export function typeText(type: DataType): string {
  return String(typeJson(type));
}

function structJson({ fields }: StructType): unknown {
  return { type: "struct", fields: fields.map((field) => ({ name: field.name, type: typeJson(field.type), nullable: field.nullable, metadata: metadataJson(field) })) };
}

/** `char(n)` and `varchar(n)` are stored as strings that say so in their field's metadata, under this key, as Spark does. */
const SIZED_TYPE = "__CHAR_VARCHAR_TYPE_STRING";

function metadataJson({ type, metadata }: StructField): Readonly<Record<string, unknown>> {
  return type.kind === "char" || type.kind === "varchar" ? { ...metadata, [SIZED_TYPE]: `${type.kind}(${type.length})` } : (metadata ?? {});
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
      return type.kind;
    case "null":
    case "variant":
    case "time":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      throw new SparrowError("DELTA_UNSUPPORTED_DATA_TYPES", "0AKDC", `Found columns using unsupported data types: ${typeName(type)}. Delta tables cannot store them.`, { dataTypeList: typeName(type) });
  }
}
