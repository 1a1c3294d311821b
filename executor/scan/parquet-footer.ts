import { SparrowError } from "../../catalog/errors.ts";
import type { JulianDates } from "./julian-dates.ts";
import { julianDates, withoutJulianBounds } from "./julian-dates.ts";
import type { ColumnChunk } from "./parquet-column-chunk.ts";
import { parseColumnChunk } from "./parquet-column-chunk.ts";
import type { SchemaElement, SchemaNode } from "./parquet-schema.ts";
import { leafNodes, leafPaths, parseSchemaElement, schemaTree } from "./parquet-schema.ts";
import { ThriftError, ThriftReader } from "./thrift-compact.ts";

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
  /** Present where old dates and timestamps are by another calendar; chunks then have no bounds of these. */
  readonly julian: JulianDates | undefined;
}

export interface RowGroup {
  readonly rows: number;
  /** Position of its first row in the file. */
  readonly firstRow: number;
  readonly chunks: readonly ColumnChunk[];
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
  const julian = julianDates(keyValues);
  const leaves = julian === undefined ? [] : leafNodes(tree);
  let firstRow = 0;
  const rowGroups = groups.map((group) => {
    if (group.chunks.length !== tree.endLeaf) throw new ThriftError(`a row group has ${group.chunks.length} columns, the schema ${tree.endLeaf}`);
    const result = { rows: group.rows, firstRow, chunks: julian === undefined ? group.chunks : group.chunks.map((chunk, i) => withoutJulianBounds(chunk, leaves[i], julian)) };
    firstRow += group.rows;
    return result;
  });
  return { rows, schema: tree, leafPaths: leafPaths(tree), rowGroups, keyValues, createdBy, hasColumnOrders, julian };
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
