import { SparrowError } from "../../catalog/errors.ts";
import { ThriftError, ThriftReader, ThriftType } from "./thrift-compact.ts";

/**
 * A Parquet file's footer, as far as reading needs it. Numbers are bytes and file offsets unless said otherwise.
 * Source: parquet-format's `parquet.thrift`.
 */
export interface ParquetFooter {
  readonly rows: number;
  readonly schema: SchemaNode;
  /** Path of each leaf, root left out; position as in a row group's chunks. */
  readonly leafPaths: readonly (readonly string[])[];
  readonly rowGroups: readonly RowGroup[];
  readonly keyValues: ReadonlyMap<string, string>;
  readonly createdBy: string | undefined;
  /** Order of min and max per leaf is defined by its type (ColumnOrder present); older files leave it open. */
  readonly hasColumnOrders: boolean;
}

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

export interface RowGroup {
  readonly rows: number;
  /** Position of its first row in the file. */
  readonly firstRow: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface ColumnChunk {
  /** Thrift's number of the physical type. */
  readonly physical: number;
  readonly encodings: readonly number[];
  readonly codec: number;
  readonly values: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  readonly dataPageOffset: number;
  readonly dictionaryPageOffset: number | undefined;
  readonly statistics: ChunkStatistics | undefined;
  /** (page type, encoding, pages); absent in files of older writers. */
  readonly encodingCounts: readonly { readonly pageType: number; readonly encoding: number; readonly count: number }[] | undefined;
  readonly bloomFilterOffset: number | undefined;
  readonly bloomFilterBytes: number | undefined;
  readonly columnIndex: FileRange | undefined;
  readonly offsetIndex: FileRange | undefined;
}

export interface FileRange {
  readonly offset: number;
  readonly bytes: number;
}

/** Encoded as PLAIN without a length. `legacy` bounds are in the writer's order, which only signed numbers define. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  readonly legacy: boolean;
  readonly nulls: number | undefined;
  readonly distinct: number | undefined;
}

/** First byte of a chunk: its dictionary page where it has one. */
export function chunkStart(chunk: ColumnChunk): number {
  const dictionary = chunk.dictionaryPageOffset;
  return dictionary !== undefined && dictionary > 0 && dictionary < chunk.dataPageOffset ? dictionary : chunk.dataPageOffset;
}

/** A file cannot be read as what it is said to be. */
export function unreadableFile(path: string, reason: string, cause?: unknown): SparrowError {
  return new SparrowError(
    "FAILED_READ_FILE.NO_HINT",
    "KD001",
    `Encountered error while reading file ${path}: ${reason}`,
    { path },
    { origin: "data", detail: reason, cause },
  );
}

/** Bytes at the end of a file that hold the footer's length and the magic. */
export const FOOTER_TAIL_BYTES = 8;

/** Length of the footer, from the last 8 bytes of the file. */
export function footerLength(tail: Uint8Array, fileBytes: number, path: string): number {
  const magic = String.fromCharCode(...tail.subarray(tail.length - 4));
  if (magic === "PARE") throw unreadableFile(path, "the Parquet footer is encrypted, which is not supported");
  if (tail.length < FOOTER_TAIL_BYTES || magic !== "PAR1") throw unreadableFile(path, "it is not a Parquet file, or it is cut off: the closing PAR1 is missing");
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - 8, 4).getUint32(0, true);
  if (length + 12 > fileBytes) throw unreadableFile(path, `its footer of ${length} bytes does not fit into its ${fileBytes} bytes`);
  return length;
}

/** Reads the footer's bytes (without length and magic). Raises FAILED_READ_FILE.NO_HINT for a corrupt one. */
export function parseFooter(bytes: Uint8Array, fileBytes: number, path: string): ParquetFooter {
  try {
    return parse(bytes, fileBytes);
  } catch (error) {
    if (error instanceof ThriftError) throw unreadableFile(path, `its Parquet footer is corrupt: ${error.message}`, error);
    throw error;
  }
}

function parse(bytes: Uint8Array, fileBytes: number): ParquetFooter {
  const reader = new ThriftReader(bytes);
  const elements: SchemaElement[] = [];
  const groups: { rows: number; chunks: ColumnChunk[] }[] = [];
  const keyValues = new Map<string, string>();
  let rows = 0;
  let createdBy: string | undefined;
  let hasColumnOrders = false;
  reader.struct((id) => {
    switch (id) {
      case 2:
        reader.list(() => elements.push(parseSchemaElement(reader)));
        return true;
      case 3:
        rows = reader.int();
        return true;
      case 4:
        reader.list(() => groups.push(parseRowGroup(reader, fileBytes)));
        return true;
      case 5:
        reader.list(() => {
          let key = "";
          let value = "";
          reader.struct((field) => {
            if (field === 1) key = reader.string();
            else if (field === 2) value = reader.string();
            else return false;
            return true;
          });
          keyValues.set(key, value);
        });
        return true;
      case 6:
        createdBy = reader.string();
        return true;
      case 7:
        hasColumnOrders = true;
        return false;
      default:
        return false;
    }
  });
  if (elements.length === 0) throw new ThriftError("it has no schema");
  const tree = schemaTree(elements);
  let firstRow = 0;
  const rowGroups = groups.map((group) => {
    if (group.chunks.length !== tree.endLeaf) throw new ThriftError(`a row group has ${group.chunks.length} columns, the schema ${tree.endLeaf}`);
    const result = { rows: group.rows, firstRow, chunks: group.chunks };
    firstRow += group.rows;
    return result;
  });
  return { rows, schema: tree, leafPaths: leafPaths(tree), rowGroups, keyValues, createdBy, hasColumnOrders };
}

interface SchemaElement {
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

function parseSchemaElement(reader: ThriftReader): SchemaElement {
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

function schemaTree(elements: readonly SchemaElement[]): SchemaNode {
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

function leafPaths(root: SchemaNode): string[][] {
  const paths: string[][] = [];
  const visit = (node: SchemaNode, path: string[]): void => {
    if (node.physical !== undefined) paths.push(path);
    for (const child of node.children) visit(child, [...path, child.name]);
  };
  visit(root, []);
  return paths;
}

function parseRowGroup(reader: ThriftReader, fileBytes: number): { rows: number; chunks: ColumnChunk[] } {
  const group = { rows: 0, chunks: [] as ColumnChunk[] };
  reader.struct((id) => {
    if (id === 1) reader.list(() => group.chunks.push(parseColumnChunk(reader, fileBytes)));
    else if (id === 3) group.rows = reader.int();
    else return false;
    return true;
  });
  return group;
}

function parseColumnChunk(reader: ThriftReader, fileBytes: number): ColumnChunk {
  let meta: ChunkMetadata | undefined;
  let offsetIndexOffset: number | undefined;
  let offsetIndexBytes = 0;
  let columnIndexOffset: number | undefined;
  let columnIndexBytes = 0;
  reader.struct((id) => {
    switch (id) {
      case 1:
        throw new ThriftError("a column chunk lies in another file");
      case 3:
        meta = parseChunkMetadata(reader);
        return true;
      case 4:
        offsetIndexOffset = reader.int();
        return true;
      case 5:
        offsetIndexBytes = reader.int();
        return true;
      case 6:
        columnIndexOffset = reader.int();
        return true;
      case 7:
        columnIndexBytes = reader.int();
        return true;
      default:
        return false;
    }
  });
  if (meta === undefined) throw new ThriftError("a column chunk has no metadata, or it is encrypted");
  const chunk: ColumnChunk = {
    ...meta,
    columnIndex: columnIndexOffset === undefined ? undefined : { offset: columnIndexOffset, bytes: columnIndexBytes },
    offsetIndex: offsetIndexOffset === undefined ? undefined : { offset: offsetIndexOffset, bytes: offsetIndexBytes },
  };
  const start = chunkStart(chunk);
  if (start < 4 || chunk.compressedBytes < 0 || start + chunk.compressedBytes > fileBytes) {
    throw new ThriftError("a column chunk lies outside of the file");
  }
  return chunk;
}

type ChunkMetadata = Omit<ColumnChunk, "columnIndex" | "offsetIndex">;

function parseChunkMetadata(reader: ThriftReader): ChunkMetadata {
  const meta = {
    physical: 0,
    encodings: [] as number[],
    codec: 0,
    values: 0,
    uncompressedBytes: 0,
    compressedBytes: 0,
    dataPageOffset: 0,
    dictionaryPageOffset: undefined as number | undefined,
    statistics: undefined as ChunkStatistics | undefined,
    encodingCounts: undefined as { pageType: number; encoding: number; count: number }[] | undefined,
    bloomFilterOffset: undefined as number | undefined,
    bloomFilterBytes: undefined as number | undefined,
  };
  reader.struct((id) => {
    switch (id) {
      case 1:
        meta.physical = reader.int();
        return true;
      case 2:
        reader.list(() => meta.encodings.push(reader.int()));
        return true;
      case 4:
        meta.codec = reader.int();
        return true;
      case 5:
        meta.values = reader.int();
        return true;
      case 6:
        meta.uncompressedBytes = reader.int();
        return true;
      case 7:
        meta.compressedBytes = reader.int();
        return true;
      case 9:
        meta.dataPageOffset = reader.int();
        return true;
      case 11:
        meta.dictionaryPageOffset = reader.int();
        return true;
      case 12:
        meta.statistics = parseStatistics(reader);
        return true;
      case 13: {
        const counts: { pageType: number; encoding: number; count: number }[] = [];
        reader.list(() => {
          const entry = { pageType: 0, encoding: 0, count: 0 };
          reader.struct((field) => {
            if (field === 1) entry.pageType = reader.int();
            else if (field === 2) entry.encoding = reader.int();
            else if (field === 3) entry.count = reader.int();
            else return false;
            return true;
          });
          counts.push(entry);
        });
        meta.encodingCounts = counts;
        return true;
      }
      case 14:
        meta.bloomFilterOffset = reader.int();
        return true;
      case 15:
        meta.bloomFilterBytes = reader.int();
        return true;
      default:
        return false;
    }
  });
  return meta;
}

function parseStatistics(reader: ThriftReader): ChunkStatistics {
  let legacyMin: Uint8Array | undefined;
  let legacyMax: Uint8Array | undefined;
  let min: Uint8Array | undefined;
  let max: Uint8Array | undefined;
  let nulls: number | undefined;
  let distinct: number | undefined;
  reader.struct((id) => {
    switch (id) {
      case 1:
        legacyMax = reader.binary();
        return true;
      case 2:
        legacyMin = reader.binary();
        return true;
      case 3:
        nulls = reader.int();
        return true;
      case 4:
        distinct = reader.int();
        return true;
      case 5:
        max = reader.binary();
        return true;
      case 6:
        min = reader.binary();
        return true;
      default:
        return false;
    }
  });
  const legacy = min === undefined && max === undefined;
  return { min: legacy ? legacyMin : min, max: legacy ? legacyMax : max, legacy, nulls, distinct };
}
