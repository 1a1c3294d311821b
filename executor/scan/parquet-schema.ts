import { ThriftError, ThriftType } from "./thrift-compact.ts";
import type { ThriftReader } from "./thrift-compact.ts";

/** The schema in a Parquet file's footer. Source: parquet-format's `parquet.thrift`. */

export type PhysicalType = "BOOLEAN" | "INT32" | "INT64" | "INT96" | "FLOAT" | "DOUBLE" | "BYTE_ARRAY" | "FIXED_LEN_BYTE_ARRAY";
const PHYSICAL_TYPES: readonly PhysicalType[] = ["BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"];

export type Repetition = "required" | "optional" | "repeated";
const REPETITIONS: readonly Repetition[] = ["required", "optional", "repeated"];

/** What the bytes mean; from LogicalType where there is one, else from the older ConvertedType. */
export type Annotation =
  | { readonly kind: "string" | "enum" | "json" | "bson" | "uuid" | "date" | "float16" | "list" | "map" | "unknown" | "variant" | "interval" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "time" | "timestamp"; readonly unit: "millis" | "micros" | "nanos"; readonly utc: boolean }
  | { readonly kind: "int"; readonly bits: number; readonly signed: boolean };

/** A node of the schema tree; a leaf has a physical type and its position among the leaves. */
export interface SchemaNode {
  readonly name: string;
  readonly repetition: Repetition;
  readonly annotation: Annotation | undefined;
  readonly fieldId: number | undefined;
  readonly children: readonly SchemaNode[];
  readonly physical: PhysicalType | undefined;
  /** Of FIXED_LEN_BYTE_ARRAY; 0 otherwise. */
  readonly fixedBytes: number;
  /** Leaves below this node are [firstLeaf, endLeaf) of a row group's chunks. */
  readonly firstLeaf: number;
  readonly endLeaf: number;
  /** The SchemaElement as it stands in the file, without the subtree. */
  readonly encoded: Uint8Array;
}

/** As the file has it. */
export interface SchemaElement {
  name: string;
  repetition: number;
  physical: number | undefined;
  fixedBytes: number;
  children: number;
  converted: number | undefined;
  precision: number;
  scale: number;
  fieldId: number | undefined;
  logical: Annotation | undefined;
  encoded: Uint8Array;
}

/** One SchemaElement at the reader. */
export function parseSchemaElement(reader: ThriftReader): SchemaElement {
  const start = reader.position;
  const element: SchemaElement = {
    name: "",
    repetition: 0,
    physical: undefined,
    fixedBytes: 0,
    children: 0,
    converted: undefined,
    precision: 0,
    scale: 0,
    fieldId: undefined,
    logical: undefined,
    encoded: reader.bytes,
  };
  reader.struct((id) => {
    switch (id) {
      case 1:
        element.physical = reader.int();
        return true;
      case 2:
        element.fixedBytes = reader.int();
        return true;
      case 3:
        element.repetition = reader.int();
        return true;
      case 4:
        element.name = reader.string();
        return true;
      case 5:
        element.children = reader.int();
        return true;
      case 6:
        element.converted = reader.int();
        return true;
      case 7:
        element.scale = reader.int();
        return true;
      case 8:
        element.precision = reader.int();
        return true;
      case 9:
        element.fieldId = reader.int();
        return true;
      case 10:
        element.logical = parseLogicalType(reader);
        return true;
      default:
        return false;
    }
  });
  element.encoded = reader.bytes.subarray(start, reader.position);
  return element;
}

function parseLogicalType(reader: ThriftReader): Annotation | undefined {
  let annotation: Annotation | undefined;
  reader.struct((id) => {
    switch (id) {
      case 1:
        annotation = { kind: "string" };
        return false;
      case 2:
        annotation = { kind: "map" };
        return false;
      case 3:
        annotation = { kind: "list" };
        return false;
      case 4:
        annotation = { kind: "enum" };
        return false;
      case 5: {
        let scale = 0;
        let precision = 0;
        reader.struct((field) => {
          if (field === 1) scale = reader.int();
          else if (field === 2) precision = reader.int();
          else return false;
          return true;
        });
        annotation = { kind: "decimal", precision, scale };
        return true;
      }
      case 6:
        annotation = { kind: "date" };
        return false;
      case 7:
      case 8: {
        let utc = false;
        let unit: "millis" | "micros" | "nanos" = "millis";
        reader.struct((field, type) => {
          if (field === 1) {
            utc = type === ThriftType.true;
            return true;
          }
          if (field !== 2) return false;
          reader.struct((which) => {
            unit = which === 1 ? "millis" : which === 2 ? "micros" : "nanos";
            return false;
          });
          return true;
        });
        annotation = { kind: id === 7 ? "time" : "timestamp", unit, utc };
        return true;
      }
      case 10: {
        let bits = 32;
        let signed = true;
        reader.struct((field, type) => {
          if (field === 1) bits = reader.byte();
          else if (field === 2) signed = type === ThriftType.true;
          else return false;
          return true;
        });
        annotation = { kind: "int", bits, signed };
        return true;
      }
      case 11:
        annotation = { kind: "unknown" };
        return false;
      case 12:
        annotation = { kind: "json" };
        return false;
      case 13:
        annotation = { kind: "bson" };
        return false;
      case 14:
        annotation = { kind: "uuid" };
        return false;
      case 15:
        annotation = { kind: "float16" };
        return false;
      case 16:
        annotation = { kind: "variant" };
        return false;
      default:
        return false;
    }
  });
  return annotation;
}

/** ConvertedType by its number, for files without LogicalType. */
function convertedAnnotation(element: SchemaElement): Annotation | undefined {
  switch (element.converted) {
    case 0:
      return { kind: "string" };
    case 1:
    case 2:
      return { kind: "map" };
    case 3:
      return { kind: "list" };
    case 4:
      return { kind: "enum" };
    case 5:
      return { kind: "decimal", precision: element.precision, scale: element.scale };
    case 6:
      return { kind: "date" };
    case 7:
      return { kind: "time", unit: "millis", utc: true };
    case 8:
      return { kind: "time", unit: "micros", utc: true };
    case 9:
      return { kind: "timestamp", unit: "millis", utc: true };
    case 10:
      return { kind: "timestamp", unit: "micros", utc: true };
    case 11:
    case 12:
    case 13:
    case 14:
      return { kind: "int", bits: 8 << (element.converted - 11), signed: false };
    case 15:
    case 16:
    case 17:
    case 18:
      return { kind: "int", bits: 8 << (element.converted - 15), signed: true };
    case 19:
      return { kind: "json" };
    case 20:
      return { kind: "bson" };
    case 21:
      return { kind: "interval" };
    default:
      return undefined;
  }
}

const MAX_SCHEMA_DEPTH = 100;

/** The tree that a footer lists in depth-first order. */
export function schemaTree(elements: readonly SchemaElement[]): SchemaNode {
  let next = 0;
  let leaves = 0;
  const build = (depth: number): SchemaNode => {
    if (depth > MAX_SCHEMA_DEPTH) throw new ThriftError("its schema is nested too deeply");
    const element = elements[next++];
    if (element === undefined) throw new ThriftError("its schema ends too early");
    const firstLeaf = leaves;
    const physical = element.physical === undefined ? undefined : PHYSICAL_TYPES[element.physical];
    const children: SchemaNode[] = [];
    if (element.children === 0 && element.physical !== undefined) {
      if (physical === undefined) throw new ThriftError(`column ${element.name} has the unknown physical type ${element.physical}`);
      leaves++;
    }
    for (let i = 0; i < element.children; i++) children.push(build(depth + 1));
    return {
      name: element.name,
      repetition: REPETITIONS[element.repetition] ?? "optional",
      annotation: element.logical ?? convertedAnnotation(element),
      fieldId: element.fieldId,
      children,
      physical,
      fixedBytes: element.fixedBytes,
      firstLeaf,
      endLeaf: leaves,
      encoded: element.encoded,
    };
  };
  const root = build(0);
  if (next !== elements.length) throw new ThriftError("its schema has elements outside of the tree");
  return root;
}

/** Path of each leaf, root left out. */
export function leafPaths(root: SchemaNode): string[][] {
  const paths: string[][] = [];
  const visit = (node: SchemaNode, path: string[]): void => {
    if (node.physical !== undefined) paths.push(path);
    for (const child of node.children) visit(child, [...path, child.name]);
  };
  visit(root, []);
  return paths;
}

/** The leaves of a schema, by position as in a row group's chunks. */
export function leafNodes(node: SchemaNode): readonly SchemaNode[] {
  return node.physical !== undefined ? [node] : node.children.flatMap(leafNodes);
}
