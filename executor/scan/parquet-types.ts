import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, decimal } from "../../catalog/types.ts";
import type { SchemaNode } from "./parquet-schema.ts";

/**
 * The columns of a Parquet file as Spark sees them. All are nullable, as Spark makes them for files.
 * Source: Spark's ParquetToSparkSchemaConverter; parquet-format's LogicalTypes.md for lists and maps.
 */
export function parquetFields(root: SchemaNode, path: string): StructField[] {
  return root.children.map((node) => fieldOf(node, path));
}

function fieldOf(node: SchemaNode, path: string): StructField {
  const type = parquetType(node, path);
  const field = { name: node.name, type, nullable: true };
  return node.fieldId === undefined ? field : { ...field, metadata: { "parquet.field.id": node.fieldId } };
}

/** Raises PARQUET_TYPE_NOT_SUPPORTED for what Spark has no type for. */
function parquetType(node: SchemaNode, path: string): DataType {
  if (node.repetition === "repeated") return { kind: "array", element: withoutRepetition(node, path), containsNull: false };
  return withoutRepetition(node, path);
}

function withoutRepetition(node: SchemaNode, path: string): DataType {
  if (node.physical !== undefined) return leafType(node, path);
  switch (node.annotation?.kind) {
    case "list": {
      const element = listElement(node);
      if (element === undefined) throw unsupported(node, path);
      return { kind: "array", element: withoutRepetition(element, path), containsNull: element.repetition === "optional" };
    }
    case "map": {
      const entries = node.children[0];
      if (node.children.length !== 1 || entries.children.length !== 2) throw unsupported(node, path);
      const [key, value] = entries.children;
      return { kind: "map", key: parquetType(key, path), value: parquetType(value, path), valueContainsNull: value.repetition !== "required" };
    }
    default:
      return { kind: "struct", fields: node.children.map((child) => fieldOf(child, path)) };
  }
}

/** The element of a LIST group, under the rules for old two-level lists. */
export function listElement(list: SchemaNode): SchemaNode | undefined {
  const repeated = list.children[0];
  if (list.children.length !== 1 || repeated.repetition !== "repeated") return undefined;
  const isElement = repeated.children.length !== 1 || repeated.name === "array" || repeated.name === `${list.name}_tuple` || repeated.annotation !== undefined;
  return isElement ? repeated : repeated.children[0];
}

function leafType(node: SchemaNode, path: string): DataType {
  const { annotation } = node;
  switch (node.physical) {
    case "BOOLEAN":
      return BOOLEAN;
    case "FLOAT":
      return FLOAT;
    case "DOUBLE":
      return DOUBLE;
    case "INT96":
      return TIMESTAMP;
    case "INT32":
      if (annotation === undefined || annotation.kind === "unknown") return INT;
      if (annotation.kind === "int") return integerType(annotation.bits, annotation.signed);
      if (annotation.kind === "date") return DATE;
      if (annotation.kind === "decimal") return decimal(annotation.precision, annotation.scale);
      if (annotation.kind === "time") return { kind: "time", precision: 3 };
      throw unsupported(node, path);
    case "INT64":
      if (annotation === undefined) return LONG;
      if (annotation.kind === "int") return integerType(annotation.bits, annotation.signed);
      if (annotation.kind === "decimal") return decimal(annotation.precision, annotation.scale);
      if (annotation.kind === "timestamp") return annotation.utc ? TIMESTAMP : TIMESTAMP_NTZ;
      if (annotation.kind === "time") return { kind: "time", precision: annotation.unit === "nanos" ? 9 : 6 };
      throw unsupported(node, path);
    case "BYTE_ARRAY":
      switch (annotation?.kind) {
        case "string":
        case "enum":
        case "json":
          return STRING;
        case "decimal":
          return decimal(annotation.precision, annotation.scale);
        case undefined:
        case "bson":
          return BINARY;
        default:
          throw unsupported(node, path);
      }
    case "FIXED_LEN_BYTE_ARRAY":
      switch (annotation?.kind) {
        case "decimal":
          return decimal(annotation.precision, annotation.scale);
        case "uuid":
          return STRING;
        case "float16":
          return FLOAT;
        case undefined:
          return BINARY;
        default:
          throw unsupported(node, path);
      }
    case undefined:
      throw unsupported(node, path);
  }
}

/** Unsigned integers take the next wider type, as in Spark. */
function integerType(bits: number, signed: boolean): DataType {
  switch (signed ? bits : bits + 1) {
    case 8:
      return BYTE;
    case 9:
    case 16:
      return SHORT;
    case 17:
    case 32:
      return INT;
    case 33:
    case 64:
      return LONG;
    default:
      return decimal(20, 0);
  }
}

function unsupported(node: SchemaNode, path: string): SparrowError {
  const type = [node.physical ?? "group", node.annotation === undefined ? "" : `(${node.annotation.kind.toUpperCase()})`].join(" ").trim();
  return new SparrowError(
    "PARQUET_TYPE_NOT_SUPPORTED.GENERIC",
    "0A000",
    `Parquet type ${type} of column ${node.name} in ${path} is not supported.`,
    { parquetType: type, path },
    { origin: "data" },
  );
}
